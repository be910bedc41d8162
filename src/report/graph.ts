/** Graphs as Mermaid: the lifecycle of a kind, and the dependencies of resources. */

import { compareText, printable } from '#plugin';

/** One transition of a lifecycle. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly trigger: string;
  readonly by: 'fettle' | 'world';
}

/** Returns the lines of a state diagram. `absent` is the start and the end. Steps of fettle are marked. */
export function lifecycleGraph(arrows: readonly Arrow[], editedStates: readonly string[]): readonly string[] {
  const node = (state: string): string => (state === 'absent' ? '[*]' : state);
  const moves = new Map<string, Arrow[]>();
  for (const arrow of arrows) {
    const key = `${arrow.from}>${arrow.to}`;
    moves.set(key, [...(moves.get(key) ?? []), arrow]);
  }
  return [
    'stateDiagram-v2',
    ...[...moves.values()].flatMap((same) => {
      const labels = [...new Set(same.map(({ trigger, by }) => (by === 'fettle' ? `fettle ${trigger}` : trigger)))];
      return same.slice(0, 1).map(({ from, to }) => `  ${node(from)} --> ${node(to)}: ${labels.join(' or ')}`);
    }),
    ...editedStates.map((state) => `  ${state} --> ${state}: fettle edit`),
  ];
}

/** Escapes text of a document for a quoted label, so that no part of it is markup. */
function label(text: string): string {
  return `"${printable(text).replaceAll(/[^\p{L}\p{N} ._/-]/gu, (character) => `#${character.codePointAt(0) ?? 0};`)}"`;
}

export interface Node {
  readonly address: string;
  /** Addresses of the resources that it needs. */
  readonly needs: readonly string[];
}

/** Returns the lines of a flow chart. An arrow leads from a resource to each resource that it needs. */
export function dependencyGraph(nodes: readonly Node[]): readonly string[] {
  const addresses = [...new Set(nodes.flatMap(({ address, needs }) => [address, ...needs]))].sort(compareText);
  const ids = new Map(addresses.map((address, i) => [address, `r${i + 1}`]));
  const arrows = nodes.flatMap(({ address, needs }) => needs.map((need) => [ids.get(address), ids.get(need)] as const));
  return [
    'flowchart LR',
    ...addresses.map((address) => `  ${ids.get(address)}[${label(address)}]`),
    ...arrows.map(([from, to]) => `  ${from} --> ${to}`),
  ];
}
