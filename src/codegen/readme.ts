/**
 * The generated part of a plugin's README: for each kind its fields, its states and steps, and for the plugin its rules
 * and findings.
 */

import { lifecycleGraph } from '../report/graph.ts';
import { pluginConfig } from './document-schema.ts';
import { editsOf, writeOut } from './machine.ts';
import { placesIn, type Schema } from './schema.ts';
import type { EngineSpec, KindSpec, MachineSpec, PluginSpec, SafetySpec, TransitionSpec } from './spec.ts';

export const BEGIN = '<!-- generated:begin -->';
export const END = '<!-- generated:end -->';

/** Deadline of a handler whose step names none, in ms. */
const DEFAULT_DEADLINE_MS = 60_000;

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}

/** `/storage/file/key` → `storage.file.key`, an item of a list → `dnsNames[]`. */
function fieldName(pointer: string): string {
  return pointer.slice(1).replaceAll('/*', '[]').replaceAll('/', '.');
}

function limits(schema: Schema): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const low = minimum ?? exclusiveMinimum;
  const high = maximum ?? exclusiveMaximum;
  if (low === undefined && high === undefined) return '';
  return ` ${exclusiveMinimum === undefined ? '' : 'over '}${low ?? '…'}–${exclusiveMaximum === undefined ? '' : 'under '}${high ?? '…'}`;
}

function typeText(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(', ');
  if (schema['x-ref'] !== undefined)
    return `name of ${/^[AEIOU]/u.test(schema['x-ref']) ? 'an' : 'a'} ${schema['x-ref']}`;
  if (schema.type === 'array') return `list of ${schema.items === undefined ? 'values' : typeText(schema.items)}`;
  const type = [schema.type ?? 'any'].flat().join(' or ');
  return `${schema.format ?? type}${limits(schema)}`;
}

function fieldTable(schema: Schema): string {
  const rows = placesIn(schema)
    // The row of a list already describes its items.
    .filter(({ pointer, schema: part }) => !pointer.endsWith('/*') || part.type === 'object')
    .map(({ pointer, schema: part, required }) => [
      code(fieldName(pointer)),
      typeText(part),
      part.default === undefined || part.type === 'object'
        ? ''
        : code(JSON.stringify(part.default).replaceAll('"', '')),
      required ? 'yes' : '',
      part.description ?? '',
    ]);
  return rows.length === 0 ? 'None.' : table(['Field', 'Type', 'Default', 'Required', 'Meaning'], rows);
}

/** The machine as Mermaid. */
function diagram(machine: MachineSpec): string {
  const states = editsOf(machine).map(({ state }) => state);
  return ['```mermaid', ...lifecycleGraph(machine.transitions.flatMap(writeOut), states), '```'].join('\n');
}

function seconds(ms: number): string {
  return ms % 60_000 === 0 && ms > 60_000 ? `${ms / 60_000} min` : `${ms / 1000} s`;
}

function transitionRow(transition: TransitionSpec): readonly string[] {
  const { from, to, trigger, by, settles, fails, destructive, reversible, deadlineMs, withinMs } = transition;
  const isOurs = by === 'fettle';
  return [
    [from].flat().map(code).join(', '),
    [to].flat().map(code).join(', ') +
      (settles === undefined ? '' : `, settles in ${code(settles)}`) +
      (fails === undefined ? '' : `, fails to ${code(fails)}`),
    trigger,
    by,
    isOurs ? seconds(deadlineMs ?? DEFAULT_DEADLINE_MS) : withinMs === undefined ? '' : seconds(withinMs),
    isOurs ? (reversible ?? 'yes') : '',
    destructive === true ? 'yes' : '',
  ];
}

function machineText(name: string, machine: MachineSpec, isOnly: boolean): string {
  const edits = editsOf(machine).map(
    ({ state, deadlineMs, reversible, destructive }): TransitionSpec => ({
      from: state,
      to: state,
      trigger: 'edit',
      by: 'fettle',
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
      ...(reversible === undefined ? {} : { reversible }),
      ...(destructive === undefined ? {} : { destructive }),
    }),
  );
  return [
    isOnly ? '#### States' : `#### States of ${code(name)}`,
    diagram(machine),
    table(
      ['State', 'Meaning'],
      Object.entries(machine.states).map(([state, text]) => [code(state), text]),
    ),
    table(
      ['From', 'To', 'Trigger', 'By', 'Deadline', 'Reversible', 'Destructive'],
      [...machine.transitions, ...edits].map(transitionRow),
    ),
  ].join('\n\n');
}

function combiningText(combine: SafetySpec['combine']): string {
  if (typeof combine !== 'string')
    return combine.map((value) => code(JSON.stringify(value).replaceAll('"', ''))).join(' before ');
  const texts = {
    longer: 'the longer one',
    larger: 'the larger one',
    smaller: 'the smaller one',
    both: 'both count',
    applied: 'the applied one',
    shown: 'the declared one, which a row of its own shows',
    none: 'not a safety input',
  } as const;
  return texts[combine];
}

function safetyTable(safety: readonly SafetySpec[]): string {
  return table(
    ['Field', 'Combines', 'Why'],
    safety.map(({ fields, combine, releases, text }) => [
      fields.map((field) => code(fieldName(field))).join(', '),
      combiningText(combine),
      releases === undefined
        ? text
        : `${text} \`lifecycle.protect\` and \`lifecycle.hold\` guard against such a change.`,
    ]),
  );
}

function kindText(name: string, kind: KindSpec): string {
  const machines = Object.entries(kind.machines);
  const memory = Object.entries(kind.memory.properties);
  const scope =
    kind.scope === undefined ? '' : ` Its scope is ${kind.scope.map((part) => code(`metadata.${part}`)).join(', ')}.`;
  const removal = `the resource is ${kind.onRemove === 'remove' ? 'removed' : 'released, and stays unchanged'}`;
  return [
    `### ${name}`,
    `${kind.summary}${scope} If its document is removed, ${removal}, unless \`lifecycle.onRemove\` declares the opposite.`,
    ...(kind.also === undefined
      ? []
      : [
          `The same fields, states and rules apply to the following kinds, whose scope is ${kind.also.scope.map((part) => code(`metadata.${part}`)).join(', ')}:`,
          table(['Kind', 'Meaning'], Object.entries(kind.also.kinds)),
        ]),
    fieldTable(kind.spec),
    '#### Safety inputs',
    'These fields decide if the resource may be disrupted or removed. Until a change of one is applied, its applied and its declared value combine as listed.',
    safetyTable(kind.safety),
    ...machines.map(([machineName, machine]) => machineText(machineName, machine, machines.length === 1)),
    '#### Recorded state',
    memory.length === 0
      ? 'This kind records no fields of its own.'
      : table(
          ['Field', 'Type', 'Meaning'],
          memory.map(([field, schema]) => [code(field), typeText(schema), schema.description ?? '']),
        ),
  ].join('\n\n');
}

/** The text between the markers. */
export function readmePart(spec: PluginSpec): string {
  const rules = spec.rules.map(({ id, text, overridable, guards }) => [
    code(id),
    text,
    Object.entries(guards)
      .map(([kind, steps]) => `${kind} ${steps.map(code).join(', ')}`)
      .join('; '),
    overridable ? 'yes' : 'no',
  ]);
  const findings = spec.findings.map(({ code: name, kind, severity, text }) => [code(name), kind, severity, text]);
  const alerts = (spec.alerts ?? []).map(({ class: name, kind, severities, text }) => [
    code(name),
    kind,
    severities.join(', '),
    text,
  ]);
  return [
    '<!-- Generated from specs by `npm run generate`: edit only the text outside these markers. -->',
    '## Reference',
    `\`apiVersion: ${spec.name}/${spec.version}\``,
    ...Object.entries(spec.kinds).map(([name, kind]) => kindText(name, kind)),
    '### Rules',
    rules.length === 0
      ? 'The plugin has no rules of its own.'
      : table(['Rule', 'Meaning', 'Guards', 'Can be overridden'], rules),
    '### Findings',
    findings.length === 0 ? 'None.' : table(['Code', 'Kind', 'Severity', 'Meaning'], findings),
    ...(alerts.length === 0 ? [] : ['### Alert classes', table(['Class', 'Kind', 'Severity', 'Meaning'], alerts)]),
    ...Object.entries(spec.inputs ?? {}).flatMap(([name, schema]) => [
      `### ${name}`,
      `${schema.description ?? ''} Its JSON Schema is \`schemas/${spec.name}/${name}.json\`.`,
      fieldTable(schema),
    ]),
    '### Settings',
    `Under \`plugins.${spec.name}\` in \`fettle.yaml\`:`,
    fieldTable(pluginConfig(spec)),
  ].join('\n\n');
}

/** The generated part of the reference of `fettle.yaml`: its fields, and the rules that hold for every kind. */
export function configurationPart({ config, rules }: Pick<EngineSpec, 'config' | 'rules'>): string {
  return [
    '<!-- Generated from specs by `npm run generate`: edit only the text outside these markers. -->',
    '### Fields',
    fieldTable(config),
    '### Rules for every kind',
    table(
      ['Rule', 'Meaning', 'Can be overridden'],
      rules.map(({ id, text, overridable }) => [code(id), text, overridable ? 'yes' : 'no']),
    ),
  ].join('\n\n');
}

/** The README with its generated part replaced; undefined if the markers are missing or repeated. */
export function withReadmePart(readme: string, part: string): string | undefined {
  const [before, rest, ...more] = readme.split(BEGIN);
  const [, after, ...again] = (rest ?? '').split(END);
  if (before === undefined || after === undefined || more.length > 0 || again.length > 0) return undefined;
  return `${before}${BEGIN}\n${part}\n${END}${after}`;
}
