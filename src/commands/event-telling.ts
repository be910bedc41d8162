/** How an apply tells what it does, as a stream of events. */

import type { ApplyTelling } from './apply-telling.ts';
import type { EventStream } from './event-stream.ts';

export function eventTelling(events: EventStream): ApplyTelling {
  return {
    canAsk: false,
    plan: events.plan,
    narrate: events.actions,
    result: ({ rows, head }) => events.result(rows, head),
  };
}
