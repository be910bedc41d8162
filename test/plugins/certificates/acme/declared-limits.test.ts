/** Limits of orders that `fettle.yaml` declares: for any directory, and never looser than those of Let's Encrypt. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  directoryName,
  directoryUrl,
  exemptsRenewals,
  isPublic,
  limitsOf,
  stagingOf,
} from '../../../../plugins/certificates/acme/directories.ts';
import { type EmulatedAuthority, startEmulated } from '../../../support/acme/emulated.ts';
import { fettleHere } from '../../../support/command-line.ts';
import { acmeDocuments, acmeProject } from './project.ts';

const HOUR_MS = 3_600_000;

describe('the limits of a directory', () => {
  const declared = { letsencrypt: { account: { max: 100_000, per: '1m' }, names: { max: 1, per: '7d' } } };

  it('are the published and the declared ones, and each of them holds', () => {
    const published = limitsOf('letsencrypt');
    expect(published).toHaveLength(3);
    expect(limitsOf('letsencrypt', declared)).toEqual([
      ...published,
      { by: 'account', max: 100_000, perMs: 60_000, declared: true },
      { by: 'set', max: 1, perMs: 7 * 24 * HOUR_MS, declared: true },
    ]);
    expect(limitsOf('zerossl', declared)).toEqual([]);
  });

  it.each([
    'https://acme-v02.api.letsencrypt.org/directory',
    'https://ACME-v02.api.letsencrypt.org:443/directory',
    'https://acme-v02.api.letsencrypt.org./directory#other',
  ])('are the same for every spelling of its address: %s', (directory) => {
    expect(limitsOf(directory, declared)).toEqual(limitsOf('letsencrypt', declared));
    expect(limitsOf('letsencrypt', { [directory]: declared.letsencrypt })).toHaveLength(5);
    expect(exemptsRenewals(directory)).toBe(true);
  });

  it('of other directories count renewals too', () => {
    for (const directory of ['zerossl', 'google', 'https://ca.example.test/directory'])
      expect(exemptsRenewals(directory)).toBe(false);
  });
});

it.each(['letsencrypt', 'letsencrypt-staging', 'zerossl', 'google', 'google-staging'])(
  'the directory %s has a name and an address',
  (name) => {
    const url = directoryUrl(name);
    expect(url).toMatch(/^https:/u);
    expect(directoryName(url)).toBe(name);
    expect(isPublic({ directory: url })).toBe(!name.endsWith('-staging'));
    expect(stagingOf(url) !== undefined).toBe(['letsencrypt', 'google'].includes(name));
  },
);

describe('a project', () => {
  let authority: EmulatedAuthority;
  beforeAll(async () => {
    authority = await startEmulated({ ownHttp: true });
  });
  afterAll(() => authority.stop());

  const SECOND = `---
apiVersion: certificates/v1
kind: Certificate
metadata: { name: late }
spec: { issuer: public, dnsNames: [late.example.test], storage: { file: { certificate: ./tls/late.crt, key: ./tls/late.key } } }
`;

  const settings = (limits: string): string => `plugins: { certificates: { acme: { limits: { ${limits} } } } }\n`;

  it('orders at its authority only as often as it declares', async () => {
    const documents = `${acmeDocuments(authority)}${SECOND}`;
    const limits = `"${authority.directory}": { account: { max: 1, per: 1h } }`;
    const { folder } = acmeProject(authority, documents, settings(limits));
    const orders = authority.acme.counts()['new-order'] ?? 0;
    const plan = await fettleHere(folder, 'plan');
    expect(plan.stdout).toMatch(
      /WAITING acme-budget: fettle\.yaml permits 1 order in 60 min for the account, .* and 1 in this plan/u,
    );
    await fettleHere(folder, 'apply', '--yes');
    expect(authority.acme.counts()['new-order']).toBe(orders + 1);
    // The limit counts by the log, and not by the plan.
    expect((await fettleHere(folder, 'plan')).stdout).toContain('the log has 1 order in the last 60 min');
    await fettleHere(folder, 'apply', '--yes');
    expect(authority.acme.counts()['new-order']).toBe(orders + 1);
  });

  it.each([
    ['letsencript: { account: { max: 1, per: 1h } }', 'letsencript is not the name or the address of a directory'],
    ['step-ca: { account: { max: 1, per: 1h } }', 'use an address with https, or one of: `letsencrypt`'],
    ['zerossl: { account: { max: 1, per: 8d } }', '8d is not from 1m to 7d'],
    ['zerossl: { account: { max: 1, per: 30s } }', '30s is not from 1m to 7d'],
    ['zerossl: { account: { max: 0, per: 1h } }', 'max'],
    ['zerossl: {}', 'zerossl'],
    ['zerossl: { orders: { max: 1, per: 1h } }', 'orders'],
  ])('with the limits %s is not valid', async (limits, message) => {
    const { folder } = acmeProject(authority, acmeDocuments(authority), settings(limits));
    const { code, stderr } = await fettleHere(folder, 'validate');
    expect([code, stderr]).toEqual([expect.any(Number), expect.stringContaining(message)]);
    expect(code).not.toBe(0);
  });
});
