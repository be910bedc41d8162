/** The place of a node: a server of the cloud, by its name, in which case does not matter, and by its id. */

import { type Claim, seenFacts } from '#plugin';
import type { Resource } from '#plugin';
import type { NodeFacts } from './facts.ts';
import type { NodeMemory, NodeSpec } from './generated.ts';
import { settingsOf } from './settings.ts';

/** A server's name as the provider compares it (RFC 1123). */
export function serverKey(name: string): string {
  return name.toLowerCase();
}

export function nodePlaces(resource: Resource<NodeSpec, NodeFacts, NodeMemory>): readonly Claim[] {
  // A static machine is only probed.
  if (settingsOf(resource.desired, resource.memory).provider === 'static') return [];
  const id = seenFacts(resource)?.server_id ?? resource.memory?.kept.server_id;
  return [
    { kind: 'key', key: `the server ${serverKey(resource.ref.name)}` },
    ...(id === undefined ? [] : [{ kind: 'key' as const, key: `the server with the id ${id}` }]),
  ];
}
