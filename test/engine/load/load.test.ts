/** Every code of problem with its exact place, and the result of valid documents. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { load } from '../../../src/engine/load/load.ts';
import { builtinPlugins } from '../../../src/plugins.ts';
import { brief, domain, folderOf, loadFiles } from './files.ts';

/** A text with one or more errors, their places, and words of the message or suggestion. */
interface Case {
  readonly name: string;
  readonly text: string | Uint8Array;
  readonly at: readonly string[];
  readonly says?: readonly string[];
}

const head = 'apiVersion: certificates/v1\nkind: Domain\n';
const issuer = 'apiVersion: certificates/v1\nkind: Issuer\n';
const certificate = (more: string): string =>
  `apiVersion: certificates/v1\nkind: Certificate\nmetadata: { name: www }\nspec:\n  dnsNames: [a.test]\n  storage: { file: { certificate: a, key: b } }\n${more}`;

const cases: readonly Case[] = [
  // The text.
  { name: 'a tab', text: `${domain('a')}\tport: 443\n`, at: ['7:1 yaml-syntax'], says: ['a tab is not allowed'] },
  { name: 'an open bracket', text: 'a: [1, 2\nb: 3\n', at: ['2:1 yaml-syntax'] },
  { name: 'an open quote', text: 'a: "b\n', at: ['2:1 yaml-syntax'] },
  {
    name: 'a lone carriage return',
    text: 'a: b\rc: d\n',
    at: ['1:5 yaml-syntax'],
    says: ['carriage return', 'LF or CRLF'],
  },
  { name: 'YAML 1.1', text: `%YAML 1.1\n---\n${domain('a')}`, at: ['1:1 yaml-syntax'], says: ['YAML 1.2'] },
  { name: 'a tag directive', text: `%TAG !e! tag:x,2000:\n---\n${domain('a')}`, at: ['1:1 yaml-syntax'] },
  { name: 'an alias without an anchor', text: domain('a', 'host: *b'), at: ['6:9 yaml-syntax'], says: ['*b'] },
  { name: 'an unknown tag', text: domain('a', 'host: !!js/function x'), at: ['6:9 unknown-tag'] },
  { name: 'a local tag', text: domain('a', 'host: !x y'), at: ['6:9 unknown-tag'] },
  { name: 'a tag of YAML 1.1', text: domain('a', 'host: !!binary eHg='), at: ['6:9 unknown-tag'] },
  { name: 'a set', text: domain('a', 'trust: !!set { a, b }'), at: ['6:10 unknown-tag'] },
  {
    name: 'a key that stands twice',
    text: domain('a', 'host: x', 'port: 1', 'host: y'),
    at: ['8:3 duplicate-key'],
    says: ['`host`', 'x.yaml:6:3'],
  },
  { name: 'a key twice on one line', text: domain('{ x: 1, x: 2 }'), at: ['4:9 wrong-type', '4:17 duplicate-key'] },
  { name: '__proto__', text: domain('a', 'host: x', '__proto__: { port: 1 }'), at: ['7:3 forbidden-key'] },
  {
    name: 'constructor, deep',
    text: domain('a', 'host: x', 'trust: [{ constructor: 1 }]'),
    at: ['7:11 wrong-type', '7:13 forbidden-key'],
  },
  { name: 'prototype, in quotes', text: domain('a', 'host: x', '"prototype": 1'), at: ['7:3 forbidden-key'] },
  { name: 'a number as a key', text: domain('a', 'host: x', '1: y'), at: ['7:3 bad-key'], says: ['quotes'] },
  { name: 'an empty key', text: domain('a', 'host: x', ': y'), at: ['7:1 bad-key'] },
  { name: 'a list as a key', text: domain('a', 'host: x', '? [a]', ': b'), at: ['7:5 bad-key'] },
  {
    name: 'a merge key',
    text: domain('a', 'host: x', '<<: { port: 1 }'),
    at: ['7:3 unknown-key'],
    says: ['merge keys'],
  },
  {
    name: 'an integer beyond 2^53',
    text: domain('a', 'host: x', 'port: 9007199254740993'),
    at: ['7:9 unsafe-integer'],
  },
  {
    name: 'the same in hexadecimal',
    text: domain('a', 'host: x', 'port: 0x20000000000001'),
    at: ['7:9 unsafe-integer'],
  },
  { name: 'the same in octal', text: domain('a', 'host: x', 'port: 0o400000000000000001'), at: ['7:9 unsafe-integer'] },
  {
    name: 'the same with an exponent',
    text: domain('a', 'host: x', 'port: 9007199254740993e0'),
    at: ['7:9 unsafe-integer'],
  },
  { name: 'a negative one', text: domain('a', 'host: x', 'port: -9007199254740993'), at: ['7:9 unsafe-integer'] },
  { name: 'no number', text: domain('a', 'host: x', 'port: .nan'), at: ['7:9 wrong-value'] },
  { name: 'infinity', text: domain('a', 'host: x', 'port: -.inf'), at: ['7:9 wrong-value'] },
  { name: 'a number that overflows', text: domain('a', 'host: x', 'port: 1e999'), at: ['7:9 wrong-value'] },
  { name: 'half a surrogate pair', text: domain('a', 'host: "\\ud800"'), at: ['6:9 wrong-value'] },
  { name: 'a secret', text: domain('a', 'host: x-${env:HOST}'), at: ['6:9 secret-not-allowed'] },
  {
    name: 'a secret from a file',
    text: domain('a', 'host: x', 'trust: ["${file:ca}"]'),
    at: ['7:11 secret-not-allowed'],
  },
  // Bytes.
  { name: 'a NUL', text: 'a: b\nä: \0\n', at: ['2:4 binary'] },
  { name: 'a control character', text: 'a: b\nc: \u001b[2J\n', at: ['2:4 binary'], says: ['U+001B'] },
  {
    name: 'an ignored field that the kind does not have',
    text: domain('a', 'host: x').replace('spec:', 'lifecycle: { ignore: [/spec/hots, /spec/host] }\nspec:'),
    at: ['5:23 wrong-value'],
    says: ['did you mean `/spec/host`?'],
  },
  // Copied from a page, or left by git: one error that names the cause.
  {
    name: 'an indentation of no-break spaces',
    text: 'kind: Issuer\nspec:\n\u00a0\u00a0selfSigned: {}\n\u00a0\u00a0more: {}\n',
    at: ['3:1 invisible-character'],
    says: ['U+00A0 (no-break space)'],
  },
  {
    name: 'a no-break space behind a colon',
    text: 'kind:\u00a0Issuer\nspec: {}\n',
    at: ['1:6 invisible-character'],
    says: ['U+00A0'],
  },
  { name: 'a dash with one', text: 'a:\n  -\u3000b\n', at: ['2:4 invisible-character'], says: ['ideographic space'] },
  { name: 'one behind a key', text: 'a\u200b: b\n', at: ['1:2 invisible-character'], says: ['zero width space'] },
  { name: 'a mark within the file', text: 'a: b\n---\n\ufeffa: b\n', at: ['3:1 invisible-character'] },
  {
    name: 'a merge conflict',
    text: 'kind: Issuer\n<<<<<<< HEAD\nspec: {}\n=======\nspec: { a: b }\n>>>>>>> theirs\n',
    at: ['2:1 merge-conflict'],
    says: ['merge conflict'],
  },
  { name: 'the rest of one', text: 'kind: Issuer\r\n>>>>>>> theirs\r\n', at: ['2:1 merge-conflict'] },
  {
    name: 'invalid UTF-8',
    text: Buffer.concat([Buffer.from('a: b\n€: '), Buffer.from([0xe9, 0x0a])]),
    at: ['2:4 not-utf8'],
    says: ['0xe9'],
  },
  {
    name: 'UTF-16',
    text: Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('a: b', 'utf16le')]),
    at: ['1:1 utf-16'],
    says: ['UTF-16'],
  },
  // Limits.
  { name: '65 levels', text: `a: ${'['.repeat(64)}${']'.repeat(64)}\n`, at: ['1:67 too-deep'], says: ['64'] },
  {
    name: '101 anchors',
    text: `a:\n${Array.from({ length: 101 }, (_, i) => `  - &a${i} x\n`).join('')}`,
    at: ['102:5 too-many-anchors'],
  },
  { name: '101 aliases', text: `a: &a x\nb:\n${'  - *a\n'.repeat(101)}`, at: ['103:5 too-many-aliases'] },
  { name: 'a long run of blank lines', text: `a: b\n${'\n'.repeat(1_001)}c: d\n`, at: ['2:1 blank-run'] },
  // The envelope.
  { name: 'a list', text: '- a\n', at: ['1:1 not-a-mapping'] },
  { name: 'a text', text: '--- hello\n', at: ['1:5 not-a-mapping'], says: ['"hello"'] },
  {
    name: 'nothing but a key',
    text: 'kind: Domain\n',
    at: ['1:1 missing-key', '1:1 missing-key', '1:1 missing-key'],
    says: ['apiVersion', 'metadata', 'spec'],
  },
  { name: 'no name', text: `${head}metadata: {}\nspec: { host: x }\n`, at: ['3:1 missing-key'], says: ['`name`'] },
  {
    name: 'an empty name',
    text: `${head}metadata: { name: "" }\nspec: { host: x }\n`,
    at: ['3:19 wrong-value'],
    says: ['empty'],
  },
  { name: 'a name that is a number', text: domain('12'), at: ['4:9 wrong-type'], says: ['text', '12', 'quotes'] },
  { name: 'a name without a value', text: domain(''), at: ['4:3 missing-value'] },
  {
    name: 'a misspelt key of the envelope',
    text: `${head}metdata: { name: a }\nspec: { host: x }\n`,
    at: ['1:1 missing-key', '3:1 unknown-key'],
    says: ['`metadata`'],
  },
  {
    name: 'a misspelt key of the metadata',
    text: `${head}metadata: { name: a, lables: {} }\nspec: { host: x }\n`,
    at: ['3:22 unknown-key'],
    says: ['did you mean `labels`'],
  },
  {
    name: 'a label that is a number',
    text: `${head}metadata: { name: a, labels: { n: 1 } }\nspec: { host: x }\n`,
    at: ['3:35 wrong-type'],
  },
  {
    name: 'a lifecycle with a wrong word',
    text: `${domain('a')}lifecycle: { onRemove: relase }\n`,
    at: ['7:24 wrong-value'],
    says: ['remove, release', 'did you mean `release`'],
  },
  {
    name: 'protect that is a text',
    text: `${domain('a')}lifecycle: { protect: "yes" }\n`,
    at: ['7:23 wrong-type'],
    says: ['true or false, not "yes"'],
  },
  {
    name: 'an invalid pointer',
    text: `${domain('a')}lifecycle: { ignore: [spec/port] }\n`,
    at: ['7:23 wrong-value'],
  },
  {
    name: 'an unknown plugin',
    text: domain('a').replace('certificates/', 'certificate/'),
    at: ['1:13 unknown-api-version'],
    says: ['did you mean `certificates`'],
  },
  {
    name: 'an unknown version',
    text: domain('a').replace('/v1', '/v2'),
    at: ['1:13 unknown-api-version'],
    says: ['certificates/v1'],
  },
  {
    name: 'a kind like a known one',
    text: domain('a').replace('Domain', 'Domian'),
    at: ['2:7 unknown-kind'],
    says: ['did you mean `Domain`'],
  },
  {
    name: 'a kind like none',
    text: domain('a').replace('Domain', 'Bucket'),
    at: ['2:7 unknown-kind'],
    says: ['`Certificate`', '`Domain`', '`Issuer`'],
  },
  // The spec.
  {
    name: 'a misspelt key',
    text: domain('a', 'hots: x', 'host: y'),
    at: ['6:3 unknown-key'],
    says: ['`hots`', 'did you mean `host`'],
  },
  { name: 'a missing key', text: domain('a', 'port: 1'), at: ['5:1 missing-key'], says: ['`host`'] },
  {
    name: 'a text for a number',
    text: domain('a', 'host: x', 'port: "abc"'),
    at: ['7:9 wrong-type'],
    says: ['`spec.port` must be a whole number from 1 to 65535, not "abc"'],
  },
  {
    name: 'a number out of range',
    text: domain('a', 'host: x', 'port: 70000'),
    at: ['7:9 wrong-value'],
    says: ['from 1 to 65535, not 70000'],
  },
  { name: 'a fraction', text: domain('a', 'host: x', 'port: 1.5'), at: ['7:9 wrong-type'], says: ['a whole number'] },
  { name: 'no value', text: domain('a', 'host:', 'port: 1'), at: ['6:3 missing-value'], says: ['text'] },
  { name: 'a list for a text', text: domain('a', 'host: [x]'), at: ['6:9 wrong-type'], says: ['not a list'] },
  {
    name: 'a text for a list',
    text: domain('a', 'host: x', 'trust: y'),
    at: ['7:10 wrong-type'],
    says: ['a list, not "y"'],
  },
  {
    name: 'a wrong item',
    text: domain('a', 'host: x', 'trust: [a, 1]'),
    at: ['7:14 wrong-type'],
    says: ['spec.trust[1]'],
  },
  {
    name: 'too many items',
    text: domain('a', 'host: x', `trust: [${Array.from({ length: 21 }, (_, i) => `f${i}`).join(', ')}]`),
    at: ['7:10 wrong-value'],
    says: ['at most 20 items, and has 21'],
  },
  {
    name: 'a text that is too long',
    text: domain('a', `address: ${'x'.repeat(254)}`, 'host: x'),
    at: ['6:12 wrong-value'],
    says: ['at most 253 characters, and has 254'],
  },
  {
    name: 'no name of a host',
    text: certificate('  issuer: i\n').replace('a.test', '"a b"'),
    at: ['5:14 wrong-value', '7:11 unknown-reference'],
    says: ['a DNS name'],
  },
  {
    name: 'an empty list',
    text: certificate('  issuer: i\n').replace('[a.test]', '[]'),
    at: ['5:3 missing-name', '7:11 unknown-reference'],
    says: ['the certificate has no name'],
  },
  {
    name: 'an item that stands twice',
    text: certificate('  issuer: i\n').replace('a.test', 'a.test, b.test, a.test'),
    at: ['5:30 wrong-value', '7:11 unknown-reference'],
    says: ['"a.test" occurs twice', 'items 1 and 3'],
  },
  {
    name: 'a value of no list',
    text: certificate('  issuer: i\n  keyAlgorithm: rsa-2084\n'),
    at: ['7:11 unknown-reference', '8:17 wrong-value'],
    says: ['rsa-4096', 'did you mean `rsa-2048`'],
  },
  {
    name: 'no choice',
    text: `${issuer}metadata: { name: i }\nspec: {}\n`,
    at: ['4:7 wrong-value'],
    says: ['exactly 1 key', '`localCa`, `selfSigned`', 'none'],
  },
  {
    name: 'two choices',
    text: `${issuer}metadata: { name: i }\nspec: { selfSigned: {}, localCa: { dir: a, commonName: b } }\n`,
    at: ['4:7 wrong-value'],
    says: ['exactly 1 key'],
  },
  {
    name: 'a misspelt choice',
    text: `${issuer}metadata: { name: i }\nspec: { selfsigned: {} }\n`,
    at: ['4:9 unknown-key'],
    says: ['did you mean `selfSigned`'],
  },
  {
    name: 'a wildcard host',
    text: domain('a', 'host: "*.example.test"'),
    at: ['6:9 wrong-value'],
    says: ['a host name'],
  },
  // Across documents.
  {
    name: 'an unknown reference',
    text: `${certificate('  issuer: test-ac\n')}---\n${issuer}metadata: { name: test-ca }\nspec: { selfSigned: {} }\n`,
    at: ['7:11 unknown-reference'],
    says: ['certificates/Issuer/test-ac', 'did you mean `test-ca`'],
  },
  {
    name: 'an unknown dependency',
    text: `${head}metadata:\n  name: a\n  dependsOn:\n    - certificates/Domain/bb\nspec: { host: x }\n---\n${domain('b')}`,
    at: ['6:7 unknown-reference'],
    says: ['did you mean `certificates/Domain/b`'],
  },
  {
    name: 'no address',
    text: `${head}metadata: { name: a, dependsOn: [b] }\nspec: { host: x }\n`,
    at: ['3:34 wrong-value'],
    says: ['an address'],
  },
  {
    name: 'an address that is badly encoded',
    text: `${head}metadata: { name: a, dependsOn: ["certificates/Domain/%E0%A4%A"] }\nspec: { host: x }\n`,
    at: ['3:34 wrong-value'],
  },
  {
    name: 'a name that stands twice',
    text: `${domain('a')}---\n${domain('b')}---\n${domain('a')}`,
    at: ['18:9 duplicate-name'],
    says: ['certificates/Domain/a', 'x.yaml:4:9'],
  },
  {
    name: 'a document that needs itself',
    text: `${head}metadata: { name: a, dependsOn: [certificates/Domain/a] }\nspec: { host: x }\n`,
    at: ['3:34 dependency-cycle'],
    says: ['certificates/Domain/a → certificates/Domain/a (x.yaml:3:19)'],
  },
  {
    name: 'a circle of three',
    text: ['a', 'b', 'c']
      .map(
        (name, i) =>
          `${head}metadata: { name: ${name}, dependsOn: [certificates/Domain/${'bca'[i]}] }\nspec: { host: x }\n`,
      )
      .join('---\n'),
    at: ['3:34 dependency-cycle'],
    says: [
      'certificates/Domain/a → certificates/Domain/b (x.yaml:8:19) → certificates/Domain/c (x.yaml:13:19) → certificates/Domain/a (x.yaml:3:19)',
    ],
  },
];

describe('problems', () => {
  it.each(cases)('$name', async ({ text, at, says = [] }) => {
    const { problems, desired, documents } = await loadFiles({ 'x.yaml': text });
    const found = brief(problems);
    expect(found).toHaveLength(at.length);
    at.forEach((place, index) => expect(found[index]).toMatch(new RegExp(`^${RegExp.escape(`x.yaml:${place}`)}`, 'u')));
    const words = problems.map(({ message, suggestion }) => `${message}\n${suggestion ?? ''}`).join('\n');
    for (const each of says) expect(words).toContain(each);
    expect(desired.length).toBeLessThanOrEqual(documents);
    const isText = typeof text === 'string' && !text.includes('\0');
    if (isText)
      for (const { at: place, sourceLine } of problems)
        expect(sourceLine).toBe(text.split(/\r?\n/u)[(place?.line ?? 1) - 1] ?? '');
  });

  it('are reported all at once, from all files, in the order of their places', async () => {
    const { problems } = await loadFiles({
      'b.yaml': domain('b', 'hots: x'),
      'a.yaml': `${domain('a', 'host: x', 'port: 0')}---\n${domain('c', 'prot: 1')}`,
      'sub/c.yml': '- a',
    });
    expect(brief(problems)).toEqual([
      'a.yaml:7:9 wrong-value',
      'a.yaml:13:1 missing-key',
      'a.yaml:14:3 unknown-key',
      'b.yaml:5:1 missing-key',
      'b.yaml:6:3 unknown-key',
      'sub/c.yml:1:1 not-a-mapping',
    ]);
  });

  it('do not follow from each other: a reference to an invalid document resolves', async () => {
    const text = `${certificate('  issuer: i\n')}---\n${issuer}metadata: { name: i }\nspec: {}\n`;
    const { problems } = await loadFiles({ 'x.yaml': text });
    expect(brief(problems)).toEqual(['x.yaml:12:7 wrong-value']);
  });

  it('do not report a reference that an unreadable file could declare', async () => {
    const { problems } = await loadFiles({ 'x.yaml': certificate('  issuer: i\n'), 'y.yaml': 'a: [' });
    expect(brief(problems)).toEqual(['y.yaml:1:5 yaml-syntax']);
  });

  it('end with a note if a file has too many', async () => {
    const { problems } = await loadFiles({ 'x.yaml': Array.from({ length: 2_000 }, () => '--- 1\n').join('') });
    expect(problems.length).toBeLessThan(520);
    expect(problems.at(-1)?.code).toBe('too-many-problems');
  });

  it('show at most 60 characters of a value, and no control characters', async () => {
    const { problems } = await loadFiles({ 'x.yaml': domain('a', `port: "${'\\e[2J'.repeat(50)}"`, 'host: x') });
    expect(problems[0]?.message).toMatch(/not "(?:\\u\{1b\}\[2J)+[^"]*…"$/u);
    expect(problems[0]?.message).not.toContain('\u001b');
  });
});

describe('valid documents', () => {
  it('become Desired with defaults, labels, lifecycle, needs and place', async () => {
    const { desired, problems, files, documents } = await loadFiles({
      'sub/www.yaml': [
        '# a comment',
        'apiVersion: certificates/v1',
        'kind: Certificate',
        'metadata:',
        '  name: www',
        '  labels: { team: "7" }',
        '  dependsOn: [certificates/Domain/a, certificates/Issuer/test%3Fca]',
        'lifecycle: { protect: true, onRemove: remove, ignore: [/spec/validityDays], hold: audit }',
        'spec:',
        '  issuer: test?ca',
        '  dnsNames: [www.example.test]',
        '  storage: { file: { certificate: ./www.crt, key: ./www.key } }',
        '---',
        'apiVersion: certificates/v1',
        'kind: Issuer',
        'metadata: { name: test?ca }',
        'spec: { selfSigned: {} }',
        '---',
        domain('a'),
        '...',
      ].join('\n'),
    });
    expect(problems).toEqual([]);
    expect([files, documents]).toEqual([1, 3]);
    expect(desired.map(({ ref }) => ref)).toEqual([
      { plugin: 'certificates', kind: 'Certificate', name: 'www' },
      { plugin: 'certificates', kind: 'Domain', name: 'a' },
      { plugin: 'certificates', kind: 'Issuer', name: 'test?ca' },
    ]);
    expect(desired[0]).toEqual({
      ref: { plugin: 'certificates', kind: 'Certificate', name: 'www' },
      spec: {
        issuer: 'test?ca',
        dnsNames: ['www.example.test'],
        keyAlgorithm: 'ecdsa-p256',
        validityDays: 90,
        storage: { file: { certificate: './www.crt', key: './www.key' } },
        renewal: {},
        recovery: {},
        served: {},
      },
      meta: {
        labels: { team: '7' },
        lifecycle: { protect: true, onRemove: 'remove', ignore: ['/spec/validityDays'], hold: 'audit' },
      },
      needs: [
        { plugin: 'certificates', kind: 'Domain', name: 'a' },
        { plugin: 'certificates', kind: 'Issuer', name: 'test?ca' },
      ],
      source: { file: 'sub/www.yaml', line: 5, column: 9 },
      written: ['/issuer', '/dnsNames', '/storage/file/certificate', '/storage/file/key'],
    });
    expect(desired[1]?.meta).toEqual({ labels: {}, lifecycle: { ignore: [] } });
  });

  it.each([
    ['a byte order mark', `\ufeff${domain('a')}`],
    ['CRLF', domain('a').replaceAll('\n', '\r\n')],
    ['%YAML 1.2', `%YAML 1.2\n---\n${domain('a')}`],
    ['empty documents around it', `---\n---\n${domain('a')}---\n# nothing\n`],
    [
      'JSON',
      JSON.stringify({
        apiVersion: 'certificates/v1',
        kind: 'Domain',
        metadata: { name: 'a' },
        spec: { host: 'example.test' },
      }),
    ],
    ['tags of the core', domain('!!str a', 'host: !!str example.test', 'port: !!int 443')],
    ['anchors and aliases', domain('&n a', 'host: &h example.test', 'address: *h', 'trust: [*n, *n]')],
    ['brackets in quotes', domain('a', 'host: example.test', `trust: ["${'['.repeat(100)}", '${'{'.repeat(100)}']`)],
    [
      'brackets in a block scalar',
      `${domain('a')}lifecycle:\n  hold: |\n    ${'[{ '.repeat(100)}\n    ${'&a *a '.repeat(110)}\n`,
    ],
    ['1,000 blank lines', `${domain('a')}${'\n'.repeat(1_000)}`],
  ])('with %s', async (_name, text) => {
    const { desired, problems } = await loadFiles({ 'x.yaml': text });
    expect(problems).toEqual([]);
    expect(desired.map(({ ref }) => ref.name)).toEqual(['a']);
  });

  it('copy an alias: a default that is set at one place is not set at the other', async () => {
    const folder = (more: string): string =>
      certificate(more).replace('{ file: { certificate: a, key: b } }', '&r { directory: { path: a } }');
    const text = `${folder('  issuer: i\n')}lifecycle: { ignore: [] }\n---\n${folder('  issuer: i\n').replace('www', 'two')}---\n${issuer}metadata: { name: i }\nspec: { selfSigned: {} }\n`;
    const { desired } = await loadFiles({ 'x.yaml': text });
    const specs = desired
      .filter(({ ref }) => ref.kind === 'Certificate')
      .map(({ spec }) => (spec as { storage: object }).storage);
    expect(specs[0]).toEqual({ directory: { path: 'a', combined: false } });
    expect(specs[0]).not.toBe(specs[1]);
  });

  it('load 10,000 in one file of nearly 8 MB', async () => {
    const trust = Array.from(
      { length: 10 },
      (_, i) => `    - ./a/rather/long/path/to/authorities/of-the-team-${i}/ca.crt`,
    ).join('\n');
    const text = Array.from(
      { length: 10_000 },
      (_, i) => `---\n${domain(`d${i}`, 'host: example.test', 'port: 443', 'trust:')}${trust}\n`,
    ).join('');
    expect(text.length).toBeGreaterThan(7_400_000);
    const { desired, problems } = await loadFiles({ 'x.yaml': text });
    expect(problems).toEqual([]);
    expect(desired).toHaveLength(10_000);
  });

  it('are the same for any order of the paths', async () => {
    const folder = folderOf({
      'a.yaml': domain('x'),
      'b.yaml': `${domain('y')}---\n${domain('x')}`,
      'c/d.yml': domain('y', 'hots: z'),
    });
    const paths = ['a.yaml', 'b.yaml', 'c', '*.yaml', 'c/../b.yaml'];
    const results = await Promise.all(
      [paths, paths.toReversed(), [...paths.slice(2), ...paths.slice(0, 2)]].map((each) =>
        load({ folder, paths: each, plugins: builtinPlugins }),
      ),
    );
    expect(brief(results[0]?.problems ?? [])).toEqual([
      'b.yaml:11:9 duplicate-name',
      'c/d.yml:5:1 missing-key',
      'c/d.yml:6:3 unknown-key',
    ]);
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  it('form chains of any length', async () => {
    const text = Array.from(
      { length: 5_000 },
      (_, i) =>
        `---\n${head}metadata: { name: d${i}, dependsOn: [certificates/Domain/d${i + 1}] }\nspec: { host: x }\n`,
    ).join('');
    const { problems } = await loadFiles({ 'x.yaml': `${text}---\n${domain('d5000')}` });
    expect(problems).toEqual([]);
  });
});

describe('paths', () => {
  it('are files, folders and patterns; hidden files, node_modules and the configuration are left out', async () => {
    const folder = folderOf({
      'fettle.yaml': 'name: x\n',
      'desired/b.yaml': domain('b'),
      'desired/deep/a.yml': domain('a'),
      'desired/.hidden.yaml': 'no: document',
      'desired/.git/x.yaml': 'no: document',
      'desired/node_modules/x.yaml': 'no: document',
      'desired/notes.txt': 'no: document',
      'more/c.yaml': domain('c'),
      'more/d.yaml': domain('d'),
      'more/.e.yaml': 'no: document',
      'own.cfg': domain('e'),
    });
    const names = async (...paths: readonly string[]): Promise<string> =>
      (await load({ folder, paths, plugins: builtinPlugins })).desired.map(({ ref }) => ref.name).join('');
    expect(await names('.')).toBe('abcd');
    expect(await names('desired/')).toBe('ab');
    expect(await names('desired', 'more/*.yaml')).toBe('abcd');
    expect(await names('**/*.{yaml,yml}')).toBe('abcd');
    expect(await names('more/?.yaml')).toBe('cd');
    expect(await names('own.cfg', 'more/../more/c.yaml', join(folder, 'more/c.yaml'))).toBe('ce');
  });

  it('without a file are problems, and so are entries without a document', async () => {
    const folder = folderOf({ 'empty/x.txt': '', 'none/a.yaml': '# nothing\n---\n' });
    const run = async (paths: readonly string[], allowEmpty = false) =>
      brief((await load({ folder, paths, plugins: builtinPlugins, allowEmpty })).problems);
    expect(await run(['gone.yaml'])).toEqual(['no-files']);
    expect(await run(['gone/*.yaml'])).toEqual(['no-files']);
    expect(await run(['a\0b'])).toEqual(['no-files']);
    expect(await run(['empty'])).toEqual(['empty-desired']);
    expect(await run(['none'])).toEqual(['empty-desired']);
    expect(await run(['none', 'empty'], true)).toEqual([]);
    // `desired: []` ends a project: nothing is declared, on purpose.
    expect(await run([])).toEqual([]);
  });

  it('can lead in circles, to pipes, devices and endless folders', async () => {
    const folder = folderOf({ 'desired/a.yaml': domain('a') });
    symlinkSync('..', join(folder, 'desired/up'));
    symlinkSync('self.yaml', join(folder, 'desired/self.yaml'));
    symlinkSync('/dev/zero', join(folder, 'desired/zero.yaml'));
    mkdirSync(join(folder, 'desired/folder.yaml'));
    execFileSync('mkfifo', [join(folder, 'desired/pipe.yaml')]);
    const { desired, problems } = await load({ folder, paths: ['desired'], plugins: builtinPlugins });
    expect(desired.map(({ ref }) => ref.name)).toEqual(['a']);
    expect(brief(problems)).toEqual([
      'desired/pipe.yaml:1:1 unreadable-file',
      'desired/self.yaml:1:1 unreadable-file',
      'desired/zero.yaml:1:1 unreadable-file',
    ]);
  });

  it('give a file once, even if a link names it too', async () => {
    const folder = folderOf({ 'a.yaml': domain('a') });
    symlinkSync('a.yaml', join(folder, 'b.yaml'));
    const { desired, problems, files } = await load({ folder, paths: ['b.yaml', '.'], plugins: builtinPlugins });
    expect([desired.length, problems.length, files]).toEqual([1, 0, 1]);
    expect(desired[0]?.source.file).toBe('a.yaml');
  });

  it('outside of the folder are shown as absolute', async () => {
    const [folder, other] = [folderOf({}), folderOf({ 'a.yaml': domain('a') })];
    const { desired } = await load({ folder, paths: [other], plugins: builtinPlugins });
    expect(desired[0]?.source.file).toBe(join(other, 'a.yaml'));
  });
});

it('stops if it is aborted', async () => {
  const signal = AbortSignal.abort(new Error('stop'));
  await expect(loadFiles({ 'a.yaml': domain('a') }, { signal })).rejects.toThrow('stop');
});

it('reports its progress', async () => {
  const seen: string[] = [];
  await loadFiles(
    { 'a.yaml': domain('a'), 'b.yaml': domain('b') },
    { onProgress: (done, total) => seen.push(`${done}/${total}`) },
  );
  expect(seen).toEqual(['0/2', '1/2', '2/2']);
});

it('names the place of a document whose file has changed since', async () => {
  const folder = folderOf({ 'a.yaml': `${domain('a')}---\n${domain('a')}` });
  const certificates = builtinPlugins.get('certificates');
  const plugins = new Map([
    [
      'certificates',
      async () => {
        const plugin = await (certificates as NonNullable<typeof certificates>)();
        return {
          ...plugin,
          check: () => {
            writeFileSync(join(folder, 'a.yaml'), domain('a'));
            return [];
          },
        };
      },
    ],
  ]);
  const { problems } = await load({ folder, paths: ['a.yaml'], plugins });
  expect(brief(problems)).toEqual(['a.yaml:11:9 duplicate-name']);
});

it.each([['.'], ['*.yaml'], ['**/*.yaml'], ['{a,b}.y{a,}ml'], ['a.YAML', 'b.Yml', 'sub/']])(
  'reads a document whose ending is in capitals: %j',
  async (...paths) => {
    const files = { 'a.YAML': domain('a'), 'b.Yml': domain('b'), 'sub/c.YML': domain('c'), 'd.yaml~': 'no: document' };
    const loaded = await loadFiles(files, { paths });
    expect(loaded.problems).toEqual([]);
    const names = loaded.desired.map(({ ref }) => ref.name);
    const expected = paths.includes('*.yaml')
      ? ['a']
      : paths.includes('**/*.yaml')
        ? ['a']
        : paths[0] === '{a,b}.y{a,}ml'
          ? ['a', 'b']
          : ['a', 'b', 'c'];
    expect(names).toEqual(expected);
  },
);
