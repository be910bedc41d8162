/** Gaps: the resources in a part of the infrastructure that could not be read. */

import { formatRef, type Gap, type Ref } from '#plugin';

/** The name of the part: `certificates/Certificate/www`, `nodes/Node`, or `nodes`. */
export function gapScope(gap: Gap): string {
  if (gap.refs !== undefined) return gap.refs.map(formatRef).sort().join(' ');
  return gap.kind === undefined ? gap.plugin : `${gap.plugin}/${gap.kind}`;
}

/** A short name of the part, for comparisons: of many resources, the first one. */
export function gapKey(scope: string): string {
  return scope.split(' ', 1)[0] ?? '';
}

/** A lookup for many resources: returns the first gap that covers a resource. */
export function gapFinder<G extends Gap>(gaps: readonly G[]): (ref: Ref, address: string) => G | undefined {
  const named = new Map<string, G>();
  const wide: G[] = [];
  for (const gap of gaps) {
    if (gap.refs === undefined) wide.push(gap);
    else for (const ref of gap.refs) named.set(formatRef(ref), gap);
  }
  return (ref, address) =>
    named.get(address) ??
    wide.find((gap) => gap.plugin === ref.plugin && (gap.kind === undefined || gap.kind === ref.kind));
}
