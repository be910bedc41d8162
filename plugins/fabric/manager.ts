/** The name by which the API server knows the fields that a project applies. */

/** Limit of a field manager. Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/ */
const LONGEST = 128;

export function managerOf(project: string): string {
  return `fettle:${project}`.slice(0, LONGEST);
}
