/** `--cause` on real stores and certificates: the approval of a pull request, and the limits of a schedule. */

import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/formats/plan.ts';
import { temporaryFolder, writeFiles } from '../support/cli.ts';
import { applyAgo, fettle } from '../support/command-line.ts';

const PULL_REQUEST = '--cause new,edit,orphan';
const SCHEDULE = '--cause time,progress,policy';

const CA = `apiVersion: certificates/v1
kind: Issuer
metadata: { name: ca }
spec: { localCa: { dir: ../ca, commonName: Test CA } }
`;

function certificate(name: string, dnsNames: readonly string[], more = ''): string {
  return `apiVersion: certificates/v1
kind: Certificate
metadata: { name: ${name} }
spec:
  issuer: ca
  dnsNames: [${dnsNames.join(', ')}]
  storage: { file: { certificate: ../tls/${name}.crt, key: ../tls/${name}.key } }
${more}`;
}

/** A project with an authority, and a certificate `www` that ends in 20 days. */
async function project(): Promise<string> {
  const folder = temporaryFolder();
  writeFiles(folder, {
    'fettle.yaml': 'name: shop\nstore: .fettle\n',
    'desired/ca.yaml': CA,
    'desired/www.yaml': certificate('www', ['www.example.test']),
  });
  await applyAgo(folder, 70);
  return folder;
}

function stored(folder: string, name: string): X509Certificate {
  return new X509Certificate(readFileSync(join(folder, `tls/${name}.crt`)));
}

function daysLeft(folder: string, name: string): number {
  return Math.round((stored(folder, name).validToDate.getTime() - Date.now()) / 86_400_000);
}

async function planOf(folder: string, flags: string): Promise<Plan> {
  const { stdout, stderr, code } = await fettle(folder, `plan --format json ${flags}`);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Plan;
}

function rowsOf({ resource_changes, rejected_changes }: Plan): readonly (readonly string[])[] {
  return [
    ...resource_changes.map(({ name, cause }) => [name, cause]),
    ...rejected_changes.map(({ reason, resource_change: { name } }) => [name, reason]),
  ];
}

describe('the plan of a pull request', () => {
  it('is still approved after a renewal between plan and apply', async () => {
    const folder = await project();
    const api = certificate('api', ['api.example.test']);
    writeFiles(folder, { 'desired/api.yaml': api });
    const all = await planOf(folder, '');
    const approved = await planOf(folder, PULL_REQUEST);
    expect(rowsOf(all)).toEqual([
      ['api', 'new'],
      ['www', 'time'],
    ]);
    expect(rowsOf(approved)).toEqual([['api', 'new']]);
    expect(approved).toMatchObject({ causes: ['new', 'edit', 'orphan'], complete: false, summary: { excluded: 1 } });

    // The schedule runs the main branch, which does not have the document yet.
    rmSync(join(folder, 'desired/api.yaml'));
    expect(daysLeft(folder, 'www')).toBe(20);
    expect(await fettle(folder, `apply --yes ${SCHEDULE}`)).toMatchObject({ code: 0 });
    expect(daysLeft(folder, 'www')).toBe(90);

    writeFiles(folder, { 'desired/api.yaml': api });
    expect(await fettle(folder, `apply --plan-digest ${all.plan_digest}`)).toMatchObject({ code: 6 });
    expect(existsSync(join(folder, 'tls/api.crt'))).toBe(false);
    const done = await fettle(folder, `apply --plan-digest ${approved.plan_digest} ${PULL_REQUEST}`);
    expect(done).toMatchObject({ code: 0 });
    expect(stored(folder, 'api').subjectAltName).toBe('DNS:api.example.test');
  });

  it('has a digest that covers the causes', async () => {
    const folder = await project();
    await applyAgo(folder, 0);
    writeFiles(folder, { 'desired/api.yaml': certificate('api', ['api.example.test']) });
    const [all, limited] = [await planOf(folder, ''), await planOf(folder, PULL_REQUEST)];
    expect(rowsOf(limited)).toEqual(rowsOf(all));
    const refused = await fettle(folder, `apply --plan-digest ${limited.plan_digest}`);
    expect(refused.code).toBe(6);
    expect(refused.stderr).toContain('If the approved plan was limited by --cause, apply it with the same --cause.');
  });

  it('shows in text and in markdown which changes it leaves out', async () => {
    const folder = await project();
    const left = 'This plan is partial: --cause new,edit leaves out 1 change.';
    for (const format of ['text', 'markdown'])
      expect((await fettle(folder, `plan --cause edit,new --format ${format}`)).stdout.replaceAll('\\', '')).toContain(
        left,
      );
  });
});

describe('the apply of a schedule', () => {
  it('rejects the renewal of an edited document, which belongs to the plan of the edit', async () => {
    const folder = await project();
    writeFiles(folder, { 'desired/www.yaml': certificate('www', ['www.example.test', 'evil.example.test']) });
    const refused = await fettle(folder, `apply --yes ${SCHEDULE}`);
    expect(refused.code).toBe(3);
    expect(refused.stdout).toContain('unapplied-edit');
    expect(stored(folder, 'www').subjectAltName).toBe('DNS:www.example.test');

    const plan = await planOf(folder, PULL_REQUEST);
    expect(rowsOf(plan)).toEqual([['www', 'time']]);
    const done = await fettle(folder, `apply --plan-digest ${plan.plan_digest} ${PULL_REQUEST}`);
    expect(done.code).toBe(0);
    expect(stored(folder, 'www').subjectAltName).toBe('DNS:www.example.test, DNS:evil.example.test');
  });

  it.each([
    ['a threshold, which no difference to the files shows', '  renewal: { thresholdDays: 80 }\n', undefined],
    ['a mode of the key', '', '0640'],
  ])('does not apply %s', async (_what, more, mode) => {
    const folder = await project();
    const before = readFileSync(join(folder, 'tls/www.crt'), 'utf8');
    const edited = certificate('www', ['www.example.test'], more);
    writeFiles(folder, {
      'desired/www.yaml': mode === undefined ? edited : edited.replace('www.key }', `www.key, mode: "${mode}" }`),
    });
    // Twice: neither run records the edit as applied.
    for (const time of [1, 2])
      expect([time, (await fettle(folder, `apply --yes ${SCHEDULE}`)).code]).toEqual([time, 3]);
    expect(readFileSync(join(folder, 'tls/www.crt'), 'utf8')).toBe(before);
  });

  it('rejects the renewal from an authority that was edited', async () => {
    const folder = await project();
    writeFiles(folder, { 'desired/ca.yaml': CA.replace('../ca,', '../other-ca,') });
    const plan = await planOf(folder, SCHEDULE);
    expect(rowsOf(plan)).toEqual([['www', 'unapplied-edit']]);
    expect(plan.rejected_changes[0]?.reasons[0]?.facts).toEqual({ edited: ['certificates/Issuer/ca'] });
    expect((await fettle(folder, `apply --yes ${SCHEDULE}`)).code).toBe(3);
    expect(daysLeft(folder, 'www')).toBe(20);
  });

  it('removes no resource whose document was deleted, and creates no new one', async () => {
    const folder = await project();
    const gone = certificate('gone', ['gone.example.test']).replace('spec:', 'lifecycle: { onRemove: remove }\nspec:');
    writeFiles(folder, { 'desired/gone.yaml': gone });
    await applyAgo(folder, 0);
    rmSync(join(folder, 'desired/gone.yaml'));
    writeFiles(folder, { 'desired/api.yaml': certificate('api', ['api.example.test']) });
    expect((await fettle(folder, `apply --yes ${SCHEDULE}`)).code).toBe(0);
    expect(existsSync(join(folder, 'tls/gone.crt'))).toBe(true);
    expect(existsSync(join(folder, 'tls/api.crt'))).toBe(false);
    expect(rowsOf(await planOf(folder, PULL_REQUEST))).toEqual([
      ['gone', 'orphan'],
      ['api', 'new'],
    ]);
  });

  it('fixes drift if the causes include it, and no edit then', async () => {
    const folder = await project();
    await applyAgo(folder, 0);
    rmSync(join(folder, 'tls/www.crt'));
    expect((await fettle(folder, `apply --yes ${SCHEDULE}`)).code).toBe(0);
    expect(existsSync(join(folder, 'tls/www.crt'))).toBe(false);
    expect((await fettle(folder, `apply --yes ${SCHEDULE},drift`)).code).toBe(0);
    expect(existsSync(join(folder, 'tls/www.crt'))).toBe(true);
    rmSync(join(folder, 'tls/www.crt'));
    writeFiles(folder, { 'desired/www.yaml': certificate('www', ['evil.example.test']) });
    await fettle(folder, `apply --yes ${SCHEDULE},drift`);
    expect(existsSync(join(folder, 'tls/www.crt'))).toBe(false);
  });
});

describe('a saved plan', () => {
  it('applies with the causes that it was created with', async () => {
    const folder = await project();
    writeFiles(folder, { 'desired/api.yaml': certificate('api', ['api.example.test']) });
    await fettle(folder, `plan ${PULL_REQUEST} -o plan.json`);
    const other = await fettle(folder, `apply plan.json ${SCHEDULE}`);
    expect(other.code).toBe(1);
    expect(other.stderr).toContain('the plan was created with --cause new,edit,orphan');
    const done = await fettle(folder, 'apply plan.json');
    expect(done.code).toBe(0);
    expect(done.stdout).not.toContain('certificates/Certificate/www');
    expect(daysLeft(folder, 'www')).toBe(20);
  });

  it('has no causes when it is applied', async () => {
    const folder = await project();
    await fettle(folder, 'plan -o plan.json');
    expect(await fettle(folder, `apply plan.json ${SCHEDULE}`)).toMatchObject({ code: 1 });
  });
});

it('lists the causes if one is unknown', async () => {
  const folder = await project();
  const done = await fettle(folder, 'plan --cause time,edits');
  expect(done.code).toBe(1);
  expect(done.stderr).toContain('"edits" is not a cause. Causes: new, edit, drift, orphan, time, progress, policy.');
});
