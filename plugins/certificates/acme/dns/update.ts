/** Dynamic updates (RFC 2136), signed, over TCP. A failure is reported in words. */

import { randomInt } from 'node:crypto';
import type { Socket } from 'node:net';
import { errorText, OutageError } from '#plugin';
import { within } from '#plugin/deadline';
import { connectToHost, DeniedError, type Denial } from '#plugin/net';
import { type Answer, MessageError, readAnswer, type TextChange, UPDATE, u16, updateMessage } from './message.ts';
import { checkSignature, type Signed, signMessage, type TsigKey } from './tsig.ts';

export interface UpdateServer {
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  readonly key: TsigKey;
  readonly denial: Denial;
  /** Epoch ms. */
  readonly now: () => number;
}

export interface Change {
  readonly zone: string;
  readonly add: readonly TextChange[];
  readonly remove: readonly TextChange[];
}

/** Time to live of added records, in seconds: short, because a later order may need other values. */
const TTL = 60;
const DEADLINE_MS = 15_000;

/** The server refused the update, or its answer cannot be trusted. */
export class UpdateError extends Error {
  override readonly name = 'UpdateError';
}

/** Reads one message: two bytes with its length, and the message. */
function readMessage(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let all = Buffer.alloc(0);
    socket.on('data', (part: Buffer) => {
      all = Buffer.concat([all, part]);
      const length = all.length < 2 ? Number.POSITIVE_INFINITY : all.readUInt16BE(0);
      if (all.length >= length + 2) resolve(all.subarray(2, length + 2));
    });
    socket.once('error', (error) =>
      reject(error instanceof DeniedError ? error : new OutageError(errorText(error), { cause: error })),
    );
    socket.once('close', () => reject(new OutageError('the server closed the connection without an answer')));
  });
}

async function exchange({ host, port, denial }: UpdateServer, message: Buffer, signal: AbortSignal): Promise<Buffer> {
  const late = (): Error => new OutageError(`no answer within ${DEADLINE_MS / 1000} s`);
  let socket: Socket | undefined;
  try {
    return await within(DEADLINE_MS, late, signal, () => {
      socket = connectToHost(host, port, denial);
      const answer = readMessage(socket);
      socket.write(Buffer.concat([u16(message.length), message]));
      return answer;
    });
  } finally {
    socket?.destroy();
  }
}

/** Codes of answers (RFC 2136, 2.2). */
const CODES: Readonly<Record<number, string>> = {
  1: 'does not understand the update (FORMERR)',
  2: 'failed (SERVFAIL)',
  4: 'takes no updates (NOTIMP)',
  5: 'refuses the update (REFUSED). Permit the key to change TXT records of these names',
  9: 'refuses the update (NOTAUTH): it is not a primary server of the zone, or the key may not change these names',
  10: 'refuses the update (NOTZONE): a name is not in the zone',
};

/** Codes of signatures (RFC 8945, 3). */
const SIGNATURE_CODES: Readonly<Record<number, string>> = {
  16: 'does not accept the signature (BADSIG): the secret is not that of the key',
  17: 'does not know the key (BADKEY): compare its name and its algorithm. Knot also answers so if the key may not change these names',
  18: 'does not accept the time of the signature (BADTIME): the clocks differ',
  22: 'does not accept the length of the signature (BADTRUNC)',
};

function refusal({ code, signature }: Answer): string | undefined {
  const ofSignature = signature === undefined ? undefined : SIGNATURE_CODES[signature.error];
  if (ofSignature !== undefined) return ofSignature;
  return code === 0 ? undefined : (CODES[code] ?? `refuses the update (code ${code})`);
}

/** Throws an UpdateError unless the answer reports a success that the server has signed. */
function judge(bytes: Buffer, server: UpdateServer, id: number, asked: Signed): void {
  const answer = readAnswer(bytes);
  if (answer.id !== id || !answer.isAnswer || answer.opcode !== UPDATE)
    throw new MessageError('the answer is not for this update');
  // A server that does not know the key cannot sign its refusal. Nothing but a message follows from a refusal.
  const refused = refusal(answer);
  if (refused !== undefined) throw new UpdateError(`the server ${refused}`);
  checkSignature(bytes, answer, server.key, asked, server.now());
}

/** Applies a change to a zone, all of it or nothing. Throws an UpdateError, or the signal's reason. */
export async function sendUpdate(server: UpdateServer, change: Change, signal: AbortSignal): Promise<void> {
  const id = randomInt(0x1_0000);
  const asked = signMessage(updateMessage({ id, ttl: TTL, ...change }), server.key, server.now());
  try {
    judge(await exchange(server, asked.message, signal), server, id, asked);
  } catch (error) {
    signal.throwIfAborted();
    throw new UpdateError(
      `the zone ${change.zone} at ${server.host} port ${server.port} was not updated: ${errorText(error)}`,
      { cause: error },
    );
  }
}
