/** Kinds with a scope: its parts are in the metadata, and references stay inside it. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { envelopeOf } from '../../../src/codegen/document-schema.ts';
import type { EngineSpec, KindSpec } from '../../../src/codegen/spec.ts';
import { definePlugin, type Plugin, type Validator, withSchemas } from '#plugin';
import { brief, loadFiles } from './files.ts';

const engine = parse(readFileSync(join(import.meta.dirname, '../../../specs/engine.yaml'), 'utf8')) as EngineSpec;
const ajv = new Ajv({
  allErrors: true,
  useDefaults: true,
  strict: false,
  formats: Object.fromEntries(
    Object.entries(engine.formats).map(([name, { pattern }]) => [name, new RegExp(pattern, 'u')]),
  ),
});

function validator(schema: object): Validator {
  return withSchemas(ajv.compile(schema), schema);
}

const subnet = {
  type: 'object',
  additionalProperties: false,
  properties: {
    vpc: { type: 'string' },
    peers: { type: 'array', items: { type: 'object', properties: { subnet: { type: 'string' } } } },
  },
};
const envelope = (scope: readonly string[]): Validator =>
  validator(envelopeOf(engine, { scope } as unknown as KindSpec));

const fabric: Plugin = definePlugin({
  name: 'fabric',
  tables: {
    name: 'fabric',
    version: 'v2',
    summary: 'Networks.',
    parallelism: 1,
    secrets: [],
    settingPaths: [],
    findings: [],
    kinds: {
      VPC: {
        summary: '',
        scope: ['cluster'],
        onRemove: 'release',
        machines: {},
        rules: [],
        references: [],
        paths: [],
        safetyInputs: [],
        memoryVersion: 1,
      },
      Subnet: {
        summary: '',
        scope: ['cluster', 'namespace'],
        onRemove: 'release',
        machines: {},
        rules: [],
        paths: [],
        references: [
          { pointer: '/vpc', kind: 'VPC' },
          { pointer: '/peers/*/subnet', kind: 'Subnet' },
        ],
        safetyInputs: [],
        memoryVersion: 1,
      },
    },
  },
  validators: async () => ({
    'spec:VPC': validator({ type: 'object', additionalProperties: false }),
    'spec:Subnet': validator(subnet),
    'document:VPC': envelope(['cluster']),
    'document:Subnet': envelope(['cluster', 'namespace']),
  }),
  kinds: {},
  openReader: async () => undefined,
  openWriter: async () => undefined,
  observe: async () => ({ observed: [], gaps: [], at: 0 }),
});
const plugins = new Map([['fabric', async () => fabric]]);

function vpc(cluster: string, name: string): string {
  return `apiVersion: fabric/v2\nkind: VPC\nmetadata: { cluster: ${cluster}, name: ${name} }\nspec: {}\n`;
}
function subnetOf(metadata: string, spec = '{}'): string {
  return `apiVersion: fabric/v2\nkind: Subnet\nmetadata: { ${metadata} }\nspec: ${spec}\n`;
}
async function run(...documents: readonly string[]) {
  return loadFiles({ 'x.yaml': documents.join('---\n') }, { plugins });
}

describe('a scope', () => {
  it('is read from the metadata, outermost part first', async () => {
    const { desired, problems } = await run(subnetOf('namespace: web, name: a, cluster: prod'));
    expect(problems).toEqual([]);
    expect(desired[0]?.ref).toEqual({ plugin: 'fabric', kind: 'Subnet', scope: ['prod', 'web'], name: 'a' });
  });

  it('is required, and is text', async () => {
    const { problems } = await run(subnetOf('name: a, cluster: 1'), subnetOf('name: a, cluster: a, namespace: ""'));
    expect(brief(problems)).toEqual(['x.yaml:3:1 missing-key', 'x.yaml:3:31 wrong-type', 'x.yaml:8:45 wrong-value']);
  });

  it('of another kind is an unknown key', async () => {
    const { problems } = await run(vpc('prod', 'a, namespace: web'));
    expect(brief(problems)).toEqual(['x.yaml:3:37 unknown-key']);
  });

  it('is not checked if the kind is unknown', async () => {
    const { problems } = await run(vpc('prod', 'a, namespace: web').replace('kind: VPC', 'kind: Vpc'));
    expect(brief(problems)).toEqual(['x.yaml:2:7 unknown-kind']);
  });

  it('distinguishes resources of the same name', async () => {
    const { desired, problems } = await run(vpc('prod', 'a'), vpc('test', 'a'));
    expect([desired.length, problems.length]).toEqual([2, 0]);
    expect(brief((await run(vpc('prod', 'a'), vpc('prod', 'a'))).problems)).toEqual(['x.yaml:8:34 duplicate-name']);
  });

  it('applies to references, as far as the referenced kind has a scope', async () => {
    const peers = '{ vpc: main, peers: [{ subnet: b }] }';
    const { desired, problems } = await run(
      vpc('prod', 'main'),
      subnetOf('name: a, cluster: prod, namespace: web', peers),
      subnetOf('name: b, cluster: prod, namespace: web'),
    );
    expect(problems).toEqual([]);
    expect(desired.find(({ ref }) => ref.name === 'a')?.needs).toEqual([
      { plugin: 'fabric', kind: 'Subnet', scope: ['prod', 'web'], name: 'b' },
      { plugin: 'fabric', kind: 'VPC', scope: ['prod'], name: 'main' },
    ]);
    const other = await run(vpc('test', 'main'), subnetOf('name: a, cluster: prod, namespace: web', peers));
    expect(brief(other.problems)).toEqual(['x.yaml:9:14 unknown-reference', 'x.yaml:9:38 unknown-reference']);
  });
});
