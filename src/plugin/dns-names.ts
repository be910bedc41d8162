/** DNS names in other scripts: documents and certificates carry the ASCII form (Punycode, RFC 5891). */

/** Names of the formats that a schema has for DNS names. */
const NAME_FORMATS: ReadonlySet<string> = new Set(['dns-name', 'host-name']);

export function isNameFormat(format: string): boolean {
  return NAME_FORMATS.has(format);
}

/** A suggestion for a name with letters beyond ASCII: its Punycode form. Undefined if the name has none. */
export function punycodeHint(name: string): string | undefined {
  if (/^[\p{ASCII}]*$/u.test(name)) return undefined;
  // Other characters end the host of a URL.
  if (/[\s\p{Cc}/?#@:%\\[\]]/u.test(name) || !URL.canParse(`http://${name}`)) return undefined;
  return `write ${new URL(`http://${name}`).hostname}`;
}
