/** The time of a renewal in the window of an authority, and the identifier of a certificate. */

import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { certificateId } from '../../../../plugins/certificates/acme/certificate-id.ts';
import { askAgainMs, renewalMoment } from '../../../../plugins/certificates/acme/renewal-window.ts';
import { makeAuthority, makeKeys, makeLeaf } from '../../../../plugins/certificates/live/x509-make.ts';
import fc from '../../../support/property.ts';

/** The example of RFC 9773, appendix A. */
const EXAMPLE = `-----BEGIN CERTIFICATE-----
MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt
cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS
BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu
7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf
qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B
yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb
+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK
-----END CERTIFICATE-----
`;

describe('the identifier of a certificate', () => {
  test('is that of the example of RFC 9773, whose serial number begins with a zero byte', () => {
    expect(certificateId(new X509Certificate(EXAMPLE))).toBe('aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE');
  });

  test('has the key of the authority, and the serial number', async () => {
    const now = Date.now();
    const [above, keys] = await Promise.all([makeKeys('ecdsa-p256'), makeKeys('ecdsa-p256')]);
    const signer = { certificate: await makeAuthority('CA', above, now), key: above.privateKey };
    const leaf = await makeLeaf({ dnsNames: ['www.example.test'], validityDays: 1, keys, signer, now });
    const [, serial = ''] = certificateId(leaf)?.split('.') ?? [];
    expect(Buffer.from(serial, 'base64url').toString('hex')).toBe(leaf.serialNumber.toLowerCase());
  });
});

describe('the time of a renewal', () => {
  const window = { start: 1_800_000_000_000, end: 1_800_172_800_000 };

  test('follows from the certificate: each run computes the same one', () => {
    expect(renewalMoment(window, 'a.b')).toBe(renewalMoment(window, 'a.b'));
    expect(renewalMoment(window, 'a.b')).not.toBe(renewalMoment(window, 'a.c'));
  });

  test('is in the window', () => {
    const any = { start: fc.integer({ min: 0, max: 2e9 }), length: fc.integer({ min: 1, max: 2e9 }), id: fc.string() };
    fc.assert(
      fc.property(fc.record(any), ({ start, length, id }) => {
        const moment = renewalMoment({ start: start * 1000, end: start * 1000 + length }, id);
        return moment >= start * 1000 && moment < start * 1000 + length;
      }),
    );
  });

  test('spreads over the window', () => {
    const share = (id: number): number =>
      (renewalMoment(window, `key.${id}`) - window.start) / (window.end - window.start);
    const quarters = Array.from({ length: 1000 }, (_, id) => Math.floor(share(id) * 4));
    for (const quarter of [0, 1, 2, 3]) expect(quarters.filter((each) => each === quarter).length).toBeGreaterThan(200);
  });
});

test.each([
  ['nothing', undefined, 6 * 3_600_000],
  ['a minute', 60_000, 3_600_000],
  ['two hours', 7_200_000, 7_200_000],
  ['a year', 365 * 86_400_000, 7 * 86_400_000],
])('an authority that asks for %s is asked again after a limited wait', (_name, asked, expected) => {
  expect(askAgainMs(asked)).toBe(expected);
});
