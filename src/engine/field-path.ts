/** JSON pointers into the spec of a kind: whether there is such a field. */

import type { KindTables } from '#plugin';

/** Whether drift of a kind can be told at a path: a field, or something below one that has items or keys of any name. */
export function hasField({ fields }: KindTables, path: string): boolean {
  const wanted = path.split('/');
  return (
    fields === undefined ||
    fields.some((field) => {
      const parts = field.split('/');
      return parts.length === wanted.length && parts.every((part, i) => part === '*' || part === wanted[i]);
    })
  );
}
