/** The identifier of a certificate for renewal information (RFC 9773, 4.1). Pure. */

import type { X509Certificate } from 'node:crypto';
import { authorityKeyIdOf, serialOf } from '../live/x509-extensions.ts';

/** Undefined for a certificate without the key identifier of its authority. */
export function certificateId(certificate: X509Certificate): string | undefined {
  const [authority, serial] = [authorityKeyIdOf(certificate), serialOf(certificate)];
  if (authority === undefined || serial === undefined) return undefined;
  return `${authority.toString('base64url')}.${serial.toString('base64url')}`;
}
