/** Settings in the two forms that clients use: sections of `key = value`, and assignments of a shell. Nothing is run. */

/** Values by section (`renewalparams/webroot_map`) and key. The section before the first head is empty. */
export type Sections = ReadonlyMap<string, ReadonlyMap<string, string>>;

function unquoted(text: string): string {
  const quote = /^(["'])(.*)\1$/u.exec(text);
  return quote?.[2] ?? text;
}

/** Parses `[section]`, `[[subsection]]` and `key = value`. Other lines are ignored. */
export function parseSections(text: string): Sections {
  const sections = new Map<string, Map<string, string>>([['', new Map()]]);
  let path: readonly string[] = [];
  let current = sections.get('');
  for (const line of text.split('\n').map((each) => each.trim())) {
    const head = /^(\[+)([^[\]]+)\]+$/u.exec(line);
    if (head !== null) {
      path = [...path.slice(0, (head[1] ?? '').length - 1), (head[2] ?? '').trim()];
      const name = path.join('/');
      current = sections.get(name) ?? new Map<string, string>();
      sections.set(name, current);
      continue;
    }
    const at = line.indexOf('=');
    if (line.startsWith('#') || at < 1) continue;
    current?.set(unquoted(line.slice(0, at).trim()), unquoted(line.slice(at + 1).trim()));
  }
  return sections;
}

const ENCODED = /^__ACME_BASE64__START_([A-Za-z0-9+/=]*)__ACME_BASE64__END_$/u;

/** Maximum number of characters of a value after its variables are replaced, and of all such values of one text. */
const MOST_VALUE = 4096;
const MOST_REPLACED = 65_536;

/** The text with the values of its variables; undefined if a shell would have to compute more, or the result is too long. */
function withVariables(text: string, known: ReadonlyMap<string, string>, most: number): string | undefined {
  let length = text.length;
  const full = text.replace(/\$\{(\w+)\}|\$(\w+)/gu, (all: string, braced?: string, plain?: string) => {
    const value = known.get(braced ?? plain ?? '') ?? all;
    length += value.length - all.length;
    // The replacement ends at the limit: a short text can refer to a long value often.
    return length > most ? '' : value;
  });
  return length > most || /[$`\\]/u.test(full) ? undefined : full;
}

/** The assignments of a text, and the names whose last value is not known: a shell would compute it, or it is too long. */
export interface Assignments {
  readonly values: ReadonlyMap<string, string>;
  readonly unknown: ReadonlySet<string>;
}

/** Parses assignments `NAME=value`. */
export function parseAssignments(text: string): Assignments {
  const values = new Map<string, string>();
  const unknown = new Set<string>();
  let left = MOST_REPLACED;
  for (const line of text.split('\n')) {
    const [, name, written] = /^\s*(?:export\s+)?([A-Za-z_]\w*)=(.*)$/u.exec(line) ?? [];
    if (name === undefined || written === undefined) continue;
    const [whole, single, double, bare = ''] =
      /^(?:'([^']*)'|"([^"]*)"|([^\s'"#;&|()<>]*))\s*(?:#.*)?$/u.exec(written) ?? [];
    const template = double ?? bare;
    const isReplaced = single === undefined && template.includes('$');
    const value =
      whole === undefined
        ? undefined
        : (single ?? withVariables(template, values, isReplaced ? Math.min(MOST_VALUE, left) : template.length));
    if (value === undefined) {
      values.delete(name);
      unknown.add(name);
      continue;
    }
    if (isReplaced) left -= value.length;
    const encoded = ENCODED.exec(value)?.[1];
    values.set(name, encoded === undefined ? value : Buffer.from(encoded, 'base64').toString('utf8'));
    unknown.delete(name);
  }
  return { values, unknown };
}
