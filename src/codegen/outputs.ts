/** All generated files: from the specs to the texts of the files, by path. Pure. */

import { envelopeOf, memoryOf, pluginConfig } from './document-schema.ts';
import { editorSchemas, editorSchemasSource, editorSchemasTypes } from './editor-schemas.ts';
import { engineSource } from './engine-source.ts';
import { headerOf } from './header.ts';
import { pluginSource } from './plugin-source.ts';
import type { Specs } from './read-spec.ts';
import { configurationPart, readmePart, withReadmePart } from './readme.ts';
import type { Schema } from './schema.ts';
import type { EngineSpec, PluginSpec } from './spec.ts';
import { validatorsSource, validatorTypesSource } from './validators.ts';

export interface Output {
  /** From the root of the project. */
  readonly path: string;
  readonly text: string;
}

/** True for a file that is not committed: generated JavaScript, which every build makes. */
export function isBuilt({ path }: Output): boolean {
  return path.endsWith('.js');
}

/** Reads a file that is partly written by hand; undefined if it does not exist. */
export type ReadText = (path: string) => string | undefined;

/** The module of the plugin API for generated code in this repository. */
const API = '#plugin';

function pluginSchemas(engine: EngineSpec, plugin: PluginSpec): Readonly<Record<string, Schema>> {
  const kinds = Object.entries(plugin.kinds);
  return Object.fromEntries<Schema>([
    ...kinds.map(([name, kind]) => [`spec:${name}`, kind.spec] as const),
    ...kinds.map(([name, kind]) => [`memory:${name}`, memoryOf(kind)] as const),
    ...kinds.flatMap(([name, kind]) =>
      kind.scope === undefined ? [] : [[`document:${name}`, envelopeOf(engine, kind)] as const],
    ),
    ...Object.entries(plugin.inputs ?? {}).map(([name, schema]) => [`input:${name}`, schema] as const),
    ['config', pluginConfig(plugin)],
  ]);
}

/** The generated code of one plugin, below `folder`; `api` is the module of the plugin API. */
export function pluginCode(
  engine: EngineSpec,
  plugin: PluginSpec,
  folder: string,
  api: string,
  header: string,
): readonly Output[] {
  const schemas = pluginSchemas(engine, plugin);
  return [
    { path: `${folder}/generated.ts`, text: pluginSource(plugin, api, header) },
    {
      path: `${folder}/generated.validators.js`,
      text: validatorsSource({ schemas, formats: engine.formats, api, header }),
    },
    {
      path: `${folder}/generated.validators.d.ts`,
      text: validatorTypesSource(Object.keys(schemas), api, header),
    },
  ];
}

function engineOutputs(engine: EngineSpec): readonly Output[] {
  const header = headerOf('specs/engine.yaml');
  const validators = (
    folder: string,
    schemas: Parameters<typeof validatorsSource>[0]['schemas'],
  ): readonly Output[] => [
    {
      path: `${folder}/generated.validators.js`,
      text: validatorsSource({ schemas, formats: engine.formats, api: API, header }),
    },
    { path: `${folder}/generated.validators.d.ts`, text: validatorTypesSource(Object.keys(schemas), API, header) },
  ];
  return [
    { path: 'src/engine/generated.ts', text: engineSource(engine) },
    ...validators('src/engine', { document: engine.document, config: engine.config }),
    // Separate, because only the daemon needs it.
    ...validators('src/serve', { serve: engine.serve }),
    // Separate, because only a saved plan needs it: more than half of the code of all three.
    ...validators('src/formats', { plan: engine.plan }),
  ];
}

function schemaOutputs({ engine, plugins }: Specs): readonly Output[] {
  const schemas = editorSchemas(engine, plugins);
  const $comment = 'Generated from specs/ by `npm run generate`: do not edit.';
  return [
    { path: 'src/engine/generated.schemas.js', text: editorSchemasSource(schemas) },
    { path: 'src/engine/generated.schemas.d.ts', text: editorSchemasTypes() },
    ...Object.entries(schemas).map(([name, schema]) => ({
      path: `schemas/${name}.json`,
      text: `${JSON.stringify({ $comment, ...schema }, null, 2)}\n`,
    })),
  ];
}

function markedOutput(path: string, part: string, read: ReadText): Output {
  const text = withReadmePart(read(path) ?? '', part);
  if (text === undefined) throw new Error(`${path} needs the markers generated:begin and generated:end, once each`);
  return { path, text };
}

/** All files in the order of their paths. Throws if a README does not have the markers of its generated part. */
export function outputsOf(specs: Specs, read: ReadText): readonly Output[] {
  const { engine, plugins } = specs;
  const all = [
    ...engineOutputs(engine),
    ...plugins.flatMap((plugin) =>
      pluginCode(engine, plugin, `plugins/${plugin.name}`, API, headerOf(`specs/${plugin.name}.yaml`)),
    ),
    ...schemaOutputs(specs),
    ...plugins.map((plugin) => markedOutput(`plugins/${plugin.name}/README.md`, readmePart(plugin), read)),
    markedOutput('docs/configuration.md', configurationPart(engine), read),
  ];
  return all.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
