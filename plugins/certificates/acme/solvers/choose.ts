/** The entry of an Issuer that solves the challenge of an identifier. Pure. */

/** An identifier of an order as a challenge proves it. */
export interface Provable {
  /** Without `*.`. */
  readonly name: string;
  readonly wildcard: boolean;
  readonly kind: 'dns' | 'ip';
}

/** A DNS name of a document, which can be a wildcard. */
export function provableName(text: string): Provable {
  const wildcard = text.startsWith('*.');
  return { name: wildcard ? text.slice('*.'.length) : text, wildcard, kind: 'dns' };
}

export function provableAddress(name: string): Provable {
  return { name, wildcard: false, kind: 'ip' };
}

/** The part of an entry that chooses. */
export interface Choosable {
  /** Names of identifiers. `*.example.test` is every name below `example.test`, `*.example.test` among them. */
  readonly match?: { readonly names: readonly string[] };
  readonly http01?: object;
}

function matches(pattern: string, identifier: string): boolean {
  const [own, asked] = [pattern.toLowerCase(), identifier.toLowerCase()];
  return own === asked || (own.startsWith('*.') && asked.endsWith(own.slice(1)));
}

/** True if the method can prove the identifier: HTTP proves no wildcard, and DNS no address. */
function canProve({ http01 }: Choosable, { wildcard, kind }: Provable): boolean {
  return http01 === undefined ? kind === 'dns' : !wildcard;
}

/** The first entry for an identifier; undefined if there is none. */
export function solverFor<E extends Choosable>(entries: readonly E[], identifier: Provable): E | undefined {
  const text = identifier.wildcard ? `*.${identifier.name}` : identifier.name;
  return entries.find(
    (entry) =>
      canProve(entry, identifier) &&
      (entry.match === undefined || entry.match.names.some((pattern) => matches(pattern, text))),
  );
}
