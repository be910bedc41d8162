/** JSON pointers into the spec of a kind: checks that the field exists. */

import type { KindTables } from '#plugin';

/** True if drift of a kind can have the path: a field, or a part of a field with items or keys of any name. */
export function hasField({ fields }: KindTables, path: string): boolean {
  const wanted = path.split('/');
  return (
    fields === undefined ||
    fields.some((field) => {
      // A spec with members of any name.
      if (field === '/**') return wanted.length > 1;
      const parts = field.split('/');
      return parts.length === wanted.length && parts.every((part, i) => part === '*' || part === wanted[i]);
    })
  );
}
