/** The spelling of fettle's own field names in all published output. */

/**
 * Members whose values fettle does not spell: documents and parts of them, labels, and names of kinds, states and
 * plugins.
 */
const SPELLED_ELSEWHERE: ReadonlySet<string> = new Set([
  'after',
  'after_sensitive',
  'applied',
  'before',
  'before_sensitive',
  'counts',
  'digests',
  'labels',
  'labels_before',
  'lifecycle',
  'others',
  'safety',
  'settings',
  'spec',
  'uses',
  'value',
  'values',
]);

/** Fields of documents, which facts and kept fields name as the documents do. */
const FIELDS_OF_DOCUMENTS: ReadonlySet<string> = new Set([
  'aliasIps',
  'dnsNames',
  'keyAlgorithm',
  'placementGroup',
  'serverType',
  'sshKeys',
  'userData',
]);

/** Commands whose whole output is JSON, or lines of JSON. */
export const JSON_COMMANDS: readonly string[] = [
  'plan --format json',
  'plan --json',
  'apply --yes --format json',
  'apply --yes --json',
  'drift --format json',
  'validate --format json',
  'state list --format json',
  'state pull',
  'log list --last 0 --format json',
  'log export',
  'log verify --format json',
  'lock status --format json',
  'serve --once --json',
  'events list --format json',
  'events replay --format json',
  'incidents list --format json',
  'version --json',
];

/** The same for one resource. */
export const JSON_COMMANDS_OF_RESOURCE: readonly string[] = [
  'explain ADDRESS --format json',
  'state show ADDRESS --format json',
  'log why ADDRESS --format json',
];

/** The values in JSON, or in lines of JSON. */
export function jsonValues(text: string): readonly unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown);
  }
}

/** Returns the places of names that are not in snake_case: `/rejected_changes/0/reasons/0/clearsAt`. */
export function misspelt(value: unknown, place = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item, i) => misspelt(item, `${place}/${i}`));
  return Object.entries(value).flatMap(([name, inner]) => [
    ...(/^@?[a-z0-9_-]+$/u.test(name) || name.includes('/') || FIELDS_OF_DOCUMENTS.has(name)
      ? []
      : [`${place}/${name}`]),
    ...(SPELLED_ELSEWHERE.has(name) ? [] : misspelt(inner, `${place}/${name}`)),
  ]);
}
