/** The part of JSON Schema (draft 7) that specs may use: every keyword has a type, a validator and a row in a table. */

import { escapePointer, type PathUse } from '#plugin';

export type SchemaType = 'string' | 'number' | 'integer' | 'boolean' | 'null' | 'object' | 'array';

export interface Schema {
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly type?: SchemaType | readonly SchemaType[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly definitions?: Readonly<Record<string, Schema>>;
  /** The text is the name of a resource of this kind. */
  readonly 'x-ref'?: string;
  /** Of a setting: the kinds whose steps it affects; `false` for none, and by default all. */
  readonly 'x-decides'?: false | readonly string[];
  /** The use of the path. */
  readonly 'x-path'?: PathUse;
  /** The environment variable that may hold the secret, also with a suffix that begins with `_`. */
  readonly 'x-secret'?: string;
}

/** JSON Schema of `Schema`: a keyword that is missing here would be ignored by a generator, so it is an error. */
export const schemaOfSchemas = {
  type: 'object',
  additionalProperties: false,
  properties: {
    $ref: { type: 'string', pattern: '^#/definitions/[A-Z][A-Za-z0-9]*$' },
    title: { type: 'string', minLength: 1 },
    description: { type: 'string', minLength: 1 },
    examples: { type: 'array', minItems: 1 },
    default: {},
    type: {
      anyOf: [
        { $ref: '#/definitions/type' },
        { type: 'array', minItems: 2, uniqueItems: true, items: { $ref: '#/definitions/type' } },
      ],
    },
    enum: { type: 'array', minItems: 1, uniqueItems: true },
    const: {},
    format: { type: 'string', minLength: 1 },
    pattern: { type: 'string', format: 'regexp' },
    minLength: { $ref: '#/definitions/count' },
    maxLength: { $ref: '#/definitions/count' },
    minimum: { type: 'number' },
    maximum: { type: 'number' },
    exclusiveMinimum: { type: 'number' },
    exclusiveMaximum: { type: 'number' },
    multipleOf: { type: 'number', exclusiveMinimum: 0 },
    items: { $ref: '#/definitions/schema' },
    minItems: { $ref: '#/definitions/count' },
    maxItems: { $ref: '#/definitions/count' },
    uniqueItems: { type: 'boolean' },
    properties: { $ref: '#/definitions/schemas' },
    required: { type: 'array', uniqueItems: true, items: { type: 'string' } },
    additionalProperties: { anyOf: [{ type: 'boolean' }, { $ref: '#/definitions/schema' }] },
    minProperties: { $ref: '#/definitions/count' },
    maxProperties: { $ref: '#/definitions/count' },
    definitions: { $ref: '#/definitions/schemas' },
    'x-ref': { type: 'string', minLength: 1 },
    'x-decides': { anyOf: [{ const: false }, { type: 'array', minItems: 1, items: { type: 'string' } }] },
    'x-path': { enum: ['write', 'read', 'send'] },
    'x-secret': { type: 'string', pattern: '^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$' },
  },
} as const;

/** Formats of paths: of a file, and of a folder. */
export const PATH_FORMATS = ['path', 'folder-path'] as const;

/**
 * A schema inside another one, with the JSON pointer of the values that it describes (`*`: every item, or every key).
 */
export interface Place {
  readonly pointer: string;
  readonly schema: Schema;
  readonly required: boolean;
}

/** All schemas below one, outer ones first, without following `$ref`. */
export function placesIn(schema: Schema, pointer = ''): readonly Place[] {
  const named = Object.entries(schema.properties ?? {}).map(([key, part]) => ({
    pointer: `${pointer}/${escapePointer(key)}`,
    schema: part,
    required: schema.required?.includes(key) ?? false,
  }));
  const open = typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : [];
  const items = schema.items === undefined ? [] : [schema.items];
  const unnamed = [...open, ...items].map((part) => ({ pointer: `${pointer}/*`, schema: part, required: false }));
  return [...named, ...unnamed].flatMap((place) => [place, ...placesIn(place.schema, place.pointer)]);
}

/** The defaults of a schema, including those below its optional parts; undefined without defaults. */
export function defaultsIn(schema: Schema): unknown {
  const parts = Object.entries(schema.properties ?? {}).flatMap(([key, part]) => {
    const value = defaultsIn(part);
    return value === undefined ? [] : [[key, value] as const];
  });
  return parts.length === 0
    ? schema.default
    : { ...(schema.default as object | undefined), ...Object.fromEntries(parts) };
}

/** The schema with every schema in it changed, inner ones first. */
export function mapSchema(schema: Schema, change: (schema: Schema) => Schema): Schema {
  const each = (schemas: Readonly<Record<string, Schema>>) =>
    Object.fromEntries(Object.entries(schemas).map(([key, part]) => [key, mapSchema(part, change)]));
  return change({
    ...schema,
    ...(schema.properties === undefined ? {} : { properties: each(schema.properties) }),
    ...(schema.definitions === undefined ? {} : { definitions: each(schema.definitions) }),
    ...(schema.items === undefined ? {} : { items: mapSchema(schema.items, change) }),
    ...(typeof schema.additionalProperties === 'object'
      ? { additionalProperties: mapSchema(schema.additionalProperties, change) }
      : {}),
  });
}
