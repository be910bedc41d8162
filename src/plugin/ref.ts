/** Addresses: the text of a Ref, `plugin/Kind/scope…/name`. */

import type { Ref } from './types.ts';

const UNSAFE = /[/@*?%\s\u0000-\u001f\u007f-\u009f]/gu;
/** Names that need no encoding, for speed: most names do not, and a large fleet has many addresses. */
const SAFE = /^[\w.:-]*$/;

function encodePart(part: string): string {
  if (SAFE.test(part)) return part;
  return part.replace(UNSAFE, (character) => encodeURIComponent(character).replaceAll('*', '%2A'));
}

/** `nodes/Node/web-1`, `fabric/VPC/prod/default/web`. Percent-encodes `/ @ * ? %`, blanks and control characters. */
export function formatRef(ref: Ref): string {
  const scope = ref.scope === undefined || ref.scope.length === 0 ? '' : `${ref.scope.map(encodePart).join('/')}/`;
  return `${ref.plugin}/${ref.kind}/${scope}${encodePart(ref.name)}`;
}

/** Parses an address; undefined if the text is not an address. */
export function parseRef(address: string): Ref | undefined {
  const parts = address.split('/');
  if (parts.length < 3 || parts.some((part) => part === '')) return undefined;
  try {
    const [plugin, kind, ...names] = parts.map((part) => decodeURIComponent(part));
    const name = names.pop();
    if (plugin === undefined || kind === undefined || name === undefined) return undefined;
    return names.length === 0 ? { plugin, kind, name } : { plugin, kind, scope: names, name };
  } catch {
    return undefined;
  }
}

/** Compares addresses by code unit: the same order on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** By address, in an order that does not depend on what answered first. */
export function inAddressOrder<T extends { readonly ref: Ref }>(items: readonly T[]): readonly T[] {
  return items
    .map((item) => ({ item, address: formatRef(item.ref) }))
    .sort((a, b) => compareText(a.address, b.address))
    .map(({ item }) => item);
}
