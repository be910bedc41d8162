/** Adoption changes nothing that works: certificates from openssl, through every command, with a clock. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { certificateYaml, cliFile, issuerYaml, type Ran, run, temporaryFolder, writeFiles } from '../../support/cli.ts';
import { certificateText, ISSUER, type Project, projectOf, START } from './project.ts';
import { DAY } from './support.ts';

interface Order {
  readonly names?: string;
  readonly days?: number;
  /** Further extensions, as lines of an openssl configuration. */
  readonly extensions?: string;
  readonly subject?: string;
  /** Time of issue, epoch ms. */
  readonly from?: number;
}

/** Stores a pair that another authority signed, by default a day before the start of the project's clock. */
export function foreignPair(
  { folder }: Pick<Project, 'folder'>,
  name: string,
  {
    names = `DNS:${name}.example.test`,
    days = 90,
    extensions = 'extendedKeyUsage=serverAuth',
    subject,
    from = START - DAY,
  }: Order = {},
): void {
  mkdirSync(join(folder, 'tls'), { recursive: true });
  mkdirSync(join(folder, 'other'), { recursive: true });
  const at = new Date(from).toISOString().replace('T', ' ').slice(0, 19);
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

  it('ends with a renewal by another program, which a finding shows before the own one is due', async () => {
    const project = projectOf({ 'a.yaml': ISSUER, 'b.yaml': certificateText('www') });
    foreignPair(project, 'www');
    await project.run('apply --yes --until-settled');
    expect((await project.run('plan --detail')).stdout).not.toContain('key-replaced');
    foreignPair(project, 'www');
    expect((await project.run('plan --detail')).stdout).toContain(
      'key-replaced: another program has replaced the key, so the next renewal is rejected (foreign-key)',
    );
    await project.run('state forget certificates/Certificate/www');
    await project.run('apply --yes --until-settled');
    expect((await project.run('plan --detail')).stdout).not.toContain('key-replaced');
    project.clock.at = START + 60 * DAY;
    await project.run('apply --yes');
    expect(stored(project).issuer).toBe('CN=Test CA');
  });

  it('leaves the issuer and the key to the program that renews the certificate, and shows other names', async () => {
    const off = 'renewal: { enabled: false }\nrecovery: { enabled: false }';
    const project = projectOf({ 'a.yaml': ISSUER, 'b.yaml': certificateText('www', off) });
    foreignPair(project, 'www');
    await project.run('apply --yes --until-settled');
    // Another authority, another key.
    foreignPair(project, 'www');
    const { stdout } = await project.run('plan --detail');
    expect(stdout).toContain('0 to change');
    expect(stdout).not.toContain('key-replaced');
    expect((await project.run('drift')).stdout).toContain('0 of 2 drifted');
    foreignPair(project, 'www', WITH_ALT);
    expect((await project.run('drift', 2)).stdout).toContain('dnsNames: ["www.example.test"] → ["alt.example.test",');
  });

  it('does not renew a certificate whose renewal is off because of a difference', async () => {
    const project = projectOf({ 'a.yaml': ISSUER, 'b.yaml': certificateText('www', 'renewal: { enabled: false }') });
    foreignPair(project, 'www', WITH_ALT);
    await project.run('apply --yes --until-settled');
    project.clock.at = START + 80 * DAY;
    expect((await project.run('plan')).stdout).toContain('0 to step');
  });
});

describe('a certificate of a publicly trusted issuer', () => {
  const TIMESTAMPS = { extensions: 'extendedKeyUsage=serverAuth\n1.3.6.1.4.1.11129.2.4.2=DER:0400' };

  it('is not renewed by a private issuer without an override', async () => {
    const project = projectOf({ 'a.yaml': ISSUER, 'b.yaml': certificateText('www') });
    foreignPair(project, 'www', TIMESTAMPS);
    await project.run('apply --yes --until-settled');
    project.clock.at = START + 60 * DAY;
    const { stdout } = await project.run('plan');
    expect(stdout).toMatch(
      /REJECTED[^]*public-to-private: the stored certificate is publicly trusted: it contains signed certificate timestamps\. The Issuer ca is private/u,
    );
    const override = '--override public-to-private@certificates/Certificate/www --reason "internal clients alone"';
    await project.run(`apply --yes ${override}`);
    expect(stored(project).issuer).toBe('CN=Test CA');
    // The new certificate is private: no rule rejects its own renewal.
    project.clock.at = START + 130 * DAY;
    expect((await project.run('apply --yes')).stdout).toContain('1 done');
  });

  it('is not replaced after it has expired either', async () => {
    const project = projectOf({ 'a.yaml': ISSUER, 'b.yaml': certificateText('www') });
    foreignPair(project, 'www', TIMESTAMPS);
    await project.run('apply --yes --until-settled');
    project.clock.at = START + 100 * DAY;
    expect((await project.run('plan')).stdout).toMatch(/expired > recovering[^]*public-to-private/u);
  });

  /** A project whose other authority is a well-known anchor. Its Certificate is adopted, and then edited. */
  async function edited(extensions: string, documents: Readonly<Record<string, string>> = {}) {
    const folder = temporaryFolder();
    const project = { folder };
    foreignPair(project, 'www', { from: Date.now() - DAY, extensions });
    writeFiles(folder, {
      'fettle.yaml': 'name: test\nstore: .fettle\n',
      'desired/a.yaml': issuerYaml,
      'desired/b.yaml': certificateYaml('www'),
      ...documents,
    });
    const fettle = (...args: readonly string[]): Promise<Ran> =>
      run(process.execPath, [cliFile, ...args], folder, { NODE_EXTRA_CA_CERTS: join(folder, 'other/ca.crt') });
    const { code, stderr } = await fettle('apply', '--yes', '--until-settled');
    expect([code, stderr]).toEqual([0, '']);
    writeFiles(folder, { 'desired/b.yaml': certificateYaml('www').replace('[www', '[new.example.test, www') });
    return fettle('plan');
  }

  const PUBLISHED = 'authorityInfoAccess=caIssuers;URI:http://ca.example.test/ca.crt';

  it('is one whose chain leads to a well-known anchor', async () => {
    expect((await edited(PUBLISHED)).stdout).toMatch(
      /public-to-private: the stored certificate is publicly trusted: its chain leads to CN=Other CA/u,
    );
  });

  it('can be replaced by an authority that leads to a well-known anchor too', async () => {
    const { stdout } = await edited(PUBLISHED, { 'desired/a.yaml': issuerYaml.replace('../ca', '../other') });
    expect(stdout).toContain('0 rejected');
    expect(stdout).toContain('dnsNames: ["www.example.test"] → ');
  });

  it('is judged by the chain that a server sends, if the files have none', async () => {
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    server.on('tlsClientError', () => undefined);
    const { port } = server.address() as AddressInfo;
    const folder = temporaryFolder();
    foreignPair({ folder }, 'www', { from: Date.now() - DAY });
    const read = (name: string) => readFileSync(join(folder, name));
    server.setSecureContext({ cert: read('tls/www.crt'), key: read('tls/www.key') });
    const domain = `apiVersion: certificates/v1
kind: Domain
metadata: { name: front }
spec: { host: www.example.test, address: 127.0.0.1, port: ${port}, certificate: www }
`;
    writeFiles(folder, {
      'fettle.yaml': 'name: test\nstore: .fettle\n',
      'desired/a.yaml': issuerYaml,
      'desired/b.yaml': certificateYaml('www'),
      'desired/c.yaml': domain,
    });
    const fettle = (...args: readonly string[]): Promise<Ran> =>
      run(process.execPath, [cliFile, ...args], folder, { NODE_EXTRA_CA_CERTS: join(folder, 'other/ca.crt') });
    expect((await fettle('apply', '--yes', '--until-settled')).code).toBe(0);
    writeFiles(folder, { 'desired/b.yaml': certificateYaml('www').replace('[www', '[new.example.test, www') });
    const { stdout } = await fettle('plan');
    server.close();
    expect(stdout).toMatch(
      /public-to-private: the certificate that 127\.0\.0\.1 serves for front is publicly trusted: its chain leads to CN=Other CA/u,
    );
  });
});

describe('the content of a certificate', () => {
  const DECLARED = `ipAddresses: [192.0.2.7, "2001:DB8::7"]\nusages: [serverAuth, clientAuth]`;

  it('has IP addresses and usages as declared, and is issued again after an edit of them', async () => {
    const project = projectOf({ 'a.yaml': ISSUER, 'b.yaml': certificateText('www', DECLARED) });
    await project.run('apply --yes');
    expect(stored(project).subjectAltName).toBe(
      'DNS:www.example.test, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:7',
    );
    expect(stored(project).keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect((await project.run('plan')).stdout).toContain('2 unchanged');
    project.write('b.yaml', certificateText('www', 'ipAddresses: [192.0.2.8]'));
    expect((await project.run('plan')).stdout).toMatch(
      /ipAddresses: \["192\.0\.2\.7","2001:db8::7"\] → \["192\.0\.2\.8"\], usages: \["serverAuth","clientAuth"\] → \["serverAuth"\]/u,
    );
    await project.run('apply --yes');
    expect(stored(project).subjectAltName).toBe('DNS:www.example.test, IP Address:192.0.2.8');
  });

  it('can be IP addresses alone, client authentication alone, or open to every use', async () => {
    const of = (name: string, content: string): string =>
      certificateText(name).replace(`dnsNames: [${name}.example.test]`, content);
    const project = projectOf({
      'a.yaml': ISSUER,
      'b.yaml': of('www', 'ipAddresses: ["::1"]'),
      'c.yaml': of('client', 'dnsNames: [client]\n  usages: [clientAuth]'),
      'd.yaml': of('any', 'dnsNames: [any]\n  usages: []'),
    });
    await project.run('apply --yes');
    expect([stored(project).subject, stored(project).subjectAltName]).toEqual([
      undefined,
      'IP Address:0:0:0:0:0:0:0:1',
    ]);
    expect(stored(project, 'client').keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(stored(project, 'any').keyUsage).toBeUndefined();
    expect((await project.run('plan')).stdout).toContain('4 unchanged');
  });

  it('is checked: a valid address once, and at least one name', async () => {
    const project = projectOf({ 'a.yaml': ISSUER, 'b.yaml': certificateText('www', 'ipAddresses: [999.1.1.1]') });
    expect((await project.run('validate', 1)).stderr).toContain('999.1.1.1 is not a valid IP address');
    project.write('b.yaml', certificateText('www', 'ipAddresses: ["::1", "0:0::1"]'));
    expect((await project.run('validate', 1)).stderr).toContain('0:0::1 is the same address as item 1');
    project.write('b.yaml', certificateText('www').replace('[www.example.test]', '[]'));
    expect((await project.run('validate', 1)).stderr).toContain('missing-name: the certificate has no name');
  });

  it('keeps addresses and usages through an import and a renewal', async () => {
    const project = projectOf({ 'a.yaml': ISSUER });
    foreignPair(project, 'www', {
      names: 'DNS:www.example.test,IP:192.0.2.7',
      extensions: 'extendedKeyUsage=serverAuth,clientAuth',
    });
    await project.run('import --all --plugin certificates tls -o b.yaml');
    await project.run('apply --yes --until-settled');
    project.clock.at = START + 70 * DAY;
    await project.run('apply --yes');
    expect(stored(project).issuer).toBe('CN=Test CA');
    expect(stored(project).subjectAltName).toBe('DNS:www.example.test, IP Address:192.0.2.7');
    expect(stored(project).keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  });

  it.each([
    [
      'a name of another type',
      { names: 'DNS:www.example.test,URI:spiffe://example.test/www' },
      'the name URI:spiffe://example.test/www',
    ],
    ['another usage', { extensions: 'extendedKeyUsage=serverAuth,timeStamping' }, 'the usage 1.3.6.1.5.5.7.3.8'],
    [
      'must-staple',
      { extensions: 'extendedKeyUsage=serverAuth\ntlsfeature=status_request' },
      'the TLS feature must-staple',
    ],
    [
      'a subject that servers identify a client by',
      { subject: '/O=system:masters/CN=admin', extensions: 'extendedKeyUsage=clientAuth' },
      'the subject O=system:masters, CN=admin',
    ],
  ])('that no document can declare, as %s, is not lost without an override', async (_what, order, lost) => {
    const project = projectOf({ 'a.yaml': ISSUER, 'b.yaml': certificateText('www') });
    foreignPair(project, 'www', order);
    expect((await project.run('plan')).stdout).toContain(`A new certificate would not have ${lost}`);
    await project.run('apply --yes --until-settled');
    project.clock.at = START + 70 * DAY;
    const { stdout } = await project.run('plan');
    expect(stdout).toContain('REJECTED content-lost');
    expect(stdout).toContain(`content-lost: the stored certificate contains ${lost}, which no document can declare`);
    await project.run('apply --yes --override content-lost@certificates/Certificate/www --reason unused');
    expect(stored(project).issuer).toBe('CN=Test CA');
  });
});

describe('further blocks of a file', () => {
  const BLOCK = '-----BEGIN DH PARAMETERS-----\nMAYCAQUCAQI=\n-----END DH PARAMETERS-----\n';
  const COMBINED = certificateText('www').replace(
    'certificate: tls/www.crt, key: tls/www.key',
    'combined: tls/www.pem',
  );
  const read = ({ folder }: Project, name: string): string => readFileSync(join(folder, name), 'utf8');

  it('are kept in a combined file through adoption and renewals, once and behind the key', async () => {
    const project = projectOf({ 'a.yaml': ISSUER, 'b.yaml': COMBINED });
    foreignPair(project, 'www', { days: 30 });
    const key = read(project, 'tls/www.key');
    writeFileSync(join(project.folder, 'tls/www.pem'), read(project, 'tls/www.crt') + BLOCK + key, { mode: 0o600 });
    await project.run('apply --yes --until-settled');
    for (const days of [25, 100]) {
      project.clock.at = START + days * DAY;
      expect((await project.run('apply --yes')).stdout).toContain('1 done');
      const text = read(project, 'tls/www.pem');
      expect(text.endsWith(`-----END PRIVATE KEY-----\n${BLOCK}`)).toBe(true);
      expect(text.split('DH PARAMETERS')).toHaveLength(3);
      expect(text).not.toContain(key.split('\n')[1]);
    }
    expect((await project.run('plan')).stdout).toContain('2 unchanged');
  });

  it('are kept in a folder that is switched as a whole', async () => {
    const folder = 'storage: { directory: { path: tls/www, combined: true } }';
    const document = certificateText('www').replace(/storage: .*/u, folder);
    const project = projectOf({ 'a.yaml': ISSUER, 'b.yaml': document });
    await project.run('apply --yes');
    writeFileSync(join(project.folder, 'tls/www/combined.pem'), read(project, 'tls/www/combined.pem') + BLOCK);
    project.clock.at = START + 70 * DAY;
    await project.run('apply --yes');
    expect(read(project, 'tls/www/combined.pem').endsWith(BLOCK)).toBe(true);
    expect(read(project, 'tls/www/fullchain.pem')).not.toContain('DH PARAMETERS');
  });
});
