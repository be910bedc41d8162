/** Certificates with the same names, by the command line. */

import { expect, onTestFinished, test } from 'vitest';
import { startEmulated } from '../../../support/acme/emulated.ts';
import { acmeDocuments, acmeProject } from './project.ts';

test('an authority that answers with an open order for the same names issues for both keys', async () => {
  const authority = await startEmulated({ ownHttp: true }, { reusesOrders: true });
  onTestFinished(authority.stop);
  const documents = acmeDocuments(authority);
  const [issuer = '', ecdsa = ''] = documents.split('---\n');
  const rsa = ecdsa
    .replace('name: www', 'name: www-rsa')
    .replaceAll('www.crt', 'rsa.crt')
    .replaceAll('www.key', 'rsa.key')
    .replace('issuer: public,', 'issuer: public, keyAlgorithm: rsa-2048,');
  const { run } = acmeProject(authority, [issuer, ecdsa, rsa].join('---\n'));
  const { stdout, stderr } = await run('apply', '--yes');
  expect(stdout + stderr).toContain('Apply: 3 done, 0 failed');
  expect(authority.acme.counts()['new-order']).toBe(2);
});
