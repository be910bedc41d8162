/** The events of a run as events of `--json`: one JSON object per line. */

import type { RunEvent } from '../run/events.ts';
import { noticesOf } from '../report/notices.ts';
import { logHead } from './parts.ts';
import {
  applyEndEvent,
  applyProgressEvent,
  applyStartEvent,
  commandOutputEvent,
  diagnosticEvent,
  driftEvents,
  type EventBody,
  eventLine,
  lockWaitEvent,
  logEvent,
  logHeadEvent,
  planEvents,
  problemEvent,
  refreshCompleteEvent,
  refreshStartEvent,
  resultEvents,
} from './events.ts';

/** Yields the `--json` events of one event of a run. */
export function* eventsOf(event: RunEvent): Generator<EventBody> {
  switch (event.type) {
    case 'problems':
      return yield* event.problems.map(problemEvent);
    case 'lock-wait':
      return yield lockWaitEvent(event.holder);
    case 'refresh-started':
      return yield* event.plugins.map(refreshStartEvent);
    case 'refresh-ended':
      return yield* event.plugins.map(({ plugin, ...counts }) =>
        refreshCompleteEvent(plugin, { ...counts, elapsedMs: event.elapsedMs }),
      );
    case 'planned':
      return yield* planEvents(event.plan);
    case 'drifted':
      return yield* driftEvents(event.report);
    case 'action-started':
      return yield applyStartEvent(event.address, event);
    case 'action-progress':
      return yield applyProgressEvent(event.address, event, event.elapsedMs, event.text);
    case 'action-ended': {
      const body = applyEndEvent(event.row);
      if (body !== undefined) yield body;
      return;
    }
    case 'command-output':
      yield commandOutputEvent(event.command, event.report);
      if (event.head !== undefined) yield logHeadEvent(logHead(event.head));
      return;
    case 'applied':
      return yield* resultEvents(event.applied.rows, event.applied.head);
    default:
      for (const { level, text } of noticesOf(event)) {
        if (level === 'note') for (const line of text.split('\n')) yield logEvent(line);
        else {
          const [summary = '', ...detail] = text.split('\n');
          yield diagnosticEvent({ severity: level, summary, detail: detail.join('\n') });
        }
      }
  }
}

/** The number of characters that are buffered before a write. */
const CHUNK = 65_536;

/** Writes events as lines, in large chunks. `now`: epoch ms. */
export function writeEvents(bodies: Iterable<EventBody>, now: () => number, write: (text: string) => void): void {
  let lines = '';
  for (const body of bodies) {
    lines += eventLine(body, now());
    if (lines.length < CHUNK) continue;
    write(lines);
    lines = '';
  }
  if (lines !== '') write(lines);
}
