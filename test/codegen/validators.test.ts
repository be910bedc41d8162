/** Generated validators: defaults, errors with their schema, text formats, and the schemas for editors. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ajv } from 'ajv';
import { afterAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { outputsOf } from '../../src/codegen/outputs.ts';
import { BEGIN, END } from '../../src/codegen/readme.ts';
import { validators as certificates } from '../../plugins/certificates/generated.validators.js';
import { schemas } from '../../src/engine/generated.schemas.js';
import { validators as engine } from '../../src/engine/generated.validators.js';
import { validators as formats } from '../../src/formats/generated.validators.js';
import type { Draft } from '../../src/formats/log-record.ts';
import { codePoints, type Validator, type Validators } from '#plugin';
import { formatLine, NO_HASH, prepare } from '../../src/store/line.ts';
import { intent, outcome, seen } from '../store/drafts.ts';
import { engineText, fabricText, root, specsOf } from './specs.ts';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** `instancePath keyword params` of each error. */
function errorsOf(validate: Validator, value: unknown): readonly string[] {
  validate(value);
  return (validate.errors ?? []).map(
    ({ instancePath, keyword, params }) => `${instancePath} ${keyword} ${JSON.stringify(params)}`,
  );
}

describe('specs', () => {
  test('defaults are filled in, to any depth', () => {
    const certificate = { issuer: 'a', dnsNames: ['a.test'], storage: { file: { certificate: 'a', key: 'b' } } };
    expect(errorsOf(certificates['spec:Certificate'], certificate)).toEqual([]);
    expect(certificate).toMatchObject({ keyAlgorithm: 'ecdsa-p256', validityDays: 90, renewal: {}, served: {} });
    const domain = { host: 'a.test' };
    expect(errorsOf(certificates['spec:Domain'], domain)).toEqual([]);
    expect(domain).toMatchObject({ host: 'a.test', port: 443, expiryWarnDays: 30, tlsMode: 'termination' });
    const config = {};
    expect(errorsOf(certificates.config, config)).toEqual([]);
    expect(config).toMatchObject({
      parallelism: 8,
      probe: {
        concurrency: 100,
        connectSeconds: 5,
        handshakeSeconds: 5,
        greetingSeconds: 20,
        totalSeconds: 10,
        deny: [],
      },
      renewal: { enabled: true, thresholdDays: 30, maxRetries: 10 },
    });
  });

  test('all errors come at once, each with the schema that it breaks', () => {
    const validate = certificates['spec:Domain'];
    expect(errorsOf(validate, { port: 70_000, prot: 1, trust: [''] })).toEqual([
      ' required {"missingProperty":"host"}',
      ' additionalProperties {"additionalProperty":"prot"}',
      '/port maximum {"comparison":"<=","limit":65535}',
      '/trust/0 minLength {"limit":1}',
    ]);
    const parents = (validate.errors ?? []).map(({ parentSchema }) => parentSchema);
    expect(Object.keys((parents[1] as { properties: object }).properties)).toContain('port');
    expect(parents[2]).toMatchObject({ type: 'integer', maximum: 65_535 });
    expect(parents[3]).toMatchObject({ type: 'string', minLength: 1 });
    expect(errorsOf(validate, { host: 'a.test' })).toEqual([]);
    expect(validate.errors).toBeNull();
  });

  test.each([
    [{}, ' minProperties {"limit":1}'],
    [{ selfSigned: {}, localCa: { dir: 'a', commonName: 'b' } }, ' maxProperties {"limit":1}'],
  ])('an Issuer is exactly one of its kinds: %j', (spec, error) => {
    expect(errorsOf(certificates['spec:Issuer'], spec)).toEqual([error]);
  });

  test.each([
    ['fingerprint', 'sha256:00', []],
    ['finger', 1, [' additionalProperties {"additionalProperty":"finger"}']],
    ['not_after', 1, ['/not_after type {"type":"string"}']],
  ])('state has only declared fields: %s', (field, value, errors) => {
    expect(errorsOf(certificates['memory:Certificate'], { [field]: value })).toEqual(errors);
  });
});

const label = 'a'.repeat(63);
const names: readonly (readonly [string, dnsName: boolean, hostName: boolean])[] = [
  ['example.test', true, true],
  ['localhost', true, true],
  ['WWW.Example.TEST', true, true],
  ['xn--bcher-kva.example', true, true],
  ['a-b.c--d.1', true, true],
  [`${label}.test`, true, true],
  [`${label}.${label}.${label}.${'a'.repeat(61)}`, true, true],
  ['*.example.test', true, false],
  ['*', false, false],
  ['*.', false, false],
  ['a.*.test', false, false],
  ['a*.test', false, false],
  ['*.*.test', false, false],
  ['', false, false],
  ['.', false, false],
  ['example.test.', false, false],
  ['.example.test', false, false],
  ['a..b', false, false],
  ['-a.test', false, false],
  ['a-.test', false, false],
  ['a_b.test', true, true],
  ['_a._tcp.test', true, true],
  ['-_a.test', false, false],
  ['127.0.0.1', true, true],
  ['::1', false, true],
  ['2001:DB8::192.0.2.1', false, true],
  ['[::1]', false, false],
  ['fe80::1%eth0', false, false],
  ['a.test:443', false, false],
  ['bücher.example', false, false],
  ['a b', false, false],
  ['a.test\n', false, false],
  [`${label}a.test`, false, false],
  [`${label}.${label}.${label}.${'a'.repeat(62)}`, false, false],
];

describe('names', () => {
  test.each(names)('%j', (name, isDnsName, isHostName) => {
    const certificate = { issuer: 'a', dnsNames: [name], storage: { file: { certificate: 'a', key: 'b' } } };
    expect(certificates['spec:Certificate'](certificate)).toBe(isDnsName);
    expect(certificates['spec:Domain']({ host: name })).toBe(isHostName);
  });
});

function envelope(more: object): object {
  return { apiVersion: 'a/v1', kind: 'A', metadata: { name: 'a' }, spec: {}, ...more };
}

describe('documents', () => {
  test.each([
    [{}, []],
    [{ metadata: { name: 'ä😀?' } }, []],
    [{ metadata: { name: 'a b' } }, ['/metadata/name format {"format":"resource-name"}']],
    [{ metadata: { name: 'a/b' } }, ['/metadata/name format {"format":"resource-name"}']],
    [{ metadata: { name: '..' } }, ['/metadata/name format {"format":"resource-name"}']],
    [{ metadata: { name: 'a\tb' } }, ['/metadata/name format {"format":"resource-name"}']],
    [{ metadata: { name: ' a' } }, ['/metadata/name format {"format":"resource-name"}']],
    [{ metadata: { name: '😀'.repeat(253) } }, []],
    [{ metadata: { name: '😀'.repeat(254) } }, ['/metadata/name maxLength {"limit":253}']],
    [{ metadata: { name: '' } }, ['/metadata/name minLength {"limit":1}']],
    [{ metadata: {} }, ['/metadata required {"missingProperty":"name"}']],
    [{ metadata: { name: 'a', lables: {} } }, ['/metadata additionalProperties {"additionalProperty":"lables"}']],
    [{ metadata: { name: 'a', labels: { a: 1 } } }, ['/metadata/labels/a type {"type":"string"}']],
    [{ metadata: { name: 'a', dependsOn: ['a/B'] } }, ['/metadata/dependsOn/0 format {"format":"address"}']],
    [{ metadata: { name: 'a', dependsOn: ['a/B/c', 'a/B/s/c'] } }, []],
    [{ metadata: { name: 'a', dependsOn: ['a/B/c', 'a/B/c'] } }, ['/metadata/dependsOn uniqueItems {"i":0,"j":1}']],
    [{ lifecycle: { protect: true, onRemove: 'remove', ignore: ['/spec', '/spec/a~1b/0'], hold: 'audit' } }, []],
    [{ lifecycle: { ignore: ['spec/a'] } }, ['/lifecycle/ignore/0 pattern {"pattern":"^/spec(/([^/~]|~[01])*)*$"}']],
    [{ lifecycle: { onRemove: 'delete' } }, ['/lifecycle/onRemove enum {"allowedValues":["remove","release"]}']],
    [{ status: {} }, [' additionalProperties {"additionalProperty":"status"}']],
  ])('%j', (more, errors) => {
    expect(errorsOf(engine.document, envelope(more))).toEqual(errors);
  });

  test('the envelope is complete afterwards', () => {
    const document = envelope({});
    expect(engine.document(document)).toBe(true);
    expect(document).toMatchObject({ metadata: { labels: {}, dependsOn: [] }, lifecycle: { ignore: [] } });
  });
});

describe('configuration', () => {
  test.each([
    [{ name: 'shop', desired: ['a/', 'b/*.yaml'], plugins: { certificates: { probe: {} } } }, []],
    [{ desired: 'a.yaml', safety: { maxAge: '5m', removals: { share: '12.5%' } } }, []],
    [{ name: 'a b' }, ['/name pattern {"pattern":"^[A-Za-z0-9._-]+$"}']],
    [{ desired: [] }, []],
    [{ desired: '' }, ['/desired minLength {"limit":1}']],
    [{ desired: 3 }, ['/desired type {"type":["string","array"]}']],
    [{ parallelism: 0 }, ['/parallelism minimum {"comparison":">=","limit":1}']],
    [{ safety: { maxAge: '60' } }, ['/safety/maxAge format {"format":"duration"}']],
    [{ safety: { removals: { share: '101%' } } }, ['/safety/removals/share format {"format":"percentage"}']],
    [{ safty: {} }, [' additionalProperties {"additionalProperty":"safty"}']],
  ])('%j', (config, errors) => {
    expect(errorsOf(engine.config, config)).toEqual(errors);
  });

  test('an absent field', () => {
    const config = {};
    expect(engine.config(config)).toBe(true);
    expect(config).toEqual({
      desired: ['desired/'],
      store: '.fettle',
      onDamage: 'stop',
      plugins: {},
      safety: {
        maxAge: '60s',
        removals: { max: 10, share: '30%', from: 4, per: '1h' },
        collapse: { share: '50%', from: 4 },
        budgets: [],
        freeze: [],
        overrides: [],
      },
      drift: { suppress: [], confirm: [] },
      serve: { watch: true },
    });
  });
});

const digest = `sha256:${'0'.repeat(64)}`;
const row = {
  address: 'nodes/Node/a',
  type: 'nodes/Node',
  name: 'a',
  provider_name: 'nodes',
  change: { actions: ['update'], before: {}, after: {}, before_sensitive: {}, after_sensitive: {} },
  step: 'ready>ready',
  goal: 'update',
  cause: 'edit',
  because: 'it differs',
  basis: digest,
};
const plan = {
  format_version: '1.0',
  fettle_version: '0.1.0',
  timestamp: '2026-11-20T14:30:10.123Z',
  project: 'shop',
  complete: true,
  applyable: true,
  errored: false,
  resource_changes: [row],
  rejected_changes: [
    { reason: 'a', resource_change: row, reasons: [{ rule: 'a', message: 'b', facts: {}, overridable: true }] },
  ],
  deferred_changes: [],
  prior_state: { resources: [{ address: 'a/B/c', type: 'a/B', state: 'ready', values: 3 }] },
  resource_drift: [],
  checks: [],
  gaps: [],
  summary: { add: 0, change: 1, step: 0, remove: 0, rejected: 1, deferred: 0, findings: 0, unchanged: 0 },
  plan_digest: digest,
};

describe('plans', () => {
  test('unknown keys are fine', () => {
    expect(errorsOf(formats.plan, { ...plan, later: 1, summary: { ...plan.summary, later: 1 } })).toEqual([]);
  });

  test.each(Object.keys(plan).filter((key) => key !== 'plan_digest'))('%s is required', (key) => {
    expect(errorsOf(formats.plan, { ...plan, [key]: undefined })).toEqual([` required {"missingProperty":"${key}"}`]);
  });

  test.each([
    [{ format_version: '2.0' }, '/format_version pattern'],
    [{ resource_changes: [{ ...row, step: 'ready' }] }, '/resource_changes/0/step format'],
    [{ rejected_changes: [{ reason: 'a', reasons: [] }] }, '/rejected_changes/0 required'],
    [{ checks: [{ address: 'a', code: 'b', severity: 'bad', message: '', facts: {} }] }, '/checks/0/severity enum'],
  ])('%j', (more, error) => {
    expect(errorsOf(formats.plan, { ...plan, ...more }).join('\n')).toContain(error);
  });
});

describe('schemas for editors and other programs', () => {
  const ajv = new Ajv({
    strict: true,
    strictTypes: false,
    strictRequired: false,
    allowUnionTypes: true,
    allErrors: true,
  });
  const names = Object.keys(schemas);

  test('the files are what the command prints', () => {
    expect(names).toEqual(expect.arrayContaining(['document', 'fettle', 'plan', 'record', 'certificates/Issuer']));
    for (const name of names) {
      const { $comment, ...file } = JSON.parse(readFileSync(join(root, `schemas/${name}.json`), 'utf8'));
      expect($comment).toContain('Generated');
      expect(file).toEqual(schemas[name]);
    }
  });

  test.each(names)('%s is plain JSON Schema, and self-contained', (name) => {
    const schema = schemas[name] as object;
    expect(JSON.stringify(schema)).not.toContain('"x-');
    expect(() => ajv.compile(schema)).not.toThrow();
  });

  test('the examples are documents', () => {
    const isDocument = ajv.compile(schemas['document'] as object);
    const examples = parseAllDocuments(readFileSync(join(root, 'specs/examples/certificates.yaml'), 'utf8'));
    expect(examples.length).toBeGreaterThan(3);
    for (const example of examples) {
      isDocument(example.toJS());
      expect(isDocument.errors).toBeNull();
    }
    expect(isDocument({ ...examples[0]?.toJS(), kind: 'Domain' })).toBe(false);
    expect(isDocument({ ...examples[0]?.toJS(), apiVersion: 'certificates/v9' })).toBe(false);
  });

  test('records of the log', () => {
    const isRecord = ajv.compile(schemas['record'] as object);
    const drafts: readonly Draft[] = [seen('a', 'ready'), intent('a'), outcome('a', 2)];
    for (const [i, draft] of drafts.entries()) {
      const { text } = formatLine(i + 1, '2026-11-20T14:30:10.000Z', 'me', prepare(draft, 'me'), NO_HASH);
      isRecord(JSON.parse(text));
      expect(isRecord.errors).toBeNull();
      expect(isRecord({ ...JSON.parse(text), body: {} })).toBe(false);
      expect(isRecord({ ...JSON.parse(text), kind: 'other' })).toBe(false);
    }
  });
});

describe('code', () => {
  test.each(['src/engine', 'src/formats', 'plugins/certificates'])('%s does not need ajv at run time', (folder) => {
    const text = readFileSync(join(root, folder, 'generated.validators.js'), 'utf8');
    expect(text).not.toMatch(/require\(|\bajv\b|eval\(|new Function/u);
  });

  test('a kind with a scope, and lists of objects', async () => {
    const outputs = outputsOf(specsOf([engineText, fabricText]), () => `${BEGIN}${END}`);
    const code = outputs.find(({ path }) => path === 'plugins/fabric/generated.validators.js')?.text ?? '';
    // Where its own relative imports lead into the engine.
    const folder = mkdtempSync(join(root, 'node_modules', '.codegen-'));
    folders.push(folder);
    const file = join(folder, 'validators.js');
    writeFileSync(file, code);
    const made = (await import(pathToFileURL(file).href)) as { readonly validators: Validators };
    const document = made.validators['document:VPC'] as Validator;
    const spec = made.validators['spec:VPC'] as Validator;
    const metadata = { cluster: 'a', namespace: 'b', name: 'c' };
    expect(errorsOf(document, envelope({ metadata }))).toEqual([]);
    expect(errorsOf(document, envelope({ metadata: { name: 'c', cluster: '' } }))).toEqual([
      '/metadata required {"missingProperty":"namespace"}',
      '/metadata/cluster minLength {"limit":1}',
    ]);
    const subnets = [{ cidr: 'a' }, { mtu: 1500, cidr: 'a' }];
    expect(errorsOf(spec, { subnets })).toEqual(['/subnets uniqueItems {"i":1,"j":0}']);
    expect(made.validators['memory:VPC']?.({})).toBe(true);
  });

  test.each([
    ['', 0],
    ['abc', 3],
    ['ä', 1],
    ['😀', 1],
    ['a😀b😀', 4],
    ['\ud83d', 1],
    ['\ude00\ud83d', 2],
  ])('length of %j', (text, length) => {
    expect(codePoints(text)).toBe(length);
  });
});
