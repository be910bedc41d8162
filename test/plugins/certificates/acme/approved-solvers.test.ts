/** Edits that later renewals go by: each is a row of the plan, and no scheduled renewal uses one before it is applied. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmulatedAuthority, startEmulated } from '../../../support/acme/emulated.ts';
import { writeFiles } from '../../../support/cli.ts';
import { type Done, fettle } from '../../../support/command-line.ts';
import { acmeDocuments, acmeProject, type AcmeProject } from './project.ts';

const DAY_MS = 86_400_000;
/** A certificate of 90 days is due after 60 of them. */
const AGE_MS = 70 * DAY_MS;

let ahead = 0;
let authority: EmulatedAuthority;
beforeAll(async () => {
  const now = (): number => Date.now() + ahead;
  authority = await startEmulated(
    { ownHttp: true },
    { now, retryAfterSeconds: 0, profiles: { default: { description: '', validitySeconds: (90 * DAY_MS) / 1000 } } },
  );
});
afterAll(() => authority.stop());

/** The entry is for a name that no Certificate has: only its Issuer goes by it. */
function provided(server: string): string {
  return `plugins: { certificates: { commands: [['true', x]], acme: { dnsProviders: { corp: { rfc2136: { server: "${server}", keyName: fettle } }, spare: { hetzner: { zone: ${server} } } } } } }\n`;
}

const ENTRY = '{ match: { names: [other.example.test] }, dns01: { provider: corp } }';

function documents(
  more: { readonly entry?: string; readonly acme?: string; readonly certificate?: string } = {},
): string {
  const { entry = ENTRY, ...others } = more;
  return acmeDocuments(authority, others).replace('solvers: [', `solvers: [${entry}, `);
}

/** The files of the project. */
function files(config: string, text: string): Readonly<Record<string, string>> {
  return {
    'fettle.yaml': `name: test\nstore: .fettle\ndesired: ['*.yaml']\n${config}`,
    'certs.yaml': text,
  };
}

const run = (project: AcmeProject, line: string): Promise<Done> =>
  fettle(project.folder, line, { now: () => Date.now() + ahead });

async function dueProject(): Promise<AcmeProject> {
  const project = acmeProject(authority, documents(), provided('ns1.example.test:53'));
  ahead = -AGE_MS;
  const { code, stdout } = await run(project, 'apply --yes');
  ahead = 0;
  expect([code, stdout]).toEqual([0, expect.any(String)]);
  return project;
}

test.each<readonly [string, () => Readonly<Record<string, string>>, string, string]>([
  [
    'another name of a solver',
    () => files(provided('ns1.example.test:53'), documents({ entry: ENTRY.replace('other.', 'more.') })),
    'Issuer/public',
    'acme.solvers: ',
  ],
  [
    'a profile',
    () => files(provided('ns1.example.test:53'), documents().replace('profile: default, ', '')),
    'Issuer/public',
    'acme.profile: "default" → (none)',
  ],
  [
    'another server of a DNS provider in fettle.yaml',
    () => files(provided('ns9.example.test:53'), documents()),
    'Issuer/public',
    'plugins.certificates.acme.dnsProviders.corp.rfc2136.server: "ns1.example.test:53" → "ns9.example.test:53"',
  ],
  [
    'a command that reloads a service',
    () => files(provided('ns1.example.test:53'), documents({ certificate: "reload: { command: ['true', x] }" })),
    'Certificate/www',
    'reload.command: (none) → ["true","x"]',
  ],
])('%s is a row, and no scheduled renewal uses it before', async (_edit, edited, address, shown) => {
  const project = await dueProject();
  const renewal = 'expiring_soon > renewing';
  expect((await run(project, 'plan --cause time')).stdout).toContain(renewal);
  writeFiles(project.folder, edited());
  const scheduled = await run(project, 'apply --yes --cause time');
  expect([scheduled.code, scheduled.stdout]).toEqual([3, expect.stringContaining('unapplied-edit')]);
  const whole = await run(project, `plan --detail`);
  const at = whole.stdout.indexOf(`certificates/${address}`);
  expect(whole.stdout.slice(at)).toContain(shown);
  // A DNS provider that no solver names is not a row.
  expect(whole.stdout).not.toContain('spare');
  const applied = await run(project, 'apply --yes');
  expect([applied.code, applied.stdout]).toEqual([0, expect.stringContaining(shown.slice(0, 12))]);
  expect((await run(project, 'plan --detailed-exitcode')).code).toBe(0);
});
