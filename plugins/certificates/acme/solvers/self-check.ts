/**
 * The self-check of HTTP-01: asks each name for its token as the authority will, before the authority is asked to look.
 * A failed look-up at the authority counts against its limits, and a failed self-check does not.
 */

import { isIP, isIPv6 } from 'node:net';
import { CHALLENGE_PATH, errorText, listed } from '#plugin';
import { exchange } from '#plugin/http';
import { type Denial, type Names, openHttp } from '#plugin/net';
import type { SolverRun } from './solver.ts';

/** `required`: a failure ends the step, and the authority is not asked. `advisory`: a failure is part of the result of the step. `skip`: nothing is asked. */
export type SelfCheckMode = 'required' | 'advisory' | 'skip';

/** A token, and the text that its name must answer with. */
export interface Served {
  readonly name: string;
  readonly token: string;
  readonly text: string;
}

/** `obstacle`: a reason for a failure that this machine can see. */
export type SelfCheck = (
  served: readonly Served[],
  run: SolverRun,
  obstacle?: () => Promise<string | undefined>,
) => Promise<void>;

export interface SelfCheckOptions {
  readonly mode: SelfCheckMode;
  readonly denial: Denial;
  /** Resolves the names, instead of this machine. */
  readonly names?: Names;
  /** By default 80, the only port that authorities ask. */
  readonly port?: number;
}

const LIMITS = { ms: 10_000, bytes: 4096 };

function urlOf(host: string, token: string, port: number): URL {
  return new URL(`http://${isIPv6(host) ? `[${host}]` : host}:${port}${CHALLENGE_PATH}/${token}`);
}

/** The hosts to ask for a name: its addresses if resolvers are set. Throws without any. */
async function hostsFor(
  name: string,
  { names }: Pick<SelfCheckOptions, 'names'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (names === undefined || isIP(name) !== 0) return [name];
  const resolved = await names.addresses(name, LIMITS.ms, signal);
  if (!resolved.ok) throw new Error(resolved.reason);
  return resolved.addresses;
}

/** The reason why a name does not answer with its text; undefined if it does. */
type Ask = (served: Served, signal: AbortSignal) => Promise<string | undefined>;

/** Asks hosts one after another, until one answers. */
async function firstAnswer<T>(hosts: readonly string[], ask: (host: string) => Promise<T>): Promise<T> {
  const failures: unknown[] = [];
  for (const host of hosts) {
    try {
      return await ask(host);
    } catch (error) {
      failures.push(error);
    }
  }
  throw failures[0] ?? new Error('the name has no addresses');
}

function asking(options: SelfCheckOptions): Ask {
  const { denial, port = 80 } = options;
  const send = openHttp(denial);
  return async ({ name, token, text }, signal) => {
    const shown = urlOf(name, token, port);
    const headers = { 'user-agent': 'fettle', connection: 'close', host: shown.host };
    try {
      const hosts = await hostsFor(name, options, signal);
      const { status, body } = await firstAnswer(hosts, (host) => {
        const url = urlOf(host, token, port);
        return exchange(send, { method: 'GET', url, headers }, LIMITS, signal);
      });
      // Authorities follow redirects, which may lead anywhere: nothing is known.
      if (status >= 300 && status < 400) return undefined;
      if (status !== 200) return `${shown.href} answers with status ${status}`;
      return body.trimEnd() === text ? undefined : `${shown.href} answers with another text`;
    } catch (error) {
      signal.throwIfAborted();
      return `${shown.href} cannot be asked: ${errorText(error)}`;
    }
  };
}

export function selfCheck(options: SelfCheckOptions): SelfCheck {
  if (options.mode === 'skip') return async () => {};
  const ask = asking(options);
  return async (served, { signal, progress, remark }, obstacle) => {
    progress('checking that the challenges are served');
    const failures = (await Promise.all(served.map((each) => ask(each, signal)))).filter((each) => each !== undefined);
    if (failures.length === 0) return;
    const why = await obstacle?.();
    const text = `the self-check failed: ${listed(failures)}${why === undefined ? '' : `. ${why}`}`;
    if (options.mode === 'advisory') remark(text);
    else throw new Error(`${text}. If only the authority reaches the name, set selfCheck: advisory`);
  };
}
