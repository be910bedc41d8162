/** Runtime of generated validators: the length of a text, and errors with the schema that they come from. */

import { unescapePointer } from './pointer.ts';
import type { SchemaError, Validator } from './plugin.ts';

/** The length of a text by JSON Schema: in code points, not in UTF-16 units. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i += 1) {
    const isHigh = (text.charCodeAt(i) & 0xfc00) === 0xd800;
    if (isHigh && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      count -= 1;
      i += 1;
    }
  }
  return count;
}

/** The schema with the failed keyword, by the path of the keyword: `#/properties/port/maximum`. */
function schemaAt(root: unknown, keywordPath: string): unknown {
  let schema = root;
  for (const part of keywordPath.split('/').slice(1, -1)) {
    const key = unescapePointer(decodeURIComponent(part));
    schema = (schema as Readonly<Record<string, unknown>> | undefined)?.[key];
  }
  return schema;
}

/**
 * Adds `parentSchema` to each error of a validator. The schema is only looked up for errors, so valid input and the
 * generated code do not pay for it. Does not support `$ref`, whose paths do not start at the root.
 */
export function withSchemas(validate: Validator, root: unknown): Validator {
  const check: Validator = (value) => {
    const isValid = validate(value);
    check.errors = isValid
      ? null
      : (validate.errors ?? []).map(
          (error): SchemaError => ({ ...error, parentSchema: schemaAt(root, error.schemaPath) }),
        );
    return isValid;
  };
  return check;
}
