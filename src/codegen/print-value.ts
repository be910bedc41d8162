/** Prints plain data as a TypeScript literal: on one line if it fits, otherwise with one member per line. */

const WIDTH = 120;

function printString(text: string): string {
  const json = JSON.stringify(text);
  if (text.includes("'"))
    return text.includes('"') ? `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'` : json;
  return `'${json.slice(1, -1).replaceAll('\\"', '"')}'`;
}

/** A key in the syntax of an object or an interface. */
export function printKey(key: string): string {
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/u.test(key) ? key : printString(key);
}

function oneLine(value: unknown): string {
  if (typeof value === 'string') return printString(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return members.length === 0
    ? '{}'
    : `{ ${members.map(([key, member]) => `${printKey(key)}: ${oneLine(member)}`).join(', ')} }`;
}

/** `taken` columns of the first line are already used; `indent` spaces precede its siblings. */
export function printValue(value: unknown, indent = 0, taken = indent): string {
  const flat = oneLine(value);
  if (value === null || typeof value !== 'object' || taken + flat.length < WIDTH) return flat;
  const inner = indent + 2;
  const pad = ' '.repeat(inner);
  const close = ' '.repeat(indent);
  if (Array.isArray(value)) {
    return `[\n${value.map((item) => `${pad}${printValue(item, inner)},\n`).join('')}${close}]`;
  }
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const lines = members.map(([key, member]) => {
    const head = `${pad}${printKey(key)}: `;
    return `${head}${printValue(member, inner, head.length)},\n`;
  });
  return `{\n${lines.join('')}${close}}`;
}

/** `export type Name = 'a' | 'b';`, with one name per line if it does not fit; `never` without names. */
export function printUnion(type: string, names: readonly string[]): string {
  const literals = [...new Set(names)].map(printString);
  const flat = `export type ${type} = ${literals.length === 0 ? 'never' : literals.join(' | ')};`;
  if (flat.length <= WIDTH) return `${flat}\n`;
  return `export type ${type} =\n${literals.map((literal) => `  | ${literal}`).join('\n')};\n`;
}
