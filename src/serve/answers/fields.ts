/** The values of a query or of a JSON body by the declared fields. A name that is not declared is a mistake. Pure. */

import { type Field, type Fields, type FieldValues, isRecord, suggest } from '#plugin';

/** Thrown for values that the fields exclude. */
export class FieldsError extends Error {
  override readonly name = 'FieldsError';
}

/** Longest text of a field, in UTF-16 code units. */
export const MOST_TEXT = 4096;

type Value = string | boolean | number | undefined;

function textValue(name: string, values: readonly string[] | undefined, given: unknown): string {
  if (typeof given !== 'string' || given === '' || given.length > MOST_TEXT)
    throw new FieldsError(`${name} is not a text of 1 to ${MOST_TEXT} characters`);
  if (values !== undefined && !values.includes(given))
    throw new FieldsError(`${name} is not valid. Use one of ${values.join(', ')}`);
  return given;
}

function valueOf(name: string, field: Field, given: unknown): Value {
  switch (field.type) {
    case 'text':
      return given === undefined ? undefined : textValue(name, field.values, given);
    case 'flag': {
      if (given === undefined) return field.usual ?? false;
      if (given === true || given === 'true') return true;
      if (given === false || given === 'false') return false;
      throw new FieldsError(`${name} is not valid. Use true or false`);
    }
    case 'number': {
      const number = typeof given === 'string' && /^\d{1,15}$/u.test(given) ? Number(given) : given;
      if (number === undefined) return field.usual;
      if (typeof number === 'number' && Number.isInteger(number) && number >= field.least && number <= field.most)
        return number;
      throw new FieldsError(`${name} is not valid. Use a whole number from ${field.least} to ${field.most}`);
    }
  }
}

/** The parameters of a query. Throws a FieldsError for one that was given twice. */
export function queryFields(parameters: URLSearchParams): Readonly<Record<string, string>> {
  // A name such as __proto__ is one like others.
  const query = Object.create(null) as Record<string, string>;
  for (const [name, value] of parameters) {
    if (name in query) throw new FieldsError(`${name} was given more than once`);
    query[name] = value;
  }
  return query;
}

/** Throws a FieldsError, which names the first mistake. */
export function fieldValues<F extends Fields>(fields: F, given: unknown): FieldValues<F> {
  if (!isRecord(given)) throw new FieldsError('the body is not an object');
  const names = Object.keys(fields);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new FieldsError(
      names.length === 0
        ? `${unknown} is not a field`
        : `${unknown} is not a field; ${suggest(unknown, names, 'the fields are')}`,
    );
  const values = Object.entries(fields).map(([name, field]) => [name, valueOf(name, field, given[name])]);
  // Each value has the type of its field.
  return Object.fromEntries(values) as FieldValues<F>;
}
