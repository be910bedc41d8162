/** The form of the answers of endpoints, for the description of the API: a part of JSON Schema, as data. */

type SchemaType = 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array' | 'null';

/** An object with `properties` and without `additionalProperties` has no other member today; a later version may add some. */
export interface AnswerSchema {
  readonly type?: SchemaType | readonly SchemaType[];
  readonly description?: string;
  readonly const?: boolean;
  readonly enum?: readonly string[];
  readonly format?: 'date-time';
  readonly minimum?: number;
  readonly items?: AnswerSchema;
  readonly properties?: Readonly<Record<string, AnswerSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: true | AnswerSchema;
}

type Members = Readonly<Record<string, AnswerSchema>>;

/** Builds schemas. */
export const form = {
  text: { type: 'string' },
  /** ISO 8601, UTC. */
  time: { type: 'string', format: 'date-time' },
  /** A whole number from 0. */
  count: { type: 'integer', minimum: 0 },
  number: { type: 'number' },
  flag: { type: 'boolean' },
  /** An object that another description has. */
  open: { type: 'object', additionalProperties: true },
  oneOf: (values: readonly string[]): AnswerSchema => ({ type: 'string', enum: values }),
  list: (items: AnswerSchema): AnswerSchema => ({ type: 'array', items }),
  /** An object with any names. */
  byName: (value: AnswerSchema): AnswerSchema => ({ type: 'object', additionalProperties: value }),
  /** An object that always has the members of `always`, and may have those of `maybe`. */
  object: (always: Members, maybe: Members = {}): AnswerSchema => ({
    type: 'object',
    properties: { ...always, ...maybe },
    required: Object.keys(always),
  }),
  /** An object with at least these members. Another description has the others. */
  atLeast: (always: Members, maybe: Members = {}): AnswerSchema => ({
    ...form.object(always, maybe),
    additionalProperties: true,
  }),
  orNull: (schema: AnswerSchema): AnswerSchema => ({
    ...schema,
    type: [...(typeof schema.type === 'string' ? [schema.type] : (schema.type ?? [])), 'null'],
  }),
} as const satisfies Readonly<Record<string, AnswerSchema | ((...given: never[]) => AnswerSchema)>>;

/** One status of an endpoint. */
export interface AnswerForm {
  /** A sentence. */
  readonly summary: string;
  readonly body: AnswerSchema;
}

/** An answer with `ok: true` and these members. */
export function gives(summary: string, always: Members = {}, maybe: Members = {}): AnswerForm {
  return { summary, body: form.object({ ok: { type: 'boolean', const: true }, ...always }, maybe) };
}

/** An answer with an error, and these members. */
export function refuses(summary: string, more: Members = {}): AnswerForm {
  const ok = { type: 'boolean', const: false } as const;
  return { summary, body: form.object({ ok, error: form.text, message: form.text }, more) };
}
