/** Injected faults: the requests that they hit, and their effect. */

import type { ApiError } from './status.ts';

/** The effect on a request. */
export type Mishap =
  /** 429 in plain text, as priority and fairness answer. */
  | { readonly kind: 'busy'; readonly seconds?: number }
  | { readonly kind: 'error'; readonly error: ApiError }
  /** An answer that is not from the API, such as a proxy's page. */
  | { readonly kind: 'text'; readonly status: number; readonly text: string }
  /** The connection ends before any change. */
  | { readonly kind: 'lost-before' }
  /** The change is made, and the connection ends without an answer. */
  | { readonly kind: 'lost-after' }
  /** The change is made, and the answer ends after this number of bytes. */
  | { readonly kind: 'cut'; readonly bytes: number }
  /** The answer is delayed by this number of ms. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** The change is made, and no answer ever comes. */
  | { readonly kind: 'hang' }
  /** Nothing is done, and no answer ever comes. */
  | { readonly kind: 'stall' };

export interface Fault {
  readonly method?: string;
  /** A part of the path with the query: `/vpcs/vpc-1`, `dryRun=All`. */
  readonly path?: string;
  /** True for dry runs alone, false for all but dry runs. */
  readonly dryRun?: boolean;
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

export interface FaultyRequest {
  readonly method: string;
  readonly url: string;
  readonly body: string;
}

/** A dry run is named in the query, or in the options of a removal. */
function isDryRun({ method, url, body }: FaultyRequest): boolean {
  return url.includes('dryRun=All') || (method === 'DELETE' && body.includes('"dryRun":["All"]'));
}

/** The mishap of the first fault that matches the request and is not used up. */
export function mishapFor(armed: readonly ArmedFault[], request: FaultyRequest): Mishap | undefined {
  for (const one of armed) {
    const { after = 0, times = 1, mishap, path = '', method = request.method, dryRun } = one.fault;
    const fits =
      method === request.method && request.url.includes(path) && (dryRun === undefined || dryRun === isDryRun(request));
    if (!fits || one.seen >= after + times) continue;
    one.seen += 1;
    if (one.seen > after) return mishap;
  }
}
