/** What a command has to say beside its result: a line on standard error, or an event where there is a stream of them. */

import { printable, type Problem } from '#plugin';
import { holderText } from '../engine/holder-text.ts';
import { formatProblems } from '../report/problems.ts';
import type { Shell } from '../shell.ts';
import type { Holder } from '../store/store.ts';
import { endingLine, type ExitName } from './ending.ts';
import type { EventShell, EventStream } from './event-stream.ts';

/** The stream of events that this command writes; undefined where it prints text or one document. */
export function eventsOf(shell: Shell): EventStream | undefined {
  return (shell as Partial<EventShell>).events;
}

const LEADS = { error: 'fettle: ', warning: 'warning: ', note: 'note: ' } as const;

/** One sentence, without a newline at its end. */
export function tell(shell: Shell, kind: keyof typeof LEADS, sentence: string): void {
  const events = eventsOf(shell);
  if (events === undefined) shell.stderr.write(`${LEADS[kind]}${printable(sentence)}\n`);
  else if (kind === 'note') events.log(sentence);
  else events.diagnostic({ severity: kind, summary: sentence });
}

/** All problems of documents and configuration, with their places. */
export function tellProblems(shell: Shell, problems: readonly Problem[], color: boolean): void {
  if (problems.length === 0) return;
  const events = eventsOf(shell);
  if (events === undefined) shell.stderr.write(formatProblems(problems, { color }));
  else events.problems(problems);
}

/** Another run holds the lock: this one waits for it. */
export function tellWait(shell: Shell, holder: Holder): void {
  const events = eventsOf(shell);
  if (events === undefined) shell.stderr.write(`waiting for the lock: ${holderText(holder)}\n`);
  else events.lockWait(holder);
}

/** Another run holds the lock: this one gives up. */
export function tellLocked(shell: Shell, holder: Holder): void {
  const events = eventsOf(shell);
  const sentence = `locked by ${holderText(holder)}`;
  if (events === undefined) shell.stderr.write(`${sentence}\n`);
  else events.diagnostic({ severity: 'error', summary: sentence });
}

/** What the exit code means, and what to do next. */
export function tellEnding(shell: Shell, name: ExitName): void {
  const events = eventsOf(shell);
  if (events === undefined) shell.stderr.write(endingLine(name));
  else events.end(name);
}
