/** Texts in the rows and the results of ACME Issuers and their Certificates: what a step destroys, goes on with or found. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { finish } from '../../../../plugins/certificates/live/acme-proof.ts';
import { solversOf } from '../../../../plugins/certificates/live/acme-solvers.ts';
import { openTurns } from '../../../../plugins/certificates/live/turns.ts';
import { makeKeys } from '../../../../plugins/certificates/live/x509-make.ts';
import { type EmulatedAuthority, startEmulated } from '../../../support/acme/emulated.ts';
import { temporaryFolder, writeFiles } from '../../../support/cli.ts';
import { keptOf } from './hostile.ts';
import { anySignal, clientOf, dns } from './issuing.ts';
import { acmeDocuments, acmeProject, type AcmeProject } from './project.ts';
import { solverRun } from './support.ts';

let authority: EmulatedAuthority;
beforeAll(async () => {
  authority = await startEmulated({ ownHttp: true }, { retryAfterSeconds: 0 });
});
afterAll(() => authority.stop());

const ISSUER = 'certificates/Issuer/public';
const OTHER = 'apiVersion: certificates/v1\nkind: Issuer\nmetadata: { name: other }\nspec: { selfSigned: {} }\n';
const REMOVE = 'lifecycle: { onRemove: remove }\n';

interface Row {
  readonly address: string;
  readonly because: string;
}

async function becauseOf({ run }: AcmeProject, wanted: string): Promise<string> {
  const { stdout } = await run('plan', '--format', 'json');
  const { resource_changes, rejected_changes, deferred_changes } = JSON.parse(stdout) as {
    readonly resource_changes: readonly Row[];
    readonly rejected_changes: readonly { readonly resource_change: Row }[];
    readonly deferred_changes: readonly { readonly resource_change: Row }[];
  };
  const held = [...rejected_changes, ...deferred_changes].map(({ resource_change: row }) => row);
  const row = [...resource_changes, ...held].find(({ address }) => address === wanted);
  if (row === undefined) throw new Error(`the plan does not have ${wanted}: ${stdout}`);
  return row.because;
}

/** Declares an Issuer and a Certificate that are removed with their documents. */
function removable(documents = acmeDocuments(authority)): string {
  return documents.replaceAll(/^(metadata: .*)$/gmu, `$1\n${REMOVE.trim()}`);
}

async function applied(project: AcmeProject): Promise<void> {
  const { code, stdout, stderr } = await project.run('apply', '--yes');
  expect([code, code === 0 ? '' : stdout + stderr]).toEqual([0, '']);
}

describe('the row of a removal', { timeout: 60_000 }, () => {
  it('names the account, its key and the files of a pair', async () => {
    const project = acmeProject(authority, removable());
    await applied(project);
    const { account } = await keptOf(project, ISSUER);
    project.declare(OTHER);
    expect(await becauseOf(project, ISSUER)).toBe(
      `no longer declared. Deactivates the account ${String(account)} and removes acme/account.key; cannot be undone`,
    );
    expect(await becauseOf(project, 'certificates/Certificate/www')).toBe(
      'no longer declared. Removes tls/www.crt, tls/www.key; cannot be undone',
    );
    await applied(project);
    for (const path of ['acme/account.key', 'tls/www.crt', 'tls/www.key'])
      expect([path, existsSync(join(project.folder, path))]).toEqual([path, false]);
  });

  it('does not name a key that stays', async () => {
    const project = acmeProject(authority, removable());
    await applied(project);
    const { account } = await keptOf(project, ISSUER);
    const elsewhere = acmeDocuments(authority).split('---\n')[0]?.replace('name: public', 'name: second') ?? '';
    project.declare(elsewhere);
    await project.run('apply', '--yes');
    expect(await becauseOf(project, ISSUER)).toBe(
      `no longer declared. Deactivates the account ${String(account)}; cannot be undone`,
    );
  });

  it('names the folder of a local authority', async () => {
    const local = `apiVersion: certificates/v1
kind: Issuer
metadata: { name: ca }
${REMOVE}spec: { localCa: { dir: ./ca, commonName: Test CA } }
`;
    const project = acmeProject(authority, local);
    await applied(project);
    project.declare(OTHER);
    expect(await becauseOf(project, 'certificates/Issuer/ca')).toBe(
      'no longer declared. Removes ca.crt and ca.key of ca; cannot be undone',
    );
  });
});

describe('the row of an Issuer with another key', { timeout: 60_000 }, () => {
  it('names both paths', async () => {
    const project = acmeProject(authority);
    await applied(project);
    project.declare(acmeDocuments(authority).replace('account.key', 'second.key'));
    expect(await becauseOf(project, ISSUER)).toBe(
      'the document names another key for the account: acme/second.key instead of acme/account.key',
    );
  });
});

describe('an advisory self-check', { timeout: 60_000 }, () => {
  const documents = (port: number): string =>
    acmeDocuments(authority)
      .replace('selfCheck: skip', 'selfCheck: advisory')
      .replace(/port: \d+/u, `port: ${port}`);

  it('is in the result of a step that the authority completes', async () => {
    const project = acmeProject(authority, documents(authority.httpPort));
    const { code, stdout } = await project.run('apply', '--yes', '--format', 'json');
    expect(code).toBe(0);
    // The name does not resolve on this machine.
    expect(stdout).toMatch(/the self-check failed: http:\/\/www\.example\.test\/\S+ cannot be asked/u);
  });

  it('is in the error of a step that the authority refuses, and in the log', async () => {
    const project = acmeProject(authority, documents(authority.httpPort));
    // No program serves the webroot where the authority looks.
    writeFiles(project.folder, { 'www/index.html': '' });
    project.declare(documents(authority.httpPort).replace(/listener: \{[^}]*\}/u, 'webroot: ./www'));
    const { code, stdout } = await project.run('apply', '--yes');
    expect(code).toBe(7);
    expect(stdout).toMatch(/certificates\/Certificate\/www .*\. the self-check failed: http:\/\/www\.example\.test/u);
    expect((await project.run('log', 'why', 'certificates/Certificate/www')).stdout).toContain('the self-check failed');
    // The next try goes by another order: the authority has refused this one.
    expect((await keptOf(project))['order']).toBeUndefined();
  });
});

describe('a step that goes on with an order', { timeout: 60_000 }, () => {
  it('names the order in its row', async () => {
    const project = acmeProject(authority, acmeDocuments(authority).replace('selfCheck: skip', 'selfCheck: required'));
    expect((await project.run('apply', '--yes')).code).toBe(7);
    const { order } = await keptOf(project);
    project.declare(acmeDocuments(authority));
    expect(await becauseOf(project, 'certificates/Certificate/www')).toBe(
      `no certificate is stored. The step goes on with the order ${(order as { url: string }).url}`,
    );
    project.declare(acmeDocuments(authority, { names: ['other.example.test'] }));
    expect(await becauseOf(project, 'certificates/Certificate/www')).toBe('no certificate is stored');
  });
});

test('the progress of an order has a wildcard and its apex as they were ordered', async () => {
  const by = await clientOf(authority);
  const names = ['*.example.test', 'example.test'];
  const solvers = solversOf(
    { solvers: [{ dns01: { exec: { command: ['true'], timeoutSeconds: 60 }, wait: '1s', timeout: '1m' } }] },
    { folder: temporaryFolder(), env: {}, config: { commands: [['true']] }, now: Date.now },
    async () => {},
  );
  const order = await by.client.newOrder({ identifiers: dns(...names), profile: authority.profile ?? '' }, anySignal);
  const { said, ...run } = solverRun();
  const proving = { ...run, dnsNames: names, ipAddresses: [], keep: async () => {} };
  const keys = await makeKeys('ecdsa-p256');
  // The command sets no record, so the authority refuses the order.
  await expect(finish(proving, { order, keys }, { ...by, solvers, inTurn: openTurns(), left: [] })).rejects.toThrow(
    'no TXT record of _acme-challenge.example.test',
  );
  const [proof = ''] = said.filter((text) => text.startsWith('proving control of '));
  expect(proof.replace('proving control of ', '').split(', ').toSorted()).toEqual(names);
});
