/** kubectl of the pinned version works with both API servers: get, apply, diff, delete, watch, api-resources. */

import { execFile, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiServer, objectsIn } from '../../support/kubernetes/api.ts';
import {
  emulatedServer,
  hasRealServer,
  install,
  kubectlProgram,
  realServer,
} from '../../support/kubernetes/servers.ts';
import { temporaryFolder } from '../../support/cli.ts';

const ONE = {
  apiVersion: 'test.fettle.dev/v1',
  kind: 'Thing',
  metadata: { name: 'one', namespace: 'default' },
  spec: { name: 'x', tags: ['a'] },
};

interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

interface Kubectl {
  readonly run: (...args: readonly string[]) => Promise<Ran>;
  readonly file: (name: string, object: object) => string;
  readonly argv: readonly string[];
}

function kubectlFor(server: ApiServer): Kubectl {
  const folder = join(temporaryFolder(), 'kubectl');
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'config');
  writeFileSync(config, server.kubeconfig('admin'), { mode: 0o600 });
  const argv = ['--kubeconfig', config, '--cache-dir', join(folder, 'cache')];
  return {
    argv,
    // The emulated server is in this process, which must not wait for kubectl.
    run: (...args) =>
      new Promise((resolve) => {
        execFile(kubectlProgram(), [...argv, ...args], { timeout: 60_000 }, (error, out, err) => {
          const status = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
          resolve({ status, out, err });
        });
      }),
    file: (name, object) => {
      const path = join(folder, name);
      writeFileSync(path, JSON.stringify(object));
      return path;
    },
  };
}

function kubectlTests(start: () => Promise<ApiServer>): void {
  let server: ApiServer;
  let kubectl: Kubectl;
  beforeAll(async () => {
    server = await start();
    await install(server, objectsIn(join(import.meta.dirname, 'things.yaml')));
    kubectl = kubectlFor(server);
  });
  afterAll(() => server.stop());

  test('applies, shows a difference, and applies it', async () => {
    const first = kubectl.file('one.json', ONE);
    const changed = kubectl.file('two.json', { ...ONE, spec: { name: 'y', tags: ['a', 'b'] } });
    expect(await kubectl.run('apply', '--server-side', '-f', first)).toMatchObject({
      status: 0,
      out: 'thing.test.fettle.dev/one serverside-applied\n',
    });
    expect(await kubectl.run('diff', '--server-side', '-f', first)).toMatchObject({ status: 0, out: '' });
    const diff = await kubectl.run('diff', '--server-side', '-f', changed);
    expect(diff.status).toBe(1);
    expect(diff.out).toMatch(/^-\s+name: x$/mu);
    expect(diff.out).toMatch(/^\+\s+name: "?y"?$/mu);
    expect((await kubectl.run('apply', '--server-side', '-f', changed)).status).toBe(0);
    expect(await kubectl.run('get', 'thing', 'one', '-o', 'jsonpath={.spec.tags[*]}')).toMatchObject({
      status: 0,
      out: 'a b',
    });
    expect((await kubectl.run('get', 'things')).out).toMatch(/^NAME\s+AGE\none\s+\d+s\n$/u);
  });

  test('applies on the side of the client, and edits', async () => {
    const object = { ...ONE, metadata: { ...ONE.metadata, name: 'client' } };
    expect(await kubectl.run('apply', '-f', kubectl.file('client.json', object))).toMatchObject({
      status: 0,
      out: 'thing.test.fettle.dev/client created\n',
    });
    const next = { ...object, spec: { name: 'z' } };
    expect(await kubectl.run('apply', '-f', kubectl.file('client.json', next))).toMatchObject({
      status: 0,
      out: 'thing.test.fettle.dev/client configured\n',
    });
    expect(await kubectl.run('label', 'thing', 'client', 'a=b')).toMatchObject({ status: 0 });
    expect((await kubectl.run('get', 'things', '-l', 'a=b', '-o', 'name')).out).toBe('thing.test.fettle.dev/client\n');
    expect((await kubectl.run('get', 'thing', 'client', '-o', 'jsonpath={.spec.name}{.spec.tags}')).out).toBe('z');
  });

  test('reports a conflict with its manager and field', async () => {
    const object = { ...ONE, metadata: { ...ONE.metadata, name: 'contested' } };
    const path = kubectl.file('contested.json', object);
    expect((await kubectl.run('apply', '--server-side', '--field-manager=a', '-f', path)).status).toBe(0);
    const other = kubectl.file('contested-2.json', { ...object, spec: { name: 'other' } });
    const refused = await kubectl.run('apply', '--server-side', '--field-manager=b', '-f', other);
    expect(refused.status).not.toBe(0);
    expect(refused.err).toContain('conflict with "a": .spec.name');
    expect(
      (await kubectl.run('apply', '--server-side', '--field-manager=b', '--force-conflicts', '-f', other)).status,
    ).toBe(0);
  });

  test('refuses an unknown field', async () => {
    const object = { ...ONE, metadata: { ...ONE.metadata, name: 'odd' }, spec: { bogus: 1 } };
    const { status, err } = await kubectl.run('create', '-f', kubectl.file('odd.json', object));
    expect(status).toBe(1);
    expect(err).toContain('unknown field "spec.bogus"');
  });

  test('lists kinds, and its user', async () => {
    expect(
      (await kubectl.run('api-resources', '--api-group=test.fettle.dev', '-o', 'name')).out.split('\n').toSorted(),
    ).toEqual(['', 'limits.test.fettle.dev', 'things.test.fettle.dev', 'wides.test.fettle.dev']);
    expect((await kubectl.run('auth', 'whoami')).out).toMatch(/^Username\s+admin$/mu);
  });

  test('watches, and deletes', async () => {
    const object = { ...ONE, metadata: { ...ONE.metadata, name: 'watched' } };
    const child = spawn(kubectlProgram(), [...kubectl.argv, 'get', 'things', '-w', '-o', 'name']);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    try {
      const seen = new Promise<string>((resolve) => {
        let text = '';
        child.stdout.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          if (text.includes('/watched')) resolve(text);
        });
      });
      expect((await kubectl.run('apply', '--server-side', '-f', kubectl.file('watched.json', object))).status).toBe(0);
      expect(await seen).toContain('thing.test.fettle.dev/watched');
    } finally {
      child.kill();
      await ended;
    }
    expect(await kubectl.run('delete', 'thing', 'watched', '--timeout=30s')).toMatchObject({ status: 0 });
    expect(await kubectl.run('get', 'thing', 'watched')).toMatchObject({
      status: 1,
      err: 'Error from server (NotFound): things.test.fettle.dev "watched" not found\n',
    });
  });
}

describe.skipIf(!hasRealServer())('kubectl', () => {
  describe('with the emulated API server', () => {
    kubectlTests(emulatedServer);
  });
  describe('with kube-apiserver', () => {
    kubectlTests(realServer);
  });
});
