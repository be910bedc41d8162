/**
 * As sent: what a manifest declares must be in the answer of the server. A webhook that drops or replaces a value
 * would otherwise be a silent loss. Known normalisations of the fabric are not a loss.
 */

import { isTree, type Json, leavesOf, sameJson, valueAt } from '#plugin';
import type { LiveObject } from './content.ts';
import type { Manifest } from './manifest.ts';

/** One declared value that the answer does not have. `after` is absent if the field was dropped. */
export interface Lost {
  readonly path: string;
  readonly sent: Json;
  readonly after?: Json;
}

function isSameSet(a: Json, b: Json | undefined): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  const left = (b as readonly Json[]).slice();
  return (a as readonly Json[]).every((item) => {
    const at = left.findIndex((other) => isNormalised(item, other));
    if (at < 0) return false;
    left.splice(at, 1);
    return true;
  });
}

/** A declared mapping is in the answer if each of its members is; the answer may have more. */
function isInTree(sent: { readonly [key: string]: Json }, after: Json | undefined): boolean {
  return isTree(after) && Object.entries(sent).every(([key, value]) => isNormalised(value, after[key]));
}

/** True if the server may store `after` for a sent value: lists sorted, prefixes cut, defaults filled in. */
function isNormalised(sent: Json, after: Json | undefined): boolean {
  if (sameJson(sent, after)) return true;
  if (Array.isArray(sent)) return isSameSet(sent, after);
  if (isTree(sent)) return isInTree(sent, after);
  if (typeof sent !== 'string' || typeof after !== 'string') return false;
  // `SPEED_10G` is stored as `10G`, and `vpc-1` in the field `subnet` of an attachment as `vpc-1/default`.
  return sent === `SPEED_${after}` || `${sent}/default` === after;
}

const MAC = /^[0-9A-F]{2}(?:[-:][0-9A-F]{2}){5}$/iu;

/** A MAC address in the spelling of the fabric: `0c:20:12:fe:01:00`. */
function canonicalMac(text: string): string {
  return text.toLowerCase().replaceAll('-', ':');
}

/** A manifest with the MAC addresses in keys spelled as the fabric stores them, so that removed ones are removed. */
export function withCanonicalMacs(manifest: Manifest): Manifest {
  const spelled = (value: Json): Json => {
    if (Array.isArray(value)) return (value as readonly Json[]).map(spelled);
    if (!isTree(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [MAC.test(key) ? canonicalMac(key) : key, spelled(member)]),
    );
  };
  const { spec } = manifest as { readonly spec?: Json };
  return manifest.kind === 'VPC' && spec !== undefined ? { ...manifest, spec: spelled(spec) } : manifest;
}

/** Members of a VPC's DHCP settings that the fabric drops where they have no effect. */
const DROPPED: Readonly<Record<string, RegExp>> = {
  VPC: /^\/spec\/subnets\/[^/]+\/dhcp\/(?:options|range)(?:\/|$)/u,
};

function isDroppedOnPurpose(manifest: Manifest, path: string): boolean {
  if (DROPPED[manifest.kind]?.test(path) !== true) return false;
  const dhcp = path.split('/').slice(0, 5).join('/');
  const options = valueAt(manifest, `${dhcp}/options`);
  const isEmpty = isTree(options) && Object.keys(options).length === 0;
  return valueAt(manifest, `${dhcp}/enable`) !== true || (isEmpty && path.startsWith(`${dhcp}/options`));
}

/** A field in a list of another length or order is compared with its list. */
function comparedPath(manifest: Manifest, path: string): string {
  const parts = path.split('/');
  const list = parts.findIndex((_part, i) => i > 0 && Array.isArray(valueAt(manifest, parts.slice(0, i).join('/'))));
  return list < 0 ? path : parts.slice(0, list).join('/');
}

/** Declared values that the answer of the server does not have, up to the normalisations of the fabric. */
export function lostValues(manifest: Manifest, answer: LiveObject): readonly Lost[] {
  if (isInTree(manifest, answer)) return [];
  const paths = new Set(leavesOf(manifest).map((path) => comparedPath(manifest, path)));
  return [...paths].flatMap((path): readonly Lost[] => {
    const sent = valueAt(manifest, path);
    const after = valueAt(answer, path);
    if (sent === undefined || isNormalised(sent, after) || isDroppedOnPurpose(manifest, path)) return [];
    // An empty mapping has no content to lose.
    if (after === undefined && isTree(sent) && Object.keys(sent).length === 0) return [];
    return [{ path, sent, ...(after === undefined ? {} : { after }) }];
  });
}
