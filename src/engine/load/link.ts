/** Checks documents against each other: duplicate names, unknown references, cycles. Pure. */

import {
  type Desired,
  formatRef,
  type Json,
  type Mistake,
  nearest,
  type Plugin,
  type Position,
  printable,
  type Ref,
} from '#plugin';
import type { PointerMistake } from './explain.ts';
import { shorten } from './mistake.ts';
import type { ValidPart } from './valid-part.ts';

/** A dependency that a document declares, with its place. */
export interface Link {
  readonly address: string;
  /** JSON pointer into the document. */
  readonly pointer: string;
}

/** One document, or what is valid of it, with its address, its place in its file and its links. */
export interface Declared {
  readonly desired: Desired;
  readonly address: string;
  readonly file: string;
  readonly links: readonly Link[];
  /** Set for a document with mistakes, of which `desired` is the valid part. */
  readonly valid?: Pick<ValidPart, 'inWhole'> | undefined;
}

/** A document with a mistake: its file, and the place of its name. */
export interface MistakenDocument extends Pick<Declared, 'file' | 'valid'> {
  readonly desired: Pick<Desired, 'source'>;
}

export interface LinkMistake extends PointerMistake {
  readonly of: MistakenDocument;
}

/** Unknown references for which names are compared; for more, the time would grow with the product. */
const NEAREST_SEARCHES = 50;

export function placeWords({ file, line, column }: Position): string {
  return `${file}:${line}:${column}`;
}

/** Second and later documents of one name, in the order of the documents. */
export function findDuplicates(documents: readonly Declared[]): readonly LinkMistake[] {
  const first = new Map<string, Declared>();
  const mistakes: LinkMistake[] = [];
  for (const document of documents) {
    const before = first.get(document.address);
    if (before === undefined) first.set(document.address, document);
    else
      mistakes.push({
        of: document,
        code: 'duplicate-name',
        pointer: '/metadata/name',
        at: 'value',
        message: `${shorten(document.address, 200)} is declared twice: first at ${placeWords(before.desired.source)}`,
      });
  }
  return mistakes;
}

/**
 * Links to undeclared resources. `others` are addresses of documents with errors; resources of plugins that are not loaded
 * (`unloaded`) are unknown.
 */
export function findUnknown(
  documents: readonly Declared[],
  others: ReadonlySet<string>,
  unloaded: ReadonlySet<string>,
): readonly LinkMistake[] {
  const known = new Set(documents.map(({ address }) => address));
  const byKind = new Map<string, string[]>();
  const kindOf = (address: string): string => address.split('/', 2).join('/');
  for (const address of known) {
    const kind = kindOf(address);
    const sameKind = byKind.get(kind);
    if (sameKind === undefined) byKind.set(kind, [address]);
    else sameKind.push(address);
  }
  const mistakes: LinkMistake[] = [];
  let searches = 0;
  for (const document of documents) {
    for (const { address, pointer } of document.links) {
      if (known.has(address) || others.has(address) || unloaded.has(address.split('/', 1)[0] ?? '')) continue;
      const isAddress = pointer.startsWith('/metadata/');
      const kind = kindOf(address);
      const sameKind = byKind.get(kind) ?? [];
      const near =
        searches++ < NEAREST_SEARCHES ? nearestAddress(address, sameKind, isAddress ? known : sameKind) : undefined;
      const shown = near === undefined ? undefined : isAddress ? near : near.slice(near.lastIndexOf('/') + 1);
      mistakes.push({
        of: document,
        code: 'unknown-reference',
        pointer,
        at: 'value',
        message: `${shorten(address, 200)} is not declared in any document`,
        ...(shown === undefined ? {} : { suggestion: `did you mean \`${shorten(shown, 200)}\`?` }),
      });
    }
  }
  return mistakes;
}

/** The nearest address, compared by its last part first, which is the one that people write. */
function nearestAddress(address: string, sameKind: readonly string[], all: Iterable<string>): string | undefined {
  const nameOf = (each: string): string => each.slice(each.lastIndexOf('/') + 1);
  const byName = new Map(sameKind.map((each) => [nameOf(each), each]));
  const near = nearest(nameOf(address), byName.keys());
  return near === undefined ? nearest(address, all) : byName.get(near);
}

/**
 * One cycle for every group of documents that depend on each other: the shortest one through the first of them. Without
 * recursion, so that a chain of ten thousand documents is safe.
 */
export function findCycles(documents: readonly Declared[]): readonly LinkMistake[] {
  const byAddress = new Map<string, Declared>();
  for (const document of documents) if (!byAddress.has(document.address)) byAddress.set(document.address, document);
  const targets = (address: string): readonly Link[] =>
    byAddress.get(address)?.links.filter((link) => byAddress.has(link.address)) ?? [];
  const mistakes: LinkMistake[] = [];
  // A document without links is in no circle.
  const linked = [...byAddress].flatMap(([address, { links }]) => (links.length > 0 ? [address] : []));
  for (const group of groups(linked, (address) => targets(address).map((link) => link.address))) {
    const inside = new Set(group);
    const start = [...group].sort()[0];
    if (start === undefined) continue;
    const circle = shortestCircle(start, (address) => targets(address).filter((link) => inside.has(link.address)));
    const first = byAddress.get(start);
    const link = circle[0];
    if (first === undefined || link === undefined) continue;
    const steps = circle.map(({ address }) => {
      const at = byAddress.get(address)?.desired.source;
      return `${shorten(address, 100)}${at === undefined ? '' : ` (${placeWords(at)})`}`;
    });
    const shown =
      steps.length > 20 ? [...steps.slice(0, 18), `… ${steps.length - 19} more …`, ...steps.slice(-1)] : steps;
    mistakes.push({
      of: first,
      code: 'dependency-cycle',
      pointer: link.pointer,
      at: 'value',
      message: `${shorten(start, 100)} depends on itself: ${[shorten(start, 100), ...shown].join(' → ')}`,
      suggestion: 'remove one of these references',
    });
  }
  return mistakes;
}

/** Strongly connected components that contain a cycle (Tarjan, with a stack of its own). */
function groups(nodes: readonly string[], next: (node: string) => readonly string[]): readonly (readonly string[])[] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const found: string[][] = [];
  for (const root of nodes) {
    if (index.has(root)) continue;
    const work: { readonly node: string; readonly targets: readonly string[]; at: number }[] = [];
    const enter = (node: string): void => {
      index.set(node, index.size);
      low.set(node, index.size - 1);
      stack.push(node);
      onStack.add(node);
      work.push({ node, targets: next(node), at: 0 });
    };
    enter(root);
    for (let frame = work.at(-1); frame !== undefined; frame = work.at(-1)) {
      const { node } = frame;
      const target = frame.targets[frame.at++];
      if (target !== undefined) {
        if (!index.has(target)) enter(target);
        else if (onStack.has(target)) low.set(node, Math.min(low.get(node) ?? 0, index.get(target) ?? 0));
        continue;
      }
      work.pop();
      const parent = work.at(-1);
      if (parent !== undefined) low.set(parent.node, Math.min(low.get(parent.node) ?? 0, low.get(node) ?? 0));
      if (low.get(node) !== index.get(node)) continue;
      const group: string[] = [];
      for (let member = stack.pop(); member !== undefined; member = stack.pop()) {
        onStack.delete(member);
        group.push(member);
        if (member === node) break;
      }
      if (group.length > 1 || frame.targets.includes(node)) found.push(group);
    }
  }
  return found;
}

/** The links of a shortest way from a node back to itself. */
function shortestCircle(start: string, links: (node: string) => readonly Link[]): readonly Link[] {
  const cameBy = new Map<string, { readonly from: string; readonly link: Link }>();
  const queue = [start];
  for (let at = 0; at < queue.length; at++) {
    const node = queue[at] as string;
    for (const link of links(node)) {
      if (link.address !== start && cameBy.has(link.address)) continue;
      if (link.address !== start) {
        cameBy.set(link.address, { from: node, link });
        queue.push(link.address);
        continue;
      }
      const circle = [link];
      for (let back = node; back !== start; ) {
        const step = cameBy.get(back);
        if (step === undefined) break;
        circle.unshift(step.link);
        back = step.from;
      }
      return circle;
    }
  }
  return [];
}

/** Mistakes that the plugins' own checks find. A document with a duplicate name is checked once. */
export function findPluginMistakes(
  documents: readonly Declared[],
  pluginOf: (name: string) => Checks | undefined,
  settingsOf: (name: string) => Json,
): readonly LinkMistake[] {
  const byAddress = new Map<string, Declared>();
  for (const document of documents) if (!byAddress.has(document.address)) byAddress.set(document.address, document);
  const find = (ref: Ref): Desired | undefined => byAddress.get(formatRef(ref))?.desired;
  const of = (document: Declared, { code, pointer, message, suggestion, severity }: Mistake): LinkMistake => ({
    of: document,
    at: 'value',
    code,
    pointer,
    message: printable(message),
    ...(suggestion === undefined ? {} : { suggestion: printable(suggestion) }),
    ...(severity === undefined ? {} : { severity }),
  });
  const mistakes: LinkMistake[] = [];
  const byPlugin = Map.groupBy(byAddress.values(), ({ desired }) => desired.ref.plugin);
  for (const [name, ofPlugin] of byPlugin) {
    const plugin = pluginOf(name);
    if (plugin?.check !== undefined) {
      for (const document of ofPlugin)
        for (const mistake of plugin.check(document.desired, find, settingsOf(name)))
          mistakes.push(of(document, mistake));
    }
    for (const mistake of plugin?.checkTogether?.(ofPlugin.map(({ desired }) => desired)) ?? []) {
      const document = byAddress.get(formatRef(mistake.ref));
      if (document !== undefined) mistakes.push(of(document, mistake));
    }
  }
  return mistakes;
}

type Checks = Pick<Plugin, 'check' | 'checkTogether'>;
