/** Readiness probes: whether a port of a server accepts a connection, or answers a GET; under one deadline, names included. */

import { connectToHost, type Denial, DeniedError, getStatus } from '#plugin/net';
import type { ProbeSeen, ProbeTarget } from '../world.ts';

/** Failures of this machine, or of its own network: they say nothing about the server. */
const OWN = new Set([
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EADDRNOTAVAIL',
  'ENETUNREACH',
  'ENETDOWN',
  'EACCES',
  'EPERM',
  'EAI_AGAIN',
]);

/** The same words for the same failure each time, without addresses and times. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ETIMEDOUT: 'timeout',
  ENOTFOUND: 'the name does not resolve',
};

/** What can be ended, whatever it is waiting for. */
interface Ending {
  destroy(): unknown;
}

function failureOf(error: unknown): ProbeSeen {
  if (error instanceof DeniedError) return { answered: false, message: error.message };
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  if (OWN.has(code)) throw new Error(`no probe can be made: ${code}`);
  if (code.startsWith('HPE_')) return { answered: false, message: 'it does not speak HTTP' };
  return { answered: false, message: WORDS[code] ?? `unreachable (${code})` };
}

/** Runs one probe: `begin` gives what is to be ended, `end` tells how it went; whatever comes first counts. */
function probing(
  ms: number,
  signal: AbortSignal,
  begin: (end: (seen: ProbeSeen) => void, fail: (error: unknown) => void) => Ending,
): Promise<ProbeSeen> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const leave = (settle: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      settle();
      ending?.destroy();
    };
    const abort = (): void => leave(() => reject(signal.reason as Error));
    const timer = setTimeout(() => leave(() => resolve({ answered: false, message: 'timeout' })), ms);
    signal.addEventListener('abort', abort, { once: true });
    let ending: Ending | undefined;
    const fail = (error: unknown): void =>
      leave(() => {
        try {
          resolve(failureOf(error));
        } catch (own) {
          reject(own);
        }
      });
    try {
      ending = begin((seen) => leave(() => resolve(seen)), fail);
    } catch (error) {
      // A denied address, or a path that nobody could ask.
      if (error instanceof DeniedError) fail(error);
      else leave(() => reject(error));
    }
  });
}

/** Probes one server; nothing is read of it beyond the head of an answer. Throws when aborted, and where this machine fails. */
export function probe(target: ProbeTarget, denial: Denial, ms: number, signal: AbortSignal): Promise<ProbeSeen> {
  const began = performance.now();
  const answered = (): ProbeSeen => ({ answered: true, rttMs: Math.round((performance.now() - began) * 10) / 10 });
  if ('tcp' in target)
    return probing(ms, signal, (end, fail) => {
      const socket = connectToHost(target.tcp.host, target.tcp.port, denial);
      socket.once('connect', () => end(answered()));
      // Stays: what is destroyed may still have an error to tell.
      socket.on('error', fail);
      return socket;
    });
  return probing(ms, signal, (end, fail) => {
    // A connection of its own each time: one that is kept would not show that no new one can be made.
    const asked = getStatus(target.http, denial, (status) =>
      end(status >= 200 && status < 400 ? answered() : { answered: false, message: `status ${status}` }),
    );
    asked.on('error', fail);
    return asked;
  });
}
