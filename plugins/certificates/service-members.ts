/** Services, and the Certificates of each, from documents and the plan. Pure. */

import type { Scene } from '#plugin';
import { PLUGIN } from './remembered.ts';
import type { Service } from './world.ts';
import { Certificate } from './kinds.ts';

/** The key of a service: documents with the same `reload`, apart from its timeout, share a service. */
export function serviceKey({ command, signal }: Service): string {
  return JSON.stringify(command ?? [signal?.pidFile, signal?.name]);
}

/** Names of the Certificates of a service with an accepted step in the plan: their requests share a reload. */
export function serviceMembers(service: Service, scene: Scene): ReadonlySet<string> {
  const key = serviceKey(service);
  const members = new Set<string>();
  for (const [address, { verdict, change }] of scene.judged) {
    if (verdict !== 'accept' || change.ref.plugin !== PLUGIN || change.ref.kind !== 'Certificate') continue;
    if (change.goal === 'remove' || change.goal === 'adopt' || change.goal === 'protect') continue;
    const own = Certificate.get(scene, address)?.desired?.spec?.reload;
    if (own !== undefined && serviceKey(own) === key) members.add(change.ref.name);
  }
  return members;
}
