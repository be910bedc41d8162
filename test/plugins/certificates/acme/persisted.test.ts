/** Certificates by dns-persist-01, from the missing record to the renewal: Pebble and the emulated authority look themselves. */

import { readFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { defined } from '#plugin';
import { AcmeProblem } from '../../../../plugins/certificates/acme/acme-problem.ts';
import type { TestAuthority } from '../../../support/acme/authority.ts';
import { startEmulated } from '../../../support/acme/emulated.ts';
import { startPebble } from '../../../support/acme/pebble.ts';
import { cachedPebble } from '../../../support/acme/programs.ts';
import { fettle, fettleHere } from '../../../support/command-line.ts';
import { anySignal, clientOf, dns } from './issuing.ts';
import { acmeDocuments, acmeProject, type AcmeProject } from './project.ts';

const programs = cachedPebble();
const authorities: readonly (readonly [name: string, issuer: string, start: () => Promise<TestAuthority>])[] = [
  ['the sandbox', 'acme.example.test', () => startEmulated({}, { retryAfterSeconds: 0 })],
  ...(programs === undefined
    ? []
    : [[`Pebble ${programs.version}`, 'pebble.letsencrypt.org', () => startPebble(programs)] as const]),
];

/** A project whose names are proven by records. */
async function projectFor(
  start: () => Promise<TestAuthority>,
  names: readonly string[],
): Promise<{ readonly project: AcmeProject; readonly authority: TestAuthority }> {
  const authority = await start();
  onTestFinished(authority.stop);
  const solver = `{ dnsPersist01: { resolvers: ["${authority.resolver}"] } }`;
  const documents = acmeDocuments(authority, { names: names.map((name) => JSON.stringify(name)) });
  return {
    project: acmeProject(authority, documents.replace(/solvers: \[\{.*\}\]/u, `solvers: [${solver}]`)),
    authority,
  };
}

/** The texts that an error has to write, by the names of their records. */
function toWrite(message: string): Readonly<Record<string, string>> {
  const found = message.matchAll(/(_validation-persist\.\S+) needs a TXT record[^"]*Write "([^"]+)"/gu);
  return Object.fromEntries([...found].map(([, place, text]) => [place ?? '', text ?? '']));
}

const WRITTEN = '--override backoff@certificates/Certificate/www --reason written';

const apply = ({ folder }: AcmeProject, more = '') => fettle(folder, `apply --yes ${more}`);

describe.each(authorities)('%s', { timeout: 60_000 }, (_, issuer, start) => {
  test('a first apply shows the records to write, and the next one issues', async () => {
    const { project, authority } = await projectFor(start, ['one.example.test', 'two.example.test']);
    const refused = await apply(project);
    expect(refused.code).toBe(7);
    const texts = toWrite(refused.stdout.replace(/\s+/gu, ' '));
    expect(Object.keys(texts).sort()).toEqual([
      '_validation-persist.one.example.test',
      '_validation-persist.two.example.test',
    ]);
    for (const [place, text] of Object.entries(texts)) {
      expect(text).toMatch(new RegExp(`^${issuer}; accounturi=https://[^;]+$`, 'u'));
      for (const each of ['v=spf1 -all', text]) await authority.addTxt(place, each);
    }
    const done = await apply(project, WRITTEN);
    expect([done.code, done.code === 0 ? '' : done.stdout + done.stderr]).toEqual([0, '']);
    const { subjectAltName } = new X509Certificate(readFileSync(join(project.folder, 'tls/www.crt')));
    expect(subjectAltName).toBe('DNS:one.example.test, DNS:two.example.test');
    expect((await fettleHere(project.folder, 'plan')).stdout).toContain('Plan: 0 to add, 0 to change');
  });

  test('one record permits a name and its wildcard, and one without its policy permits no wildcard', async () => {
    const { project, authority } = await projectFor(start, ['wild.example.test', '*.wild.example.test']);
    const place = '_validation-persist.wild.example.test';
    const first = toWrite((await apply(project)).stdout.replace(/\s+/gu, ' '));
    expect(Object.keys(first)).toEqual([place]);
    const text = first[place] ?? '';
    expect(text).toMatch(/; policy=wildcard$/u);
    await authority.addTxt(place, text.replace(/; policy.*/u, ''));
    const narrow = await apply(project, WRITTEN);
    expect([narrow.code, narrow.stdout]).toEqual([7, expect.stringContaining('policy=wildcard is missing')]);
    await authority.addTxt(place, text);
    expect(await apply(project, WRITTEN)).toMatchObject({ code: 0 });
  });

  test('a rehearsal names what its new account cannot prove, and orders nothing', async () => {
    const { project, authority } = await projectFor(start, ['one.example.test']);
    const words = ['certificates', 'rehearse', 'www', '--yes', '--directory', authority.directory];
    const { code, stdout } = await fettleHere(project.folder, ...words);
    expect([code, stdout]).toEqual([4, expect.stringContaining('a rehearsal cannot prove one.example.test')]);
  });

  test('the authority itself reads the record: account, wildcards and end', async () => {
    const authority = await start();
    onTestFinished(authority.stop);
    const { client } = await clientOf(authority);
    const own = `${issuer}; accounturi=${client.accountUrl()}`;
    const records: readonly (readonly [name: string, text: string, outcome: string])[] = [
      ['right.example.test', own, 'ready'],
      ['*.right.example.test', `${own}; policy=Wildcard; persistUntil=4102444800`, 'ready'],
      ['none.example.test', 'v=spf1 -all', 'unauthorized'],
      ['account.example.test', `${own}1`, 'unauthorized'],
      ['authority.example.test', own.replace(issuer, 'other.example.test'), 'unauthorized'],
      ['*.narrow.example.test', own, 'unauthorized'],
      ['ended.example.test', `${own}; persistUntil=1`, 'unauthorized'],
    ];
    for (const [name, text, outcome] of records) {
      await authority.addTxt(`_validation-persist.${name.replace('*.', '')}`, text);
      const order = await client.newOrder(defined({ identifiers: dns(name), profile: authority.profile }), anySignal);
      const [authorization] = await client.authorizations(order, anySignal);
      const challenge = authorization?.challenges.find(({ type }) => type === 'dns-persist-01');
      if (challenge === undefined) throw new Error(`dns-persist-01 is not offered for ${name}`);
      expect([challenge.issuers, challenge.token]).toEqual([[issuer], undefined]);
      await client.answer(challenge, anySignal);
      const seen = await client.untilReady(order, anySignal).then(
        ({ status }) => status,
        (error: unknown) => (error instanceof AcmeProblem ? error.problem.type : String(error)),
      );
      expect(`${name} ${seen}`).toBe(`${name} ${outcome}`);
    }
  });
});
