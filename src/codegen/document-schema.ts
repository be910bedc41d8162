/** Schemas composed of parts of several specs: whole documents, configurations, records. */

import { mapSchema, type Schema } from './schema.ts';
import type { EngineSpec, KindSpec, PluginSpec } from './spec.ts';

/** The envelope of one kind: with the parts of its scope in `metadata`. */
export function envelopeOf(engine: EngineSpec, kind: KindSpec): Schema {
  const scope = kind.scope ?? [];
  const { metadata } = engine.document.properties ?? {};
  if (metadata?.properties === undefined || scope.length === 0) return engine.document;
  const { name, ...others } = metadata.properties;
  const part: Schema = { ...name, description: 'Part of the scope of the name.' };
  return {
    ...engine.document,
    properties: {
      ...engine.document.properties,
      metadata: {
        ...metadata,
        required: [...scope, ...(metadata.required ?? [])],
        properties: {
          ...Object.fromEntries(scope.map((key) => [key, part])),
          ...(name === undefined ? {} : { name }),
          ...others,
        },
      },
    },
  };
}

/** A whole document of one kind. */
export function documentOf(engine: EngineSpec, plugin: PluginSpec, kindName: string, kind: KindSpec): Schema {
  const envelope = envelopeOf(engine, kind);
  const lifecycle = envelope.properties?.['lifecycle'];
  return {
    ...envelope,
    title: `${plugin.name}/${kindName}`,
    description: kind.summary,
    properties: {
      ...envelope.properties,
      apiVersion: { ...envelope.properties?.['apiVersion'], const: `${plugin.name}/${plugin.version}` },
      kind: { ...envelope.properties?.['kind'], const: kindName },
      ...(lifecycle?.properties === undefined
        ? {}
        : {
            lifecycle: {
              ...lifecycle,
              properties: {
                ...lifecycle.properties,
                onRemove: { ...lifecycle.properties['onRemove'], default: kind.onRemove },
              },
            },
          }),
      spec: kind.spec,
    },
  };
}

/** The settings of a plugin in `fettle.yaml`: its own, and those of every plugin. */
export function pluginConfig(plugin: PluginSpec): Schema {
  return {
    ...plugin.config,
    properties: {
      parallelism: {
        type: 'integer',
        minimum: 1,
        maximum: 1000,
        default: plugin.parallelism,
        description: 'Largest number of actions of this plugin that run at once, within `parallelism` of the project.',
      },
      ...plugin.config.properties,
    },
  };
}

/** `fettle.yaml` with the settings of the given plugins. */
export function configOf(engine: EngineSpec, plugins: readonly PluginSpec[]): Schema {
  const own = engine.config.properties?.['plugins'];
  return {
    ...engine.config,
    properties: {
      ...engine.config.properties,
      plugins: {
        ...own,
        additionalProperties: false,
        properties: Object.fromEntries(
          plugins.map((plugin) => [plugin.name, { description: plugin.summary, ...pluginConfig(plugin) }]),
        ),
      },
    },
  };
}

/** The state fields of a resource of one kind: any of the declared fields, and no other. */
export function memoryOf(kind: KindSpec): Schema {
  return { type: 'object', additionalProperties: false, properties: kind.memory.properties };
}

/** A line of the log, with the required body of each kind; for other programs. */
export function recordOf(engine: EngineSpec): object {
  const record = forEditors(engine.record, engine);
  return {
    ...record,
    properties: { ...record.properties, kind: { enum: Object.keys(engine.records) } },
    allOf: Object.entries(engine.records).map(([kind, { required }]) => ({
      if: { properties: { kind: { const: kind } }, required: ['kind'] },
      then: { properties: { body: { required } } },
    })),
  };
}

/** The schema without fettle's own keywords and formats, for tools that only know JSON Schema. */
export function forEditors(schema: Schema, engine: EngineSpec): Schema {
  return mapSchema(schema, (whole) => {
    const { 'x-ref': _ref, 'x-path': _path, 'x-secret': _secret, 'x-decides': _decides, format, ...plain } = whole;
    const known = format === undefined ? undefined : engine.formats[format];
    return known === undefined ? plain : { ...plain, pattern: known.pattern };
  });
}
