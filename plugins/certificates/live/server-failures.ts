/** Servers that could not be opened in this run: a run with many steps and questions asks a silent server once. */

import type { Instant } from '#plugin';

/** Time for which a failure counts, in ms. */
const KEPT_MS = 5 * 60_000;

/** Opens a server, unless the last attempt has just failed: then its failure is thrown again. Only failures of the server are kept. */
export type OpenServer = <T>(server: string, open: () => Promise<T>) => Promise<T>;

export function openServers(now: () => Instant): OpenServer {
  const failures = new Map<string, { readonly at: Instant; readonly error: Error }>();
  return async (server, open) => {
    const last = failures.get(server);
    const ageMs = last === undefined ? Number.POSITIVE_INFINITY : now() - last.at;
    if (last !== undefined && ageMs >= 0 && ageMs < KEPT_MS) throw last.error;
    try {
      return await open();
    } catch (error) {
      const { ApiError } = await import('#plugin/http');
      if (error instanceof ApiError) failures.set(server, { at: now(), error });
      throw error;
    }
  };
}
