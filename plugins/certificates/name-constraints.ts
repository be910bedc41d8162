/** Name constraints of authorities: the DNS names that one is permitted to sign for (RFC 5280, 4.2.1.10). */

import type { NameConstraints } from './world.ts';
import { defined } from '#plugin';

/**
 * True if a name is in a subtree: it is the same name, or has more labels in front. A subtree with a leading dot, as
 * some authorities have it, covers only the names below, as in OpenSSL; an empty one covers every name.
 */
function isWithin(name: string, subtree: string): boolean {
  const tree = subtree.toLowerCase();
  if (tree === '') return true;
  if (tree.startsWith('.')) return name.endsWith(tree) && name.length > tree.length;
  return name === tree || name.endsWith(`.${tree}`);
}

/** Names that an authority is not permitted to sign for, in their given form. */
export function namesNotAllowed(names: readonly string[], { permitted, excluded }: NameConstraints): readonly string[] {
  return names.filter((name) => {
    const own = name.toLowerCase();
    if (excluded.some((subtree) => isWithin(own, subtree))) return true;
    return permitted !== undefined && !permitted.some((subtree) => isWithin(own, subtree));
  });
}

/** The combined constraints of a chain of authorities: every one must permit a name. */
export function withConstraints(
  upper: NameConstraints | undefined,
  lower: NameConstraints | undefined,
): NameConstraints | undefined {
  if (upper === undefined || lower === undefined) return upper ?? lower;
  const excluded = [...new Set([...upper.excluded, ...lower.excluded])];
  if (upper.permitted === undefined || lower.permitted === undefined) {
    const permitted = upper.permitted ?? lower.permitted;
    return defined({ permitted, excluded });
  }
  const both = [...upper.permitted, ...lower.permitted];
  const bare = (subtree: string): string => subtree.toLowerCase();
  // Both permit a subtree of one that is within a subtree of the other.
  const inside = (subtree: string, trees: readonly string[]): boolean =>
    trees.some((tree) => bare(tree) === bare(subtree) || isWithin(bare(subtree).replace(/^\./u, ''), tree));
  const permitted = [
    ...new Set(
      both.filter((subtree) => inside(subtree, upper.permitted ?? []) && inside(subtree, lower.permitted ?? [])),
    ),
  ];
  return { permitted, excluded };
}
