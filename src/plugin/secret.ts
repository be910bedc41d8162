/**
 * Where a secret may be sent: to an origin that the environment names. A change of `fettle.yaml`, as a pull request makes
 * one, sends it nowhere else. Pure.
 */

import { isLoopback, isOriginMistake, namesOrigin, originsIn, originText, parseOrigin } from './origin.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What the secrets of the sandbox begin with: they are public, may be written, and are sent to this machine. */
const PUBLIC = 'sandbox-token-';

export function isPublic(secret: string): boolean {
  return secret.startsWith(PUBLIC);
}

/** A secret that is to be sent. */
export interface Sending {
  readonly secret: string;
  /** Name of the variable that the field is for: `HCLOUD_TOKEN`. */
  readonly variable: string;
  readonly to: URL;
}

/**
 * Entries of a list that count for one secret: `https://a.example.test` counts for each, and
 * `WORKLOADS_TOKEN=https://a.example.test` for that one.
 */
function entriesFor(list: string, variable: string): string {
  return list
    .split(/[\s,]+/u)
    .flatMap((entry) => {
      const [, name, origin] = /^([A-Z][A-Z0-9_]*)=(.*)$/su.exec(entry) ?? [];
      return name === undefined ? [entry] : name === variable ? [origin] : [];
    })
    .join(',');
}

/**
 * Why a secret may not be sent there, as the end of a sentence about it; undefined where it may. `list` is the variable
 * of the environment that names the origins. Loopback counts like any other origin: other users may listen there.
 */
export function sendingMistake({ secret, variable, to }: Sending, list: string, env: Environment): string | undefined {
  if (isPublic(secret) && isLoopback(to.hostname)) return undefined;
  const origin = parseOrigin(`${to.protocol}//${to.host}`);
  if (isOriginMistake(origin)) return `may not be sent to an address that ${origin.mistake}`;
  const named = originsIn({ [list]: entriesFor(env[list] ?? '', variable) }, list);
  const [mistake] = named.mistakes;
  if (mistake !== undefined) return `cannot be sent: ${mistake}`;
  const shown = originText(origin);
  if (!namesOrigin(named, origin))
    return `is sent to ${shown} only where the environment variable ${list} names that origin; add ${shown} there`;
  if (to.protocol !== 'https:' && !isLoopback(to.hostname))
    return `may not be sent to ${shown}: without https it would be sent in the clear`;
  return undefined;
}
