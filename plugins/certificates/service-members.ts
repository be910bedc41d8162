/** Services, and the Certificates of each, from documents and the plan. Pure. */

import type { Action, Scene } from '#plugin';
import { PLUGIN } from './remembered.ts';
import type { Service } from './world.ts';
import { Certificate } from './kinds.ts';

/** The key of a service: documents with the same `reload`, apart from its timeout, share a service. */
export function serviceKey({ command, signal }: Service): string {
  return JSON.stringify(command ?? [signal?.pidFile, signal?.name]);
}

type Members = ReadonlyMap<string, ReadonlySet<string>>;

/** Cache by the actions of a plan: each of a thousand certificates asks for the same members. */
const known = new WeakMap<ReadonlyMap<string, Action>, Members>();

function membersIn(scene: Scene): Members {
  const members = new Map<string, Set<string>>();
  for (const [address, { verdict, change }] of scene.judged) {
    if (verdict !== 'accept' || change.ref.plugin !== PLUGIN || change.ref.kind !== 'Certificate') continue;
    const service = Certificate.get(scene, address)?.desired?.spec?.reload;
    if (service === undefined || change.goal === 'remove' || change.goal === 'adopt' || change.goal === 'protect')
      continue;
    const key = serviceKey(service);
    members.set(key, (members.get(key) ?? new Set<string>()).add(change.ref.name));
  }
  return members;
}

/** Names of the Certificates of a service with an accepted step in the plan: its reload waits for them. */
export function serviceMembers(service: Service, scene: Scene): ReadonlySet<string> {
  const members = known.get(scene.judged) ?? membersIn(scene);
  known.set(scene.judged, members);
  return members.get(serviceKey(service)) ?? new Set();
}
