/** `fettle certificates rehearse` at directories that need external accounts, have other profiles, or are proven by a hook. */

import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rehearse as command } from '../../../../plugins/certificates/commands/rehearse.ts';
import { testAuthorities } from '../../../support/acme/authorities.ts';
import type { TestAuthority } from '../../../support/acme/authority.ts';
import { startEmulated } from '../../../support/acme/emulated.ts';
import { fettleWith } from '../../../support/command-line.ts';
import { acmeDocuments, acmeProject, type AcmeProject } from './project.ts';

const HMAC_KEY = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W';
const REHEARSE = ['certificates', 'rehearse', 'www'] as const;
const SETTINGS = 'plugins: { certificates: { acme: { accounts: { staging: { kid: kid-1 } } } } }\n';

/** The documents, with an Issuer of Let's Encrypt whose names the same listener proves. */
function production(authority: TestAuthority): string {
  return acmeDocuments(authority)
    .replace(`"${authority.directory}"`, 'letsencrypt')
    .replace('ca: ./acme.pem, ', '')
    .replace(/profile: \w+, /u, '');
}

describe.each(testAuthorities().map((each) => [each.name, each] as const))('%s', (_name, { start, features }) => {
  let authority: TestAuthority;
  let project: AcmeProject;
  beforeAll(async () => {
    authority = await start({ externalAccounts: { 'kid-1': HMAC_KEY }, ownHttp: true });
    project = acmeProject(authority, production(authority), SETTINGS);
  });
  afterAll(() => authority.stop());

  const rehearse = (env: Readonly<Record<string, string>>, ...more: readonly string[]) =>
    fettleWith(
      env,
      project.folder,
      ...REHEARSE,
      '--yes',
      '--directory',
      authority.directory,
      '--ca',
      './acme.pem',
      ...more,
    );

  it('needs an external account, which --eab names', async () => {
    const refused = await rehearse({});
    expect([refused.code, refused.stdout]).toEqual([
      4,
      expect.stringContaining('The rehearsal of www failed: the directory requires an external account'),
    ]);
    expect(refused.stdout + refused.stderr).toContain(
      'exit 4: The trial failed. Fix the cause that its report names and run the command again.',
    );
    expect(refused.stdout + refused.stderr).not.toContain('could not be read');
    const unknown = await rehearse({}, '--eab', 'other');
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('does not have the account other')]);
    const origin = new URL(authority.directory).origin;
    const foreign = await rehearse({ ACME_EAB_KEY: HMAC_KEY }, '--eab', 'staging');
    expect([foreign.code, foreign.stdout]).toEqual([4, expect.stringContaining('FETTLE_PROVIDER_ORIGINS')]);
    const permitted = { ACME_EAB_KEY: HMAC_KEY, FETTLE_PROVIDER_ORIGINS: `ACME_EAB_KEY=${origin}` };
    const profile = features.has('profiles') ? ['--profile', 'default'] : [];
    const done = await rehearse(permitted, '--eab', 'staging', ...profile, '--format', 'json');
    expect(JSON.parse(done.stdout)).toMatchObject({
      certificate: 'www',
      directory: authority.directory,
      eab: 'staging',
      succeeded: true,
    });
    expect(done.stderr).toContain('waiting for the authority');
    for (const { stdout, stderr } of [refused, foreign, done]) expect(`${stdout}${stderr}`).not.toContain(HMAC_KEY);
  }, 60_000);
});

describe('the emulated authority', () => {
  let authority: TestAuthority;
  beforeAll(async () => {
    authority = await startEmulated({ ownHttp: true });
  });
  afterAll(() => authority.stop());

  const rehearse = (project: AcmeProject, ...more: readonly string[]) =>
    fettleWith({}, project.folder, ...REHEARSE, '--directory', authority.directory, ...more);

  it('orders with the profile of the Issuer, or with the one that --profile names', async () => {
    const project = acmeProject(authority);
    const untilOf = async (...more: readonly string[]): Promise<number> => {
      const { code, stdout } = await rehearse(project, '--yes', '--format', 'json', ...more);
      expect([code, stdout]).toEqual([0, expect.stringContaining('"succeeded":true')]);
      return (Date.parse((JSON.parse(stdout) as { until: string }).until) - Date.now()) / 86_400_000;
    };
    expect(await untilOf()).toBeGreaterThan(80);
    expect(await untilOf('--profile', 'shortlived')).toBeLessThan(7);
    expect(await untilOf('--profile', 'none')).toBeGreaterThan(80);
    const unknown = await rehearse(project, '--yes', '--profile', 'tlsclient');
    expect([unknown.code, unknown.stdout]).toEqual([
      4,
      expect.stringContaining('does not have the profile tlsclient. It has default, tlsserver, shortlived'),
    ]);
  });

  it('trusts the anchors of the Issuer only at the same server', async () => {
    const project = acmeProject(authority, production(authority));
    const refused = await rehearse(project, '--yes');
    expect([refused.code, refused.stdout]).toEqual([4, expect.stringContaining('certificate')]);
    expect((await rehearse(project, '--yes', '--ca', join(project.folder, 'acme.pem'))).code).toBe(0);
  });

  it('runs no hook whose file has changed since the approval', async () => {
    const hook = '{ dns01: { exec: { command: [./dns.sh] }, wait: 1ms } }';
    const documents = acmeDocuments(authority, { names: ['"*.a.example.test"', '"*.b.example.test"'] }).replace(
      /solvers: \[.*\]/u,
      `solvers: [${hook}]`,
    );
    const project = acmeProject(authority, documents, 'plugins: { certificates: { commands: [[./dns.sh]] } }\n');
    const script = join(project.folder, 'dns.sh');
    const write = (line: string): void => {
      writeFileSync(script, `#!/bin/sh\necho "$1 $2" >> ran\n${line}\n`);
      chmodSync(script, 0o755);
    };
    const ran = (): string => readFileSync(join(project.folder, 'ran'), 'utf8');
    // The first run changes the script.
    write('echo "# $2" >> dns.sh');
    const done = await rehearse(project, '--yes');
    expect(done.stderr).toContain('runs ["./dns.sh"]');
    expect(done.stderr).toMatch(/the approval covers dns\.sh sha256:[0-9a-f]{64}/u);
    expect([done.code, done.stdout]).toEqual([
      4,
      expect.stringContaining('dns.sh has changed since the approval, so it was not run'),
    ]);
    expect(ran().trim().split('\n')).toHaveLength(1);
    // A script that stays as it was approved removes what both have put up.
    write('true');
    await rehearse(project, '--yes');
    expect(ran()).toContain('cleanup _acme-challenge.a.example.test.');
  });
});

it('the question names the places where solvers put their values, and no other', () => {
  const document = (kind: string, name: string, spec: object) => ({
    ref: { plugin: 'certificates', kind, name },
    spec,
    meta: { labels: {}, lifecycle: { ignore: [] } },
    needs: [],
    source: { file: 'certs.yaml', line: 1, column: 1 },
  });
  const solvers = [
    { match: { names: ['www.example.test'] }, http01: { webroot: './www' } },
    { match: { names: ['*.example.test'] }, dns01: { provider: 'corp' } },
    { dns01: { exec: { command: ['./dns.sh'] } } },
  ];
  if (command.does !== 'trial') throw new Error('the rehearsal is not a trial');
  const question = command.ask({
    words: { name: 'www' },
    flags: { directory: undefined, ca: undefined, eab: undefined, profile: undefined },
    desired: [
      document('Issuer', 'public', {
        acme: { directory: 'letsencrypt', accountKey: './account.key', contact: [], solvers },
      }),
      document('Certificate', 'www', { issuer: 'public', dnsNames: ['www.example.test', '*.example.test'] }),
    ],
    memory: [],
    now: 0,
    actor: 'ops',
    settings: { acme: { dnsProviders: { corp: { rfc2136: { server: 'ns1.example.test:53', keyName: 'fettle' } } } } },
  });
  expect(question).toBe(
    'Rehearse the order of www (www.example.test, *.example.test) at https://acme-staging-v02.api.letsencrypt.org/directory, with the webroot ./www, the DNS provider corp (rfc2136 ns1.example.test:53)?',
  );
});
