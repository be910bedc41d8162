/** Services, and the Certificates that belong to each: pure, from what is written and planned. */

import type { Scene } from '#plugin';
import { PLUGIN } from './remembered.ts';
import type { Service } from './world.ts';
import { Certificate } from './kinds.ts';

/** Documents that write the same are about one service, however long each lets it take. */
export function serviceKey({ command, signal }: Service): string {
  return JSON.stringify(command ?? [signal?.pidFile, signal?.name]);
}

/** Names of the Certificates of a service that a plan has an accepted step for: their requests share a reload. */
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
