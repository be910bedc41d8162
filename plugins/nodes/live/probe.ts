/** Readiness probes: a TCP connection or an HTTP GET to a port of a server, under one deadline that includes DNS. */

import { connectToHost, type Denial, DeniedError, getStatus } from '#plugin/net';
import { within } from '#plugin/deadline';
import type { ProbeSeen, ProbeTarget } from '../world.ts';

/** Failures of this machine or its network, which say nothing about the server. */
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

/** Stable texts for failures, without addresses and times. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ETIMEDOUT: 'timeout',
  ENOTFOUND: 'the name does not resolve',
};

/** A connection or request that can be ended at any time. */
interface Ending {
  destroy(): unknown;
}

function failureOf(error: unknown): ProbeSeen {
  if (error instanceof DeniedError) return { answered: false, message: error.message };
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  if (OWN.has(code)) throw new Error(`the probe cannot be made: ${code}`);
  if (code.startsWith('HPE_')) return { answered: false, message: 'the port does not speak HTTP' };
  return { answered: false, message: WORDS[code] ?? `unreachable (${code})` };
}

/** Runs one probe: `begin` starts it, the first call of `end` gives its result. */
async function probing(
  ms: number,
  signal: AbortSignal,
  begin: (end: (seen: ProbeSeen) => void, fail: (error: unknown) => void) => Ending,
): Promise<ProbeSeen> {
  const late = new Error('timeout');
  const ended = Promise.withResolvers<() => ProbeSeen>();
  let ending: Ending | undefined;
  try {
    const seen = await within(
      ms,
      () => late,
      signal,
      () => {
        ending = begin(
          (answer) => ended.resolve(() => answer),
          (error) => ended.resolve(() => failureOf(error)),
        );
        return ended.promise;
      },
    );
    return seen();
  } catch (error) {
    if (error === late) return { answered: false, message: late.message };
    // A denied address; other errors are those of a path that cannot be requested, or of this machine.
    if (error instanceof DeniedError) return failureOf(error);
    throw error;
  } finally {
    ending?.destroy();
  }
}

/** Probes one server and reads at most the head of an answer. Throws when aborted, and if this machine fails. */
export function probe(target: ProbeTarget, denial: Denial, ms: number, signal: AbortSignal): Promise<ProbeSeen> {
  const began = performance.now();
  const answered = (): ProbeSeen => ({ answered: true, rttMs: Math.round((performance.now() - began) * 10) / 10 });
  if ('tcp' in target)
    return probing(ms, signal, (end, fail) => {
      const socket = connectToHost(target.tcp.host, target.tcp.port, denial);
      socket.once('connect', () => end(answered()));
      // The listener stays: a destroyed socket can still emit an error.
      socket.on('error', fail);
      return socket;
    });
  return probing(ms, signal, (end, fail) => {
    // A new connection each time: a kept one would hide that new connections fail.
    const asked = getStatus(target.http, denial, (status) =>
      end(status >= 200 && status < 400 ? answered() : { answered: false, message: `status ${status}` }),
    );
    asked.on('error', fail);
    return asked;
  });
}
