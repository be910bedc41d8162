/** The end of an apply: plugins wait until the changes are in effect, and the state follows. */

import type { Row } from '../engine/action.ts';
import { noteDrafts } from '../engine/state-notes.ts';
import type { Recall } from '../engine/remember.ts';
import { errorText, formatRef, type Plugin, type Scene } from '#plugin';
import type { Listener } from './events.ts';
import type { Recorder } from './lock.ts';
import type { Worlds } from './worlds.ts';

interface Ended {
  readonly rows: readonly Row[];
  readonly scene: Scene;
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly worlds: Worlds;
  readonly recall: Recall;
  readonly record: Recorder['record'];
  readonly run: string;
  readonly now: () => number;
  /** Ends the wait. */
  readonly stop: AbortSignal;
  readonly say: Listener;
}

/** Waits for the effect of the done rows of one plugin. Returns the number of resources that are late. */
async function awaitPlugin(plugin: Plugin, ended: Ended): Promise<number> {
  const { scene, worlds, recall, record, run, now, stop, say } = ended;
  const own = ended.rows.filter(({ action }) => action.change.ref.plugin === plugin.name);
  if (plugin.inEffect === undefined || !own.some(({ status }) => status === 'done')) return 0;
  const late = (address: string, message: string): void => say({ type: 'not-in-effect', address, message });
  try {
    const effect = await plugin.inEffect(await worlds.writer(plugin.name), {
      rows: own.map(({ action, status }) => ({ change: action.change, isDone: status === 'done' })),
      scene,
      memoryOf: (ref) => recall.resources.get(formatRef(ref)),
      now,
      signal: stop,
      progress: (ref, text) => say({ type: 'effect-awaited', address: formatRef(ref), text }),
    });
    const validators = await plugin.validators();
    const drafts = noteDrafts(effect.notes, { plugin, validators, desired: new Map(), recall, run });
    if (drafts.length > 0) await record(drafts);
    for (const { ref, message } of effect.late) late(formatRef(ref), message);
    return effect.late.length;
  } catch (error) {
    if (!stop.aborted) late(plugin.name, `the plugin failed: ${worlds.redact(errorText(error))}`);
    return 1;
  }
}

/** Waits for the effect of an apply. True if every change is in effect, as far as its plugin knows. */
export async function awaitEffect(ended: Ended): Promise<boolean> {
  let late = 0;
  for (const plugin of ended.plugins.values()) late += await awaitPlugin(plugin, ended);
  return late === 0;
}
