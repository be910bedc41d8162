/** Public trust of stored certificates and of authorities: clients trust them without a private authority. */

import type { X509Certificate } from 'node:crypto';
import { properDatesOf } from '#plugin/certificate-dates';
import { clientPath } from './client-path.ts';
import { isExtraAnchor, wellKnownAnchors } from './trust.ts';
import { hasTimestamps } from './x509-extensions.ts';
import { oneLine } from './x509-read.ts';

/**
 * The well-known anchor that a leaf leads to, or another sign of a publicly trusted issuer; undefined for a private one.
 * Every public authority names its OCSP server or certificate in the leaf, so that the well-known anchors, which take
 * some ms to read, are not needed for most private leaves.
 */
export function publicTrustOf(leaf: X509Certificate, others: readonly X509Certificate[]): string | undefined {
  if (hasTimestamps(leaf)) return 'it contains signed certificate timestamps';
  if (leaf.infoAccess === undefined) return undefined;
  const root = anchorOf(leaf, others);
  return root === undefined ? undefined : `its chain leads to ${oneLine(root.subject)}`;
}

/** Reports whether an authority leads to a well-known anchor, or is one that NODE_EXTRA_CA_CERTS adds. */
export function isPublicAuthority(chain: readonly X509Certificate[]): boolean {
  const [own, ...above] = chain;
  if (own === undefined) return false;
  return own.subject === own.issuer ? isExtraAnchor(own) : anchorOf(own, above) !== undefined;
}

function anchorOf(leaf: X509Certificate, others: readonly X509Certificate[]): X509Certificate | undefined {
  // A chain counts even after its end: the question is who issued the certificate.
  const at = properDatesOf(leaf).notBefore;
  const { path, anchored } = clientPath({ leaf, others, anchorsOf: wellKnownAnchors, partial: false }, at);
  return anchored ? path.at(-1) : undefined;
}
