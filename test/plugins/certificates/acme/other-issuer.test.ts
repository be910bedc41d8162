/** A Certificate that gets another Issuer, by the command line. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startEmulated } from '../../../support/acme/emulated.ts';
import { acmeDocuments, acmeProject } from './project.ts';

test('the certificate stays under another Issuer at the same directory, in the apply that creates its account', async () => {
  const authority = await startEmulated({ ownHttp: true });
  onTestFinished(authority.stop);
  const first = acmeDocuments(authority);
  const { folder, run, declare } = acmeProject(authority, first);
  expect((await run('apply', '--yes')).stdout).toContain('2 done');
  const stored = readFileSync(join(folder, 'tls/www.crt'), 'utf8');
  const [issuer = '', certificate = ''] = first.split('---\n');
  const second = issuer.replace('name: public', 'name: second').replace('account.key', 'second.key');
  declare([issuer, second, certificate.replace('issuer: public', 'issuer: second')].join('---\n'));
  const { stdout, stderr } = await run('apply', '--yes');
  expect(stdout + stderr).toContain('Apply: 2 done, 0 failed, 0 unknown, 0 stale');
  expect(readFileSync(join(folder, 'tls/www.crt'), 'utf8')).toBe(stored);
  expect((await run('plan')).stdout).toContain('0 to change');
});
