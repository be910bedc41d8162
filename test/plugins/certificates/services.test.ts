/** Storage in the layouts of services, through whole commands: with real servers, and with commands that count. */

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort, startHaproxy, startNginx } from '../../support/daemons.ts';
import { ISSUER, type Project, interrupted, placePair, projectOf } from './project.ts';
import { DAY } from './support.ts';

function certificateText(name: string, storage: string, more = ''): string {
  return `apiVersion: certificates/v1
kind: Certificate
metadata: { name: ${name} }
spec:
  issuer: ca
  dnsNames: [${name}.example.test]
  storage: ${storage}
${more === '' ? '' : `  ${more}\n`}`;
}

function domainText(name: string, port: number): string {
  return `apiVersion: certificates/v1
kind: Domain
metadata: { name: ${name} }
spec: { host: ${name}.example.test, address: 127.0.0.1, port: ${port}, certificate: ${name}, trust: [ca/ca.crt] }
`;
}

const settings = (more: object): string => `plugins: { certificates: ${JSON.stringify(more)} }\n`;

/** A certificate that has 20 days left today: the served one is compared with today. */
async function aging(storage: string, reload: string, config: object): Promise<Project> {
  const project = projectOf({ 'ca.yaml': ISSUER, 'www.yaml': certificateText('www', storage) }, settings(config));
  const now = Date.now();
  project.clock.at = now - 70 * DAY;
  await project.run('apply --yes');
  project.clock.at = now;
  project.write('www.yaml', certificateText('www', storage, reload));
  return project;
}

/** The fingerprint of the certificate that a server presents to openssl. */
function servedAt(port: number): string {
  const words = ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'www.example.test'];
  const shown = execFileSync('openssl', words, { input: '', stdio: ['pipe', 'pipe', 'ignore'] });
  return execFileSync('openssl', ['x509', '-noout', '-fingerprint', '-sha256'], { input: shown }).toString();
}

function storedIn({ folder }: Project, path: string): string {
  return execFileSync('openssl', ['x509', '-in', join(folder, path), '-noout', '-fingerprint', '-sha256']).toString();
}

describe('a server', () => {
  test('haproxy: one file with key and certificates, and a signal', async () => {
    const reload = 'reload: { signal: { pidFile: haproxy.pid, name: USR2 } }';
    const project = await aging('{ file: { combined: haproxy/www.pem, mode: "0640" } }', reload, {
      pidFiles: ['haproxy.pid'],
    });
    const port = await freePort();
    const daemon = await startHaproxy(
      project.folder,
      `frontend f\n  mode http\n  bind 127.0.0.1:${port} ssl crt ${join(project.folder, 'haproxy/www.pem')}`,
      [port],
    );
    onTestFinished(daemon.stop);
    project.write('d.yaml', domainText('www', port));
    const before = storedIn(project, 'haproxy/www.pem');
    expect(servedAt(port)).toBe(before);
    await project.run('apply --yes');
    expect(storedIn(project, 'haproxy/www.pem')).not.toBe(before);
    expect(servedAt(port)).toBe(storedIn(project, 'haproxy/www.pem'));
    expect((statSync(join(project.folder, 'haproxy/www.pem')).mode & 0o777).toString(8)).toBe('640');
    expect(readdirSync(join(project.folder, 'haproxy'))).toEqual(['www.pem']);
    expect((await project.run('plan --detailed-exitcode --fail-on findings')).stdout).toContain('0 findings');
  }, 60_000);

  test('nginx: a folder that is switched, and a command', async () => {
    const words = JSON.stringify(['sh', '-c', 'kill -HUP $(cat nginx.pid)']);
    const project = await aging('{ directory: { path: tls/www } }', `reload: { command: ${words} }`, {
      commands: [JSON.parse(words) as readonly string[]],
    });
    const { folder } = project;
    const port = await freePort();
    const own = join(folder, 'tls/www');
    const daemon = await startNginx(
      folder,
      `server { listen 127.0.0.1:${port} ssl; ssl_certificate ${own}/fullchain.pem; ssl_certificate_key ${own}/privkey.pem; }`,
      [port],
    );
    onTestFinished(daemon.stop);
    project.write('d.yaml', domainText('www', port));
    const before = servedAt(port);
    await project.run('apply --yes');
    expect(servedAt(port)).toBe(storedIn(project, 'tls/www/cert.pem'));
    expect(servedAt(port)).not.toBe(before);
    expect(lstatSync(join(own, 'current')).isSymbolicLink()).toBe(true);
    expect((await project.run('plan --detailed-exitcode --fail-on findings')).stdout).toContain('0 findings');
  }, 60_000);
});

describe('commands', () => {
  /** Appends a line to a file. */
  const counting = (name: string): readonly string[] => ['sh', '-c', `echo $FETTLE_NAME >> ${name}`];
  const linesOf = ({ folder }: Project, name: string): readonly string[] =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1) : [];
  const storageOf = (name: string): string => `{ file: { certificate: tls/${name}.crt, key: tls/${name}.key } }`;
  const yaml = (value: unknown): string => JSON.stringify(value);

  test('run once for all certificates of a service, and once for each deployed certificate', async () => {
    const [one, two, deploy] = [counting('one'), counting('two'), counting('deployed')];
    const names = Array.from({ length: 60 }, (_, i) => `n${i}`);
    const documents = names.map((name, i) => {
      const more = `deploy: { command: ${yaml(deploy)} }\n  reload: { command: ${yaml(i % 3 === 0 ? one : two)} }`;
      return certificateText(name, storageOf(name), more);
    });
    const project = projectOf(
      { 'ca.yaml': ISSUER, 'all.yaml': documents.join('---\n') },
      settings({ commands: [one, two, deploy] }),
    );
    await project.run('apply --yes');
    expect([linesOf(project, 'one'), linesOf(project, 'two')]).toEqual([[''], ['']]);
    expect(linesOf(project, 'deployed').toSorted()).toEqual(names.toSorted());
    // A deployed certificate is not deployed again.
    await project.run('apply --yes');
    expect(linesOf(project, 'one')).toHaveLength(1);
  }, 60_000);

  test('are run by apply alone', async () => {
    const words = counting('ran');
    const more = `deploy: { command: ${yaml(words)} }\n  reload: { command: ${yaml(words)} }`;
    const project = projectOf(
      { 'ca.yaml': ISSUER, 'www.yaml': certificateText('www', storageOf('www'), more) },
      settings({ commands: [words] }),
    );
    for (const line of ['validate', 'plan', 'explain certificates/Certificate/www', 'plan -o saved.plan'])
      await project.run(line);
    await project.run('drift', 2);
    expect(linesOf(project, 'ran')).toEqual([]);
    await project.run('apply saved.plan --yes');
    expect(linesOf(project, 'ran')).toEqual(['www', '']);
  });

  test('that fettle.yaml does not list are errors with their place, and no step is done', async () => {
    const words = counting('ran');
    const more = `reload: { command: ${yaml([...words, 'more'])} }`;
    const project = projectOf(
      { 'ca.yaml': ISSUER, 'www.yaml': certificateText('www', storageOf('www'), more) },
      settings({ commands: [words] }),
    );
    for (const line of ['validate', 'plan', 'apply --yes']) {
      const { stderr, stdout } = await project.run(line, 1);
      expect(stderr + stdout).toMatch(/www\.yaml:8:\d+/u);
      expect(stderr + stdout).toContain('not one of the commands that fettle.yaml lists');
    }
    expect(existsSync(join(project.folder, 'tls'))).toBe(false);
  });

  test('that were removed from fettle.yaml are not run by a plan that was saved before', async () => {
    const words = counting('ran');
    const text = certificateText('www', storageOf('www'), `reload: { command: ${yaml(words)} }`);
    const project = projectOf({ 'ca.yaml': ISSUER, 'www.yaml': text }, settings({ commands: [words] }));
    await project.run('plan -o saved.plan');
    project.write('fettle.yaml', "name: test\nstore: .fettle\ndesired: ['*.yaml']\n");
    await project.run('apply saved.plan --yes', 1);
    expect([linesOf(project, 'ran'), existsSync(join(project.folder, 'tls'))]).toEqual([[], false]);
  });
});

describe('a key from fettle', () => {
  test('is owned even if the run was killed after the swap, before a reload', async () => {
    const reload = JSON.stringify(['true']);
    const document = (names: string): string =>
      certificateText(
        'www',
        '{ file: { certificate: tls/www.crt, key: tls/www.key } }',
        `reload: { command: ${reload} }`,
      ).replace('[www.example.test]', names);
    const project = projectOf(
      { 'ca.yaml': ISSUER, 'www.yaml': document('[www.example.test]') },
      settings({ commands: [['true']] }),
    );
    await project.run('apply --yes');
    project.write('www.yaml', document('[www.example.test, example.test]'));
    await interrupted(project, 'normal>normal', () => {
      for (const name of ['crt', 'key'])
        renameSync(join(project.folder, `new.${name}`), join(project.folder, `tls/www.${name}`));
    });
    // Only the reload remains. When its time comes, the pair is renewed as always.
    expect((await project.run('apply --yes')).stdout).toContain('have not been reloaded since');
    project.clock.at += 70 * DAY;
    expect((await project.run('apply --yes')).stdout).toContain('expiring_soon > renewing');
    expect(await project.memory()).toMatchObject({ kept: { issued: 3 } });
  });
});

describe('copies next to a pair', () => {
  test('are not leftovers of a swap: they stay, and the renewal waits until they are moved', async () => {
    const project = projectOf({
      'ca.yaml': ISSUER,
      'www.yaml': certificateText('www', '{ file: { certificate: tls/www.crt, key: tls/www.key } }'),
    });
    const at = (name: string): string => join(project.folder, 'tls', name);
    await project.run('apply --yes --target certificates/Issuer/ca');
    mkdirSync(at('.'));
    await placePair(project, 10, 90);
    const own = readFileSync(at('www.key'));
    writeFileSync(at('www.key.backup'), 'the only copy of something', { mode: 0o600 });
    writeFileSync(at('www.crt.backup'), 'another one', { mode: 0o600 });
    chmodSync(at('www.key'), 0o644);
    const kept = (): readonly string[] =>
      ['www.key.backup', 'www.crt.backup'].map((name) => readFileSync(at(name), 'utf8'));
    const theirs = kept();

    // The pair is adopted, and its mode is corrected, without a message about them.
    await project.run('import certificates/Certificate/www');
    await project.run('apply --yes');
    expect((statSync(at('www.key')).mode & 0o777).toString(8)).toBe('600');
    expect((await project.run('plan --detailed-exitcode --fail-on findings')).stdout).toContain('0 findings');
    expect([readFileSync(at('www.key')), ...kept()]).toEqual([own, ...theirs]);

    project.clock.at += 60 * DAY;
    const { stdout } = await project.run('apply --yes', 3);
    expect(stdout).toContain(
      'foreign-key: www.crt.backup and www.key.backup have the names of copies that fettle keeps, and fettle did not create them',
    );
    expect([readFileSync(at('www.key')), ...kept()]).toEqual([own, ...theirs]);

    for (const name of ['www.key.backup', 'www.crt.backup']) renameSync(at(name), join(project.folder, name));
    expect((await project.run('apply --yes')).stdout).toContain('expiring_soon > renewing');
    expect(readdirSync(at('.')).toSorted()).toEqual(['www.crt', 'www.key']);
    // From now on, such a name belongs to a swap.
    writeFileSync(at('www.key.pending'), 'left', { mode: 0o600 });
    expect((await project.run('apply --yes')).stdout).toContain('leftovers');
    expect(readdirSync(at('.')).toSorted()).toEqual(['www.crt', 'www.key']);
  });

  test('stay when an adopted pair is removed', async () => {
    const text = certificateText('www', '{ file: { certificate: tls/www.crt, key: tls/www.key } }');
    const project = projectOf({
      'ca.yaml': ISSUER,
      'www.yaml': text.replace('spec:', 'lifecycle: { onRemove: remove }\nspec:'),
    });
    const at = (name: string): string => join(project.folder, 'tls', name);
    await project.run('apply --yes --target certificates/Issuer/ca');
    mkdirSync(at('.'));
    await placePair(project, 10, 90);
    writeFileSync(at('www.key.backup'), 'mine', { mode: 0o600 });
    await project.run('import certificates/Certificate/www');
    rmSync(join(project.folder, 'www.yaml'));
    await project.run('apply --yes');
    expect(readdirSync(at('.'))).toEqual(['www.key.backup']);
  });
});
