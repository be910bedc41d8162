/** The consumer of the producer protocol, as ConsumerStateTable pops it (sonic-swss-common 85a39d80). */

import type { Row } from '../redis/reader.ts';
import { runScript, scriptOf } from '../redis/script.ts';
import type { SonicDatabase } from '../sonic/connect.ts';
import type { ProducerNames } from '../sonic/producer.ts';

/**
 * Keys: key set, deletion set. Arguments: the number of keys to pop, the beginning of real hashes, that of temporary ones.
 * Returns the popped keys, each with its names and values.
 */
export const CONSUME = scriptOf(`
local popped = {}
for i, key in ipairs(redis.call('SPOP', KEYS[1], ARGV[1])) do
  local real = ARGV[2] .. key
  local temporary = ARGV[3] .. key
  if redis.call('SREM', KEYS[2], key) == 1 then redis.call('DEL', real) end
  local fields = redis.call('HGETALL', temporary)
  if #fields > 0 then redis.call('HSET', real, unpack(fields)) end
  redis.call('DEL', temporary)
  popped[i] = {key, fields}
end
return popped
`);

/** A popped entry: without fields, its removal. */
export interface Popped {
  readonly key: string;
  readonly fields: Row;
}

/** Pops up to `count` entries, in any order. */
export async function consume(
  { redis }: Pick<SonicDatabase, 'redis'>,
  { keySet, deletionSet, temporary }: ProducerNames,
  count: number,
): Promise<readonly Popped[]> {
  const args = [String(count), temporary.slice(1), temporary];
  const popped = await runScript(redis, CONSUME, { keys: [keySet, deletionSet], args });
  return (popped as readonly (readonly [string, readonly string[]])[]).map(([key, pairs]) => ({
    key,
    fields: Object.fromEntries(
      Array.from({ length: pairs.length / 2 }, (_, i) => [pairs[2 * i] ?? '', pairs[2 * i + 1] ?? '']),
    ),
  }));
}
