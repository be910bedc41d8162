/**
 * Under which names the workload source speaks of a node: pure.
 *
 * Its document may give it another name there (`workloads.name`). That name has to be listed for anybody to know what
 * runs on the node; and what the source says under the name of the node or of its server, now or before, counts in any
 * case, so that no document hides a container.
 */

import type { NodeMemory, Workloads } from './generated.ts';
import type { Settings } from './settings.ts';
import { defined, type Instant, instantOf } from '#plugin';

export type WorkloadsOfNode = Workloads['nodes'][number];

/** A node as far as its names go. */
export interface Named {
  /** Of its resource. */
  readonly name: string;
  /** Of its server at the provider. */
  readonly server?: string;
  /** Names that its server had before. */
  readonly former?: readonly string[];
}

const MOST_FORMER = 5;

/** Names that have to be listed, as applied and as written. */
export function expectedNames(name: string, { aliases }: Pick<Settings, 'aliases'>): readonly string[] {
  return [...new Set(aliases.map((alias) => alias ?? name))];
}

/** What hooks of the source call a node. */
export function workloadName(name: string, settings: Pick<Settings, 'aliases'>): string {
  return expectedNames(name, settings)[0] ?? name;
}

/** Names under which containers count. */
export function countedNames(
  { name, server, former = [] }: Named,
  settings: Pick<Settings, 'aliases'>,
): readonly string[] {
  return [...new Set([...expectedNames(name, settings), name, ...(server === undefined ? [] : [server]), ...former])];
}

/** Names that its server had, the newest first, without those that another node has now. */
export function formerNames(
  { name, server, former = [] }: Named,
  isTaken: (name: string) => boolean,
): NodeMemory['names'] {
  const all = [...new Set([...(server === undefined ? [] : [server]), ...former])];
  return all.filter((each) => each !== name && (each === server || !isTaken(each))).slice(0, MOST_FORMER);
}

/** What a source says of one node under several names. */
export interface Told {
  readonly workloads: WorkloadsOfNode;
  /** It is not empty for longer than this, by a name under which the source says so. */
  readonly emptyFrom?: Instant;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

/** Whole only where every entry has the member. */
function all<T>(values: readonly (T | undefined)[]): readonly T[] | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === values.length ? known : undefined;
}

/** All that is said of a node, as one: every container counts, and it is empty since the last of the names is. */
export function mergedWorkloads(said: readonly WorkloadsOfNode[]): Told | undefined {
  const [first] = said;
  if (first === undefined) return undefined;
  if (said.length === 1) return { workloads: first };
  const containers = [...new Map(said.flatMap((each) => each.containers).map((each) => [each.id, each])).values()];
  const started = all(said.map(({ startedTotal }) => startedTotal));
  const disks = said.flatMap(({ diskUsedPercent }) => diskUsedPercent ?? []);
  const empty = said.flatMap(({ emptySince }) => emptySince ?? []).sort((a, b) => instantOf(b) - instantOf(a));
  const [last] = containers.length > 0 ? [] : empty;
  return defined({
    workloads: {
      name: first.name,
      containers,
      allocatedMb: sum(said.map((each) => each.allocatedMb ?? sum(each.containers.map(({ mb }) => mb)))),
      ...(started === undefined ? {} : { startedTotal: sum(started) }),
      ...(last === undefined || empty.length < said.length ? {} : { emptySince: last }),
      ...(disks.length === 0 ? {} : { diskUsedPercent: Math.max(...disks) }),
    },
    emptyFrom: instantOf(last),
  });
}
