/** `fettle fabric watch NAME`: prints the changes of a Fabric's objects and switches as they happen. */

import {
  counted,
  defineCommand,
  type Facts,
  formatRef,
  namedResource,
  type Ref,
  shortLine,
  type WatchInput,
} from '#plugin';
import { agentKind } from '../agents/list.ts';
import { readAgent } from '../agents/report.ts';
import { type AgentTracks, standingsOf } from '../agents/evidence.ts';
import { managerOf } from '../manager.ts';
import { contentDigest, type LiveObject } from '../objects/content.ts';
import { managedEntries } from '../objects/managed-fields.ts';
import type { ClusterReader, FabricReader, ServedKind, WatchEvent } from '../world.ts';
import { liveRef, watchKinds } from '../watch/kinds.ts';
import { objectsOf, servedKinds } from '../watch/targets.ts';
import { fabricDocument } from './manifest.ts';

interface Watched {
  readonly fabric: string;
  /** Our field manager. */
  readonly self: string;
  /** Addresses that documents declare. */
  readonly declared: ReadonlySet<string>;
  /** Digests of the contents, by address. */
  readonly contents: Map<string, string>;
  readonly standings: Map<string, string>;
  readonly tracks: AgentTracks;
  readonly now: () => number;
  readonly print: (line: string, facts: Facts) => void;
}

function addressOf(fabric: string, served: ServedKind, object: LiveObject): string {
  return formatRef(liveRef(fabric, served, object));
}

/** The manager that wrote the object last. */
function lastWriter(object: LiveObject): string {
  const entries = managedEntries(object).filter(({ subresource }) => subresource === undefined);
  return (
    entries.toSorted((a, b) => (a.time ?? '').localeCompare(b.time ?? '', 'en')).at(-1)?.manager ?? 'an unknown manager'
  );
}

/** Prints a change of the state of a switch. */
function agentChanged(object: LiveObject, { standings, tracks, now, print }: Watched): void {
  for (const { name, state, reason } of standingsOf([readAgent(object)], tracks, now())) {
    if (standings.get(name) === state) continue;
    standings.set(name, state);
    print(`switch ${name}: ${state} (${reason})`, { switch: name, state, reason });
  }
}

function objectChanged(served: ServedKind, object: LiveObject, watched: Watched): void {
  const { fabric, self, declared, contents, print } = watched;
  const address = addressOf(fabric, served, object);
  const digest = contentDigest(object);
  // A change of the status alone is not a change of the object.
  if (contents.get(address) === digest) return;
  const isNew = !contents.has(address);
  contents.set(address, digest);
  const manager = lastWriter(object);
  const isDrift = declared.has(address) && manager !== self;
  const what = isNew ? 'created' : 'changed';
  const drift = isDrift ? 'drift: ' : '';
  print(`${drift}${address} was ${what} by ${manager}`, {
    address,
    event: what,
    manager,
    declared: declared.has(address),
    drift: isDrift,
  });
}

function objectDeleted(served: ServedKind, object: LiveObject, { fabric, declared, contents, print }: Watched): void {
  const address = addressOf(fabric, served, object);
  contents.delete(address);
  const isDrift = declared.has(address);
  print(`${isDrift ? 'drift: ' : ''}${address} was deleted`, {
    address,
    event: 'deleted',
    declared: isDrift,
    drift: isDrift,
  });
}

const RELISTED = {
  silent: 'the watch was silent',
  expired: 'its version was no longer kept',
  failed: 'it failed',
} as const;

function heard(served: ServedKind, event: WatchEvent, watched: Watched): void {
  const { print } = watched;
  const { kind } = served;
  switch (event.type) {
    case 'listed':
      for (const object of event.objects) {
        if (kind === 'Agent') agentChanged(object, watched);
        else watched.contents.set(addressOf(watched.fabric, served, object), contentDigest(object));
      }
      print(`watching ${counted(event.objects.length, 'object')} of the kind ${kind}`, {
        kind,
        event: 'listed',
        objects: event.objects.length,
      });
      return;
    case 'changed':
      if (kind === 'Agent') agentChanged(event.object, watched);
      else objectChanged(served, event.object, watched);
      return;
    case 'deleted':
      objectDeleted(served, event.object, watched);
      return;
    case 'relisted':
      print(
        `the objects of the kind ${kind} were listed again, because ${RELISTED[event.cause]}: ${counted(event.missed, 'change')} missed`,
        {
          kind,
          event: 'relisted',
          cause: event.cause,
          missed: event.missed,
        },
      );
      return;
    case 'interrupted':
      print(`the watch of the kind ${kind} is interrupted: ${shortLine(event.reason)}`, {
        kind,
        event: 'interrupted',
        reason: event.reason,
      });
      return;
    case 'refused':
      print(`the cluster refuses the watch of the kind ${kind}: ${event.refusal.words}`, {
        kind,
        event: 'refused',
        reason: event.refusal.words,
      });
      return;
    case 'fresh':
      return;
  }
}

/** The kinds of a Fabric's objects that the cluster serves, and its Agents. */
async function kindsOf(cluster: ClusterReader, fabric: Ref, input: WatchInput): Promise<readonly ServedKind[]> {
  const { signal } = input;
  const found = await servedKinds(cluster, objectsOf(fabric, input), signal);
  const agents = await agentKind(cluster, signal);
  return agents === undefined ? found : [...found, agents];
}

type Words = { readonly name: { readonly summary: string; readonly as: 'required' } };

export const watch = defineCommand<FabricReader, Words>({
  name: 'watch',
  summary: 'Print the changes of the objects and switches of a Fabric until interrupted.',
  words: { name: { summary: 'Name of the Fabric.', as: 'required' } },
  more: '\nA watch that is silent for 90 s lists the objects again, and names the changes that it missed.\n',
  does: 'watch',
  watch: async (world, input) => {
    const { words, desired, signal, print } = input;
    const fabric = namedResource('Fabric', words.name, input);
    const cluster = await world.cluster(fabricDocument(fabric.name, desired).spec, signal);
    const watched: Watched = {
      fabric: fabric.name,
      self: managerOf(world.project),
      declared: new Set(desired.map(({ ref }) => formatRef(ref))),
      contents: new Map(),
      standings: new Map(),
      tracks: world.tracksOf(fabric.name),
      now: world.now,
      print,
    };
    const kinds = await kindsOf(cluster, fabric, input);
    for await (const { served, event } of watchKinds(cluster, kinds, {}, signal)) heard(served, event, watched);
  },
});
