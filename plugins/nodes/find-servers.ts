/** Finding servers: matches the servers of the account to nodes, and finds unmanaged ones. Pure. */

import type { Desired, Memory, Ref } from '#plugin';
import type { NodeMemory, NodeSpec } from './generated.ts';
import { isOfOurCreate } from './observe-node.ts';
import { serverKey } from './places.ts';
import type { Settings } from './settings.ts';
import type { ServerSeen } from './world.ts';

/** A node to refresh, with the values that identify it. */
export interface NodeTarget {
  readonly ref: Ref;
  readonly desired?: Desired<NodeSpec>;
  readonly memory?: Memory<NodeMemory>;
  readonly settings: Settings;
}

export const NOTHING_FOUND: Found = { servers: new Map(), others: [], names: new Set(), alike: new Map() };

/** True if a document declares the node, or the state has it. */
export function isWritten({ desired, memory }: NodeTarget): boolean {
  return desired !== undefined || memory !== undefined;
}

/** Servers by node, and unmanaged servers. */
export interface Found {
  readonly servers: ReadonlyMap<string, ServerSeen>;
  readonly others: readonly ServerSeen[];
  /** Names of all observed servers. */
  readonly names: ReadonlySet<string>;
  /** Nodes without a server, with the unmanaged server whose name differs only by case: both names. */
  readonly alike: ReadonlyMap<string, string>;
}

/** True for a server with the name of an open create that did not create it; such a server is ignored for now. */
export function isTaken({ memory }: NodeTarget, server: ServerSeen): boolean {
  const isOpen = memory?.open?.goal === 'create';
  return isOpen && memory?.kept.server_id !== server.id && !isOfOurCreate(memory, server);
}

/** Matches servers to nodes, by the recorded id, else by name. */
export function assign(nodes: readonly NodeTarget[], all: readonly ServerSeen[]): Found {
  const byId = new Map(all.map((server) => [server.id, server]));
  const byName = new Map(all.map((server) => [server.name, server]));
  const servers = new Map<string, ServerSeen>();
  const taken = new Set<number>();
  const take = (node: NodeTarget, server: ServerSeen | undefined): void => {
    if (server === undefined || taken.has(server.id) || isTaken(node, server)) return;
    servers.set(node.ref.name, server);
    taken.add(server.id);
  };
  for (const node of nodes) {
    const id = node.memory?.kept.server_id;
    if (id !== undefined) take(node, byId.get(id));
  }
  for (const node of nodes) if (!servers.has(node.ref.name)) take(node, byName.get(node.ref.name));
  const others = all.filter(({ id }) => !taken.has(id));
  const byKey = new Map(others.map(({ name }) => [serverKey(name), name]));
  const alike = nodes.flatMap((node) => {
    const { name } = node.ref;
    const other = servers.has(name) || !isWritten(node) ? undefined : byKey.get(serverKey(name));
    return other === undefined || other === name ? [] : [[name, other] as const];
  });
  return { servers, others, names: new Set(byName.keys()), alike: new Map(alike) };
}
