/**
 * The stream of events of `--json`: one JSON object a line on standard output, and nothing else there.
 *
 * A command that runs with it gets a shell whose text goes nowhere: what it would print is in the events, and a line on
 * standard error becomes a `log` event, so that nothing that is said gets lost. Nobody can answer a question that is not
 * shown, so standard input is empty and no terminal.
 */

import { Readable } from 'node:stream';
import type { Row } from '../engine/action.ts';
import type { DriftReport } from '../formats/drift.ts';
import type { Plan } from '../formats/plan.ts';
import type { Problem, View } from '#plugin';
import {
  applyEndEvent,
  applyProgressEvent,
  applyStartEvent,
  diagnosticEvent,
  driftEvents,
  endEvent,
  type EventBody,
  eventLine,
  lockWaitEvent,
  logEvent,
  planEvents,
  problemEvent,
  refreshCompleteEvent,
  refreshStartEvent,
  resultEvents,
  versionEvent,
} from '../formats/events.ts';
import type { Shell } from '../shell.ts';
import type { Head, Holder } from '../store/store.ts';
import { version } from '../version.ts';
import { endingLine, type ExitName, exitCode } from './ending.ts';
import { narrate, type Narration } from './narrator.ts';

/** What commands tell; each function writes its events at once. */
export interface EventStream {
  readonly log: (text: string) => void;
  readonly diagnostic: (diagnostic: Parameters<typeof diagnosticEvent>[0]) => void;
  readonly problems: (problems: readonly Problem[]) => void;
  readonly lockWait: (holder: Holder) => void;
  /** The look at these plugins' worlds begins; the result is called with what it gave. */
  readonly refresh: (plugins: Iterable<string>) => (view: View) => void;
  readonly plan: (plan: Plan) => void;
  readonly drift: (report: DriftReport) => void;
  /** Each action as it starts, goes on and ends. */
  readonly actions: () => Narration;
  readonly result: (rows: readonly Row[], head: Head | undefined) => void;
  /** The last event. */
  readonly end: (name: ExitName) => void;
}

/** A shell for a command that writes events. */
export interface EventShell extends Shell {
  readonly events: EventStream;
}

/** Characters that are put together before they are written. */
const CHUNK = 65_536;

/** Opens the stream: the event `version` is written. */
export function eventStream(shell: Pick<Shell, 'stdout' | 'now'>): EventStream {
  const emit = (bodies: Iterable<EventBody | undefined>): void => {
    let lines = '';
    for (const body of bodies) {
      if (body === undefined) continue;
      lines += eventLine(body, shell.now());
      if (lines.length < CHUNK) continue;
      shell.stdout.write(lines);
      lines = '';
    }
    if (lines !== '') shell.stdout.write(lines);
  };
  emit([versionEvent(version)]);
  return {
    log: (text) => emit([logEvent(text)]),
    diagnostic: (diagnostic) => emit([diagnosticEvent(diagnostic)]),
    problems: (problems) => emit(problems.map(problemEvent)),
    lockWait: (holder) => emit([lockWaitEvent(holder)]),
    refresh: (plugins) => {
      const names = [...plugins];
      const started = shell.now();
      emit(names.map(refreshStartEvent));
      return ({ observed, gaps }) => {
        const elapsed = shell.now() - started;
        emit(
          names.map((name) => {
            const seen = observed.filter(({ ref }) => ref.plugin === name).length;
            const blind = gaps.filter(({ plugin }) => plugin === name).length;
            return refreshCompleteEvent(name, { seen, gaps: blind, elapsedMs: elapsed });
          }),
        );
      };
    },
    plan: (plan) => emit(planEvents(plan)),
    drift: (report) => emit(driftEvents(report)),
    actions: () =>
      narrate(shell, {
        start: (address, change) => emit([applyStartEvent(address, change)]),
        still: (address, change, elapsedMs, text) => emit([applyProgressEvent(address, change, elapsedMs, text)]),
        end: (row) => emit([applyEndEvent(row)]),
      }),
    result: (rows, head) => emit(resultEvents(rows, head)),
    end: (name) => emit([endEvent({ code: exitCode(name), name }, endingLine(name).trimEnd())]),
  };
}

/** The shell of a command that writes events; opens the stream. */
export function eventShell(shell: Shell): EventShell {
  const events = eventStream(shell);
  let unfinished = '';
  return {
    ...shell,
    stdout: { ...shell.stdout, isTTY: false, columns: () => undefined, write: () => undefined },
    stderr: {
      ...shell.stderr,
      isTTY: false,
      columns: () => undefined,
      write: (text) => {
        const lines = `${unfinished}${text}`.split('\n');
        unfinished = lines.pop() ?? '';
        for (const line of lines) if (line !== '') events.log(line);
      },
    },
    stdin: () => Readable.from([]) as unknown as NodeJS.ReadStream,
    events,
  };
}
