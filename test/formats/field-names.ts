/** The spelling of fettle's own field names in all published output. */

/**
 * Members whose values fettle does not spell: documents and parts of them, labels, names of kinds, states and plugins,
 * and the facts, signals and notes that a plugin declares for a resource.
 */
const SPELLED_ELSEWHERE: ReadonlySet<string> = new Set([
  'after',
  'after_sensitive',
  'applied',
  'before',
  'before_sensitive',
  'counts',
  'kept',
  'labels',
  'labels_before',
  'lifecycle',
  'others',
  'safety',
  'settings',
  'signals',
  'spec',
  'uses',
  'value',
  'values',
]);

/** Returns the places of names that are not in snake_case: `/rejected_changes/0/reasons/0/clearsAt`. */
export function misspelt(value: unknown, place = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item, i) => misspelt(item, `${place}/${i}`));
  return Object.entries(value).flatMap(([name, inner]) => [
    ...(/^@?[a-z0-9_-]+$/u.test(name) || name.includes('/') ? [] : [`${place}/${name}`]),
    ...(SPELLED_ELSEWHERE.has(name) ? [] : misspelt(inner, `${place}/${name}`)),
  ]);
}
