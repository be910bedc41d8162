/** A Certificate that gets another Issuer, by the command line. */

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startEmulated } from '../../../support/acme/emulated.ts';
import { fettle } from '../../../support/command-line.ts';
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

test('the chain of another account counts from its first order on: the certificate of the former one is not its own', async () => {
  let laterMs = 0;
  const now = (): number => Date.now() + laterMs;
  const authority = await startEmulated({ ownHttp: true }, { now });
  onTestFinished(authority.stop);
  const first = acmeDocuments(authority);
  const { folder, run, declare } = acmeProject(authority, first);
  expect((await run('apply', '--yes')).stdout).toContain('2 done');
  const stored = (): string => readFileSync(join(folder, 'tls/www.crt'), 'utf8');
  const before = stored();
  const chain = new X509Certificate(authority.acme.roots[1]).subject.replace(/^.*CN=/su, '');
  const [issuer = '', certificate = ''] = first.split('---\n');
  const second = issuer
    .replace('name: public', 'name: second')
    .replace('account.key', 'second.key')
    .replace('solvers:', `preferredChain: "${chain}", solvers:`);
  declare([issuer, second, certificate.replace('issuer: public', 'issuer: second')].join('---\n'));
  expect((await run('apply', '--yes')).stdout).toContain('Apply: 2 done, 0 failed, 0 unknown, 0 stale');
  expect((await run('plan')).stdout).toContain('0 to change');
  const downloads = authority.acme.counts()['certificate'];
  expect([stored(), downloads]).toEqual([before, 1]);
  laterMs = 65 * 86_400_000;
  expect((await fettle(folder, 'apply --yes', { now })).stdout).toContain('Apply: 1 done, 0 failed');
  const top = new X509Certificate(
    stored()
      .split(/(?=-----BEGIN)/u)
      .at(-1) ?? '',
  );
  expect(top.issuer.replace(/^.*CN=/su, '')).toBe(chain);
});
