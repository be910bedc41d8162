/** Runs and the lock: who holds it, the last rounds of the daemon, and the commands that wrote to the log. */

import { defined, type Fields, instantOf } from '#plugin';
import type { LogRecord } from '../../formats/log-record.ts';
import { lockDocument, type LockDocument } from '../../formats/lock-status.ts';
import { ofKind } from '../../run/records.ts';
import { bodyText } from '../../report/log-text.ts';
import type { RoundSummary } from '../answers/snapshot.ts';
import { outsideLink, type View } from './frame.ts';
import { html, type Part } from './html.ts';
import { page } from './page.ts';
import { actions, facts, filters, ORDERED, orderedNote, table, time } from './parts.ts';
import { itemHref, pageHref } from './paths.ts';

const query = {
  command: { type: 'text', summary: 'Command of the runs.' },
  actor: { type: 'text', summary: 'Actor of the runs.' },
  size: { type: 'number', summary: 'Number of runs and of rounds.', least: 1, most: 500, usual: 30 },
  ...ORDERED,
} as const satisfies Fields;

interface Run {
  readonly run: string;
  readonly command: string;
  readonly actor: string;
  readonly started_at: string;
  readonly ended_at?: string | undefined;
  /** Absent while the run goes on, and for one that was killed. */
  readonly result?: string | undefined;
  /** Callers of the daemon that started it. */
  readonly ordered_by?: readonly string[] | undefined;
}

interface RunData {
  readonly lock_status: LockDocument;
  /** The newest first. */
  readonly rounds: readonly RoundSummary[];
  readonly interval_ms: number;
  /** The newest first. */
  readonly runs: readonly Run[];
}

function runsIn(records: readonly LogRecord[]): readonly Run[] {
  const runs = new Map<string, Run>();
  for (const record of records) {
    if (record.kind === 'run') {
      const { run, command } = record.body;
      runs.set(run, { run, command, actor: record.actor, started_at: record.time });
    }
    const begun = 'run' in record.body ? runs.get(record.body.run) : undefined;
    if (begun === undefined) continue;
    if (record.kind === 'order')
      runs.set(begun.run, { ...begun, ordered_by: [...new Set([...(begun.ordered_by ?? []), record.body.by])] });
    if (record.kind === 'end') runs.set(begun.run, { ...begun, ended_at: record.time, result: bodyText(record) });
  }
  return [...runs.values()].toReversed();
}

const LIVENESS: Readonly<Record<string, string>> = {
  held: 'Its holder is alive.',
  silent:
    'Its holder does not respond. The next command with a --lock-timeout longer than the lease takes the lock over.',
  dead: 'The process of its holder has ended. The next command on its machine takes the lock over.',
};

function lockPart(lock: LockDocument, { now }: View): Part {
  if (!lock.held) return html`<p>The lock is free.</p>`;
  const { holder, liveness, heartbeat_at: beat } = lock;
  return html`<p>The lock is held. ${LIVENESS[liveness]}</p>${facts([
    ['Held by', holder.id === '' ? 'an unknown holder' : `${holder.user}@${holder.host}, process ${holder.pid}`],
    ['Command', holder.command],
    ['Since', time(holder.since, now)],
    ['CI run', holder.run === undefined ? undefined : (outsideLink(holder.run, holder.run) ?? holder.run)],
    ['Heartbeat', time(beat, now)],
    ['To release it', holder.id === '' ? undefined : html`<code>fettle force-unlock ${holder.id}</code>`],
  ])}`;
}

function roundsPart(rounds: readonly RoundSummary[], { now }: View): Part {
  return table(
    'The last rounds, the newest first',
    [{ title: 'Ended' }, { title: 'Outcome' }, { title: 'Result' }],
    rounds.map(({ ended_at: at, outcome, text }) => [
      time(at, now),
      html`<span class="word ${outcome === 'ok' ? 'green' : outcome === 'failed' || outcome === 'stopped' ? 'red' : 'amber'}">${outcome}</span>`,
      text,
    ]),
  );
}

function runsPart(runs: readonly Run[], view: View): Part {
  return table(
    'The last runs, the newest first',
    [
      { title: 'Started' },
      { title: 'Command' },
      { title: 'Result' },
      { title: 'Took', wide: true },
      { title: 'Actor', wide: true },
    ],
    runs.map(({ run, command, actor, ordered_by: by, started_at: from, ended_at: to, result }) => [
      html`<a href="${itemHref(view.base, 'run', run)}">${time(from, view.now)}</a>`,
      by === undefined ? command : html`${command}, ordered by ${by.join(', ')}`,
      result ?? html`<span class="amber">has not ended</span>`,
      to === undefined ? undefined : `${((instantOf(to) - instantOf(from)) / 1000).toFixed(1)} s`,
      actor,
    ]),
  );
}

export const runs = page({
  name: 'runs',
  query,
  load: async ({ query: { command, actor, size } }, recorded): Promise<RunData> => {
    const store = await recorded.store();
    const [lock, { records: begun }] = await Promise.all([
      store.lockStatus(),
      recorded.records.list(defined({ kind: ['run'], command, actor }), size),
    ]);
    const ids = ofKind(begun, 'run').map(({ body }) => body.run);
    const [ends, orders] = await Promise.all([
      recorded.records.list({ kind: ['end'], runs: ids }, size),
      recorded.records.list({ kind: ['order'], runs: ids }, 4 * size + 200),
    ]);
    const found = runsIn([...begun, ...orders.records, ...ends.records]);
    const { rounds, interval_ms } = recorded.snapshot;
    return { lock_status: lockDocument(lock), rounds: rounds.slice(0, size), interval_ms, runs: found.slice(0, size) };
  },
  html: ({ lock_status: lock, rounds, runs: found }, view, { size: _size, ordered, ...given }) =>
    html`${orderedNote(ordered)}${actions(view, [{ verb: 'refresh', label: 'Refresh now' }])}<h2>Lock</h2>${lockPart(lock, view)}<h2>Rounds</h2>${roundsPart(rounds, view)}<h2>Runs</h2>${filters(
      pageHref(view.base, 'runs'),
      [
        { name: 'command', label: 'Command' },
        { name: 'actor', label: 'Actor' },
      ],
      given,
    )}${runsPart(found, view)}`,
});
