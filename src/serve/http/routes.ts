/** All routes of `fettle serve`. */

import type { Intake } from '../intake.ts';
import type { Route } from './app.ts';
import { eventRoutes } from './events-route.ts';
import { plainReply, textReply } from './reply.ts';

export interface Daemon {
  readonly metrics: { readonly type: string; readonly text: () => Promise<string> };
  /** Reasons for which the daemon is not ready; none if it is. */
  readonly notReady: () => readonly string[];
  /** Starts a round of every project. */
  readonly reload: () => void;
  readonly intakes: readonly Intake[];
}

export function routesOf({ metrics, notReady, reload, intakes }: Daemon): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/metrics',
      answer: async () => textReply(200, metrics.type, await metrics.text()),
    },
    { method: 'GET', path: '/healthz', answer: () => textReply(200, 'application/json', '{"ok":true}\n') },
    {
      method: 'GET',
      path: '/readyz',
      answer: () => {
        const reasons = notReady();
        return reasons.length === 0 ? plainReply(200, 'ready') : plainReply(503, reasons.join('\n'));
      },
    },
    {
      method: 'POST',
      path: '/-/reload',
      answer: () => {
        reload();
        return plainReply(202, 'a round starts');
      },
    },
    ...eventRoutes(intakes),
  ];
}
