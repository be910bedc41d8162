/** The objects that the removal of a definition or a Namespace would delete with it, by number. */

import { compareText, errorText, valueAt } from '#plugin';
import { forEachOf } from '#plugin/limit';
import type { ClusterReader } from '../world.ts';
import type { LiveObject } from './content.ts';
import { groupOf } from './groups.ts';

export const DEFINITION = 'CustomResourceDefinition';

/**
 * The number of objects; `unread`: the reason why it is not known. Of a Namespace also the numbers by kind, and the kinds
 * that cannot be listed.
 */
export type Contents =
  | {
      readonly objects: number;
      readonly kinds?: Readonly<Record<string, number>>;
      readonly unlisted?: readonly string[];
    }
  | { readonly unread: string };

/** Lists at once. */
const AT_ONCE = 4;

/** Members that are dropped as soon as an object is read: only its existence counts. */
const CONTENT = ['spec', 'status', 'data', 'stringData', 'binaryData'] as const;

/** The objects in a Namespace, of the kinds in some versions of groups. Other kinds are not counted. */
export async function contentsOfNamespace(
  cluster: ClusterReader,
  { namespace, versions }: { readonly namespace: string; readonly versions: readonly string[] },
  signal: AbortSignal,
): Promise<Contents> {
  try {
    const served = (await Promise.all(versions.map((version) => cluster.served(version, signal))))
      .flatMap((each) => each ?? [])
      .filter(({ namespaced }) => namespaced);
    // One kind may be served in several versions.
    const kinds = new Map(served.map((each) => [`${groupOf(each.apiVersion)}/${each.kind}`, each]));
    const counts = new Map<string, number>();
    const unlisted: string[] = [];
    await forEachOf([...kinds.values()], AT_ONCE, async (each) => {
      const listed = await cluster.list(each, { namespace, omit: CONTENT }, signal);
      if ('words' in listed) unlisted.push(each.kind);
      else if (listed.length > 0) counts.set(each.kind, (counts.get(each.kind) ?? 0) + listed.length);
    });
    const sorted = [...counts].sort(([a], [b]) => compareText(a, b));
    return {
      objects: sorted.reduce((sum, [, count]) => sum + count, 0),
      kinds: Object.fromEntries(sorted),
      ...(unlisted.length === 0 ? {} : { unlisted: unlisted.sort() }),
    };
  } catch (error) {
    signal.throwIfAborted();
    return { unread: errorText(error) };
  }
}

/** The number of all objects of the kind that a definition adds, in every namespace. */
export async function contentsOf(
  cluster: ClusterReader,
  definition: LiveObject,
  signal: AbortSignal,
): Promise<Contents> {
  const [group, kind] = [valueAt(definition, '/spec/group'), valueAt(definition, '/spec/names/kind')];
  if (typeof group !== 'string' || typeof kind !== 'string') return { unread: 'the definition names no kind' };
  try {
    for (const version of await cluster.versions(group, signal)) {
      const served = (await cluster.served(version, signal))?.find((each) => each.kind === kind);
      if (served === undefined) continue;
      const listed = await cluster.list(served, {}, signal);
      return 'words' in listed ? { unread: listed.words } : { objects: listed.length };
    }
    return { objects: 0 };
  } catch (error) {
    signal.throwIfAborted();
    return { unread: errorText(error) };
  }
}
