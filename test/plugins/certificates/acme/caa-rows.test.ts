/** Rows of certificates whose CAA records name an account or a method, from a first plan with a key that exists. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accountKeyOf } from '../../../../plugins/certificates/acme/jws.ts';
import { keyPem, makeKeys } from '../../../../plugins/certificates/live/x509-make.ts';
import { type EmulatedAuthority, startEmulated } from '../../../support/acme/emulated.ts';
import { fettle } from '../../../support/command-line.ts';
import { dnsServer } from '../../../support/dns.ts';
import { anySignal, openFor } from './issuing.ts';
import { acmeDocuments, acmeProject, type AcmeProject } from './project.ts';

let authority: EmulatedAuthority;
beforeAll(async () => {
  authority = await startEmulated({ ownHttp: true });
});
afterAll(() => authority.stop());

/** A project with the key of an account that the authority has, and CAA records of its name. */
async function projectWith(
  parametersFor: (account: string) => string,
): Promise<{ readonly project: AcmeProject; readonly account: string }> {
  const { privateKey } = await makeKeys('ecdsa-p256');
  const client = await openFor(authority, { key: await accountKeyOf(privateKey) });
  const account = (await client.createAccount({ contact: [], termsAgreed: true }, anySignal)).url;
  const issue = `acme.example.test; ${parametersFor(account)}`;
  const { address } = await dnsServer({ 'www.example.test': { caa: [['issue', issue]] } });
  const config = `plugins: { certificates: { probe: { resolvers: ["${address}"] } } }\n`;
  const project = acmeProject(authority, acmeDocuments(authority), config);
  mkdirSync(join(project.folder, 'acme'));
  writeFileSync(join(project.folder, 'acme/account.key'), keyPem(privateKey), { mode: 0o600 });
  return { project, account };
}

test('an account that the records name is known after the row of the Issuer, and then orders', async () => {
  const { project } = await projectWith((account) => `accounturi=${account}`);
  const plan = await fettle(project.folder, 'plan');
  expect(plan.stdout).toMatch(/WAITING caa-forbids: .* that of the Issuer is not known yet/u);
  expect(await fettle(project.folder, 'apply --yes')).toMatchObject({ code: 0 });
  const second = await fettle(project.folder, 'apply --yes');
  expect([second.code, second.stdout]).toEqual([0, expect.stringContaining('Apply: 1 done')]);
});

test('another account that the records name is rejected with the account to name', async () => {
  const { project, account } = await projectWith((own) => `accounturi=${own}9`);
  expect(await fettle(project.folder, 'apply --yes')).toMatchObject({ code: 0 });
  const { code, stdout } = await fettle(project.folder, 'apply --yes');
  expect([code, stdout]).toEqual([
    3,
    expect.stringContaining(`name the account ${account} in \`accounturi\` of the CAA records of www.example.test`),
  ]);
});

test('a method that the records do not permit is rejected with its name, also without an account', async () => {
  const { project } = await projectWith(() => 'validationmethods=dns-01');
  const { code, stdout } = await fettle(project.folder, 'apply --yes');
  expect([code, stdout]).toEqual([3, expect.stringContaining('do not permit the method http-01')]);
  expect(stdout).toContain('add http-01 to `validationmethods` in the CAA records of www.example.test');
});
