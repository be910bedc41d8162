/** Puts the errors of a schema validator into plain words: the value found, the value expected, and the nearest known name. */

import {
  codePoints,
  counted,
  defined,
  escapePointer,
  FOLDER_FORMAT,
  isNameFormat,
  isPathFormat,
  isRecord,
  nearest,
  pathMistake,
  pointerKeys,
  printable,
  punycodeHint,
  type SchemaError,
  suggest,
  valueAt,
} from '#plugin';
import { limits } from './limits.ts';
import { echo, shorten } from './mistake.ts';

/** A mistake at a JSON pointer into a document; `at: 'key'` means the key's own place. */
export interface PointerMistake {
  readonly code: string;
  readonly pointer: string;
  readonly at: 'value' | 'key';
  readonly message: string;
  readonly suggestion?: string;
  readonly severity?: 'error' | 'warning';
}

type Parts = Readonly<Record<string, unknown>>;

/** A pointer as people write it: `spec.dnsNames[0]`. */
export function pathWords(pointer: string): string {
  const words = pointerKeys(pointer).reduce(
    (path, part) =>
      /^\d+$/u.test(part)
        ? `${path}[${part}]`
        : /^[\w-]+$/u.test(part)
          ? `${path}${path === '' ? '' : '.'}${part}`
          : `${path}["${shorten(part, 40)}"]`,
    '',
  );
  return words === '' ? 'the document' : `\`${shorten(words, 200)}\``;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'a mapping',
  array: 'a list',
  null: 'empty',
};

function range(schema: Parts): string {
  const plain = (key: string): number | undefined => (typeof schema[key] === 'number' ? schema[key] : undefined);
  const [low, high, above, below] = [
    plain('minimum'),
    plain('maximum'),
    plain('exclusiveMinimum'),
    plain('exclusiveMaximum'),
  ];
  if (low !== undefined && high !== undefined) return ` from ${low} to ${high}`;
  const from = low !== undefined ? `at least ${low}` : above !== undefined ? `greater than ${above}` : undefined;
  const to = high !== undefined ? `at most ${high}` : below !== undefined ? `less than ${below}` : undefined;
  const words = [from, to].filter((each) => each !== undefined).join(' and ');
  return words === '' ? '' : ` that is ${words}`;
}

/** The expectation of a schema, as the end of "… must be". */
function wanted(schema: Parts, type: unknown): string {
  const types = (Array.isArray(type) ? type : [type]).map((each) => TYPES[String(each)] ?? String(each));
  const isNumber = type === 'integer' || type === 'number';
  return `${types.join(' or ')}${isNumber ? range(schema) : ''}`;
}

/** One error of a validator, with its place relative to the whole document. */
function explainOne(
  error: SchemaError,
  value: unknown,
  base: string,
  formats: Readonly<Record<string, string>>,
): PointerMistake {
  const pointer = `${base}${error.instancePath}`;
  const schema = isRecord(error.parentSchema) ? error.parentSchema : {};
  const { params } = error;
  const found: unknown = valueAt(value, error.instancePath);
  const path = pathWords(pointer);
  const wrong = (message: string, suggestion?: string): PointerMistake => ({
    code: 'wrong-value',
    pointer,
    at: 'value',
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
  });
  const limit = Number(params['limit']);
  switch (error.keyword) {
    case 'type': {
      const expected = wanted(schema, params['type']);
      if (found === null)
        return { code: 'missing-value', pointer, at: 'value', message: `${path} has no value; it must be ${expected}` };
      const quoted =
        params['type'] === 'string' && (typeof found === 'number' || typeof found === 'boolean')
          ? { suggestion: 'write it in quotes' }
          : {};
      return {
        code: 'wrong-type',
        pointer,
        at: 'value',
        message: `${path} must be ${expected}, not ${echo(found)}`,
        ...quoted,
      };
    }
    case 'required': {
      const key = String(params['missingProperty']);
      const known = isRecord(schema['properties']) ? schema['properties'][key] : undefined;
      const type = isRecord(known) ? known['type'] : undefined;
      const note = isRecord(known) && typeof known['description'] === 'string' ? `: ${known['description']}` : '';
      const what = typeof type === 'string' ? ` (${TYPES[type] ?? type})` : '';
      return {
        code: 'missing-key',
        pointer,
        at: 'key',
        message: `${path} needs the key \`${key}\`${what}`,
        ...(note === '' ? {} : { suggestion: `\`${key}\`${note}` }),
      };
    }
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      const known = isRecord(schema['properties']) ? Object.keys(schema['properties']) : [];
      const suggestion = known.length === 0 ? 'no keys are expected here' : suggest(key, known, 'known here');
      return defined({
        code: 'unknown-key',
        pointer: `${pointer}/${escapePointer(key)}`,
        at: 'key',
        message: `unknown key \`${shorten(key)}\` in ${path}`,
        suggestion,
      });
    }
    case 'enum': {
      const values = Array.isArray(params['allowedValues']) ? params['allowedValues'].map((each) => String(each)) : [];
      const near = typeof found === 'string' ? nearest(found, values) : undefined;
      if (found === null)
        return {
          code: 'missing-value',
          pointer,
          at: 'value',
          message: `${path} has no value; it must be one of ${values.join(', ')}`,
        };
      return wrong(
        `${path} must be one of ${values.join(', ')}, not ${echo(found)}`,
        near === undefined ? undefined : `did you mean \`${near}\`?`,
      );
    }
    case 'const':
      return wrong(`${path} must be ${echo(params['allowedValue'])}, not ${echo(found)}`);
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return wrong(`${path} must be ${wanted(schema, schema['type'] ?? 'number')}, not ${echo(found)}`);
    case 'multipleOf':
      return wrong(`${path} must be a multiple of ${String(params['multipleOf'])}, not ${echo(found)}`);
    case 'minLength':
      return wrong(
        found === ''
          ? `${path} must not be empty`
          : `${path} must have at least ${counted(limit, 'character')}, not ${echo(found)}`,
      );
    case 'maxLength':
      return wrong(
        `${path} must have at most ${counted(limit, 'character')}, and has ${codePoints(String(found)).toLocaleString('en-US')}`,
      );
    case 'minItems':
      return wrong(
        Array.isArray(found) && found.length === 0
          ? `${path} must not be empty`
          : `${path} must have at least ${counted(limit, 'item')}`,
      );
    case 'maxItems':
      return wrong(
        `${path} must have at most ${counted(limit, 'item')}, and has ${Array.isArray(found) ? found.length : 'more'}`,
      );
    case 'uniqueItems': {
      const [i, j] = [Number(params['i']), Number(params['j'])];
      const [later, first] = i > j ? [i, j] : [j, i];
      const item = Array.isArray(found) ? found[later] : undefined;
      return {
        ...wrong(`${echo(item)} occurs twice in ${path}: items ${first + 1} and ${later + 1}`),
        pointer: `${pointer}/${later}`,
      };
    }
    case 'minProperties':
    case 'maxProperties': {
      const known = isRecord(schema['properties']) ? Object.keys(schema['properties']) : [];
      const exactly = schema['minProperties'] === schema['maxProperties'] && schema['minProperties'] !== undefined;
      const has = isRecord(found) ? Object.keys(found).length : 0;
      const bound = exactly
        ? `exactly ${counted(limit, 'key')}`
        : error.keyword === 'minProperties'
          ? `at least ${counted(limit, 'key')}`
          : `at most ${counted(limit, 'key')}`;
      const of = known.length > 0 ? ` of ${known.map((key) => `\`${key}\``).join(', ')}` : '';
      return wrong(`${path} must have ${bound}${of}, and has ${has === 0 ? 'none' : has}`);
    }
    case 'pattern':
      return wrong(
        `${path} must match ${shorten(String(params['pattern']), 100)}, and is ${echo(found)}`,
        typeof schema['description'] === 'string' ? `expected: ${schema['description']}` : undefined,
      );
    case 'format': {
      const format = String(params['format']);
      const unmeant = isPathFormat(format) ? pathMistake(String(found), format === FOLDER_FORMAT) : undefined;
      if (unmeant !== undefined) return wrong(`${path} ${unmeant.message}: ${echo(found)}`, unmeant.suggestion);
      // The value in the place of a secret may be a secret.
      const but = format === 'secret' ? '' : `, not ${echo(found)}`;
      const hint = isNameFormat(format) ? punycodeHint(String(found)) : undefined;
      return wrong(`${path} must be ${formats[format] ?? `a ${format}`}${but}`, hint);
    }
    default:
      return wrong(`${path} ${printable(error.message ?? 'is not allowed')}`);
  }
}

/**
 * The errors of one validator in plain words, one for each place, the first 500. `value` is the validated value, and `base`
 * its pointer in the document.
 */
export function explain(
  errors: readonly SchemaError[],
  value: unknown,
  base: string,
  formats: Readonly<Record<string, string>> = {},
): readonly PointerMistake[] {
  const seen = new Set<string>();
  const mistakes: PointerMistake[] = [];
  for (const error of errors.slice(0, limits.mistakes)) {
    const mistake = explainOne(error, value, base, formats);
    const place =
      mistake.code === 'missing-key' || mistake.code === 'unknown-key'
        ? `${mistake.pointer} ${mistake.message}`
        : mistake.pointer;
    // A misspelt key of a choice makes two errors, an unknown key and an empty choice: the first is clearer.
    const isEcho =
      (error.keyword === 'minProperties' || error.keyword === 'maxProperties') &&
      errors.some((other) => other.keyword === 'additionalProperties' && other.instancePath === error.instancePath);
    if (seen.has(place) || isEcho) continue;
    seen.add(place);
    mistakes.push(mistake);
  }
  return mistakes;
}
