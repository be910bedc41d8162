/**
 * The names of a node at the workload source. Pure.
 *
 * A document can declare another name (`workloads.name`). The containers of the node are known only if the source lists
 * that name. A report under any present or former name of the node or its server counts too, so that a document cannot
 * hide a container.
 */

import type { NodeMemory, Workloads } from './generated.ts';
import type { Settings } from './settings.ts';
import { defined, type Instant, instantOf } from '#plugin';

export type WorkloadsOfNode = Workloads['nodes'][number];

/** The names of a node. */
export interface Named {
  /** Name of the resource. */
  readonly name: string;
  /** Name of its server at the provider. */
  readonly server?: string;
  /** Former names of its server. */
  readonly former?: readonly string[];
}

const MOST_FORMER = 5;

/** Names that the source must list, as applied and as declared. */
export function expectedNames(name: string, { aliases }: Pick<Settings, 'aliases'>): readonly string[] {
  return [...new Set(aliases.map((alias) => alias ?? name))];
}

/** The name of a node for hooks of the source. */
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

/** Former names of its server, the newest first, without present names of other nodes. */
export function formerNames(
  { name, server, former = [] }: Named,
  isTaken: (name: string) => boolean,
): NodeMemory['names'] {
  const all = [...new Set([...(server === undefined ? [] : [server]), ...former])];
  return all.filter((each) => each !== name && (each === server || !isTaken(each))).slice(0, MOST_FORMER);
}

/** The merged report about a node with several names. */
export interface Report {
  readonly workloads: WorkloadsOfNode;
  /** Earliest start of the emptiness, by any of its names. */
  readonly emptyFrom?: Instant;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

/** The sum over all entries; undefined if one entry does not have the value. */
function all<T>(values: readonly (T | undefined)[]): readonly T[] | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === values.length ? known : undefined;
}

/** Merges the reports about a node: every container counts, and the latest start of the emptiness. */
export function mergedWorkloads(said: readonly WorkloadsOfNode[]): Report | undefined {
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
