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
  for (const line of text.split('\n').map((each) => each.trim())) {
    const head = /^(\[+)([^[\]]+)\]+$/u.exec(line);
    if (head !== null) {
      path = [...path.slice(0, (head[1] ?? '').length - 1), (head[2] ?? '').trim()];
      sections.set(path.join('/'), sections.get(path.join('/')) ?? new Map());
      continue;
    }
    const at = line.indexOf('=');
    if (line.startsWith('#') || at < 1) continue;
    sections.get(path.join('/'))?.set(unquoted(line.slice(0, at).trim()), unquoted(line.slice(at + 1).trim()));
  }
  return sections;
}

const ENCODED = /^__ACME_BASE64__START_([A-Za-z0-9+/=]*)__ACME_BASE64__END_$/u;

function withVariables(text: string, known: ReadonlyMap<string, string>): string | undefined {
  const full = text.replace(/\$\{(\w+)\}|\$(\w+)/gu, (all: string, braced?: string, plain?: string) => {
    return known.get(braced ?? plain ?? '') ?? all;
  });
  return /[$`\\]/u.test(full) ? undefined : full;
}

/** Parses assignments `NAME=value`. A value that a shell would have to compute is left out. */
export function parseAssignments(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const found = /^\s*(?:export\s+)?([A-Za-z_]\w*)=(?:'([^']*)'|"([^"]*)"|([^\s'"#;&|()<>]*))\s*(?:#.*)?$/u.exec(line);
    if (found === null) continue;
    const [, name = '', single, double, bare] = found;
    const value = single ?? withVariables(double ?? bare ?? '', values);
    const encoded = ENCODED.exec(value ?? '')?.[1];
    if (value === undefined) values.delete(name);
    else values.set(name, encoded === undefined ? value : Buffer.from(encoded, 'base64').toString('utf8'));
  }
  return values;
}
