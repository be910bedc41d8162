/**
 * The self-check of HTTP-01: asks each name for its token as the authority will, before the authority is asked to look.
 * A failed look-up at the authority counts against its limits, and a failed self-check does not.
 */

import { isIPv6 } from 'node:net';
import { CHALLENGE_PATH, errorText, listed } from '#plugin';
import { exchange } from '#plugin/http';
import { type Denial, openHttp } from '#plugin/net';
import type { SolverRun } from './solver.ts';

/** `required`: a failure ends the order. `advisory`: a failure is reported. `skip`: nothing is asked. */
export type SelfCheckMode = 'required' | 'advisory' | 'skip';

/** A token, and the text that its name must answer with. */
export interface Served {
  readonly name: string;
  readonly token: string;
  readonly text: string;
}

export type SelfCheck = (served: readonly Served[], run: SolverRun) => Promise<void>;

export interface SelfCheckOptions {
  readonly mode: SelfCheckMode;
  readonly denial: Denial;
  /** By default 80, the only port that authorities ask. */
  readonly port?: number;
}

const LIMITS = { ms: 10_000, bytes: 4096 };

function urlOf({ name, token }: Served, port: number): URL {
  return new URL(`http://${isIPv6(name) ? `[${name}]` : name}:${port}${CHALLENGE_PATH}/${token}`);
}

/** The reason why a name does not answer with its text; undefined if it does. */
type Ask = (served: Served, signal: AbortSignal) => Promise<string | undefined>;

function asking({ denial, port = 80 }: SelfCheckOptions): Ask {
  const send = openHttp(denial);
  return async (served, signal) => {
    const url = urlOf(served, port);
    try {
      const headers = { 'user-agent': 'fettle', connection: 'close' };
      const { status, body } = await exchange(send, { method: 'GET', url, headers }, LIMITS, signal);
      // Authorities follow redirects, which may lead anywhere: nothing is known.
      if (status >= 300 && status < 400) return undefined;
      if (status !== 200) return `${url.href} answers with status ${status}`;
      return body.trimEnd() === served.text ? undefined : `${url.href} answers with another text`;
    } catch (error) {
      signal.throwIfAborted();
      return `${url.href} cannot be asked: ${errorText(error)}`;
    }
  };
}

export function selfCheck(options: SelfCheckOptions): SelfCheck {
  if (options.mode === 'skip') return async () => {};
  const ask = asking(options);
  return async (served, { signal, progress }) => {
    progress('checking that the challenges are served');
    const failures = (await Promise.all(served.map((each) => ask(each, signal)))).filter((each) => each !== undefined);
    if (failures.length === 0) return;
    const text = `the self-check failed: ${listed(failures)}`;
    if (options.mode === 'advisory') progress(text);
    else throw new Error(`${text}. If only the authority reaches the name, set selfCheck: advisory`);
  };
}
