/** Writes a plugin's `generated.ts`: the types of its kinds, the unions of its names, and its tables. */

import { Project, VariableDeclarationKind } from 'ts-morph';
import { headerOf } from './header.ts';
import { pluginConfig, memoryOf } from './document-schema.ts';
import { machineTable, stepsOf } from './machine.ts';
import { printUnion, printValue } from './print-value.ts';
import { placesIn } from './schema.ts';
import type { KindSpec, PluginSpec } from './spec.ts';
import { membersOf, typeOf } from './type-of-schema.ts';
import type { Schema } from './schema.ts';

/** `certificates` → `Certificates`, `sonic-ports` → `SonicPorts`. */
export function pascalCase(name: string): string {
  return name.replace(/(?:^|-)([a-z0-9])/gu, (_all, letter: string) => letter.toUpperCase());
}

function rulesOf(spec: PluginSpec, kindName: string): readonly PluginSpec['rules'][number][] {
  return spec.rules.filter(({ guards }) => guards[kindName] !== undefined);
}

function kindTables(spec: PluginSpec, kindName: string, kind: KindSpec): object {
  const references = placesIn(kind.spec).flatMap(({ pointer, schema }) =>
    schema['x-ref'] === undefined ? [] : [{ pointer, kind: schema['x-ref'] }],
  );
  return {
    summary: kind.summary,
    scope: kind.scope ?? [],
    onRemove: kind.onRemove,
    machines: Object.fromEntries(Object.entries(kind.machines).map(([name, machine]) => [name, machineTable(machine)])),
    rules: rulesOf(spec, kindName).map(({ id, guards, overridable, group, text }) => ({
      id,
      guards: guards[kindName],
      overridable,
      group,
      text,
    })),
    references,
    memoryVersion: kind.memory.version,
  };
}

/** The tables that the engine works with. */
export function pluginTables(spec: PluginSpec): object {
  return {
    name: spec.name,
    version: spec.version,
    summary: spec.summary,
    parallelism: spec.parallelism,
    kinds: Object.fromEntries(Object.entries(spec.kinds).map(([name, kind]) => [name, kindTables(spec, name, kind)])),
    findings: spec.findings,
  };
}

/** An interface; an object without named members is a type alias, since an empty interface takes anything. */
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
    declaration(`${name}Spec`, kind.spec, `${name}: ${kind.summary} With the defaults filled in.`),
    declaration(`${name}Memory`, { ...memory, required: fields }, `What is remembered of a ${name}, as far as it is known.`),
    `export type ${name}State = ${printUnion(Object.keys(first?.states ?? {}))};\n`,
    `/** Steps that fettle takes. */\nexport type ${name}Step = ${printUnion(stepsOf(kind))};\n`,
    `/** Rules that guard its steps. */\nexport type ${name}RuleId = ${printUnion(rulesOf(spec, name).map(({ id }) => id))};\n`,
  ].join('\n');
}

/** The text of `plugins/<name>/generated.ts`. */
export function pluginSource(spec: PluginSpec): string {
  const project = new Project({ useInMemoryFileSystem: true, skipLoadingLibFiles: true });
  const kinds = Object.entries(spec.kinds).map(([name, kind]) => kindSource(spec, name, kind));
  const body = [
    ...kinds,
    `export type FindingCode = ${printUnion(spec.findings.map(({ code }) => code))};\n`,
    `export type RuleId = ${printUnion(spec.rules.map(({ id }) => id))};\n`,
    declaration(`${pascalCase(spec.name)}Config`, pluginConfig(spec), 'Its part of `fettle.yaml`, with the defaults filled in.'),
  ].join('\n');
  const file = project.createSourceFile('generated.ts', body);
  file.addVariableStatement({
    isExported: true,
    declarationKind: VariableDeclarationKind.Const,
    declarations: [{ name: 'tables', initializer: `${printValue(pluginTables(spec), 0, 22)} as const satisfies PluginTables` }],
    leadingTrivia: '\n',
  });
  file.insertImportDeclaration(0, {
    isTypeOnly: true,
    namedImports: ['PluginTables'],
    moduleSpecifier: '../../src/engine/tables.ts',
  });
  return withHeader(`specs/${spec.name}.yaml`, file.getFullText(), '../../src/engine/types.ts');
}

/** The file with its header and its imports on top; `Json` is imported where a type needs it. */
export function withHeader(source: string, text: string, typesPath: string): string {
  const lines = text.split('\n');
  const body = lines
    .filter((line) => !line.startsWith('import '))
    .join('\n')
    .trim()
    .replace(/\n{3,}/gu, '\n\n');
  const needsJson = /\bJson\b/u.test(body.replace(/'[^'\n]*'/gu, ''));
  const imports = [
    ...lines.filter((line) => line.startsWith('import ')).map((line) => line.replaceAll('"', "'")),
    ...(needsJson ? [`import type { Json } from '${typesPath}';`] : []),
  ];
  return `${headerOf(source)}\n\n${imports.join('\n')}\n\n${body}\n`;
}
