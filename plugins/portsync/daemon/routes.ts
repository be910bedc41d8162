/** The routes of the daemon: `GET /metrics` and `GET /healthz`. */

import { PLAIN, type Routes } from '#plugin/status-server';
import type { Health } from './runtime.ts';

export const DEFAULT_LISTEN = '[::1]:9090';

export interface Served {
  readonly metrics: () => Promise<{ readonly text: string; readonly type: string }>;
  readonly health: () => Health;
}

export function statusRoutes({ metrics, health }: Served): Routes {
  return {
    'GET /metrics': async () => ({ status: 200, ...(await metrics()) }),
    'GET /healthz': () => {
      const { status, reasons } = health();
      return {
        status: status === 'unhealthy' ? 503 : 200,
        type: PLAIN,
        text: `${[status, ...reasons].join('\n')}\n`,
      };
    },
  };
}
