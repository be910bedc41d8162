/** Lua scripts: sent by their SHA-1, and in full where the server does not have them, as after its restart. */

import { createHash } from 'node:crypto';
import type { CallOptions, Redis, Words } from './client.ts';
import { RedisError } from './errors.ts';
import type { Reply } from './reader.ts';

export interface Script {
  readonly source: string;
  /** SHA-1 of the source, in hexadecimal digits. */
  readonly sha: string;
}

export interface ScriptCall {
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

export function scriptOf(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}

function isUnknown(reply: Reply): boolean {
  return reply instanceof RedisError && reply.code === 'NOSCRIPT';
}

function inFull({ source }: Script, { keys, args }: ScriptCall): Words {
  return ['EVAL', source, String(keys.length), ...keys, ...args];
}

function bySha({ sha }: Script, { keys, args }: ScriptCall): Words {
  return ['EVALSHA', sha, String(keys.length), ...keys, ...args];
}

/** Runs a script once. Rejects with a RedisError if it fails. */
export async function runScript(redis: Redis, script: Script, call: ScriptCall, options?: CallOptions): Promise<Reply> {
  const [reply = null] = await redis.pipeline([bySha(script, call)], options);
  if (isUnknown(reply)) return redis.call(inFull(script, call), options);
  if (reply instanceof RedisError) throw reply;
  return reply;
}

/**
 * Runs a script for each call, in their order, in one pipeline. The first one has the source, so that the server knows the
 * script for the others. Errors are values.
 */
export async function runScripts(
  redis: Redis,
  script: Script,
  calls: readonly ScriptCall[],
  options?: CallOptions,
): Promise<readonly Reply[]> {
  const commands = calls.map((call, i) => (i === 0 ? inFull(script, call) : bySha(script, call)));
  const replies = await redis.pipeline(commands, options);
  // Another client flushed the scripts meanwhile: from one call on, none was known.
  const from = replies.findIndex(isUnknown);
  if (from < 0) return replies;
  return [...replies.slice(0, from), ...(await runScripts(redis, script, calls.slice(from), options))];
}
