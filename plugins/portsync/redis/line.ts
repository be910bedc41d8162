/**
 * A connection to a Redis server: socket, reader and end. It sends bytes and gives answers; nothing is repeated or queued.
 *
 * The connection counts as open only after the server has answered the first command, which holds no text of a document:
 * a server of another protocol gets nothing else.
 */

import type { Socket } from 'node:net';
import { codeOf } from '#plugin';
import { within } from '#plugin/deadline';
import { connectToHost, connectToPath, type Denial } from '#plugin/net';
import { addressText, type RedisAddress } from './address.ts';
import { RedisLostError, serverText } from './errors.ts';
import { LIMITS, type Limits, ProtocolError, type Reply, RespReader, type Row, type Shape } from './reader.ts';

export interface LineOptions {
  /** The networks to which connections are denied. A Unix socket is not in a network. */
  readonly denial: Denial;
  /** Ends the attempt to connect, and nothing later. */
  readonly signal?: AbortSignal;
  /** Time to connect and to answer the first command, in ms; 2,000 by default. */
  readonly connectMs?: number;
  readonly limits?: Limits;
}

export const CONNECT_MS = 2000;

/** Gets answers, and the end of the connection. */
export interface Ear {
  readonly shape: () => Shape;
  readonly take: (reply: Reply | Row, bytes: number) => void;
  /** Called once. */
  readonly lost: (error: RedisLostError) => void;
}

export interface Line {
  send(text: string): void;
  /** Closes the connection; `lost` is called with this error. */
  fail(why: string): void;
}

/** `$12`, for short texts. */
const LENGTHS = Array.from({ length: 256 }, (_, length) => `$${length}`);

/** Commands of RESP2. Texts are joined once: adding to a text makes a tree of it that costs more than all other work. */
export function encoded(commands: readonly (readonly string[])[]): string {
  const lines: string[] = [];
  for (const words of commands) {
    lines.push(`*${words.length}`);
    for (const word of words) {
      const length = Buffer.byteLength(word);
      lines.push(LENGTHS[length] ?? `$${length}`, word);
    }
  }
  lines.push('');
  return lines.join('\r\n');
}

/** Connects, without a first command. Rejects with a RedisLostError. */
function connected(address: RedisAddress, denial: Denial, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket =
      address.kind === 'socket' ? connectToPath(address.path) : connectToHost(address.host, address.port, denial);
    const onAbort = (): void => void socket.destroy();
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('error', reject);
    socket.once('connect', () => {
      signal.removeEventListener('abort', onAbort);
      resolve(socket);
    });
  });
}

/** Opens a connection. Rejects with a RedisLostError, or the reason of the signal. */
export async function openLine(
  address: RedisAddress,
  { denial, signal = new AbortController().signal, connectMs = CONNECT_MS, limits = LIMITS }: LineOptions,
  ear: Ear,
): Promise<Line> {
  const to = `Redis at ${addressText(address)}`;
  const late = (): Error => new RedisLostError(`${to}: no connection within ${connectMs} ms`);
  const socket = await within(connectMs, late, signal, (either) => connected(address, denial, either)).catch(
    (error: unknown) => {
      if (signal.aborted || error instanceof RedisLostError) throw error;
      const why = error instanceof Error ? serverText(error.message) : 'the connection failed';
      throw new RedisLostError(`${to}: ${why}`, { cause: error });
    },
  );
  let isLost = false;
  const lose = (why: string, cause?: unknown): void => {
    if (isLost) return;
    isLost = true;
    socket.destroy();
    ear.lost(new RedisLostError(`${to}: ${why}`, { cause }));
  };
  const reader = new RespReader(ear.take, ear.shape, limits);
  socket.setNoDelay(true);
  socket.on('data', (chunk) => {
    if (isLost) return;
    try {
      reader.read(chunk);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      lose(`the server does not answer like Redis: ${error.message}`, error);
    }
  });
  socket.on('error', (error) => lose(`the connection is lost (${codeOf(error) ?? 'failed'})`, error));
  socket.on('close', () => lose('the server closed the connection'));
  return {
    send: (text) => {
      if (!isLost) socket.write(text);
    },
    fail: (why) => lose(why),
  };
}
