/**
 * The validity of X.509 certificates: the only reader of their dates.
 *
 * OpenSSL loads a certificate whose dates are not dates. Node.js then has any time as its Date, and OpenSSL a remark as
 * its text. `test/architecture.test.ts` keeps other files from reading them.
 */

import type { X509Certificate } from 'node:crypto';

/** Epoch ms; both ends are inclusive. */
export interface CertificateDates {
  readonly notBefore: number;
  readonly notAfter: number;
}

/** The members of a certificate with its dates. */
type Dated = Pick<X509Certificate, 'validFrom' | 'validFromDate' | 'validTo' | 'validToDate'>;

/** The time of a date; undefined for one that is not valid. `text`: as OpenSSL prints it, such as `Nov 30 00:07:18 2026 GMT`. */
function timeOf(text: string, date: Date): number | undefined {
  const time = date.getTime();
  return /\d GMT$/u.test(text) && !Number.isNaN(time) ? time : undefined;
}

/** The dates of a certificate; undefined if one of them is not valid. */
export function datesOf({ validFrom, validFromDate, validTo, validToDate }: Dated): CertificateDates | undefined {
  const [notBefore, notAfter] = [timeOf(validFrom, validFromDate), timeOf(validTo, validToDate)];
  return notBefore === undefined || notAfter === undefined ? undefined : { notBefore, notAfter };
}

/** The dates of a certificate. Throws if one of them is not valid. */
export function properDatesOf(certificate: Dated): CertificateDates {
  const dates = datesOf(certificate);
  if (dates === undefined) throw new Error('the certificate has no proper validity');
  return dates;
}
