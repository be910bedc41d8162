/** Everything that is generated: from the texts of `specs/` to the texts of the files, by path. Pure. */

import { configOf, documentOf, envelopeOf, forEditors, memoryOf, pluginConfig, recordOf } from './document-schema.ts';
import { engineSource } from './engine-source.ts';
import { headerOf } from './header.ts';
import { pluginSource } from './plugin-source.ts';
import type { Specs } from './read-spec.ts';
import type { Schema } from './schema.ts';
import type { EngineSpec, PluginSpec } from './spec.ts';
import { validatorsSource, validatorTypesSource } from './validators.ts';

const DRAFT = 'http://json-schema.org/draft-07/schema#';

/** A generated file: the whole of it, or, in a file that is written by hand, a part between markers. */
export interface Output {
  readonly path: string;
  readonly text: string;
}

function pluginSchemas(engine: EngineSpec, plugin: PluginSpec): Readonly<Record<string, object>> {
  const kinds = Object.entries(plugin.kinds);
  return Object.fromEntries<object>([
    ...kinds.map(([name, kind]) => [`spec:${name}`, kind.spec] as const),
    ...kinds.map(([name, kind]) => [`memory:${name}`, memoryOf(kind)] as const),
    ...kinds.flatMap(([name, kind]) => (kind.scope === undefined ? [] : [[`document:${name}`, envelopeOf(engine, kind)] as const])),
    ['config', pluginConfig(plugin)],
  ]);
}

function pluginOutputs(engine: EngineSpec, plugin: PluginSpec): readonly Output[] {
  const folder = `plugins/${plugin.name}`;
  const header = headerOf(`specs/${plugin.name}.yaml`);
  const enginePath = '../../src/engine/';
  const schemas = pluginSchemas(engine, plugin);
  return [
    { path: `${folder}/generated.ts`, text: pluginSource(plugin) },
    { path: `${folder}/generated.validators.js`, text: validatorsSource({ schemas, formats: engine.formats, enginePath, header }) },
    { path: `${folder}/generated.validators.d.ts`, text: validatorTypesSource(Object.keys(schemas), enginePath, header) },
  ];
}

function engineOutputs(engine: EngineSpec): readonly Output[] {
  const header = headerOf('specs/engine.yaml');
  const schemas = { document: engine.document, config: engine.config, plan: engine.plan, record: recordOf(engine) };
  return [
    { path: 'src/engine/generated.ts', text: engineSource(engine) },
    { path: 'src/engine/generated.validators.js', text: validatorsSource({ schemas, formats: engine.formats, enginePath: './', header }) },
    { path: 'src/engine/generated.validators.d.ts', text: validatorTypesSource(Object.keys(schemas), './', header) },
  ];
}

/** All files in the order of their paths. */
export function outputsOf({ engine, plugins }: Specs): readonly Output[] {
  const all = [...engineOutputs(engine), ...plugins.flatMap((plugin) => pluginOutputs(engine, plugin))];
  return all.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

void DRAFT;
void configOf;
void documentOf;
void forEditors;
export type { Schema };
