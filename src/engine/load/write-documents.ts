/** Writes found resources as YAML documents, in the form in which they are read again. */

import { Document, visit } from 'yaml';
import { type Found, inert, type KindTables, printable } from '#plugin';

/** A value as YAML that `inert` does not change: characters that it would change are escapes in double quotes. */
function yamlText(value: unknown): string {
  const document = new Document(value, { version: '1.2' });
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value === 'string' && (inert(node.value) !== node.value || node.value.includes('\n')))
        node.type = 'QUOTE_DOUBLE';
    },
  });
  const text = document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER });
  return inert(text);
}

/** One document with its comments; `scope` names the parts of the ref's scope. */
function documentText(
  { ref, spec, labels, document, notes }: Found,
  version: string,
  scope: readonly string[],
): string {
  const metadata = {
    name: ref.name,
    ...Object.fromEntries(scope.map((part, i) => [part, ref.scope?.[i] ?? ''])),
    ...(labels === undefined || Object.keys(labels).length === 0 ? {} : { labels }),
  };
  const body = document ?? { apiVersion: `${ref.plugin}/${version}`, kind: ref.kind, metadata, spec };
  // A comment is one line: found text may contain line ends.
  const comments = notes.map((note) => `# ${printable(note)}\n`);
  return comments.join('') + yamlText(body);
}

/** All resources, one YAML document each; empty without any. */
export function documentsText(
  found: readonly Found[],
  tables: { readonly version: string; readonly kinds: Readonly<Record<string, KindTables>> },
): string {
  return found
    .map((each) => documentText(each, tables.version, tables.kinds[each.ref.kind]?.scope ?? []))
    .join('---\n');
}
