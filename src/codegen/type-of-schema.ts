/**
 * JSON Schema to TypeScript: the type of a value after its validator has filled in the defaults.
 *
 * | Schema | Type |
 * |---|---|
 * | `enum`, `const` | union of literals |
 * | `type: integer` | `number` |
 * | `type: [string, array]` | union of both |
 * | object with properties | object type; a property is optional unless it is required or has a default |
 * | object with other properties only | `Readonly<Record<string, T>>` |
 * | `$ref` | name of the definition |
 * | no type | `Json` |
 */

import { printKey } from './print-value.ts';
import type { Schema, SchemaType } from './schema.ts';

function literal(value: unknown): string {
  return typeof value === 'string'
    ? `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
    : JSON.stringify(value);
}

function comment(schema: Schema, pad: string): string {
  return schema.description === undefined ? '' : `${pad}/** ${schema.description.replaceAll('*/', '*\\/')} */\n`;
}

/** The members of an object schema, one per line, with their descriptions. */
export function membersOf(schema: Schema, indent: number): string {
  const pad = ' '.repeat(indent);
  return Object.entries(schema.properties ?? {})
    .map(([key, part]) => {
      const given = (schema.required?.includes(key) ?? false) || part.default !== undefined;
      return `${comment(part, pad)}${pad}readonly ${printKey(key)}${given ? '' : '?'}: ${typeOf(part, indent)};\n`;
    })
    .join('');
}

function objectType(schema: Schema, indent: number): string {
  const others = schema.additionalProperties;
  const named = Object.keys(schema.properties ?? {}).length;
  if (named === 0) {
    if (others === false) return 'Readonly<Record<string, never>>';
    return `Readonly<Record<string, ${typeof others === 'object' ? typeOf(others, indent) : 'Json'}>>`;
  }
  return `{\n${membersOf(schema, indent + 2)}${' '.repeat(indent)}}`;
}

function arrayType({ items }: Schema, indent: number): string {
  if (items === undefined) return 'readonly Json[]';
  const item = typeOf(items, indent);
  const isCompound = items.enum !== undefined || Array.isArray(items.type) || items.type === 'array';
  return `readonly ${isCompound ? `(${item})` : item}[]`;
}

function ofType(type: SchemaType, schema: Schema, indent: number): string {
  switch (type) {
    case 'integer':
    case 'number':
      return 'number';
    case 'string':
    case 'boolean':
    case 'null':
      return type;
    case 'array':
      return arrayType(schema, indent);
    case 'object':
      return objectType(schema, indent);
  }
}

/** The type as text; `indent` is the indentation of its first line. */
export function typeOf(schema: Schema, indent = 0): string {
  if (schema.$ref !== undefined) return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
  if (schema.const !== undefined) return literal(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(literal).join(' | ');
  if (schema.type === undefined) return 'Json';
  const types = typeof schema.type === 'string' ? [schema.type] : schema.type;
  return types.map((type) => ofType(type, schema, indent)).join(' | ');
}
