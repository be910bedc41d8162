/** Writes documents as YAML: what was found, in the form in which it is read again. */

import { stringify } from 'yaml';
import type { Found } from '../plugin.ts';
import type { KindTables } from '../tables.ts';

/** One document with its comments; `scope` names the parts of the ref's scope. */
function documentText({ ref, spec, labels, notes }: Found, version: string, scope: readonly string[]): string {
  const metadata = {
    name: ref.name,
    ...Object.fromEntries(scope.map((part, i) => [part, ref.scope?.[i] ?? ''])),
    ...(labels === undefined || Object.keys(labels).length === 0 ? {} : { labels }),
  };
  const body = { apiVersion: `${ref.plugin}/${version}`, kind: ref.kind, metadata, spec };
  // A comment is one line: what was found may hold anything.
  const comments = notes.map((note) => `# ${note.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')}\n`);
  return comments.join('') + stringify(body, { lineWidth: 0, version: '1.2' });
}

/** All of them, one YAML document each; empty where there is nothing. */
export function documentsText(
  found: readonly Found[],
  tables: { readonly version: string; readonly kinds: Readonly<Record<string, KindTables>> },
): string {
  return found
    .map((each) => documentText(each, tables.version, tables.kinds[each.ref.kind]?.scope ?? []))
    .join('---\n');
}
