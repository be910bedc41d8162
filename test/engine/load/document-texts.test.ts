/** Documents whose text is in the state: a load gives the same with and without it, for any text, and parses less. */

import { describe, expect, it } from 'vitest';
import { documentTexts } from '../../../src/engine/load/document-texts.ts';
import { limits } from '../../../src/engine/load/limits.ts';
import { load, type Loaded } from '../../../src/engine/load/load.ts';
import type { ReadText } from '#plugin';
import { builtinPlugins } from '../../../src/plugins.ts';
import { mutated, valid, yamlish } from './any-yaml.ts';
import { domain, folderOf } from './files.ts';
import fc from '../../support/property.ts';

const reader = 'a reader';
type Texts = ReadonlyMap<string, ReadText>;
const nothing: Texts = new Map();

function loadText(text: string, texts?: Texts, by = reader): Promise<Loaded> {
  return load({
    folder: folderOf({ 'a.yaml': text }),
    paths: ['a.yaml'],
    plugins: builtinPlugins,
    ...(texts === undefined ? {} : { remembered: { reader: by, texts } }),
  });
}

/** The texts that an apply would record of a load, after a round through the log. */
function rememberedOf({ desired }: Loaded): Texts {
  const read = desired.flatMap((each) => each.read ?? []);
  return new Map((JSON.parse(JSON.stringify(read)) as ReadText[]).map((each) => [each.digest, each]));
}

/** The result of a load, in the order of its members, without the members that are only recorded. */
function said({ desired, ...rest }: Loaded): string {
  return JSON.stringify({ ...rest, desired: desired.map((each) => ({ ...each, read: undefined })) });
}

const names = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
const parts = fc.oneof(
  { weight: 80, arbitrary: names.map((name) => domain(name)) },
  {
    weight: 2,
    arbitrary: names.map((name) => domain(name, 'host: x.test', 'trust:', '  - >-', '    ./a', '', '    ---b.crt')),
  },
  { weight: 2, arbitrary: names.map((name) => `# about ${name}\n${domain(name).replaceAll('\n', '\r\n')}`) },
  { weight: 1, arbitrary: names.map((name) => domain(name, 'host: &h x.test', 'serverName: *h')) },
  { weight: 1, arbitrary: names.map((name) => `\n\n${domain(name)}\n# end\n`) },
  { weight: 1, arbitrary: fc.constantFrom(...valid.split('---\n')) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '# nothing\n', '|\n  text\n', '"\n', 'a: [\n', 'a: "\n', "a: '\n", '...\n'),
  },
  { weight: 1, arbitrary: yamlish },
  { weight: 1, arbitrary: mutated },
);
const markers = fc.constantFrom(
  '---\n',
  '---\r\n',
  '--- # next\n',
  '---\t\n',
  '---',
  ' ---\n',
  '...\n---\n',
  '\n---\n',
);
const files = fc
  .array(fc.tuple(parts, markers), { minLength: 1, maxLength: 6 })
  .map((all) => all.map(([part, marker]) => part + marker).join(''));

describe('documents whose text is in the state', () => {
  it('load as they do without it, for any file and any recorded files', async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(files, fc.array(files, { maxLength: 3 }), fc.boolean(), async (text, others, own) => {
        const known = new Map<string, ReadText>();
        for (const other of own ? [...others, text] : others)
          for (const [digest, read] of rememberedOf(await loadText(other, nothing))) known.set(digest, read);
        const plain = await loadText(text);
        expect(said(await loadText(text, nothing))).toBe(said(plain));
        const again = await loadText(text, known);
        expect(said(again)).toBe(said(plain));
        for (const { read } of again.desired) if (read !== undefined && known.get(read.digest) === read) taken++;
      }),
      { numRuns: 300 },
    );
    expect(taken).toBeGreaterThan(50);
  });

  it('load as they do without it if each text of the file is recorded from a file of its own', async () => {
    await fc.assert(
      fc.asyncProperty(files, async (text) => {
        const known = new Map<string, ReadText>();
        for (const part of documentTexts(text) ?? [])
          for (const [digest, read] of rememberedOf(await loadText(part.text, nothing))) known.set(digest, read);
        expect(said(await loadText(text, known))).toBe(said(await loadText(text)));
      }),
      { numRuns: 300 },
    );
  });

  it('are not parsed: their value comes from the state', async () => {
    const text = [domain('a'), domain('b'), domain('c')].join('---\n');
    const known = new Map(
      [...rememberedOf(await loadText(text, nothing))].map(([digest, read]) => {
        const value = JSON.parse(
          JSON.stringify(read.value).replace('example.test', 'remembered.test'),
        ) as ReadText['value'];
        return [digest, { ...read, value }];
      }),
    );
    const edited = text.replace('name: b', 'name: d');
    const { desired } = await loadText(edited, known);
    expect(desired.map(({ ref, spec }) => `${ref.name} ${(spec as { host: string }).host}`)).toEqual([
      'a remembered.test',
      'c remembered.test',
      'd example.test',
    ]);
  });

  it('are parsed if another reader recorded them', async () => {
    const known = rememberedOf(await loadText(domain('a'), nothing));
    const { desired } = await loadText(domain('a'), known, 'another reader');
    expect(known.size).toBe(1);
    expect(known.has(desired[0]?.read?.digest ?? '')).toBe(false);
  });

  it.each([null, 'text', {}, { apiVersion: 'certificates/v1' }, { apiVersion: 'x/v1', kind: 'Domain' }, []])(
    'are parsed if the state has %j for them',
    async (value) => {
      const text = [domain('a'), domain('b')].join('---\n');
      const known = new Map(
        [...rememberedOf(await loadText(text, nothing))].map(([digest, read]) => [digest, { ...read, value }]),
      );
      expect(said(await loadText(text, known))).toBe(said(await loadText(text)));
    },
  );

  it('have their problems at the line and column of the file', async () => {
    const known = rememberedOf(await loadText([domain('a'), domain('b')].join('---\n'), nothing));
    const text = `# moved down\n\n---\n${domain('c')}---\n${domain('b')}---\n${domain('b').replace('b\n', 'a\n')}---\n${domain('a')}`;
    const { problems } = await loadText(text, known);
    expect(problems.map(({ code, at }) => `${code} ${at?.line}:${at?.column}`)).toEqual(['duplicate-name 28:9']);
    expect(said(await loadText(text, known))).toBe(said(await loadText(text)));
  });

  it('do not raise the limit of anchors in a file', async () => {
    const anchored = (i: number): string => domain(`a${i}`, `host: &h a${i}.test`);
    const text = Array.from({ length: limits.anchors + 1 }, (_, i) => anchored(i)).join('---\n');
    const known = new Map<string, ReadText>();
    for (const part of text.split('---\n'))
      for (const [digest, read] of rememberedOf(await loadText(`---\n${part}`, nothing))) known.set(digest, read);
    const { problems } = await loadText(text, known);
    expect(problems.map(({ code }) => code)).toContain('too-many-anchors');
  });

  it('are not recorded if they are large', async () => {
    const certificate = (names: number): string =>
      `apiVersion: certificates/v1
kind: Certificate
metadata: { name: a }
spec:
  issuer: ca
  dnsNames: [${Array.from({ length: names }, (_, i) => `${'x'.repeat(60)}.${'y'.repeat(60)}.a${i}.example.test`).join(', ')}]
  storage: { file: { certificate: a.crt, key: a.key } }
---
apiVersion: certificates/v1
kind: Issuer
metadata: { name: ca }
spec: { localCa: { dir: ./ca, commonName: CA } }
`;
    const [few, many] = [await loadText(certificate(2), nothing), await loadText(certificate(100), nothing)];
    expect(few.desired.map(({ read }) => read === undefined)).toEqual([false, false]);
    expect(many.desired.map(({ read }) => read === undefined)).toEqual([true, false]);
  });
});

describe('the texts of a file', () => {
  it('join to the file, and each but the first begins with a marker', () => {
    fc.assert(
      fc.property(files, (text) => {
        const split = documentTexts(text);
        if (split === undefined) return;
        expect(split.map((part) => part.text).join('')).toBe(text);
        for (const part of split.slice(1)) expect(part.text).toMatch(/^---(?:[ \t\r\n]|$)/u);
        for (const part of split) expect(text.startsWith(part.text, part.start)).toBe(true);
      }),
    );
  });

  it.each([
    ['a directive', '%YAML 1.2\n---\na: 1\n'],
    ['a directive of a later document', 'a: 1\n...\n%YAML 1.2\n---\na: 1\n'],
    ['an end marker', 'a: 1\n...\n---\nb: 1\n'],
    ['a byte order mark', 'a: 1\n---\n\ufeffb: 1\n'],
    ['a large document', `a: "${'x'.repeat(limits.documentParts / 4)}"\n`],
    ['a large file', `---\na: ${'x'.repeat(1_000)}\n`.repeat(limits.fileParts / 4_000)],
    ['too many documents', '---\n'.repeat(limits.documents + 1)],
  ])('are not split if there is %s', (_, text) => {
    expect(documentTexts(text)).toBeUndefined();
  });
});
