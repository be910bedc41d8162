/** Writes a plugin's `generated.ts`: the types of its kinds, the unions of its names, and its tables. */

import type { PathTable, ReleaseTable, SafetyInput } from '#plugin';
import { memoryOf, pluginConfig } from './document-schema.ts';
import { machineTable, stepsOf, stepsOfGuards } from './machine.ts';
import { moduleSource } from './module-source.ts';
import { printUnion, printValue } from './print-value.ts';
import { defaultsIn, PATH_FORMATS, placesIn, type Schema } from './schema.ts';
import { allKinds, type KindSpec, type PluginSpec, type SafetySpec } from './spec.ts';
import { membersOf, typeOf } from './type-of-schema.ts';

/** `certificates` → `Certificates`, `sonic-ports` → `SonicPorts`. */
function pascalCase(name: string): string {
  return name.replace(/(?:^|-)([a-z0-9])/gu, (_all, letter: string) => letter.toUpperCase());
}

/** The rules of one of these kinds: a kind of `also` has those of its base too. */
function rulesOf(spec: PluginSpec, ...kindNames: readonly string[]): readonly PluginSpec['rules'][number][] {
  return spec.rules.filter(({ guards }) => kindNames.some((name) => guards[name] !== undefined));
}

/** The paths in a schema, in its order. */
function pathTables(schema: Schema): readonly PathTable[] {
  const [, folder] = PATH_FORMATS;
  return placesIn(schema).flatMap(({ pointer, schema: { format, 'x-path': use } }) =>
    use === undefined ? [] : [{ pointer, use, ...(format === folder ? { folder: true as const } : {}) }],
  );
}

/** The entries that combine, one per field. */
export function safetyInputs(safety: readonly SafetySpec[]): readonly SafetyInput[] {
  return safety.flatMap(({ fields, combine }) =>
    combine === 'none' ? [] : fields.map((pointer) => ({ pointer, combine })),
  );
}

/** The fields by which a document releases a managed resource. */
function releaseTables(safety: readonly SafetySpec[]): readonly ReleaseTable[] {
  return safety.flatMap(({ fields, releases }) =>
    releases === undefined
      ? []
      : fields.map((pointer) => ({ pointer, ...(releases === true ? {} : { to: releases }) })),
  );
}

/** Settings that do not affect the steps of a kind, without those nested in a listed one. */
function undeciding(spec: PluginSpec, kindName: string): readonly string[] {
  const all = placesIn(spec.config).flatMap(({ pointer, schema }) => {
    const decides = schema['x-decides'];
    return decides === undefined || (decides !== false && decides.includes(kindName)) ? [] : [pointer];
  });
  return all.filter((pointer) => !all.some((outer) => pointer.startsWith(`${outer}/`)));
}

function kindTables(spec: PluginSpec, kindName: string, kind: KindSpec & { base?: string }): object {
  const { base = kindName } = kind;
  const references = placesIn(kind.spec).flatMap(({ pointer, schema }) =>
    schema['x-ref'] === undefined ? [] : [{ pointer, kind: schema['x-ref'] }],
  );
  return {
    summary: kind.summary,
    scope: kind.scope ?? [],
    ...(kind.base === undefined ? {} : { base: kind.base }),
    ...(kind.foreign === undefined ? {} : { foreign: kind.foreign }),
    onRemove: kind.onRemove,
    ...(kind.byAccount === undefined ? {} : { byAccount: kind.byAccount }),
    machines: Object.fromEntries(Object.entries(kind.machines).map(([name, machine]) => [name, machineTable(machine)])),
    rules: rulesOf(spec, kindName, base).map(({ id, guards, overridable, advisory, group, text }) => ({
      id,
      guards: stepsOfGuards(kind, guards[kindName] ?? guards[base] ?? []),
      overridable,
      ...(advisory === undefined ? {} : { advisory }),
      group,
      text,
    })),
    references,
    fields: [
      ...placesIn(kind.spec).map(({ pointer }) => pointer),
      ...(kind.spec.additionalProperties === true ? ['/**'] : []),
      ...(kind.derived ?? []),
    ],
    paths: pathTables(kind.spec),
    safetyInputs: safetyInputs(kind.safety),
    releases: releaseTables(kind.safety),
    undeciding: undeciding(spec, base),
    memoryVersion: kind.memory.version,
  };
}

/** The plugin's tables for the engine. */
function pluginTables(spec: PluginSpec): object {
  return {
    name: spec.name,
    version: spec.version,
    summary: spec.summary,
    parallelism: spec.parallelism,
    kinds: Object.fromEntries(
      Object.entries(allKinds(spec)).map(([name, kind]) => [name, kindTables(spec, name, kind)]),
    ),
    secrets: placesIn(spec.config).flatMap(({ pointer, schema: { 'x-secret': variable } }) =>
      variable === undefined ? [] : [{ pointer, variable }],
    ),
    settingPaths: pathTables(spec.config),
    findings: spec.findings,
    ...(spec.alerts === undefined ? {} : { alerts: spec.alerts }),
  };
}

/** An interface; an object without named members is a type alias, since an empty interface accepts anything. */
export function declaration(name: string, schema: Schema, doc: string): string {
  const isRecord = schema.type !== 'object' || Object.keys(schema.properties ?? {}).length === 0;
  const head = `/** ${doc} */\n`;
  return isRecord
    ? `${head}export type ${name} = ${typeOf(schema)};\n`
    : `${head}export interface ${name} {\n${membersOf(schema, 2)}}\n`;
}

function kindSource(spec: PluginSpec, name: string, kind: KindSpec): string {
  const first = Object.values(kind.machines)[0];
  const memory = memoryOf(kind);
  const fields = Object.keys(memory.properties ?? {});
  return [
    declaration(`${name}Spec`, kind.spec, `${kind.summary} With the defaults filled in.`),
    declaration(`${name}Memory`, { ...memory, required: fields }, 'Its state, as far as it is known.'),
    printUnion(`${name}State`, Object.keys(first?.states ?? {})),
    `/** Steps that fettle takes. */\n${printUnion(`${name}Step`, stepsOf(kind))}`,
    `/** Rules that guard its steps. */\n${printUnion(
      `${name}RuleId`,
      rulesOf(spec, name, ...Object.keys(kind.also?.kinds ?? {})).map(({ id }) => id),
    )}`,
  ].join('\n');
}

/** Defaults of the configuration and of each kind's documents: the only place of these values. */
function defaultsOf(spec: PluginSpec): object {
  const kinds = Object.entries(spec.kinds).map(([name, kind]) => [name, defaultsIn(kind.spec) ?? {}] as const);
  return { config: defaultsIn(pluginConfig(spec)) ?? {}, ...Object.fromEntries(kinds) };
}

/** The text of a plugin's `generated.ts`; `api` is the module of the plugin API. */
export function pluginSource(spec: PluginSpec, api: string, header: string): string {
  const kinds = Object.entries(spec.kinds).map(([name, kind]) => kindSource(spec, name, kind));
  const codes = spec.findings.map(({ code }) => code);
  const classes = (spec.alerts ?? []).map((each) => each.class);
  const ids = spec.rules.map(({ id }) => id);
  const inputs = Object.entries(spec.inputs ?? {}).map(([name, schema]) =>
    declaration(name, schema, schema.description ?? 'Input from another program.'),
  );
  const body = [
    ...kinds,
    ...inputs,
    printUnion('FindingCode', codes),
    ...(classes.length === 0 ? [] : [printUnion('AlertClass', classes)]),
    printUnion('RuleId', ids),
    declaration(
      `${pascalCase(spec.name)}Config`,
      pluginConfig(spec),
      'Its part of `fettle.yaml`, with the defaults filled in.',
    ),
    `/** The defaults of the configuration and of the documents of each kind, including those below optional parts. */
export const defaults = ${printValue(defaultsOf(spec))} as const;\n`,
    `export const tables = ${printValue(pluginTables(spec))} as const satisfies PluginTables;\n`,
  ].join('\n');
  return moduleSource(header, body, { Json: api, PluginTables: api });
}
