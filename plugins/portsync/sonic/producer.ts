/**
 * Writes a table of APPL_DB by the producer protocol of SONiC (ProducerStateTable of sonic-swss-common 85a39d80).
 *
 * | Operation | Effects, in one script |
 * |---|---|
 * | set | SADD of the key to the key set, HSET of each field of the temporary hash |
 * | del | SADD to the key set and to the deletion set, DEL of the temporary hash |
 * | both | then PUBLISH of `G`, only if a SADD added a key to the key set |
 *
 * The consumer pops keys in any order, and copies the temporary hash into the real one. A set without fields would be
 * popped as a removal while the real hash stays: it is never written.
 */

import type { CallOptions } from '../redis/client.ts';
import { RedisError } from '../redis/errors.ts';
import type { Row } from '../redis/reader.ts';
import { runScript, runScripts, type ScriptCall, scriptOf } from '../redis/script.ts';
import type { SonicDatabase } from './connect.ts';

export type Operation =
  | { readonly kind: 'set'; readonly key: string; readonly fields: Row }
  | { readonly kind: 'del'; readonly key: string };

/** Keys and channel of a table. */
export interface ProducerNames {
  readonly keySet: string;
  readonly deletionSet: string;
  /** Before the key of a temporary hash. */
  readonly temporary: string;
  readonly channel: string;
}

export function producerNames(
  { id, separator }: Pick<SonicDatabase, 'id' | 'separator'>,
  table: string,
): ProducerNames {
  return {
    keySet: `${table}_KEY_SET`,
    deletionSet: `${table}_DEL_SET`,
    temporary: `_${table}${separator}`,
    channel: `${table}_CHANNEL@${id}`,
  };
}

const PAYLOAD = 'G';

/**
 * Keys: key set, deletion set. Arguments: `always`, or `empty` to do nothing unless the key set is empty; the channel, or an empty
 * text to publish nothing; the beginning of temporary hashes; for each operation the key, `D` or the number of fields,
 * and names and values. Returns the number of keys that were added, or -1 if nothing was done.
 */
export const PRODUCE = scriptOf(`
if ARGV[1] == 'empty' and redis.call('SCARD', KEYS[1]) > 0 then return -1 end
local added = 0
local at = 4
while at <= #ARGV do
  local key = ARGV[at]
  local count = ARGV[at + 1]
  at = at + 2
  added = added + redis.call('SADD', KEYS[1], key)
  if count == 'D' then
    redis.call('SADD', KEYS[2], key)
    redis.call('DEL', ARGV[3] .. key)
  else
    local past = at + 2 * tonumber(count)
    redis.call('HSET', ARGV[3] .. key, unpack(ARGV, at, past - 1))
    at = past
  end
end
if added > 0 and ARGV[2] ~= '' then redis.call('PUBLISH', ARGV[2], 'G') end
return added
`);

/** Adds the arguments of an operation. */
function addWords(words: string[], operation: Operation): void {
  if (operation.kind === 'del') {
    words.push(operation.key, 'D');
    return;
  }
  const at = words.push(operation.key, '');
  for (const [name, value] of Object.entries(operation.fields)) words.push(name, value);
  if (words.length === at) throw new Error(`a set of ${operation.key} has no field`);
  words[at - 1] = String((words.length - at) / 2);
}

function callFor(
  names: ProducerNames,
  operations: readonly Operation[],
  when: 'always' | 'empty',
  publishes: boolean,
): ScriptCall {
  const args = [when, publishes ? names.channel : '', names.temporary];
  for (const operation of operations) addWords(args, operation);
  return { keys: [names.keySet, names.deletionSet], args };
}

export interface ProduceOptions extends CallOptions {
  /**
   * `each`: every operation is a script that publishes. `batch` (the default): operations are in scripts of up to 100, each
   * of which publishes once. `flush`: scripts do not publish; one message follows the last one.
   */
  readonly publish?: 'each' | 'batch' | 'flush';
}

/** Operations in a script: more of them would keep Redis from other clients for longer. */
const BATCH = 100;

/**
 * Does operations on a table, in their order. Rejects with a RedisError if a script fails: the operations of the other ones are
 * done. Rejects with an UnknownOutcomeError if answers are lost: the operations can be repeated.
 */
export async function produce(
  { redis }: Pick<SonicDatabase, 'redis'>,
  names: ProducerNames,
  operations: readonly Operation[],
  { publish = 'batch', ...options }: ProduceOptions = {},
): Promise<void> {
  if (operations.length === 0) return;
  const size = publish === 'each' ? 1 : BATCH;
  const calls = Array.from({ length: Math.ceil(operations.length / size) }, (_, i) =>
    callFor(names, operations.slice(i * size, (i + 1) * size), 'always', publish !== 'flush'),
  );
  const failed = (await runScripts(redis, PRODUCE, calls, options)).find((reply) => reply instanceof RedisError);
  if (failed !== undefined) throw failed;
  if (publish === 'flush') await redis.call(['PUBLISH', names.channel, PAYLOAD], options);
}

/**
 * Sets an entry if the consumer has popped every earlier key, in one step: a marker must not be popped before the entries
 * that it announces. Returns false if keys are left; then nothing was written.
 */
export async function produceWhenEmpty(
  { redis }: Pick<SonicDatabase, 'redis'>,
  names: ProducerNames,
  key: string,
  fields: Row,
  options: CallOptions = {},
): Promise<boolean> {
  const call = callFor(names, [{ kind: 'set', key, fields }], 'empty', true);
  return (await runScript(redis, PRODUCE, call, options)) !== -1;
}

/** Number of keys that the consumer has not popped. */
export async function unpopped(
  { redis }: Pick<SonicDatabase, 'redis'>,
  { keySet }: ProducerNames,
  options: CallOptions = {},
): Promise<number> {
  return Number(await redis.call(['SCARD', keySet], options));
}
