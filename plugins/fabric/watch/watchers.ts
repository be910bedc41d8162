/**
 * The watchers of `fettle serve`: one for each declared Fabric, over the kinds and namespaces of its objects and over the
 * Agents of its switches.
 *
 * A change of the status of an object alone does not count. A report of an Agent is a change of the Fabric if it shows
 * another state of its switch.
 */

import {
  type Desired,
  durationMs,
  formatRef,
  OutsideError,
  type Ref,
  type Watcher,
  type WatchRun,
  type WatchScope,
} from '#plugin';
import { standingsOf, type AgentTracks } from '../agents/evidence.ts';
import { agentKind } from '../agents/list.ts';
import { readAgent } from '../agents/report.ts';
import type { FabricSpec } from '../generated.ts';
import { contentDigest, type LiveObject } from '../objects/content.ts';
import { FABRIC_NAMESPACE } from '../objects/groups.ts';
import type { ClusterReader, FabricReader, ServedKind, WatchEvent } from '../world.ts';
import { type KindEvent, liveRef, watchKinds } from './kinds.ts';
import { objectsOf, servedKinds, type WatchedObject } from './targets.ts';

/** Kinds of one namespace, or cluster-scoped ones. */
interface Target {
  readonly namespace?: string;
  readonly kinds: readonly ServedKind[];
}

async function targetsOf(
  cluster: ClusterReader,
  objects: readonly WatchedObject[],
  signal: AbortSignal,
): Promise<readonly Target[]> {
  const agents = await agentKind(cluster, signal);
  const targets: Target[] = agents === undefined ? [] : [{ namespace: FABRIC_NAMESPACE, kinds: [agents] }];
  for (const [namespace, own] of Map.groupBy(objects, (each) => each.namespace)) {
    // A copy for each namespace: the interruptions of its watches are its own.
    const kinds = (await servedKinds(cluster, own, signal)).map((served) => ({ ...served }));
    if (kinds.length > 0) targets.push(namespace === undefined ? { kinds } : { namespace, kinds });
  }
  return targets;
}

/** The watch of one Fabric: what is known of its objects and switches, and the lists and interruptions of its kinds. */
class FabricWatch {
  readonly #fabric: Ref;
  readonly #covered: ReadonlyMap<string, Ref>;
  readonly #run: WatchRun;
  /** Digests of the contents of covered objects, by address. */
  readonly #contents = new Map<string, string>();
  /** States of switches, by name. */
  readonly #states = new Map<string, string>();
  readonly #tracks: AgentTracks = new Map();
  /** Lists that have not come yet. */
  #unlisted: number;
  /** Reasons for which changes of a kind are not seen. */
  readonly #blind = new Map<ServedKind, string>();

  constructor({ covers, fabric, lists }: Pick<Watcher, 'covers'> & Watched, run: WatchRun) {
    this.#fabric = fabric;
    this.#covered = new Map(covers.map((ref) => [formatRef(ref), ref]));
    this.#unlisted = lists;
    this.#run = run;
  }

  /** The reason for which no change is seen any longer. */
  get refusal(): string | undefined {
    return this.#blind.values().next().value;
  }

  hear({ served, event }: KindEvent): void {
    switch (event.type) {
      case 'listed':
        for (const object of event.objects) this.#isNews(served, object);
        this.#listed(served);
        return;
      case 'changed':
      case 'deleted':
        this.#change(served, event);
        this.#sees(served);
        return;
      case 'relisted':
      case 'fresh':
        this.#sees(served);
        return;
      case 'interrupted':
        this.#isBlind(served, event.reason);
        return;
      case 'refused':
        this.#unlisted -= 1;
        this.#isBlind(served, `the cluster refuses the watch of the kind ${served.kind}: ${event.refusal.words}`);
        return;
    }
  }

  #listed(served: ServedKind): void {
    this.#unlisted -= 1;
    this.#blind.delete(served);
    this.#seesAll();
  }

  #sees(served: ServedKind): void {
    if (this.#blind.delete(served)) this.#seesAll();
  }

  #seesAll(): void {
    if (this.#unlisted <= 0 && this.#blind.size === 0) this.#run.sees();
  }

  #isBlind(served: ServedKind, reason: string): void {
    this.#blind.set(served, reason);
    this.#run.blind(reason);
  }

  #change(served: ServedKind, { type, object }: Extract<WatchEvent, { readonly object: LiveObject }>): void {
    if (served.kind === 'Agent') {
      if (type === 'deleted' || this.#isNews(served, object)) this.#run.changed([this.#fabric]);
      return;
    }
    const ref = this.#covered.get(formatRef(liveRef(this.#fabric.name, served, object)));
    if (ref === undefined) return;
    if (type === 'deleted') this.#contents.delete(formatRef(ref));
    if (type === 'deleted' || this.#isNews(served, object)) this.#run.changed([ref]);
  }

  /** True if an object differs from what was known of it. */
  #isNews(served: ServedKind, object: LiveObject): boolean {
    if (served.kind === 'Agent') {
      const [standing] = standingsOf([readAgent(object)], this.#tracks, this.#run.now());
      return standing !== undefined && differs(this.#states, standing.name, standing.state);
    }
    const address = formatRef(liveRef(this.#fabric.name, served, object));
    return this.#covered.has(address) && differs(this.#contents, address, contentDigest(object));
  }
}

/** True if the value of a key is another one. Sets it. */
function differs(known: Map<string, string>, key: string, value: string): boolean {
  const before = known.get(key);
  known.set(key, value);
  return before !== value;
}

interface Watched {
  readonly fabric: Ref;
  /** The number of lists to come. */
  readonly lists: number;
}

async function watchFabric(
  world: FabricReader,
  { ref, spec }: Desired<FabricSpec>,
  { covers, objects }: Pick<Watcher, 'covers'> & { readonly objects: readonly WatchedObject[] },
  run: WatchRun,
): Promise<void> {
  const { signal } = run;
  const cluster = await world.cluster(spec, signal);
  const targets = await targetsOf(cluster, objects, signal);
  const lists = targets.reduce((sum, { kinds }) => sum + kinds.length, 0);
  if (lists === 0) throw new OutsideError('the cluster serves none of the kinds of its objects');
  const watched = new FabricWatch({ covers, fabric: ref, lists }, run);
  await Promise.all(
    targets.map(async ({ kinds, ...scope }) => {
      for await (const event of watchKinds(cluster, kinds, scope, signal)) watched.hear(event);
    }),
  );
  throw new OutsideError(watched.refusal ?? 'the watch ended');
}

/** A Fabric whose `syncInterval` is 0 is refreshed on demand alone, and not watched. */
function isWatched({ spec }: Desired<FabricSpec>): boolean {
  return durationMs(spec.syncInterval) > 0;
}

export function watchersOf(scope: WatchScope): readonly Watcher<FabricReader>[] {
  const known = [...scope.desired, ...scope.memory].map(({ ref }) => ref);
  const refs = [...new Map(known.map((ref) => [formatRef(ref), ref])).values()];
  const fabrics = scope.desired.filter(({ ref }) => ref.kind === 'Fabric') as readonly Desired<FabricSpec>[];
  return fabrics.filter(isWatched).map((fabric) => {
    const covers = [fabric.ref, ...refs.filter((ref) => ref.scope?.[0] === fabric.ref.name)];
    const objects = objectsOf(fabric.ref, scope);
    return {
      name: `Fabric ${fabric.ref.name}`,
      covers,
      watch: (world, run) => watchFabric(world, fabric, { covers, objects }, run),
    };
  });
}
