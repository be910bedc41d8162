/** Name constraints of authorities: for which DNS names one may sign (RFC 5280, 4.2.1.10). */

import type { NameConstraints } from './world.ts';
import { defined } from '#plugin';

/**
 * Whether a name lies in a subtree: it is the same one, or has more labels in front. A subtree with a dot in front, as
 * some authorities write it, is only what lies below, as OpenSSL takes it; an empty one is every name.
 */
function isWithin(name: string, subtree: string): boolean {
  const tree = subtree.toLowerCase();
  if (tree === '') return true;
  if (tree.startsWith('.')) return name.endsWith(tree) && name.length > tree.length;
  return name === tree || name.endsWith(`.${tree}`);
}

/** Names that an authority is not permitted to sign for, as they are written. */
export function namesNotAllowed(names: readonly string[], { permitted, excluded }: NameConstraints): readonly string[] {
  return names.filter((name) => {
    const own = name.toLowerCase();
    if (excluded.some((subtree) => isWithin(own, subtree))) return true;
    return permitted !== undefined && !permitted.some((subtree) => isWithin(own, subtree));
  });
}

/** What remains where several authorities above each other have constraints: every one has to allow a name. */
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
  // A subtree of one that lies within some subtree of the other is what both allow.
  const inside = (subtree: string, trees: readonly string[]): boolean =>
    trees.some((tree) => bare(tree) === bare(subtree) || isWithin(bare(subtree).replace(/^\./u, ''), tree));
  const permitted = [
    ...new Set(
      both.filter((subtree) => inside(subtree, upper.permitted ?? []) && inside(subtree, lower.permitted ?? [])),
    ),
  ];
  return { permitted, excluded };
}
