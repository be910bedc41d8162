/** `packaging/compose.yaml` and the files that it mounts: valid, and every service has few rights. */

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { certificateProject, fettle, temporaryFolder } from '../support/cli.ts';

const ROOT = join(import.meta.dirname, '../..');
const PACKAGING = join(ROOT, 'packaging');
const text = readFileSync(join(PACKAGING, 'compose.yaml'), 'utf8');

interface Service {
  readonly image: string;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly stop_grace_period?: string;
}

const { services } = parse(text, { merge: true }) as { readonly services: Readonly<Record<string, Service>> };

/** The words of Compose, as Debian or Docker has it; undefined if there is none. */
const compose = [['docker-compose'], ['docker', 'compose']].find(
  ([file = '', ...args]) => spawnSync(file, [...args, 'version'], { stdio: 'ignore' }).status === 0,
);
if (compose === undefined) console.warn('skipped: compose.yaml is checked by docker-compose');

/** Checks a compose file with the secrets that it names. */
function check(content: string): { readonly status: number | null; readonly said: string } {
  const folder = join(temporaryFolder(), 'packaging');
  mkdirSync(join(folder, 'secrets'), { recursive: true });
  for (const name of ['fettle.env', 'pgpass', 'log-password']) writeFileSync(join(folder, 'secrets', name), '');
  writeFileSync(join(folder, 'compose.yaml'), content);
  const [file = '', ...args] = compose ?? [];
  const ended = spawnSync(file, [...args, '--file', 'compose.yaml', 'config', '--quiet'], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status: ended.status, said: ended.stdout + ended.stderr };
}

describe('compose.yaml', () => {
  it.skipIf(compose === undefined && process.env['CI'] === undefined)('is valid', () => {
    expect(check(text)).toEqual({ status: 0, said: '' });
    const { status, said } = check(text.replace('depends_on', 'depend_on'));
    expect(status).not.toBe(0);
    expect(said).toContain('depend_on');
  });

  it('gives no service a capability, a writable file system or new privileges', () => {
    expect(Object.keys(services)).toEqual(['fettle', 'log', 'prometheus']);
    for (const service of Object.values(services))
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
    expect(services['fettle']?.user).toBe('10001:10001');
  });

  it('has no secret in itself, and opens ports on the loopback alone', () => {
    for (const { environment = {}, ports = [] } of Object.values(services)) {
      for (const [name, value] of Object.entries(environment))
        if (/PASS/u.test(name)) expect(value).toMatch(/^\/run\/secrets\//u);
        else expect(value).not.toMatch(/:[^/@]*@/u);
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/u);
    }
  });

  it('mounts files of the package, and the project read-only', () => {
    const mounts = Object.values(services).flatMap(({ volumes = [] }) => volumes);
    const own = mounts.filter((mount) => mount.startsWith('.')).map((mount) => mount.split(':')[0] ?? '');
    expect(own.length).toBeGreaterThan(2);
    expect(own.filter((path) => !existsSync(join(PACKAGING, path)))).toEqual([]);
    expect(mounts.filter((mount) => mount.includes('/project'))).toEqual([expect.stringMatching(/:ro$/u)]);
  });

  it('lets a round end before the daemon is killed', () => {
    expect(Number.parseInt(services['fettle']?.stop_grace_period ?? '', 10)).toBeGreaterThan(60);
  });
});

describe('the mounted files', () => {
  it('of Prometheus are valid, with the rules', () => {
    const folder = temporaryFolder();
    cpSync(join(PACKAGING, 'prometheus.yml'), join(folder, 'prometheus.yml'));
    cpSync(join(ROOT, 'monitoring/rules'), join(folder, 'rules'), { recursive: true });
    const said = execFileSync('promtool', ['check', 'config', 'prometheus.yml'], { cwd: folder, encoding: 'utf8' });
    expect(said.match(/rules found/gu)?.length).toBeGreaterThan(2);
  });

  it('of fettle permits nothing', async () => {
    const project = certificateProject(['www']);
    const limits = join(PACKAGING, 'serve.yaml');
    expect(await fettle(project, 'serve', '--once', '--serve-config', limits)).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(join(project, 'tls/www.crt'))).toBe(false);
  });
});
