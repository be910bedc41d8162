/** `fettle state …`: what is remembered. */

import { memoryBody } from '../formats/log-record.ts';
import type { Config } from '../engine/load/config.ts';
import { match } from '../engine/match.ts';
import type { PluginSummary } from '../engine/seal.ts';
import { formatRef, type Gap, type Memory, printable } from '#plugin';
import { emptyRecall } from '../engine/remember.ts';
import { sceneOf } from '../engine/scene.ts';
import { summarize } from '../engine/summary.ts';
import { summaryLines } from '../report/plan-text.ts';
import { columnWidth, painter } from '../report/text.ts';
import type { Shell } from '../shell.ts';
import { type Flags, UsageError, wantsColor, withinOf } from './flags.ts';
import { addressOf, judgeSelectors, nothingRemembered, removedLately } from './selectors.ts';
import {
  loadersOf,
  openConfig,
  openStore,
  pluginsFor,
  recallFrom,
  redactorFor,
  safetyOf,
  upgradeRecall,
} from './session.ts';

interface Remembered {
  /** By address, in order. */
  readonly known: ReadonlyMap<string, Memory>;
  readonly removed: readonly string[];
}

async function memories(config: Config, shell: Shell): Promise<Remembered> {
  const store = await openStore(config, shell);
  const { recall, report } = await recallFrom(store);
  if (report.status === 'none') shell.stderr.write(`there is no log at ${store.place}\n`);
  if (report.status === 'damaged')
    shell.stderr.write('warning: the log is damaged, its sound beginning is used; see `fettle log verify`\n');
  await store.close();
  return {
    known: new Map([...recall.resources].sort(([a], [b]) => (a < b ? -1 : 1))),
    removed: removedLately(recall),
  };
}

function marks(memory: Memory): string {
  return [
    memory.owned ?? 'not ours',
    ...(memory.protect === true ? ['protected'] : []),
    ...(memory.hold === undefined ? [] : [`on hold: ${memory.hold}`]),
    ...(memory.unknown === true ? ['unknown'] : []),
    ...(memory.open === undefined ? [] : [`open: ${memory.open.step}`]),
    ...(memory.failures === undefined ? [] : [`${memory.failures} failed`]),
  ].join(', ');
}

/** What plugins say of all that is listed. The world is not looked at: as seen, each of them is unknown. */
async function summariesOf(
  known: ReadonlyMap<string, Memory>,
  config: Config,
  flags: Flags,
  shell: Shell,
): Promise<readonly PluginSummary[]> {
  const now = shell.now();
  const at = new Date(now).toISOString();
  const recall = { ...emptyRecall(), resources: new Map(known), at };
  const plugins = await pluginsFor(loadersOf(shell), [], recall);
  // What a newer plugin remembered is listed, but this one cannot say what it comes to.
  for (const [address, { ref, version }] of known)
    if (version > (plugins.get(ref.plugin)?.tables.kinds[ref.kind]?.memoryVersion ?? version))
      recall.resources.delete(address);
  upgradeRecall(recall, plugins);
  const gaps = [...plugins.keys()].map((plugin): Gap => ({ plugin, message: 'not looked at' }));
  const { resources } = match([], { observed: [], gaps, at }, recall, { plugins, settings: new Map(), now });
  const safety = await safetyOf(config, flags, now);
  const scene = sceneOf({ resources, gaps, now, viewedAt: now, safety, spent: recall.spent });
  return summarize(resources, plugins, scene, redactorFor(config, shell));
}

export async function stateList(flags: Flags, shell: Shell): Promise<number> {
  const within = withinOf(flags);
  const config = await openConfig(flags, shell);
  const { known, removed } = await memories(config, shell);
  judgeSelectors(flags, { addresses: [...known.keys()], removed, gaps: [] }, shell, 'matches no remembered resource');
  const shown = [...known].filter(([address]) => within?.(address) ?? true);
  if (flags.format === 'json') {
    for (const [address, memory] of shown)
      shell.stdout.write(`${JSON.stringify({ address, ...memoryBody(memory) })}\n`);
    return 0;
  }
  const width = columnWidth(
    shown.map(([address]) => address),
    56,
  );
  const states = columnWidth(
    shown.map(([, { state }]) => state ?? '-'),
    24,
  );
  for (const [address, memory] of shown)
    shell.stdout.write(
      `${printable(address).padEnd(width)}  ${(memory.state ?? '-').padEnd(states)}  ${memory.since ?? '-'}  ${marks(memory)}\n`,
    );
  const summaries = await summariesOf(new Map(shown), config, flags, shell);
  const lines = summaryLines(summaries, painter(wantsColor(flags, shell)));
  if (lines.length > 0) shell.stdout.write(`\n${lines.join('\n')}\n`);
  return 0;
}

export async function stateShow(address: string, flags: Flags, shell: Shell): Promise<number> {
  const ref = addressOf(address);
  const { known } = await memories(await openConfig(flags, shell), shell);
  const memory = known.get(formatRef(ref));
  if (memory === undefined) throw new UsageError(nothingRemembered(address, known.keys()));
  shell.stdout.write(`${JSON.stringify(memoryBody(memory), null, flags.format === 'json' ? undefined : 2)}\n`);
  return 0;
}
