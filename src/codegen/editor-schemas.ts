/**
 * JSON Schemas of documents, configuration, plan and log, for editors and other programs: draft 7, each self-contained.
 */

import { configOf, documentOf, forEditors, recordOf } from './document-schema.ts';
import { headerOf } from './header.ts';
import type { Schema } from './schema.ts';
import type { EngineSpec, PluginSpec } from './spec.ts';

const DRAFT = 'http://json-schema.org/draft-07/schema#';

/** Schemas of whole documents by `plugin/Kind`. */
function kindSchemas(engine: EngineSpec, plugins: readonly PluginSpec[]): Readonly<Record<string, Schema>> {
  return Object.fromEntries(
    plugins.flatMap((plugin) =>
      Object.entries(plugin.kinds).map(([name, kind]) => [
        `${plugin.name}/${name}`,
        forEditors(documentOf(engine, plugin, name, kind), engine),
      ]),
    ),
  );
}

/** Schemas of the inputs of plugins, by `plugin/Name`. */
function inputSchemas(engine: EngineSpec, plugins: readonly PluginSpec[]): Readonly<Record<string, Schema>> {
  return Object.fromEntries(
    plugins.flatMap(({ name: plugin, inputs = {} }) =>
      Object.entries(inputs).map(([name, schema]) => [
        `${plugin}/${name}`,
        { title: `${name} for ${plugin}`, ...forEditors(schema, engine) },
      ]),
    ),
  );
}

/** The schema of any document: the kind selects the schema that applies. */
function anyDocument(
  engine: EngineSpec,
  plugins: readonly PluginSpec[],
  kinds: Readonly<Record<string, Schema>>,
): object {
  const names = Object.keys(kinds);
  return {
    title: 'Document of fettle',
    description: engine.document.description,
    type: 'object',
    required: engine.document.required,
    properties: {
      apiVersion: { enum: plugins.map(({ name, version }) => `${name}/${version}`) },
      kind: { enum: [...new Set(plugins.flatMap((plugin) => Object.keys(plugin.kinds)))] },
    },
    anyOf: names.map((name) => ({ $ref: `#/definitions/${name.replace('/', '~1')}` })),
    definitions: kinds,
  };
}

/**
 * All schemas by name: `document`, `fettle`, `plan`, `record`, `plugin/Kind`, and `plugin/Name` of what a plugin reads.
 */
export function editorSchemas(engine: EngineSpec, plugins: readonly PluginSpec[]): Readonly<Record<string, object>> {
  const kinds = kindSchemas(engine, plugins);
  const all: Readonly<Record<string, object>> = {
    document: anyDocument(engine, plugins, kinds),
    fettle: { title: 'fettle.yaml', ...forEditors(configOf(engine, plugins), engine) },
    plan: { title: 'Plan of fettle', ...forEditors(engine.plan, engine) },
    record: { title: 'Record of the log of fettle', ...recordOf(engine) },
    ...kinds,
    ...inputSchemas(engine, plugins),
  };
  return Object.fromEntries(Object.entries(all).map(([name, schema]) => [name, { $schema: DRAFT, ...schema }]));
}

/** The module that `fettle schema` prints from; it has the schema of each kind once. */
export function editorSchemasSource(schemas: Readonly<Record<string, object>>): string {
  const text = (value: unknown) => JSON.stringify(value, null, 2);
  const { definitions, ...document } = schemas['document'] as Readonly<Record<string, unknown>>;
  const kinds = Object.keys(definitions as object);
  const inputs = Object.entries(schemas).filter(([name]) => name.includes('/') && !kinds.includes(name));
  const bare = kinds.map((name) => {
    const { $schema: _draft, ...schema } = schemas[name] as Readonly<Record<string, unknown>>;
    return [name, schema];
  });
  return `${headerOf('specs/')}

const $schema = ${text(DRAFT)};

const kinds = ${text(Object.fromEntries(bare))};

export const schemas = {
  document: { ...${text(document)}, definitions: kinds },
  fettle: ${text(schemas['fettle'])},
  plan: ${text(schemas['plan'])},
  record: ${text(schemas['record'])},
${inputs.map(([name, schema]) => `  '${name}': ${text(schema)},\n`).join('')}  ...Object.fromEntries(Object.entries(kinds).map(([name, schema]) => [name, { $schema, ...schema }])),
};
`;
}

/** Types of that module. */
export function editorSchemasTypes(): string {
  return `${headerOf('specs/')}

/**
 * JSON Schemas by name: \`document\`, \`fettle\`, \`plan\`, \`record\`, \`plugin/Kind\`, and \`plugin/Name\` of what a
 * plugin reads.
 */
export declare const schemas: Readonly<Record<string, object>>;
`;
}
