/** The declared content of a certificate, with the defaults of fields that older documents and states do not have. */

import type { CertificateSpec } from './generated.ts';

export type Usage = NonNullable<CertificateSpec['usages']>[number];

type Content = Partial<Pick<CertificateSpec, 'dnsNames' | 'ipAddresses' | 'usages'>>;

export function ipAddressesOf({ ipAddresses = [] }: Content): readonly string[] {
  return ipAddresses;
}

/** Empty: the certificate has no extended key usage, and is valid for every use. */
export function usagesOf({ usages = ['serverAuth'] }: Content): readonly Usage[] {
  return usages;
}

/** Object identifiers of the extended key usages that a document can declare (RFC 5280, 4.2.1.12, and RFC 4945). */
export const USAGE_IDS: Readonly<Record<Usage, string>> = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  ipsecIKE: '1.3.6.1.5.5.7.3.17',
};

/** An IP address in its usual form, for comparisons: lower case, IPv6 compressed. */
export function plainAddress(address: string): string {
  return address.includes(':') ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}
