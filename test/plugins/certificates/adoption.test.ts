/** Adoption changes nothing that works: certificates from openssl, through every command, with a clock. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { certificateText, ISSUER, type Project, projectOf, START } from './project.ts';
import { DAY } from './support.ts';

interface Order {
  readonly names?: string;
  readonly days?: number;
  /** Further extensions, as lines of an openssl configuration. */
  readonly extensions?: string;
  readonly subject?: string;
}

/** Stores a pair that another authority signed at the start of the project's clock. */
export function foreignPair(
  { folder }: Pick<Project, 'folder'>,
  name: string,
  { names = `DNS:${name}.example.test`, days = 90, extensions = 'extendedKeyUsage=serverAuth', subject }: Order = {},
): void {
  mkdirSync(join(folder, 'tls'), { recursive: true });
  mkdirSync(join(folder, 'other'), { recursive: true });
  const at = new Date(START - DAY).toISOString().replace('T', ' ').slice(0, 19);
  const run = (...args: readonly string[]): void =>
    void execFileSync('faketime', ['-f', `@${at}`, 'openssl', ...args], {
      cwd: folder,
      stdio: 'pipe',
      env: { ...process.env, TZ: 'UTC' },
    });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  run(
    'req',
    '-x509',
    ...ec,
    '-days',
    '3000',
    '-subj',
    '/CN=Other CA',
    '-keyout',
    'other/ca.key',
    '-out',
    'other/ca.crt',
  );
  const csr = ['-keyout', `tls/${name}.key`, '-out', 'other/csr', '-subj', subject ?? `/CN=${name}.example.test`];
  run('req', ...ec, ...csr);
  writeFileSync(join(folder, 'other/ext'), `${names === '' ? '' : `subjectAltName=${names}\n`}${extensions}\n`);
  const ca = ['-CA', 'other/ca.crt', '-CAkey', 'other/ca.key', '-extfile', 'other/ext'];
  run('x509', '-req', '-in', 'other/csr', ...ca, '-days', String(days), '-out', `tls/${name}.crt`);
}

function stored({ folder }: Project, name = 'www'): X509Certificate {
  return new X509Certificate(readFileSync(join(folder, `tls/${name}.crt`)));
}

const WITH_ALT = { names: 'DNS:www.example.test,DNS:alt.example.test' };

describe('the adoption of a valid certificate', () => {
  it('keeps its issuer and names, and shows the differences in its row', async () => {
    const project = projectOf({ 'a.yaml': ISSUER, 'b.yaml': certificateText('www') });
    foreignPair(project, 'www', WITH_ALT);
    const before = stored(project).fingerprint256;
    const { stdout } = await project.run('plan');
    expect(stdout).toMatch(
      /adopt: .* is kept until its renewal, due at 2026-03-09T12:00:00.000Z, which applies the differences; dnsNames: \["alt\.example\.test","www\.example\.test"\] → \["www\.example\.test"\], issuer: "CN=Other CA" → "ca"/u,
    );
    await project.run('apply --yes --until-settled');
    await project.run('apply --yes');
    expect(stored(project).fingerprint256).toBe(before);
    expect((await project.run('plan --detail')).stdout).toMatch(
      /changed-by-renewal: .* due at 2026-03-09T12:00:00.000Z, changes the DNS names \(.*\), the issuer \(CN=Other CA → the Issuer ca\)/u,
    );
    expect((await project.run('drift')).stdout).toContain('0 of 2 drifted');
  });

  it('applies the differences with the renewal, whose row shows them again', async () => {
    const project = projectOf({ 'a.yaml': ISSUER, 'b.yaml': certificateText('www') });
    foreignPair(project, 'www', WITH_ALT);
    await project.run('apply --yes --until-settled');
    project.clock.at = START + 60 * DAY;
    const { stdout } = await project.run('apply --yes');
    expect(stdout).toMatch(/expiring_soon > renewing .*dnsNames: \["alt.*issuer: "CN=Other CA" → /u);
    expect(stored(project).subjectAltName).toBe('DNS:www.example.test');
    expect((await project.run('plan')).stdout).toContain('0 findings');
  });

  it('applies all differences with an edit of one of the fields, and with no other edit', async () => {
    const project = projectOf({ 'a.yaml': ISSUER, 'b.yaml': certificateText('www') });
    foreignPair(project, 'www', WITH_ALT);
    await project.run('apply --yes --until-settled');
    project.write('b.yaml', certificateText('www', 'renewal: { thresholdDays: 20 }'));
    expect((await project.run('plan')).stdout).toContain('0 to change');
    await project.run('apply --yes');
    const edited = certificateText('www').replace('[www.example.test]', '[www.example.test, new.example.test]');
    project.write('b.yaml', edited);
    expect((await project.run('plan')).stdout).toMatch(/normal > normal +dnsNames: .*issuer: .* \(edit\)/u);
    // The former names again: nothing is left to do.
    project.write('b.yaml', certificateText('www'));
    expect((await project.run('plan')).stdout).toContain('0 to change');
    project.write('b.yaml', edited);
    await project.run('apply --yes');
    expect(stored(project).subjectAltName).toBe('DNS:www.example.test, DNS:new.example.test');
  });

  it('does not cover a certificate that another program stores later', async () => {
    const project = projectOf({ 'a.yaml': ISSUER, 'b.yaml': certificateText('www') });
    foreignPair(project, 'www', WITH_ALT);
    await project.run('apply --yes --until-settled');
    foreignPair(project, 'www', { names: 'DNS:third.example.test' });
    expect((await project.run('drift', 2)).stdout).toMatch(
      /dnsNames: \["www\.example\.test"\] → \["third\.example\.test"\]/u,
    );
  });

  it('does not renew a certificate whose renewal is off because of a difference', async () => {
    const project = projectOf({ 'a.yaml': ISSUER, 'b.yaml': certificateText('www', 'renewal: { enabled: false }') });
    foreignPair(project, 'www', WITH_ALT);
    await project.run('apply --yes --until-settled');
    project.clock.at = START + 80 * DAY;
    expect((await project.run('plan')).stdout).toContain('0 to step');
  });
});
