/** The content of an object: what a team declares of it, without what the server and the controllers write. */

import { changeAt, digestOf, escapePointer, type FieldChange, isTree, type Json, sameJson } from '#plugin';
import type { FabricSpec } from '../generated.ts';
import { asName } from '../live/answers.ts';

type Tree = { readonly [key: string]: Json };

/** An object as the API server returns it. */
export type LiveObject = Tree;

/** Members of `metadata` that belong to the content. */
const CONTENT_METADATA = ['labels', 'annotations', 'finalizers'] as const;

/** A value as text; another text for a value that is not one. */
export function textOr(value: unknown, other: string): string {
  return typeof value === 'string' ? value : other;
}

/** Managers or finalizers of one object that are recorded. */
export const MOST_NAMES = 100;

/** The names of an object's finalizers. */
export function finalizersOf(object: LiveObject): readonly string[] {
  const metadata = object['metadata'];
  const all = isTree(metadata) ? metadata['finalizers'] : undefined;
  const named = (Array.isArray(all) ? (all as readonly Json[]) : []).flatMap((each) =>
    typeof each === 'string' ? [asName(each)] : [],
  );
  return named.slice(0, MOST_NAMES);
}

/** The object without status, identity, times and managed fields. */
export function contentOf(object: LiveObject): Tree {
  const { status: _status, metadata, ...members } = object;
  const given = isTree(metadata) ? metadata : {};
  const kept = CONTENT_METADATA.flatMap((key) => {
    const value = given[key];
    return value === undefined ? [] : [[key, value] as const];
  });
  return { ...members, metadata: Object.fromEntries(kept) };
}

/** Digests of objects of this process: a refresh needs each one several times. */
const digests = new WeakMap<LiveObject, string>();

export function contentDigest(object: LiveObject): string {
  const digest = digests.get(object) ?? digestOf(contentOf(object));
  digests.set(object, digest);
  return digest;
}

/** Differences of two values, as fields. Lists are compared item by item if they have the same length. */
export function differencesBetween(
  before: Json | undefined,
  after: Json | undefined,
  path = '',
): readonly FieldChange[] {
  if (sameJson(before ?? null, after ?? null) && (before === undefined) === (after === undefined)) return [];
  if (isTree(before) && isTree(after))
    return [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .sort()
      .flatMap((key) => differencesBetween(before[key], after[key], `${path}/${escapePointer(key)}`));
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length && before.some(isTree))
    return before.flatMap((item: Json, i) => differencesBetween(item, after[i] as Json, `${path}/${i}`));
  return [
    {
      path,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    },
  ];
}

/** Pointers to secret values, by kind. Kubernetes' own Secret, and what the fabric keeps in its Agents. */
const SECRET_POINTERS: Readonly<Record<string, readonly string[]>> = {
  Secret: ['/data', '/stringData'],
  Agent: ['/spec'],
};

/** A secret value of the objects of a kind, as a Fabric names it. */
export type NamedSecret = FabricSpec['secrets'][number];

/** The pointers to secret values of a kind, once each: the known ones, and named ones. */
export function secretPointers(kind: string, named: readonly NamedSecret[] = []): readonly string[] {
  const more = named.flatMap((each) => (each.kind === kind ? [each.pointer] : []));
  return [...new Set([...(SECRET_POINTERS[kind] ?? []), ...more])];
}

/** The members of a kind's objects that have known secrets: `spec` of an Agent. */
export function secretMembers(kind: string): readonly string[] {
  return secretPointers(kind).map((pointer) => pointer.split('/')[1] ?? '');
}

function isWithin(path: string, pointer: string): boolean {
  return path === pointer || path.startsWith(`${pointer}/`);
}

/** Differences without the values of secrets. A difference above a secret is one of the secret. */
export function masked(fields: readonly FieldChange[], secrets: readonly string[]): readonly FieldChange[] {
  return fields.map((field) =>
    secrets.some((pointer) => isWithin(field.path, pointer) || isWithin(pointer, field.path))
      ? { path: field.path, secret: true }
      : field,
  );
}

/** A copy of an object with secret values replaced. */
export function withoutSecrets(object: Tree, secrets: readonly string[]): Tree {
  return secrets.reduce<Json>(
    (value, pointer) => changeAt(value, pointer, (before) => (before === undefined ? undefined : '(secret)')),
    object,
  ) as Tree;
}

/** The differences that an apply makes, from the live object to the answer of a dry run. */
export function changesOf(live: LiveObject | undefined, predicted: LiveObject): readonly FieldChange[] {
  return differencesBetween(live === undefined ? undefined : contentOf(live), contentOf(predicted));
}
