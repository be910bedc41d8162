/** Records of dns-persist-01 as the emulated authority reads them (draft-ietf-acme-dns-persist, 4). Pure. */

/** The method in challenges. Its challenges have no token. */
export const PERSIST = 'dns-persist-01';

/** The permission that a challenge needs. */
export interface Permission {
  /** Names of the authority. */
  readonly issuers: readonly string[];
  readonly accountUri: string;
  readonly wildcard: boolean;
  /** Epoch ms. */
  readonly now: number;
}

function trimmed(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/gu, '');
}

/** The parameters of a record by tag, in lower case; undefined if one is malformed or repeated. */
function parametersOf(parts: readonly string[]): ReadonlyMap<string, string> | undefined {
  const found = new Map<string, string>();
  for (const part of parts) {
    const at = part.indexOf('=');
    const tag = trimmed(part.slice(0, Math.max(0, at))).toLowerCase();
    const value = trimmed(part.slice(at + 1));
    if (tag === '' || found.has(tag) || !/^[\x21-\x3a\x3c-\x7e]*$/u.test(value)) return undefined;
    found.set(tag, value);
  }
  return found;
}

/** True if the text of a TXT record gives the permission. */
export function permits(text: string, { issuers, accountUri, wildcard, now }: Permission): boolean {
  const [issuer = '', ...parts] = text.split(';');
  const parameters = parametersOf(parts);
  if (!issuers.includes(trimmed(issuer)) || parameters?.get('accounturi') !== accountUri) return false;
  if (wildcard && parameters.get('policy')?.toLowerCase() !== 'wildcard') return false;
  const until = parameters.get('persistuntil');
  return until === undefined || (/^\d+$/u.test(until) && now <= Number(until) * 1000);
}
