/** Notices of a run, apart from its result, in one style: `error: …`, `warning: …`, `note: …`. */

import { holderText } from '../engine/holder-text.ts';
import { CLEAR_LINE, durationText, instantText, printable } from '#plugin';
import type { Progress, RunEvent, SavedPlanRefusal } from '../run/events.ts';
import { differenceText } from './difference-text.ts';
import { formatProblems } from './problems.ts';
import { damageText } from './verify-text.ts';

export interface Notice {
  readonly level: 'error' | 'warning' | 'note';
  /** Without a newline at its end. */
  readonly text: string;
}

function refusedText(file: string, refusal: SavedPlanRefusal): string {
  switch (refusal.why) {
    case 'altered':
      return `${file} was altered after it was saved, or was not saved by plan --out`;
    case 'misdigested':
      return `the digest in ${file} does not match its rows: the file was altered, or saved by another version of fettle`;
    case 'no-digest':
      return `${file} has no digest: the state could not be read when the plan was created. Run plan again.`;
    case 'other-project':
      return `${file} is a plan of project ${refusal.planned}; this is ${refusal.present}`;
  }
}

function one(level: Notice['level'], text: string): readonly Notice[] {
  return [{ level, text }];
}

/** Returns the notices of an event; none for results, progress, and events that are reported in another form. */
export function noticesOf(event: RunEvent): readonly Notice[] {
  switch (event.type) {
    case 'config-idle':
      return one('warning', `fettle.yaml: ${event.message}`);
    case 'selector-hidden':
      return one(
        'warning',
        `${event.selector} matches no known resource. A gap can hide the resource: ${event.scope} could not be read${event.near === undefined ? '' : `. Did you mean ${event.near}?`}`,
      );
    case 'override-unused':
      return one(
        'warning',
        `--override ${event.rule}@${event.address} has no effect: the rule does not block that resource`,
      );
    case 'store-doubted':
    case 'events-problem':
    case 'alerts-problem':
    case 'answers-problem':
      return one('warning', event.message);
    case 'log-missing':
      return one('note', `no log was found at ${event.place}`);
    case 'log-damaged':
      return event.damage.map((damage) => ({
        level: event.use === 'beginning' ? 'warning' : 'error',
        text:
          event.use === 'beginning'
            ? `the log is damaged, and only its valid beginning is used: ${damageText(damage, event.place)}`
            : `the log is damaged: ${damageText(damage, event.place)}`,
      }));
    case 'log-torn':
      return one('note', `${event.bytes} bytes of an unfinished record at the end of the log are ignored`);
    case 'log-cut':
      return one('note', `${event.bytes} bytes of an unfinished record were removed from ${event.file}`);
    case 'log-recovered': {
      const { head, quarantine } = event.report;
      return one(
        'note',
        `recovered: the log continues after record ${head.seq}; in quarantine: ${quarantine.join(', ') || 'nothing'}`,
      );
    }
    case 'lock-wait':
      return one('note', `waiting for the lock: ${holderText(event.holder)}`);
    case 'lock-held':
      return one('error', `locked by ${holderText(event.holder)}`);
    case 'lock-kept':
      return one('warning', `the lock was not released: ${event.message}`);
    case 'saved-plan-refused':
      return one('error', refusedText(event.file, event.refusal));
    case 'digest-differs': {
      const { approved, present = 'no digest', difference } = event;
      const detail =
        difference === undefined
          ? [
              'The present plan is printed above. Apply a saved plan (`apply FILE`) to list each difference.',
              'If the approved plan was limited by --cause, apply it with the same --cause.',
            ]
          : differenceText(difference).trimEnd().split('\n');
      return one('error', [`the digest ${approved} was approved; the plan now has ${present}`, ...detail].join('\n'));
    }
    case 'row-stale':
      return one('warning', `stale: ${event.row.address} ${event.row.step}: ${event.message}`);
    case 'row-unapproved':
      return one('warning', `not in the saved plan, and therefore not run: ${event.address}`);
    case 'adoption-unneeded':
      return one(
        'note',
        event.owned === undefined
          ? `${event.address} is only refreshed and cannot be owned, so it is not adopted`
          : `${event.address} is already owned: ${event.owned}`,
      );
    case 'stopping': {
      if (event.ending === 'yielded')
        return one('note', 'another process waits for the lock: running actions will finish, and no other will start');
      const signal = event.ending === 'terminated' ? 'SIGTERM' : 'SIGINT';
      return one(
        'note',
        `${signal}: running actions will finish, and no other action will start. Send the signal again to stop at once`,
      );
    }
    case 'watch-failed':
      return one('error', `the plugin ${event.plugin} could not read the infrastructure: ${event.message}`);
    case 'trial-progress':
      return one('note', event.text);
    case 'settling-late':
      return one('warning', `--timeout ${durationText(event.timeoutMs)} has passed: ${event.reason}`);
    case 'effect-awaited':
      return one('note', `${event.address}: ${event.text}`);
    case 'not-in-effect':
      return one('warning', `${event.address} is not in effect: ${event.message}`);
    case 'round-wait':
      return one('note', `waiting until ${instantText(event.until)}: ${event.reason}`);
    default:
      return [];
  }
}

/** Returns a notice as printable lines. Ends with a newline. */
export function noticeText({ level, text }: Notice): string {
  return text
    .split('\n')
    .map((line, i) => `${i === 0 ? `${level}: ` : ''}${printable(line)}\n`)
    .join('');
}

const PLAIN_MS = 10_000;
const TERMINAL_MS = 100;

/** Renders the progress of a refresh: one line that is rewritten on a terminal, otherwise a line every ten seconds. */
function refreshProgress(isTerminal: boolean): (event: RunEvent) => string {
  let drawnAt = 0;
  let isDrawn = false;
  const counts = (progress: ReadonlyMap<string, Progress>): string =>
    [...progress].map(([plugin, { done, total }]) => `${plugin} ${done}/${total}`).join(', ');
  return (event) => {
    if (event.type === 'refresh-progress') {
      if (event.elapsedMs - drawnAt < (isTerminal ? TERMINAL_MS : PLAIN_MS)) return '';
      drawnAt = event.elapsedMs;
      const seconds = Math.round(event.elapsedMs / 1000);
      const text = counts(event.progress);
      if (!isTerminal) return `still refreshing: ${text || 'no resource has been read yet'} [${seconds}s elapsed]\n`;
      isDrawn = true;
      return `${CLEAR_LINE}refreshing: ${text} [${seconds}s]`;
    }
    if (event.type === 'refresh-started') drawnAt = 0;
    if (!isDrawn) return '';
    isDrawn = false;
    return CLEAR_LINE;
  };
}

/** Renders notices, problems and progress for standard error; `clear` ends a line of progress. */
export function noticeRenderer(options: {
  readonly color: boolean;
  readonly isTerminal: boolean;
  readonly write: (text: string) => void;
}): (event: RunEvent) => void {
  const progress = refreshProgress(options.isTerminal);
  return (event) => {
    const drawn = progress(event);
    if (drawn !== '') options.write(drawn);
    if (event.type === 'problems') options.write(formatProblems(event.problems, options));
    for (const notice of noticesOf(event)) options.write(noticeText(notice));
  };
}
