/** Reporters: write the events and errors of a command, as text or as a stream of events. */

import { errorKind, errorText, printable, redactor, secretsOf } from '#plugin';
import { endingText } from '../report/ending-text.ts';
import { noticeRenderer, noticeText } from '../report/notices.ts';
import { formatProblems } from '../report/problems.ts';
import { type Ending, exitCode } from '../run/ending.ts';
import type { RunEvent } from '../run/events.ts';
import { ProblemsError } from '../run/project.ts';
import type { Shell } from '../shell.ts';
import { bugText, version } from '../version.ts';

/** Writes events in the requested format. */
export interface Reporter {
  readonly say: (event: RunEvent) => void;
  readonly failed: (error: unknown) => void;
  readonly ended: (ending: Ending) => void;
}

/** Lines of an error, with known secrets redacted. A bug comes with its stack. */
function errorLines(error: unknown, shell: Shell): readonly string[] {
  const redact = redactor(secretsOf(shell.env));
  if (errorKind(error) !== 'bug') return redact(errorText(error)).split('\n');
  return redact(bugText(error)).trimEnd().split('\n');
}

/** Decides on color: by the flag, else NO_COLOR and FORCE_COLOR, else if the output is a terminal. */
export function wantsColor(color: unknown, shell: Shell): boolean {
  if (color === false || color === 'never') return false;
  if (color === 'always') return true;
  if ((shell.env.NO_COLOR ?? '') !== '') return false;
  if ((shell.env.FORCE_COLOR ?? '') !== '' && shell.env.FORCE_COLOR !== '0') return true;
  return shell.stdout.isTTY && shell.env.TERM !== 'dumb';
}

/** Writes notices and errors to standard error, and results with `render`. */
export function textReporter(shell: Shell, color: boolean, render: (event: RunEvent) => void): Reporter {
  const write = shell.stderr.write;
  const notice = noticeRenderer({ color, isTerminal: shell.stderr.isTTY, write });
  return {
    say: (event) => {
      notice(event);
      render(event);
    },
    failed: (error) => {
      if (error instanceof ProblemsError) write(formatProblems(error.problems, { color }));
      else if (errorKind(error) === 'bug') write(`${errorLines(error, shell).map(printable).join('\n')}\n`);
      else
        write(
          errorLines(error, shell)
            .map((text) => noticeText({ level: 'error', text }))
            .join(''),
        );
    },
    ended: (ending) => {
      const text = endingText(ending);
      if (text !== '') write(`${text}\n`);
    },
  };
}

/** Writes one JSON object per line to standard output, and nothing else. Starts with the event `version`. */
export async function streamReporter(shell: Shell): Promise<Reporter> {
  const { diagnosticEvent, endEvent, problemEvent, versionEvent } = await import('../formats/events.ts');
  const { eventsOf, writeEvents } = await import('../formats/run-events.ts');
  const emit = (bodies: Parameters<typeof writeEvents>[0]): void => writeEvents(bodies, shell.now, shell.stdout.write);
  const ended = (ending: Ending): void =>
    emit([endEvent({ code: exitCode(ending), name: ending }, endingText(ending))]);
  emit([versionEvent(version)]);
  return {
    say: (event) => emit(eventsOf(event)),
    failed: (error) => {
      const isBug = errorKind(error) === 'bug';
      if (isBug) shell.stderr.write(`${errorLines(error, shell).map(printable).join('\n')}\n`);
      if (error instanceof ProblemsError) emit(error.problems.map(problemEvent));
      else
        emit(
          (isBug ? ['internal error'] : errorLines(error, shell)).map((summary) =>
            diagnosticEvent({ severity: 'error', summary }),
          ),
        );
      ended('error');
    },
    ended,
  };
}
