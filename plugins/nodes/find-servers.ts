/** Finding servers: which of the account's servers is which node, and which is nobody's: pure. */

import type { Desired, Memory, Ref } from '../../src/engine/types.ts';
import type { NodeMemory, NodeSpec } from './generated.ts';
import { LABELS, labelValue } from './labels.ts';
import { intentOf } from './observe-node.ts';
import { serverKey } from './places.ts';
import type { Settings } from './settings.ts';
import type { ServerSeen } from './world.ts';

/** A node to look at, with what has to be known of it. */
export interface NodeTarget {
  readonly ref: Ref;
  readonly desired?: Desired<NodeSpec>;
  readonly memory?: Memory<NodeMemory>;
  readonly settings: Settings;
}

export const NOTHING_FOUND: Found = { servers: new Map(), others: [], claimed: new Map(), alike: new Map() };

/** A document names it, or something is remembered of it. */
export function isWritten({ desired, memory }: NodeTarget): boolean {
  return desired !== undefined || memory !== undefined;
}

/** Servers by the node that they are, and all that are nobody's. */
export interface Found {
  readonly servers: ReadonlyMap<string, ServerSeen>;
  readonly others: readonly ServerSeen[];
  /** Nodes whose name a server of another project has, by its label: name and project. */
  readonly claimed: ReadonlyMap<string, string>;
  /** Nodes without a server whose name differs by case alone from that of a server that is nobody's: both names. */
  readonly alike: ReadonlyMap<string, string>;
}

/** A server that has the name while a create of ours is open, and is not what that made, is not looked at yet. */
export function isTaken({ memory }: NodeTarget, server: ServerSeen): boolean {
  const intent = intentOf(memory);
  return intent !== undefined && memory?.kept.serverId !== server.id && server.labels[LABELS.intent] !== intent;
}

/** The other project that says, by its label, that a server is its own; what the log says is ours is ours. */
function claimOf({ memory }: NodeTarget, server: ServerSeen, project: string): string | undefined {
  const label = server.labels[LABELS.project];
  if (label === undefined || label === labelValue(project)) return undefined;
  return memory?.owned !== undefined && memory.unknown !== true ? undefined : label;
}

/** Which server is which node: by the id that is remembered, else by its name. */
export function assign(nodes: readonly NodeTarget[], all: readonly ServerSeen[], project: string): Found {
  const byId = new Map(all.map((server) => [server.id, server]));
  const byName = new Map(all.map((server) => [server.name, server]));
  const servers = new Map<string, ServerSeen>();
  const claimed = new Map<string, string>();
  const taken = new Set<number>();
  const take = (node: NodeTarget, server: ServerSeen | undefined): void => {
    if (server === undefined || taken.has(server.id) || isTaken(node, server)) return;
    const claim = isWritten(node) ? claimOf(node, server, project) : undefined;
    if (claim === undefined) servers.set(node.ref.name, server);
    else claimed.set(node.ref.name, claim);
    taken.add(server.id);
  };
  for (const node of nodes) {
    const id = node.memory?.kept.serverId;
    if (id !== undefined) take(node, byId.get(id));
  }
  for (const node of nodes) if (!servers.has(node.ref.name)) take(node, byName.get(node.ref.name));
  const others = all.filter(({ id }) => !taken.has(id));
  const byKey = new Map(others.map(({ name }) => [serverKey(name), name]));
  const alike = nodes.flatMap((node) => {
    const { name } = node.ref;
    const other = servers.has(name) || claimed.has(name) || !isWritten(node) ? undefined : byKey.get(serverKey(name));
    return other === undefined || other === name ? [] : [[name, other] as const];
  });
  return { servers, others, claimed, alike: new Map(alike) };
}
