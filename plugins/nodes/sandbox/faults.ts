/** Injected faults: the requests that they hit, and their effect. */

/** The effect on a request. */
export type Mishap =
  /** An error without any change. `retryAfter`: seconds, in that header. */
  | {
      readonly kind: 'error';
      readonly status: number;
      readonly code: string;
      readonly message?: string;
      readonly retryAfter?: number;
    }
  /** An answer that is not from the API, such as a proxy's page. */
  | { readonly kind: 'text'; readonly status: number; readonly text: string }
  /** The connection ends before any change. */
  | { readonly kind: 'lost-before' }
  /** The change is made, and the connection ends without an answer. */
  | { readonly kind: 'lost-after' }
  /** The change is made, and the answer is an error. */
  | { readonly kind: 'error-after'; readonly status: number; readonly code: string }
  /** The change is made, and the answer ends after this number of bytes. */
  | { readonly kind: 'cut'; readonly bytes: number }
  /** The change is made, and the answer is endless. */
  | { readonly kind: 'endless' }
  /** The answer is delayed by this number of ms of real time. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** The change is made, and no answer ever comes. */
  | { readonly kind: 'hang' };

export interface Fault {
  readonly method?: string;
  /** The path below the version: `/servers`, `/servers/*`, `/servers/*` + `/actions/poweroff`. `*` is one segment. */
  readonly path?: string;
  /** Number of matching requests to let pass first; defaults to 0. */
  readonly after?: number;
  /** Number of requests to hit; defaults to 1. */
  readonly times?: number;
  readonly mishap: Mishap;
}

/** A fault and its number of matching requests. */
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

/** The mishap of the first fault that matches the request and is not used up. */
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
