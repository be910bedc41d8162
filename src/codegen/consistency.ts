/** Checks beyond the schema of a spec: its states, steps, kinds and names must match. */

import { type Transition, unescapePointer } from '#plugin';
import { editsOf, guardedSteps, stepsOf, writeOut } from './machine.ts';
import { PATH_FORMATS, placesIn, type Schema } from './schema.ts';
import {
  allKinds,
  type EngineSpec,
  type KindSpec,
  type MachineSpec,
  type PluginSpec,
  type SafetySpec,
} from './spec.ts';

/** A mistake at a path into the spec. */
export interface SpecMistake {
  readonly path: readonly string[];
  readonly message: string;
}

const ABSENT = 'absent';

function repeated<T>(items: readonly T[], nameOf: (item: T) => string): readonly number[] {
  const names = items.map(nameOf);
  return names.flatMap((name, index) => (names.indexOf(name) < index ? [index] : []));
}

function schemaMistakes(
  schema: Schema,
  path: readonly string[],
  formats: readonly string[],
  kinds: readonly string[],
): readonly SpecMistake[] {
  const all = [{ pointer: '', schema }, ...placesIn(schema)];
  const definitions = Object.entries(schema.definitions ?? {}).flatMap(([name, part]) =>
    schemaMistakes(part, [...path, 'definitions', name], formats, kinds).map((mistake) => mistake),
  );
  const here = all.flatMap(({ pointer, schema: part }): readonly SpecMistake[] => {
    const at = [...path, ...pathInSchema(pointer)];
    const where = pointer === '' ? '' : `${pointer}: `;
    const undeclared = (part.required ?? []).filter((key) => part.properties?.[key] === undefined);
    const { format } = part;
    const target = part['x-ref'];
    const decides = part['x-decides'];
    const isPath = PATH_FORMATS.some((each) => each === format);
    return [
      ...undeclared.map((key) => ({ path: [...at, 'required'], message: `${where}required key ${key} has no schema` })),
      ...(format === undefined || formats.includes(format)
        ? []
        : [{ path: [...at, 'format'], message: `${where}unknown format ${format}` }]),
      ...(target === undefined || kinds.includes(target)
        ? []
        : [{ path: [...at, 'x-ref'], message: `${where}the kind ${target} does not exist` }]),
      ...(isPath === (part['x-path'] !== undefined)
        ? []
        : [{ path: at, message: `${where}format ${PATH_FORMATS.join(' or ')} and x-path go together` }]),
      ...(decides === undefined || decides === false ? [] : decides)
        .filter((kind) => !kinds.includes(kind))
        .map((kind) => ({ path: [...at, 'x-decides'], message: `${where}the kind ${kind} does not exist` })),
      ...((format === 'secret') === (part['x-secret'] !== undefined)
        ? []
        : [{ path: at, message: `${where}format secret and x-secret go together` }]),
      ...(part.type === 'object' && part.properties !== undefined && part.default !== undefined && !isDefaulted(part)
        ? [{ path: [...at, 'default'], message: `${where}the default leaves out a required key` }]
        : []),
    ];
  });
  return [...here, ...definitions];
}

/** True if an object's default, with the defaults of its properties, has all required keys. */
function isDefaulted(schema: Schema): boolean {
  const given = schema.default as Readonly<Record<string, unknown>>;
  return (schema.required ?? []).every((key) => key in given || schema.properties?.[key]?.default !== undefined);
}

/** A JSON pointer of values as a path in the schema, as far as it goes by names. */
function pathInSchema(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .flatMap((part) => (part === '*' ? ['items'] : ['properties', unescapePointer(part)]));
}

/** A failure leads from the step's target to a state by a move of the world, and only in the first machine. */
function failsMistakes(
  fails: string,
  ends: readonly string[],
  isFirst: boolean,
  known: readonly string[],
  full: readonly Transition[],
  path: readonly string[],
): readonly SpecMistake[] {
  if (!known.includes(fails)) return [{ path, message: `the state ${fails} does not exist` }];
  if (!isFirst) return [{ path, message: 'fails is only for the first machine' }];
  return ends
    .filter((end) => !full.some(({ from, to, by }) => from === end && to === fails && by === 'world'))
    .map((end) => ({ path, message: `the move ${end}>${fails} by the world does not exist` }));
}

function machineMistakes(
  machine: MachineSpec,
  path: readonly string[],
  isFirst: boolean,
  kind: KindSpec,
): readonly SpecMistake[] {
  const known = Object.keys(machine.states);
  const unknown = (states: readonly string[], at: readonly string[]) =>
    states
      .filter((state) => !known.includes(state))
      .map((state) => ({ path: at, message: `the state ${state} does not exist` }));
  const edits = editsOf(machine);
  const steps = new Set(stepsOf(kind));
  const full = machine.transitions.flatMap((transition, index) =>
    writeOut(transition).map((each) => ({ ...each, index })),
  );
  const mistakes = machine.transitions.flatMap((transition, index): readonly SpecMistake[] => {
    const at = [...path, 'transitions', String(index)];
    const { from, to, by, settles, fails, deadlineMs, withinMs, together, destructive, reversible } = transition;
    const handled = { settles, fails, deadlineMs, destructive, reversible };
    return [
      ...unknown([from].flat(), [...at, 'from']),
      ...unknown([to].flat(), [...at, 'to']),
      ...unknown(settles === undefined ? [] : [settles], [...at, 'settles']),
      ...(fails === undefined ? [] : failsMistakes(fails, [to].flat(), isFirst, known, full, [...at, 'fails'])),
      ...(typeof from === 'string' && from === to
        ? [{ path: at, message: `${from}>${from} does not move: list ${from} under edits` }]
        : []),
      ...(writeOut(transition).length === 0 ? [{ path: at, message: 'the transition leads nowhere' }] : []),
      ...(by === 'world'
        ? Object.entries(handled)
            .filter(([, value]) => value !== undefined)
            .map(([key]) => ({ path: [...at, key], message: `${key} is only for steps by fettle` }))
        : []),
      ...(by === 'fettle' && withinMs !== undefined
        ? [{ path: [...at, 'withinMs'], message: 'withinMs is only for moves by the world' }]
        : []),
      ...(together ?? [])
        .filter((step) => !steps.has(step) && !isMove(step, kind))
        .map((step) => ({ path: [...at, 'together'], message: `the move ${step} does not exist` })),
    ];
  });
  // A move of the world may have several triggers; a step of fettle has one handler.
  const nameOf = ({ from, to, by, trigger }: Transition): string =>
    `${from}>${to} ${by}${by === 'world' ? ` ${trigger}` : ''}`;
  const twice = repeated(full, nameOf).flatMap((position) => {
    const again = full[position];
    return again === undefined
      ? []
      : [
          {
            path: [...path, 'transitions', String(again.index)],
            message: `${again.from}>${again.to} by ${again.by} is listed twice`,
          },
        ];
  });
  const editMistakes = [
    ...edits.flatMap(({ state }, index) => unknown([state], [...path, 'edits', String(index)])),
    ...edits.flatMap(({ state }, index) =>
      state === ABSENT
        ? [{ path: [...path, 'edits', String(index)], message: 'an absent resource cannot be edited' }]
        : [],
    ),
    ...repeated(edits, ({ state }) => state).map((index) => ({
      path: [...path, 'edits', String(index)],
      message: `${edits[index]?.state} is listed twice`,
    })),
  ];
  return [
    ...(isFirst && !known.includes(ABSENT)
      ? [{ path: [...path, 'states'], message: `state ${ABSENT} is missing` }]
      : []),
    ...mistakes,
    ...twice,
    ...editMistakes,
    ...(mistakes.length > 0 ? [] : unreachable(machine, path)),
  ];
}

function isMove(step: string, kind: KindSpec): boolean {
  const colon = step.indexOf(':');
  const name = colon < 0 ? Object.keys(kind.machines)[0] : step.slice(0, colon);
  const machine = name === undefined ? undefined : kind.machines[name];
  return (
    machine?.transitions.flatMap(writeOut).some(({ from, to }) => `${from}>${to}` === step.slice(colon + 1)) ?? false
  );
}

/** States that cannot be reached from `absent`, or, in a machine without it, from its first state. */
function unreachable(machine: MachineSpec, path: readonly string[]): readonly SpecMistake[] {
  const known = Object.keys(machine.states);
  const reached = new Set([known.includes(ABSENT) ? ABSENT : (known[0] ?? ABSENT)]);
  const moves = machine.transitions.flatMap(writeOut);
  for (const state of reached) for (const { from, to } of moves) if (from === state) reached.add(to);
  return known
    .filter((state) => !reached.has(state))
    .map((state) => ({ path: [...path, 'states', state], message: `no transition leads to ${state}` }));
}

function covers(field: string, pointer: string): boolean {
  return pointer === field || pointer.startsWith(`${field}/`);
}

/** The entry of a place in a table of safety inputs; the longest pointer counts. */
function inputAt(safety: readonly SafetySpec[], pointer: string): SafetySpec | undefined {
  return safety
    .flatMap((each) => each.fields.filter((field) => covers(field, pointer)).map((field) => ({ each, field })))
    .toSorted((a, b) => b.field.length - a.field.length)[0]?.each;
}

/** Every value of a document is in the table, so that no new field is forgotten; and every entry names a place. */
function safetyMistakes(
  schema: Schema,
  safety: readonly SafetySpec[],
  path: readonly string[],
): readonly SpecMistake[] {
  const places = placesIn(schema).filter(({ pointer }) => !pointer.endsWith('/*'));
  const leaves = places.filter(({ schema: part }) => part.properties === undefined);
  const fields = safety.flatMap(({ fields: named }, index) =>
    named.map((field, position) => ({ field, at: [...path, String(index), 'fields', String(position)] })),
  );
  return [
    ...leaves
      .filter(({ pointer }) => inputAt(safety, pointer) === undefined)
      .map(({ pointer }) => ({
        path,
        message: `${pointer} is missing: is it a safety input, and how does it combine`,
      })),
    ...fields
      .filter(({ field }) => !places.some(({ pointer }) => pointer === field))
      .map(({ field, at }) => ({ path: at, message: `the field ${field} does not exist` })),
    ...repeated(fields, ({ field }) => field).map((index) => ({
      path: fields[index]?.at ?? path,
      message: `${fields[index]?.field} is listed twice`,
    })),
  ];
}

const BOUNDS = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'pattern', 'enum'] as const;

/** Fields that a document shares with the settings: they have the same bounds, and the settings alone have a default. */
function settingMistakes(spec: Schema, config: Schema, at: readonly string[]): readonly SpecMistake[] {
  const settings = new Map(placesIn(config).map(({ pointer, schema }) => [pointer, schema]));
  return placesIn(spec).flatMap(({ pointer, schema }): readonly SpecMistake[] => {
    const setting = settings.get(pointer);
    if (setting === undefined || setting.properties !== undefined || !pointer.includes('/', 1)) return [];
    const path = [...at, ...pathInSchema(pointer)];
    const other = BOUNDS.filter((bound) => JSON.stringify(schema[bound]) !== JSON.stringify(setting[bound]));
    return [
      ...other.map((bound) => ({ path, message: `${pointer}: ${bound} differs from the setting of the same name` })),
      ...(schema.default === undefined
        ? []
        : [{ path: [...path, 'default'], message: `${pointer}: the setting of the same name has the default` }]),
    ];
  });
}

/** All mistakes of a plugin's spec that its schema does not find. */
export function pluginMistakes(spec: PluginSpec, engine: EngineSpec): readonly SpecMistake[] {
  const every = allKinds(spec);
  const kinds = Object.keys(every);
  const formats = Object.keys(engine.formats);
  const reserved = ['name', 'labels', 'dependsOn'];
  const ofKinds = Object.entries(spec.kinds).flatMap(([name, kind]): readonly SpecMistake[] => {
    const at = ['kinds', name];
    return [
      ...schemaMistakes(kind.spec, [...at, 'spec'], formats, kinds),
      ...(kind.spec.type === 'object' ? [] : [{ path: [...at, 'spec'], message: 'a spec must be an object' }]),
      ...schemaMistakes({ properties: kind.memory.properties }, [...at, 'memory'], formats, kinds),
      ...settingMistakes(kind.spec, spec.config, [...at, 'spec']),
      ...safetyMistakes(kind.spec, kind.safety, [...at, 'safety']),
      ...[...(kind.scope ?? []), ...(kind.also?.scope ?? [])]
        .filter((part) => reserved.includes(part))
        .map((part) => ({ path: [...at, 'scope'], message: `${part} has a meaning of its own in metadata` })),
      ...Object.entries(kind.machines).flatMap(([machineName, machine], index) =>
        machineMistakes(machine, [...at, 'machines', machineName], index === 0, kind),
      ),
    ];
  });
  const ofRules = spec.rules.flatMap((rule, index) =>
    Object.entries(rule.guards).flatMap(([kindName, steps]): readonly SpecMistake[] => {
      const at = ['rules', String(index), 'guards', kindName];
      const kind = every[kindName];
      if (kind === undefined) return [{ path: at, message: `the kind ${kindName} does not exist` }];
      return steps
        .filter((guard) => guardedSteps(kind, guard).length === 0)
        .map((guard) => ({ path: at, message: `${guard} does not name a step that fettle takes on a ${kindName}` }));
    }),
  );
  const engineRules = engine.rules.map(({ id }) => id);
  const alerts = spec.alerts ?? [];
  return [
    ...schemaMistakes(spec.config, ['config'], formats, kinds),
    ...Object.entries(spec.inputs ?? {}).flatMap(([name, schema]) => [
      ...schemaMistakes(schema, ['inputs', name], formats, []),
      ...(kinds.includes(name) ? [{ path: ['inputs', name], message: `${name} is a kind` }] : []),
    ]),
    ...(spec.config.properties?.['parallelism'] === undefined
      ? []
      : [{ path: ['config', 'properties', 'parallelism'], message: 'every plugin already has parallelism' }]),
    ...(spec.name === engine.name ? [{ path: ['name'], message: `${spec.name} is the name of the engine` }] : []),
    ...ofKinds,
    ...ofRules,
    ...spec.rules.flatMap(({ id }, index) =>
      engineRules.includes(id)
        ? [{ path: ['rules', String(index), 'id'], message: `${id} is a rule of the engine` }]
        : [],
    ),
    ...repeated(spec.rules, ({ id }) => id).map((index) => ({
      path: ['rules', String(index), 'id'],
      message: `rule ${spec.rules[index]?.id} is listed twice`,
    })),
    ...spec.findings.flatMap(({ kind }, index) =>
      kinds.includes(kind)
        ? []
        : [{ path: ['findings', String(index), 'kind'], message: `the kind ${kind} does not exist` }],
    ),
    ...repeated(spec.findings, ({ code, kind }) => `${kind} ${code}`).map((index) => ({
      path: ['findings', String(index), 'code'],
      message: `finding ${spec.findings[index]?.code} is listed twice`,
    })),
    ...alerts.flatMap(({ kind }, index) =>
      kinds.includes(kind)
        ? []
        : [{ path: ['alerts', String(index), 'kind'], message: `the kind ${kind} does not exist` }],
    ),
    ...repeated(alerts, (each) => `${each.kind} ${each.class}`).map((index) => ({
      path: ['alerts', String(index), 'class'],
      message: `alert ${alerts[index]?.class} is listed twice`,
    })),
  ];
}

/** All mistakes of the engine's spec that its schema does not find. */
export function engineMistakes(spec: EngineSpec): readonly SpecMistake[] {
  const formats = Object.keys(spec.formats);
  const schemas = {
    document: spec.document,
    config: spec.config,
    serve: spec.serve,
    plan: spec.plan,
    record: spec.record,
  };
  return [
    ...Object.entries(schemas).flatMap(([name, schema]) => schemaMistakes(schema, [name], formats, [])),
    ...safetyMistakes(spec.document, spec.safety, ['safety']),
    ...repeated(spec.rules, ({ id }) => id).map((index) => ({
      path: ['rules', String(index), 'id'],
      message: `rule ${spec.rules[index]?.id} is listed twice`,
    })),
    ...repeated(spec.exitCodes, ({ name }) => name).map((index) => ({
      path: ['exitCodes', String(index), 'name'],
      message: `exit code ${spec.exitCodes[index]?.name} is listed twice`,
    })),
  ];
}
