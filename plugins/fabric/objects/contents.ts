/** The objects that the removal of a definition would delete with it, by number. */

import { errorText, valueAt } from '#plugin';
import type { ClusterReader } from '../world.ts';
import type { LiveObject } from './content.ts';

export const DEFINITION = 'CustomResourceDefinition';

/** The number of objects of a kind; `unread`: the reason why it is not known. */
export type Contents = { readonly objects: number } | { readonly unread: string };

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
