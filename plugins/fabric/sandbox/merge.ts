/** Merges an applied configuration into a live object, by the shape of its kind. */

import { atomOf, fieldShape, itemElement, type ListShape, type MapShape, type Shape } from './shape.ts';
import { type Draft, isList, isTree, type Value } from './value.ts';

/** The live value with the applied one over it; undefined if nothing is left. */
export function merge(shape: Shape, live: Value | undefined, applied: Value | undefined): Value | undefined {
  if (live === undefined && applied === undefined) return undefined;
  const left = atomOf(shape, live);
  const right = atomOf(shape, applied);
  if (applied === undefined) return mergeAs(left, live, applied);
  if (live === undefined || left.is === right.is) return mergeAs(right, live, applied);
  return mergeAs(right, undefined, applied);
}

function mergeAs(shape: Shape, live: Value | undefined, applied: Value | undefined): Value | undefined {
  if (shape.is === 'list') {
    const [a, b] = [isList(live) ? live : [], isList(applied) ? applied : []];
    if (shape.type === 'atomic' || a.length + b.length === 0) return applied === undefined ? live : applied;
    const merged = mergeItems(shape, a, b);
    return merged.length > 0 ? merged : undefined;
  }
  if (shape.is === 'map') {
    const [a, b] = [isTree(live) ? live : {}, isTree(applied) ? applied : {}];
    if (shape.isAtomic || Object.keys(a).length + Object.keys(b).length === 0)
      return applied === undefined ? live : applied;
    return mergeMembers(shape, a, b);
  }
  return applied === undefined ? live : applied;
}

function mergeMembers(
  shape: MapShape,
  live: { readonly [name: string]: Value },
  applied: { readonly [name: string]: Value },
): Value | undefined {
  const merged: Draft = {};
  for (const name of new Set([...Object.keys(live), ...Object.keys(applied)])) {
    const value = merge(fieldShape(shape, name), live[name], applied[name]);
    if (value !== undefined) merged[name] = value;
  }
  return Object.keys(merged).length > 0 ? merged : undefined;
}

interface Items {
  readonly elements: readonly string[];
  readonly byElement: ReadonlyMap<string, Value>;
}

function itemsOf(shape: ListShape, items: readonly Value[]): Items {
  const elements = items.map((item, index) => itemElement(shape, item, index) ?? '');
  return { elements, byElement: new Map(elements.map((element, index) => [element, items[index] ?? null])) };
}

/** Shared items follow the applied order; others keep their place relative to them. */
function mergeItems(shape: ListShape, live: readonly Value[], applied: readonly Value[]): readonly Value[] {
  const left = itemsOf(shape, live);
  const right = itemsOf(shape, applied);
  const shared = right.elements.filter((element) => left.byElement.has(element));
  const merged: Value[] = [];
  const done = new Set<string>();
  let next = shared.shift();
  const take = (element: string): void => {
    done.add(element);
    const value = merge(shape.items, left.byElement.get(element), right.byElement.get(element));
    if (value !== undefined) merged.push(value);
  };
  let l = 0;
  let r = 0;
  while (l < left.elements.length || r < right.elements.length) {
    const mine = left.elements[l];
    const theirs = right.elements[r];
    if (mine !== undefined && theirs !== undefined) {
      if (mine === theirs) {
        take(mine);
        l += 1;
        r += 1;
        next = shared.shift();
        continue;
      }
      // A shared item that is not the next one of the applied order: its place comes later.
      if (right.byElement.has(mine) && next !== undefined && next !== mine) {
        l += 1;
        continue;
      }
    }
    if (mine !== undefined && !right.byElement.has(mine)) {
      take(mine);
      l += 1;
      continue;
    }
    if (mine !== undefined && done.has(mine)) l += 1;
    if (theirs !== undefined) {
      take(theirs);
      r += 1;
      if (next === theirs) next = shared.shift();
    }
  }
  return merged;
}
