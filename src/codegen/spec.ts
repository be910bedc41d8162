/** The TypeScript types of the files in `specs/`, and the JSON Schemas that validate them. */

import {
  ALERT_SEVERITIES,
  type AlertTable,
  type Combining,
  type Edit,
  type Json,
  type OnRemove,
  type Severity,
  type Transition,
} from '#plugin';
import { type Schema, schemaOfSchemas } from './schema.ts';

type States = string | readonly string[];

/** Lists of states mean every pair of different ones. */
export type TransitionSpec = Omit<Transition, 'from' | 'to'> & { readonly from: States; readonly to: States };

export interface MachineSpec {
  /** The meaning of each state. */
  readonly states: Readonly<Record<string, string>>;
  readonly edits: readonly (string | Edit)[];
  readonly transitions: readonly TransitionSpec[];
}

/**
 * The meaning of fields for the safety of their own resource; `none`: no rule reads them, or their own row shows them.
 */
export interface SafetySpec {
  /** JSON pointers; each covers everything below it that no longer pointer covers. */
  readonly fields: readonly string[];
  readonly combine: Combining | 'none';
  /** A change of one releases the managed resource: to any value, or to these. */
  readonly releases?: true | readonly Json[];
  /** The reason. */
  readonly text: string;
}

export interface KindSpec {
  readonly summary: string;
  readonly scope?: readonly string[];
  /** Further kinds with the same schema, lifecycle and rules, and their scope. */
  readonly also?: { readonly scope: readonly string[]; readonly kinds: Readonly<Record<string, string>> };
  /** Only ever `true`: documents of other systems declare it, and a document of the plugin cannot. */
  readonly foreign?: true;
  readonly onRemove: OnRemove;
  /** Only ever `true`: the credentials of an account decide which resources are listed. */
  readonly byAccount?: true;
  /** JSON pointers of differences that are not fields of the spec. */
  readonly derived?: readonly string[];
  readonly spec: Schema;
  /** The meaning of every field of the spec for the safety of its own resource. */
  readonly safety: readonly SafetySpec[];
  readonly memory: { readonly version: number; readonly properties: Readonly<Record<string, Schema>> };
  readonly machines: Readonly<Record<string, MachineSpec>>;
}

export interface RuleSpec {
  readonly id: string;
  readonly text: string;
  readonly overridable: boolean;
  /** True if the rule only warns. */
  readonly advisory?: true;
  readonly group?: string;
  /** Steps by kind. */
  readonly guards: Readonly<Record<string, readonly string[]>>;
}

export interface FindingSpec {
  readonly code: string;
  readonly kind: string;
  readonly severity: Severity;
  readonly text: string;
}

export interface PluginSpec {
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  readonly parallelism: number;
  readonly config: Schema;
  readonly kinds: Readonly<Record<string, KindSpec>>;
  /** Schemas of the plugin's inputs from other programs, by name. */
  readonly inputs?: Readonly<Record<string, Schema>>;
  readonly rules: readonly RuleSpec[];
  readonly findings: readonly FindingSpec[];
  readonly alerts?: readonly AlertTable[];
}

export interface FormatSpec {
  /** The description of such a text, as the end of "must be …". */
  readonly text: string;
  readonly pattern: string;
}

export interface ExitCodeSpec {
  readonly name: string;
  readonly code: number;
  readonly text: string;
  readonly next: string;
}

export interface EngineSpec {
  readonly name: 'engine';
  readonly summary: string;
  readonly rules: readonly { readonly id: string; readonly overridable: boolean; readonly text: string }[];
  readonly records: Readonly<Record<string, { readonly text: string; readonly required: readonly string[] }>>;
  readonly exitCodes: readonly ExitCodeSpec[];
  readonly problems: Readonly<Record<string, string>>;
  readonly formats: Readonly<Record<string, FormatSpec>>;
  readonly document: Schema;
  /** The same for every field of the envelope. */
  readonly safety: readonly SafetySpec[];
  readonly config: Schema;
  /** The file of `--serve-config`. */
  readonly serve: Schema;
  readonly plan: Schema;
  readonly record: Schema;
}

const kebab = { type: 'string', pattern: '^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$' } as const;
const sentence = { type: 'string', minLength: 1 } as const;
const stateName = '^[A-Za-z][A-Za-z0-9_-]*$';
const state = { type: 'string', pattern: stateName } as const;
const states = { anyOf: [state, { type: 'array', minItems: 1, uniqueItems: true, items: state }] } as const;
const schema = { $ref: '#/definitions/schema' } as const;
const flag = { const: true } as const;
const duration = { type: 'integer', minimum: 1 } as const;
const reversible = { enum: ['yes', 'no', 'partly'] } as const;

function closed(properties: Readonly<Record<string, object>>, optional: readonly string[] = []): object {
  const required = Object.keys(properties).filter((key) => !optional.includes(key));
  return { type: 'object', additionalProperties: false, required, properties };
}

function table(keys: string, values: object): object {
  return { type: 'object', minProperties: 1, propertyNames: { pattern: keys }, additionalProperties: values };
}

const transition = closed(
  {
    from: states,
    to: states,
    trigger: { type: 'string', pattern: '^[a-z][a-z-]*$' },
    by: { enum: ['fettle', 'world'] },
    settles: state,
    fails: state,
    destructive: flag,
    disruptive: flag,
    reversible,
    together: { type: 'array', minItems: 1, items: { type: 'string', minLength: 3 } },
    withinMs: duration,
    deadlineMs: duration,
  },
  ['settles', 'fails', 'destructive', 'disruptive', 'reversible', 'together', 'withinMs', 'deadlineMs'],
);

const edit = closed({ state, destructive: flag, disruptive: flag, reversible, deadlineMs: duration }, [
  'destructive',
  'disruptive',
  'reversible',
  'deadlineMs',
]);

const machine = closed({
  states: table(stateName, sentence),
  edits: { type: 'array', items: { anyOf: [state, edit] } },
  transitions: { type: 'array', items: transition },
});

const safety = {
  type: 'array',
  items: closed(
    {
      fields: { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string', pattern: '^(/[^/]+)+$' } },
      combine: {
        anyOf: [
          { enum: ['longer', 'larger', 'smaller', 'both', 'applied', 'shown', 'none'] },
          { type: 'array', minItems: 2, uniqueItems: true },
        ],
      },
      releases: { anyOf: [{ const: true }, { type: 'array', minItems: 1, uniqueItems: true }] },
      text: sentence,
    },
    ['releases'],
  ),
} as const;

const scope = {
  type: 'array',
  minItems: 1,
  uniqueItems: true,
  items: { type: 'string', pattern: '^[a-z][A-Za-z0-9]*$' },
} as const;

const kind = closed(
  {
    summary: sentence,
    scope,
    also: closed({ scope, kinds: table('^[A-Z][A-Za-z0-9]*$', sentence) }),
    foreign: { const: true },
    onRemove: { enum: ['remove', 'release'] },
    byAccount: { const: true },
    derived: { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string', pattern: '^(/[^/]+)+$' } },
    spec: schema,
    safety,
    memory: closed({ version: { type: 'integer', minimum: 1 }, properties: { $ref: '#/definitions/schemas' } }),
    machines: table('^[a-z][A-Za-z0-9_-]*$', machine),
  },
  ['scope', 'also', 'foreign', 'byAccount', 'derived'],
);

const definitions = {
  type: { enum: ['string', 'number', 'integer', 'boolean', 'null', 'object', 'array'] },
  count: { type: 'integer', minimum: 0 },
  schemas: { type: 'object', additionalProperties: { $ref: '#/definitions/schema' } },
  schema: schemaOfSchemas,
};

/** The schema of `specs/<plugin>.yaml`. */
export const pluginSpecSchema = {
  ...closed(
    {
      name: kebab,
      version: { type: 'string', pattern: '^v[1-9][0-9]*((alpha|beta)[1-9][0-9]*)?$' },
      summary: sentence,
      parallelism: { type: 'integer', minimum: 1, maximum: 1000 },
      config: schema,
      kinds: table('^[A-Z][A-Za-z0-9]*$', kind),
      inputs: table('^[A-Z][A-Za-z0-9]*$', schema),
      rules: {
        type: 'array',
        items: closed(
          {
            id: kebab,
            text: sentence,
            overridable: { type: 'boolean' },
            advisory: { const: true },
            group: { type: 'string', minLength: 1 },
            guards: table('^[A-Z][A-Za-z0-9]*$', {
              type: 'array',
              minItems: 1,
              uniqueItems: true,
              items: { type: 'string', minLength: 3 },
            }),
          },
          ['group', 'advisory'],
        ),
      },
      findings: {
        type: 'array',
        items: closed({
          code: kebab,
          kind: { type: 'string' },
          severity: { enum: ['critical', 'error', 'warning', 'info'] },
          text: sentence,
        }),
      },
      alerts: {
        type: 'array',
        minItems: 1,
        items: closed({
          class: { type: 'string', pattern: '^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$' },
          kind: { type: 'string' },
          severities: { type: 'array', minItems: 1, uniqueItems: true, items: { enum: ALERT_SEVERITIES } },
          text: sentence,
        }),
      },
    },
    ['inputs', 'alerts'],
  ),
  definitions,
};

/** Every kind by its name: those of `also` share everything but their scope and summary with the kind that lists them. */
export function allKinds({ kinds }: Pick<PluginSpec, 'kinds'>): Readonly<Record<string, KindSpec & { base?: string }>> {
  return Object.fromEntries(
    Object.entries(kinds).flatMap(([name, { also, ...kind }]) => [
      [name, kind] as const,
      ...Object.entries(also?.kinds ?? {}).map(
        ([each, summary]) => [each, { ...kind, summary, scope: also?.scope ?? [], base: name }] as const,
      ),
    ]),
  );
}

/** The schema of `specs/engine.yaml`. */
export const engineSpecSchema = {
  ...closed({
    name: { const: 'engine' },
    summary: sentence,
    rules: {
      type: 'array',
      minItems: 1,
      items: closed({ id: kebab, overridable: { type: 'boolean' }, text: sentence }),
    },
    records: table(
      '^[a-z]+$',
      closed({ text: sentence, required: { type: 'array', uniqueItems: true, items: { type: 'string' } } }),
    ),
    exitCodes: {
      type: 'array',
      minItems: 1,
      items: closed({
        name: kebab,
        code: { type: 'integer', minimum: 0, maximum: 255 },
        text: sentence,
        next: sentence,
      }),
    },
    problems: table(kebab.pattern, sentence),
    formats: table(kebab.pattern, closed({ text: sentence, pattern: { type: 'string', format: 'regexp' } })),
    document: schema,
    safety,
    config: schema,
    serve: schema,
    plan: schema,
    record: schema,
  }),
  definitions,
};
