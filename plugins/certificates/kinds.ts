/** Kinds of this plugin, with the types of their resources. */

import { kindHandle } from '#plugin';
import type { CertificateResource, DomainResource, IssuerResource } from './diff.ts';

export const Certificate = kindHandle<CertificateResource>('certificates', 'Certificate');
export const Issuer = kindHandle<IssuerResource>('certificates', 'Issuer');
export const Domain = kindHandle<DomainResource>('certificates', 'Domain');
