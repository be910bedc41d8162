/** The resources that a round of serve refreshes now, from documents and state. */

import type { Changes } from '../engine/changes.ts';
import { dueOf, type Due } from '../engine/due.ts';
import { expand } from '../engine/expand.ts';
import { knownRefs } from '../engine/look-at-some.ts';
import { match } from '../engine/match.ts';
import type { Recall } from '../engine/remember.ts';
import { digestOf, type Gap, type Plugin } from '#plugin';
import type { Project } from './project.ts';
import { settingsFor } from './worlds.ts';

/** The schedule of a round. */
export interface RoundSchedule {
  /**
   * Time of the refresh of the last recorded round, epoch ms; undefined if this one refreshes every resource. `documents`: the
   * version of the documents.
   */
  readonly since: (documents: string) => number | undefined;
  /** Addresses of the resources that had a row or a gap at their last refresh. */
  readonly restless: ReadonlySet<string>;
  /** Reports of watchers. */
  readonly changed: Changes;
  /** Longest time between two rounds, in ms. */
  readonly everyMs: number;
  /** Gets the resources that the round refreshes. */
  readonly found: (due: Due) => void;
}

/**
 * A digest of configuration and documents as they were read: edited ones have another one. The files themselves may
 * change after they were read, which the next round finds.
 */
export function versionOf({ config, documents }: Pick<Project, 'config' | 'documents'>): string {
  return digestOf([config, documents.map(({ ref, spec, meta, needs }) => [ref, spec, meta, needs])]);
}

/** Finds the resources that are due. */
export async function dueNow(
  { since, everyMs, restless, changed, found }: RoundSchedule,
  project: Project,
  plugins: ReadonlyMap<string, Plugin>,
  recall: Recall,
): Promise<Due> {
  const now = project.host.now();
  const settings = await settingsFor(plugins, project);
  const desired = expand(project.documents, plugins, recall, settings);
  const names = new Set([...knownRefs(desired, recall).values()].map(({ plugin }) => plugin));
  const gaps = [...names].map((plugin): Gap => ({ plugin, message: 'not refreshed' }));
  const { resources } = match(desired, { observed: [], gaps, at: now }, recall, { plugins, settings, now });
  const due = dueOf({ resources, now, since: since(versionOf(project)), everyMs, restless, changed });
  found(due);
  return due;
}
