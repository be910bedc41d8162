/** Requests of a plan for an Issuer: its directory and the renewal information at the same origin, in no denied network. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type EmulatedAuthority, startEmulated } from '../../../support/acme/emulated.ts';
import { fettle } from '../../../support/command-line.ts';
import { bodyWith } from './hostile.ts';
import { acmeDocuments, acmeProject, type AcmeProject } from './project.ts';

const DAY_MS = 86_400_000;

let authority: EmulatedAuthority;
beforeAll(async () => {
  authority = await startEmulated({ ownHttp: true });
});
afterAll(() => authority.stop());
afterEach(() => {
  authority.acme.faults.list.length = 0;
});

/** An HTTP server of this machine, and the paths that it was asked for. */
async function internalServer(): Promise<{ readonly origin: string; readonly asked: readonly string[] }> {
  const asked: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    asked.push(url);
    response.writeHead(403).end();
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

async function applied(config = ''): Promise<AcmeProject> {
  const project = acmeProject(authority, acmeDocuments(authority), config);
  const done = await fettle(project.folder, 'apply --yes');
  expect([done.code, done.code === 0 ? '' : done.stdout + done.stderr]).toEqual([0, '']);
  return project;
}

/** A plan at a time at which the authority is asked for renewal information. */
const planLater = ({ folder }: AcmeProject) => fettle(folder, 'plan', { now: () => Date.now() + 8 * DAY_MS });

test('a directory that names another server leads no request of a plan there', { timeout: 60_000 }, async () => {
  const project = await applied();
  const internal = await internalServer();
  const answer = bodyWith(() => ({ renewalInfo: `${internal.origin}/internal/delete?all=1&x=` }));
  authority.acme.faults.list.push({ endpoint: 'directory', when: 'after', answer });
  const before = authority.acme.counts()['directory'] ?? 0;
  const { code, stdout } = await planLater(project);
  expect([code, internal.asked]).toEqual([0, []]);
  expect(authority.acme.counts()['directory']).toBeGreaterThan(before);
  expect(stdout.replace(/\s+/gu, ' ')).toContain(`/renewalInfo leads to ${internal.origin}`);
});

test('an authority in a network of probe.deny is not asked', { timeout: 60_000 }, async () => {
  const project = await applied();
  const counts = authority.acme.counts();
  const denied = acmeProject(
    authority,
    acmeDocuments(authority),
    'plugins: { certificates: { probe: { deny: [127.0.0.0/8] } } }\n',
  );
  const refused = await fettle(denied.folder, 'apply --yes');
  expect([refused.code, refused.stdout]).toEqual([
    7,
    expect.stringContaining('its address is in a network that is denied'),
  ]);
  expect(authority.acme.counts()).toEqual(counts);
  expect((await planLater(project)).code).toBe(0);
  expect(authority.acme.counts()).not.toEqual(counts);
});
