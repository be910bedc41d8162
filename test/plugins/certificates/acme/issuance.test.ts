/** Certificates from an ACME authority, from the account to the renewal; the first one by the built command line. */

import { X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateId } from '../../../../plugins/certificates/acme/certificate-id.ts';
import { keyPem, makeKeys } from '../../../../plugins/certificates/live/x509-make.ts';
import { type EmulatedAuthority, startEmulated } from '../../../support/acme/emulated.ts';
import { fettle, writeFiles } from '../../../support/cli.ts';
import { acmeDocuments, acmeProject, type AcmeProject } from './project.ts';

let authority: EmulatedAuthority;
beforeAll(async () => {
  authority = await startEmulated({ ownHttp: true }, { retryAfterSeconds: 0 });
});
afterAll(() => authority.stop());

const stored = ({ folder }: AcmeProject): X509Certificate =>
  new X509Certificate(readFileSync(join(folder, 'tls/www.crt')));

interface Shown {
  readonly kept: Readonly<Record<string, unknown>>;
}

async function kept(project: AcmeProject, address: string): Promise<Shown['kept']> {
  const { stdout } = await project.run('state', 'show', address);
  return (JSON.parse(stdout) as Shown).kept;
}

async function expectUnchanged({ run }: AcmeProject): Promise<void> {
  const { stdout } = await run('plan');
  expect(stdout).toContain('Plan: 0 to add, 0 to change, 0 to step, 0 to remove. 0 rejected, 0 waiting');
}

const WWW = 'certificates/Certificate/www';
const PUBLIC = 'certificates/Issuer/public';

async function applied(documents?: string): Promise<AcmeProject> {
  const project = acmeProject(authority, documents);
  const { code, stdout, stderr } = await project.run('apply', '--yes');
  expect([code, code === 0 ? '' : stdout + stderr]).toEqual([0, '']);
  return project;
}

describe('a certificate from an ACME authority', { timeout: 120_000 }, () => {
  it('is issued with the account by one apply, and the next plan is empty', async () => {
    const project = acmeProject(authority, acmeDocuments(authority, { names: ['www.example.test', 'example.test'] }));
    const built = await fettle(project.folder, 'apply', '--yes');
    expect([built.code, built.code === 0 ? '' : built.stdout + built.stderr]).toEqual([0, '']);
    expect(stored(project).subjectAltName).toBe('DNS:www.example.test, DNS:example.test');
    expect(statSync(join(project.folder, 'acme/account.key')).mode & 0o777).toBe(0o600);
    // Nothing is left of the order.
    expect(readdirSync(join(project.folder, 'acme/account.key.orders'))).toEqual([]);
    expect(Object.keys(await kept(project, WWW))).not.toContain('order');
    await expectUnchanged(project);
  });

  it('keeps the window that the authority suggested, and asks again only at its time', async () => {
    const project = await applied();
    const before = stored(project);
    const now = Date.now();
    authority.acme.suggestRenewal(certificateId(before) ?? '', {
      start: now - 2 * 86_400_000,
      end: now - 86_400_000,
      explanationURL: 'https://example.test/why',
    });
    // The authority is not asked before its time.
    await expectUnchanged(project);
    const memory = await kept(project, WWW);
    expect(memory['ari']).toMatchObject({ id: certificateId(before) });
    const counts = authority.acme.counts();
    expect((await project.run('plan')).stdout).toContain('0 to change');
    expect(authority.acme.counts()).toEqual(counts);
  });

  it('follows a change of the names with another order', async () => {
    const project = await applied();
    project.declare(acmeDocuments(authority, { names: ['other.example.test'] }));
    expect((await project.run('apply', '--yes')).code).toBe(0);
    expect(stored(project).subjectAltName).toBe('DNS:other.example.test');
  });

  it('keeps its account when the key of the account is replaced', async () => {
    const project = await applied();
    const before = await kept(project, PUBLIC);
    project.declare(acmeDocuments(authority).replace('account.key', 'second.key'));
    const plan = await project.run('plan');
    expect(plan.stdout).toMatch(/acme\.accountKey: "[\w-]+" → "a new key"/u);
    expect((await project.run('apply', '--yes')).code).toBe(0);
    const after = await kept(project, PUBLIC);
    expect(after['account']).toBe(before['account']);
    expect(after['thumbprint']).not.toBe(before['thumbprint']);
    expect(existsSync(join(project.folder, 'acme/second.key'))).toBe(true);
    await expectUnchanged(project);
    project.declare(acmeDocuments(authority, { names: ['other.example.test'] }).replace('account.key', 'second.key'));
    expect((await project.run('apply', '--yes')).code).toBe(0);
  });

  it('is not issued by another account: a key that replaced the recorded one is rejected', async () => {
    const project = await applied();
    renameSync(join(project.folder, 'acme/account.key'), join(project.folder, 'account.before'));
    project.declare(acmeDocuments(authority, { names: ['other.example.test'] }));
    const missing = await project.run('plan');
    expect(missing.stdout).toContain('issuer-changed');
    expect(missing.stdout).toContain('is missing');
    expect((await project.run('apply', '--yes')).code).not.toBe(0);
    expect(stored(project).subjectAltName).toBe('DNS:www.example.test');
  });

  it('names the chains of the authority if the preferred one is not among them', async () => {
    const roots = authority.acme.roots.map((root) => new X509Certificate(root).subject.replace(/^.*CN=/su, ''));
    const known = `the authority has no chain up to None. It has chains up to ${roots.join(', ')}`;
    const project = await applied();
    project.declare(acmeDocuments(authority, { acme: 'preferredChain: None' }));
    const { code, stdout } = await project.run('apply', '--yes');
    expect([code, stdout]).toEqual([7, expect.stringContaining(`${known}. Name one of them in \`preferredChain\``)]);
  });

  it('gets another chain without another order', async () => {
    const project = await applied();
    const before = stored(project);
    const orders = authority.acme.counts()['new-order'];
    const other = new X509Certificate(authority.acme.roots[1]).subject.replace(/^.*CN=/su, '');
    project.declare(acmeDocuments(authority, { acme: `preferredChain: "${other}"` }));
    const plan = await project.run('plan');
    expect(plan.stdout).toContain(`issuer.preferredChain: "" → "${other}"  (policy)`);
    expect(plan.stdout).toContain('reads acme.pem sha256:');
    expect((await project.run('apply', '--yes')).code).toBe(0);
    expect(stored(project).fingerprint256).toBe(before.fingerprint256);
    expect(authority.acme.counts()['new-order']).toBe(orders);
    await expectUnchanged(project);
  });

  it('waits when the authority refuses for a time, without a failure', async () => {
    const project = acmeProject(authority, acmeDocuments(authority, { names: ['limited.example.test'] }));
    authority.acme.faults.list.push({
      endpoint: 'new-order',
      times: 1,
      when: 'before',
      answer: {
        status: 429,
        headers: { 'retry-after': '7200', 'content-type': 'application/problem+json' },
        body: { type: 'urn:ietf:params:acme:error:rateLimited', detail: 'too many orders' },
      },
    });
    const first = await project.run('apply', '--yes');
    expect(first.stdout).toContain('too many orders');
    const memory = await project.run('state', 'show', WWW);
    expect(memory.stdout).not.toContain('"failures": 1,');
    const plan = await project.run('plan');
    expect(plan.stdout).toContain('acme-budget');
    expect(plan.stdout).toMatch(/1 waiting/u);
    const counts = authority.acme.counts()['new-order'];
    await project.run('apply', '--yes');
    expect(authority.acme.counts()['new-order']).toBe(counts);
  });

  it('is rehearsed: the order is proven and thrown away, and the log has the result', async () => {
    const project = acmeProject(authority);
    const rehearse = ['certificates', 'rehearse', 'www', '--directory', authority.directory] as const;
    expect((await project.run(...rehearse)).stderr).toContain('--yes');
    const orders = authority.acme.counts()['new-order'] ?? 0;
    const done = await project.run(...rehearse, '--yes');
    expect([done.code, done.stdout]).toEqual([0, expect.stringContaining('The rehearsal of www succeeded')]);
    expect(authority.acme.counts()['new-order']).toBe(orders + 1);
    expect(existsSync(join(project.folder, 'tls'))).toBe(false);
    expect(existsSync(join(project.folder, 'acme'))).toBe(false);
    expect(await kept(project, WWW)).toMatchObject({ rehearsal: 'succeeded' });
    expect((await project.run('log', 'list')).stdout).toContain('certificates rehearse by');
    // A failed one is a result, too.
    project.declare(acmeDocuments(authority, { names: ['www.blocked-domain.example'] }));
    const failed = await project.run(...rehearse, '--yes');
    expect([failed.code, failed.stdout]).toEqual([4, expect.stringContaining('The rehearsal of www failed')]);
    // The first apply issues as if there had been none.
    project.declare(acmeDocuments(authority));
    expect((await project.run('apply', '--yes')).code).toBe(0);
    expect(stored(project).subjectAltName).toBe('DNS:www.example.test');
  });

  it('ends with its account: a removal deactivates it, and leaves a key that fettle did not create', async () => {
    const [issuer = ''] = acmeDocuments(authority).split('---');
    const document = `${issuer}lifecycle: { onRemove: remove }\n`;
    for (const isOurs of [true, false]) {
      const project = acmeProject(authority, document);
      const key = join(project.folder, 'acme/account.key');
      if (!isOurs)
        writeFiles(project.folder, { 'acme/account.key': keyPem((await makeKeys('ecdsa-p256')).privateKey) });
      if (!isOurs) chmodSync(key, 0o600);
      expect((await project.run('apply', '--yes')).code).toBe(0);
      project.declare(
        'apiVersion: certificates/v1\nkind: Issuer\nmetadata: { name: other }\nspec: { selfSigned: {} }\n',
      );
      const { code, stdout } = await project.run('apply', '--yes');
      expect([code, stdout]).toEqual([0, expect.stringContaining('ready > absent')]);
      expect([isOurs, existsSync(key)]).toEqual([isOurs, !isOurs]);
    }
  });

  it('is not ordered again at once after a failed first order', async () => {
    const project = acmeProject(authority, acmeDocuments(authority, { names: ['www.blocked-domain.example'] }));
    expect((await project.run('apply', '--yes')).code).toBe(7);
    const orders = authority.acme.counts()['new-order'];
    const plan = await project.run('plan');
    expect(plan.stdout).toMatch(/WAITING backoff|backoff: after 1 failed/u);
    await project.run('apply', '--yes');
    expect(authority.acme.counts()['new-order']).toBe(orders);
    // A change of the document is another try.
    project.declare(acmeDocuments(authority));
    expect((await project.run('apply', '--yes')).code).toBe(0);
  });
});
