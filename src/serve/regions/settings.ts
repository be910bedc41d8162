/** The regions in the file of the host: this one, and the peers that it pulls. */

import type { ServeHost } from '../../engine/generated.ts';
import type { PointerMistake } from '../../engine/load/explain.ts';
import { durationMs, type Regions } from '#plugin';
import type { CertVariables } from '../cert-variables.ts';
import { type TlsFiles, tlsFiles } from '../tls.ts';

export interface Peer {
  /** Its region. */
  readonly name: string;
  /** `https:`, without a path. */
  readonly url: URL;
  /** The certificate of this region, its key, and the only authority of the peer's server. */
  readonly files: TlsFiles;
  /** The name in the certificate with which it pulls this region. */
  readonly san: string;
}

export interface RegionSettings extends Regions {
  readonly peers: readonly Peer[];
  readonly pullMs: number;
}

const LEAST_PULL_MS = 1000;

/** `file`: absolute path of the file of the host. */
export function regionSettings(
  { name: own, pull, peers }: NonNullable<ServeHost['regions']>,
  { names, maxLagMs }: CertVariables['regions'],
  file: string,
): RegionSettings {
  return {
    own,
    names,
    maxLagMs,
    pullMs: durationMs(pull),
    peers: peers.map(({ name, url, san, authority, certificate, key }) => ({
      name,
      url: new URL(url),
      san,
      files: tlsFiles({ certificate, key, clientAuthority: authority, requireClient: true }, file),
    })),
  };
}

/** The mistakes that the form of the file does not exclude. */
export function regionMistakes(
  { regions, tls, access }: Pick<ServeHost, 'regions' | 'tls' | 'access'>,
  { names }: CertVariables['regions'],
): readonly PointerMistake[] {
  if (regions === undefined) return [];
  const mistakes: PointerMistake[] = [];
  const wrong = (pointer: string, message: string): void => {
    mistakes.push({ code: 'bad-config', pointer, at: 'value', message });
  };
  const { name: own, peers, pull } = regions;
  if (durationMs(pull) < LEAST_PULL_MS) wrong('/regions/pull', 'the time is shorter than the least value, 1s');
  if (tls?.clientAuthority === undefined)
    wrong('/regions/name', 'peers are known by their certificates, which are not verified without tls.clientAuthority');
  const listed = `CERT_REPLICATION_TARGET_REGIONS, which has ${names.join(', ')}`;
  if (!names.includes(own)) wrong('/regions/name', `the region ${own} is not in ${listed}`);
  const seen = new Set([own]);
  const sans = new Set(access.clients.map(({ san }) => san));
  for (const [i, { name, url, san }] of peers.entries()) {
    const at = `/regions/peers/${i}`;
    if (seen.has(name)) wrong(`${at}/name`, `the region ${name} is named twice`);
    seen.add(name);
    if (!names.includes(name)) wrong(`${at}/name`, `the region ${name} is not in ${listed}`);
    if (sans.has(san)) wrong(`${at}/san`, 'another client or peer has the same san');
    sans.add(san);
    if (!URL.canParse(url)) wrong(`${at}/url`, 'the address is not valid');
  }
  // Events of a region without a peer would wait for ever.
  const missing = names.filter((name) => !seen.has(name));
  if (missing.length > 0)
    wrong('/regions/peers', `${missing.join(', ')} of CERT_REPLICATION_TARGET_REGIONS has no peer here`);
  return mistakes;
}
