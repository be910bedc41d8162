/** Faults on demand: which request they hit, and what comes of it. */

/** What happens to a request that is hit. */
export type Mishap =
  /** An error instead of an answer; nothing was done. `retryAfter`: seconds, in that header. */
  | {
      readonly kind: 'error';
      readonly status: number;
      readonly code: string;
      readonly message?: string;
      readonly retryAfter?: number;
    }
  /** An answer that is not of the API: a proxy's page, say. */
  | { readonly kind: 'text'; readonly status: number; readonly text: string }
  /** The connection ends before anything was done. */
  | { readonly kind: 'lost-before' }
  /** It is done, and the connection ends without an answer. */
  | { readonly kind: 'lost-after' }
  /** It is done, and the answer is an error. */
  | { readonly kind: 'error-after'; readonly status: number; readonly code: string }
  /** It is done, and the answer ends after so many bytes. */
  | { readonly kind: 'cut'; readonly bytes: number }
  /** It is done, and the answer goes on and on. */
  | { readonly kind: 'endless' }
  /** The answer comes so many ms of real time later. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** It is done, and no answer ever comes. */
  | { readonly kind: 'hang' };

export interface Fault {
  readonly method?: string;
  /** Of the path below the version: `/servers`, `/servers/*`, `/servers/*` + `/actions/poweroff`. `*` is one part. */
  readonly path?: string;
  /** How many fitting requests pass before; 0 where it is left out. */
  readonly after?: number;
  /** How many it hits; 1 where it is left out. */
  readonly times?: number;
  readonly mishap: Mishap;
}

/** A fault, and how often it was met. */
export interface ArmedFault {
  readonly fault: Fault;
  seen: number;
}

function fits({ method, path }: Fault, requested: { readonly method: string; readonly path: string }): boolean {
  if (method !== undefined && method !== requested.method) return false;
  if (path === undefined) return true;
  const parts = requested.path.split('/');
  const wanted = path.split('/');
  return wanted.length === parts.length && wanted.every((part, index) => part === '*' || part === parts[index]);
}

/** The mishap that hits a request: of the first fault that fits and is not used up. */
export function mishapFor(
  armed: readonly ArmedFault[],
  requested: { readonly method: string; readonly path: string },
): Mishap | undefined {
  for (const one of armed) {
    const { after = 0, times = 1, mishap } = one.fault;
    if (one.seen >= after + times || !fits(one.fault, requested)) continue;
    one.seen += 1;
    if (one.seen > after) return mishap;
  }
}
