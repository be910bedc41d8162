/**
 * Changes rows of CONFIG_DB by compare-and-set: a row is only written as it was seen, and while CONFIG_DB is loaded.
 *
 * CONFIG_DB has no lock, and other programs write it. A script compares and writes in one step; it writes nothing if any
 * compared field has another value.
 */

import { OutsideError, UnknownOutcomeError } from '#plugin';
import type { CallOptions } from '../redis/client.ts';
import { RedisError } from '../redis/errors.ts';
import type { Reply, Row } from '../redis/reader.ts';
import { runScripts, type ScriptCall, scriptOf } from '../redis/script.ts';
import type { SonicDatabase } from './connect.ts';
import { LOADED_KEY } from './read-switch.ts';
import { NO_FIELDS } from './tables.ts';

export type RowChange =
  /** Writes fields of an existing row. */
  | {
      readonly kind: 'write';
      readonly table: string;
      readonly key: string;
      /** Fields as they were seen: null for one that the row did not have. */
      readonly expected: Readonly<Record<string, string | null>>;
      readonly fields: Row;
    }
  /** Creates a row that does not exist. */
  | { readonly kind: 'create'; readonly table: string; readonly key: string; readonly fields: Row }
  /** Removes a row that has exactly these fields. */
  | { readonly kind: 'remove'; readonly table: string; readonly key: string; readonly expected: Row };

export type RowOutcome =
  | { readonly kind: 'done' }
  /** Fields with another value, with the present one: null for one that the row does not have. */
  | { readonly kind: 'differs'; readonly found: Readonly<Record<string, string | null>> }
  /** The row does not exist. */
  | { readonly kind: 'missing' }
  /** The row that would be created exists. */
  | { readonly kind: 'exists' }
  /** CONFIG_DB is being loaded. */
  | { readonly kind: 'loading' }
  /** Redis refused the change, which was not made. */
  | { readonly kind: 'failed'; readonly error: RedisError };

/**
 * Keys: the row, CONFIG_DB_INITIALIZED. Arguments: the kind of change, the number of compared fields, for each one its name, `1`
 * if it exists or `0`, and its value; then names and values to write.
 */
export const CHANGE_ROW = scriptOf(`
if redis.call('GET', KEYS[2]) ~= '1' then return {'loading'} end
local kind = ARGV[1]
local exists = redis.call('EXISTS', KEYS[1]) == 1
if kind == 'create' and exists then return {'exists'} end
if kind ~= 'create' and not exists then return {'missing'} end
local compared = tonumber(ARGV[2])
local at = 3
local known = {}
local differs = {'differs'}
local function differ(name, found)
  differs[#differs + 1] = name
  differs[#differs + 1] = found and '1' or '0'
  differs[#differs + 1] = found or ''
end
for _ = 1, compared do
  local name = ARGV[at]
  local found = redis.call('HGET', KEYS[1], name)
  if ARGV[at + 1] == '1' then
    if found ~= ARGV[at + 2] then differ(name, found) end
  elseif found then
    differ(name, found)
  end
  known[name] = true
  at = at + 3
end
if kind == 'remove' then
  local row = redis.call('HGETALL', KEYS[1])
  for i = 1, #row, 2 do
    if row[i] ~= 'NULL' and not known[row[i]] then differ(row[i], row[i + 1]) end
  end
end
if #differs > 1 then return differs end
if kind == 'remove' then
  redis.call('DEL', KEYS[1])
else
  redis.call('HSET', KEYS[1], unpack(ARGV, at))
  if kind == 'write' then redis.call('HDEL', KEYS[1], 'NULL') end
end
return {'done'}
`);

function callFor({ separator }: SonicDatabase, change: RowChange): ScriptCall {
  const expected: Readonly<Record<string, string | null>> = change.kind === 'create' ? {} : change.expected;
  const fields: Row = change.kind === 'remove' ? {} : change.fields;
  const compared = Object.entries(expected);
  const written = Object.entries(fields);
  if (change.kind === 'write' && written.length === 0) throw new Error('a write has no field');
  // An entry without fields exists by one field.
  const isBare = change.kind === 'create' && written.length === 0;
  return {
    keys: [`${change.table}${separator}${change.key}`, LOADED_KEY],
    args: [
      change.kind,
      String(compared.length),
      ...compared.flatMap(([name, value]) => [name, value === null ? '0' : '1', value ?? '']),
      ...(isBare ? [NO_FIELDS, NO_FIELDS] : written.flat()),
    ],
  };
}

const SIMPLE = new Set(['done', 'missing', 'exists', 'loading']);

/** Throws an UnknownOutcomeError for an answer that is not one of the script. */
function outcomeOf(reply: Reply): RowOutcome {
  if (reply instanceof RedisError) return { kind: 'failed', error: reply };
  const [kind, ...rest] = Array.isArray(reply) ? (reply as readonly unknown[]) : [];
  if (typeof kind === 'string' && SIMPLE.has(kind)) return { kind: kind as 'done' };
  if (kind !== 'differs' || rest.length % 3 !== 0 || !rest.every((each) => typeof each === 'string'))
    throw new UnknownOutcomeError(new OutsideError('Redis did not answer a change of a row as the script does'));
  const found = new Map<string, string | null>();
  for (let i = 0; i < rest.length; i += 3) found.set(rest[i] ?? '', rest[i + 1] === '1' ? (rest[i + 2] ?? '') : null);
  return { kind: 'differs', found: Object.fromEntries(found) };
}

/**
 * Changes rows in one pipeline; the outcomes are in the order of the changes, each for itself. Rejects with an
 * UnknownOutcomeError if the answers are lost: any of the changes may have been made.
 */
export async function changeRows(
  config: SonicDatabase,
  changes: readonly RowChange[],
  options: CallOptions = {},
): Promise<readonly RowOutcome[]> {
  const calls = changes.map((change) => callFor(config, change));
  return (await runScripts(config.redis, CHANGE_ROW, calls, options)).map(outcomeOf);
}
