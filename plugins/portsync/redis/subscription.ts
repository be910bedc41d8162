/** A connection that listens: channels, and patterns of channels such as those of keyspace notifications. */

import { InputError } from '#plugin';
import { within } from '#plugin/deadline';
import type { RedisAddress } from './address.ts';
import { RedisError, RedisLostError } from './errors.ts';
import { CONNECT_MS, encoded, type LineOptions, openLine } from './line.ts';
import { ProtocolError, type Reply, type Row } from './reader.ts';

export interface Message {
  readonly channel: string;
  readonly payload: string;
}

export interface Topics {
  readonly channels?: readonly string[];
  readonly patterns?: readonly string[];
}

export interface SubscriptionOptions extends LineOptions {
  /** Interval in which the connection is tested, in ms, with itself as deadline. Without it, a dead connection is not found. */
  readonly pingMs?: number;
}

export interface Subscription {
  /** Fulfilled with the reason once the connection has ended. Messages may have been missed: read everything again. */
  readonly ended: Promise<RedisLostError>;
  close(): void;
}

const CONFIRMED = new Set(['subscribe', 'psubscribe']);

/** Listens to at least one topic; fulfilled once the server has confirmed all. Rejects with a RedisLostError or RedisError, or the reason of the signal. */
export async function subscribe(
  address: RedisAddress,
  { channels = [], patterns = [] }: Topics,
  listener: (message: Message) => void,
  options: SubscriptionOptions,
): Promise<Subscription> {
  let unconfirmed = channels.length + patterns.length;
  if (unconfirmed === 0) throw new InputError('A subscription needs a channel or a pattern.');
  const ready = Promise.withResolvers<void>();
  ready.promise.catch(() => undefined);
  const ended = Promise.withResolvers<RedisLostError>();
  let pings: NodeJS.Timeout | undefined;
  let isAnswered = true;

  const take = (reply: Reply | Row): void => {
    if (reply instanceof RedisError) return ready.reject(reply);
    if (!Array.isArray(reply)) throw new ProtocolError('an answer came without a command');
    const [kind, ...rest] = reply as readonly Reply[];
    const payload = rest.at(-1);
    const channel = rest.at(-2);
    if (kind === 'pong') isAnswered = true;
    else if ((kind === 'message' || kind === 'pmessage') && typeof channel === 'string' && typeof payload === 'string')
      listener({ channel, payload });
    else if (typeof kind === 'string' && CONFIRMED.has(kind) && unconfirmed > 0) {
      unconfirmed -= 1;
      if (unconfirmed === 0) ready.resolve();
    } else throw new ProtocolError('a message is not one of a subscription');
  };
  const lost = (error: RedisLostError): void => {
    clearInterval(pings);
    ready.reject(error);
    ended.resolve(error);
  };

  const line = await openLine(address, options, { shape: () => 'reply', take, lost });
  const { signal = new AbortController().signal, connectMs = CONNECT_MS, pingMs } = options;
  if (channels.length > 0) line.send(encoded([['SUBSCRIBE', ...channels]]));
  if (patterns.length > 0) line.send(encoded([['PSUBSCRIBE', ...patterns]]));
  const late = (): Error => new RedisLostError(`no confirmation of a subscription within ${connectMs} ms`);
  try {
    await within(connectMs, late, signal, () => ready.promise);
  } catch (error) {
    line.fail('the subscription is not confirmed');
    throw error;
  }
  if (pingMs !== undefined) {
    pings = setInterval(() => {
      // An answer that arrived while this process was busy is read first.
      setImmediate(() => {
        if (!isAnswered) return line.fail(`no answer within ${pingMs} ms`);
        isAnswered = false;
        line.send(encoded([['PING']]));
      });
    }, pingMs).unref();
  }
  return { ended: ended.promise, close: () => line.fail('the connection was closed') };
}
