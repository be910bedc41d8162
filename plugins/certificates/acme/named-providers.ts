/** The DNS providers of the settings that an Issuer names: its orders go by them. Pure. */

import { escapePointer, type Inputs, type Json } from '#plugin';
import type { CertificatesConfig, IssuerSpec } from '../generated.ts';

const PROVIDERS = '/plugins/certificates/acme/dnsProviders';

/** The settings of the providers, by their JSON pointers in `fettle.yaml`. */
export function namedProviders({ acme: account }: IssuerSpec, { acme }: Partial<CertificatesConfig>): Inputs {
  const names = account?.solvers.flatMap(({ dns01 }) => dns01?.provider ?? []) ?? [];
  const given = acme?.dnsProviders ?? {};
  return Object.fromEntries(
    names.flatMap((name) =>
      Object.hasOwn(given, name) ? [[`${PROVIDERS}/${escapePointer(name)}`, given[name] as unknown as Json]] : [],
    ),
  );
}
