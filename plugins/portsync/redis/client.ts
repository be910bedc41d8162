/**
 * A connection to one database of a Redis server.
 *
 * Commands are pipelined: they are sent at once, and answered in their order. Each call has a deadline for all of its
 * commands; after it the connection is closed, because answers can no longer be matched. Nothing is sent again and nothing
 * waits for a new connection: the caller opens one. A write whose answer is lost fails with an UnknownOutcomeError.
 */

import { UnknownOutcomeError } from '#plugin';
import { raced } from '#plugin/deadline';
import type { RedisAddress } from './address.ts';
import { RedisError, RedisLostError } from './errors.ts';
import { CONNECT_MS, encoded, type LineOptions, openLine } from './line.ts';
import { ProtocolError, type Reply, type Row, type Shape } from './reader.ts';

export type Words = readonly [command: string, ...rest: readonly string[]];

/** Bytes of answers that calls may still get together. */
export interface Budget {
  left: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** For all commands of the call, in ms. */
  readonly deadlineMs?: number;
  /** Shared by the calls that have it; by default, each call has `callBytes` of its own. */
  readonly budget?: Budget;
}

export interface RedisOptions extends LineOptions {
  /** Number of the database; 0 by default. */
  readonly database?: number;
  /** Deadline of calls without one of their own, in ms; 5,000 by default. */
  readonly deadlineMs?: number;
  /** Interval in which an idle connection is tested, in ms, with itself as deadline. Without it, only calls find a dead connection. */
  readonly pingMs?: number;
  /** Most bytes of all answers of a call; 128 MiB by default. */
  readonly callBytes?: number;
}

export interface Redis {
  readonly database: number;
  /** Sends a command. Rejects with a RedisError for an answer that is an error. */
  call(words: Words, options?: CallOptions): Promise<Reply>;
  /** Sends commands together. Answers that are errors are values. */
  pipeline(commands: readonly Words[], options?: CallOptions): Promise<readonly Reply[]>;
  /** Reads hashes; a missing one is an object without fields. Rejects with a RedisError if a key is not a hash. */
  hashes(keys: readonly string[], options?: CallOptions): Promise<readonly Row[]>;
  /** Fulfilled with the reason once the connection has ended. */
  readonly ended: Promise<RedisLostError>;
  close(): void;
}

const DEADLINE_MS = 5000;
const CALL_BYTES = 128 << 20;

/** Commands that change nothing. All others may have been done if their answer is lost. */
const READS = new Set(
  (
    'PING SELECT GET EXISTS TYPE HGET HGETALL HKEYS HLEN HMGET SCAN SSCAN HSCAN KEYS SCARD SMEMBERS SISMEMBER INFO CLIENT CONFIG ' +
    'DBSIZE TIME ECHO COMMAND EVAL_RO EVALSHA_RO'
  ).split(' '),
);

/** CONFIG and CLIENT have subcommands that write. */
const READING_SUBCOMMANDS = new Set(['GET', 'INFO', 'ID', 'LIST', 'GETNAME']);

function isRead([command, subcommand = '']: Words): boolean {
  const name = command.toUpperCase();
  if (name === 'CONFIG' || name === 'CLIENT') return READING_SUBCOMMANDS.has(subcommand.toUpperCase());
  return READS.has(name);
}

interface Batch {
  readonly shape: Shape;
  readonly answers: (Reply | Row)[];
  readonly isWrite: boolean;
  readonly deadline: NodeJS.Timeout;
  readonly done: PromiseWithResolvers<readonly (Reply | Row)[]>;
  readonly budget: Budget;
  left: number;
}

/** Connects and selects the database. Rejects with a RedisLostError or RedisError, or the reason of the signal. */
export async function openRedis(address: RedisAddress, options: RedisOptions): Promise<Redis> {
  const { database = 0, connectMs = CONNECT_MS, deadlineMs: usualMs = DEADLINE_MS, callBytes = CALL_BYTES } = options;
  const waiting: Batch[] = [];
  const ended = Promise.withResolvers<RedisLostError>();
  let end: RedisLostError | undefined;
  let pings: NodeJS.Timeout | undefined;

  const take = (reply: Reply | Row, bytes: number): void => {
    const [batch] = waiting;
    if (batch === undefined) throw new ProtocolError('an answer came without a command');
    batch.answers.push(reply);
    batch.budget.left -= bytes;
    batch.left -= 1;
    if (batch.budget.left < 0) throw new ProtocolError('the answers are longer than the limit of the call');
    if (batch.left > 0) return;
    waiting.shift();
    clearTimeout(batch.deadline);
    batch.done.resolve(batch.answers);
  };
  const lost = (error: RedisLostError): void => {
    end = error;
    clearInterval(pings);
    for (const { deadline, done, isWrite } of waiting.splice(0)) {
      clearTimeout(deadline);
      done.reject(isWrite ? new UnknownOutcomeError(error) : error);
    }
    ended.resolve(error);
  };

  async function send(
    commands: readonly Words[],
    shape: Shape,
    { signal, deadlineMs = usualMs, budget = { left: callBytes } }: CallOptions,
  ): Promise<readonly (Reply | Row)[]> {
    signal?.throwIfAborted();
    if (end !== undefined) throw new RedisLostError(end.message, { cause: end });
    if (commands.length === 0) return [];
    const done = Promise.withResolvers<readonly (Reply | Row)[]>();
    const isWrite = shape !== 'hash' && !commands.every(isRead);
    const batch: Batch = {
      shape,
      answers: [],
      isWrite,
      done,
      budget,
      left: commands.length,
      deadline: setTimeout(() => {
        // Answers that arrived while this process was busy are read first.
        setImmediate(() => {
          if (batch.left > 0) line.fail(`no answer within ${deadlineMs} ms`);
        });
      }, deadlineMs),
    };
    waiting.push(batch);
    line.send(encoded(commands));
    if (signal === undefined) return done.promise;
    try {
      return await raced(done.promise, signal);
    } catch (error) {
      // The answers still come, and are ignored.
      done.promise.catch(() => undefined);
      throw isWrite && signal.aborted && error === signal.reason ? new UnknownOutcomeError(error) : error;
    }
  }

  async function call(words: Words, options: CallOptions = {}): Promise<Reply> {
    const [reply] = (await send([words], 'reply', options)) as readonly Reply[];
    if (reply instanceof RedisError) throw reply;
    return reply ?? null;
  }

  const line = await openLine(address, options, { shape: () => waiting[0]?.shape ?? 'reply', take, lost });
  const { signal } = options;
  try {
    const only = signal === undefined ? {} : { signal };
    const selected = await call(['SELECT', String(database)], { deadlineMs: connectMs, ...only });
    if (selected !== 'OK') throw new RedisError('ERR a database is not selected');
  } catch (error) {
    line.fail('the database cannot be selected');
    throw error;
  }
  const { pingMs } = options;
  if (pingMs !== undefined) {
    const ping = (): void => {
      if (waiting.length === 0) call(['PING'], { deadlineMs: pingMs }).catch(() => undefined);
    };
    pings = setInterval(ping, pingMs).unref();
    // The connection may have ended before the interval was known.
    if (end !== undefined) clearInterval(pings);
  }
  return {
    database,
    call,
    pipeline: (commands, options = {}) => send(commands, 'reply', options) as Promise<readonly Reply[]>,
    hashes: async (keys, options = {}) => {
      const rows = await send(
        keys.map((key) => ['HGETALL', key] as const),
        'hash',
        options,
      );
      for (const row of rows) {
        if (row instanceof RedisError) throw row;
        if (typeof row !== 'object' || row === null || Array.isArray(row)) throw new RedisError('ERR not a hash');
      }
      return rows as readonly Row[];
    },
    ended: ended.promise,
    close: () => line.fail('the connection was closed'),
  };
}
