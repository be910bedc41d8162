/** Kubeconfigs: the cluster and the login of a context, against the emulated API server and with real programs. */

import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { InputError } from '#plugin';
import { openHttp, usualDenial } from '#plugin/net';
import { execCredential } from '../../../plugins/fabric/live/exec-login.ts';
import { KubernetesClient } from '../../../plugins/fabric/live/client.ts';
import { inCluster } from '../../../plugins/fabric/live/in-cluster.ts';
import { type Cluster, clusterOf, type Login } from '../../../plugins/fabric/live/kubeconfig.ts';
import { EVERYTHING } from '../../../plugins/fabric/sandbox/access.ts';
import { type Emulator, startEmulator } from '../../../plugins/fabric/sandbox/emulator.ts';
import { temporaryFolder } from '../../support/cli.ts';

const signal = new AbortController().signal;
const SECRET = 'secret-0a1b2c3d4e5f';

let emulator: Emulator;

beforeAll(async () => {
  const user = (name: string) => ({ name, groups: ['system:authenticated'], rules: EVERYTHING });
  emulator = await startEmulator({
    users: { 'token-ann': user('ann'), 'token-ben': user('ben'), 'token-cem': user('cem') },
  });
});
afterAll(() => emulator.stop());

type Members = Readonly<Record<string, unknown>>;

/** A kubeconfig with one context, named `prod`. */
function config(user: Members, cluster: Members = {}): Members {
  const authority = Buffer.from(emulator.authority.certificate).toString('base64');
  return {
    'current-context': 'prod',
    contexts: [{ name: 'prod', context: { cluster: 'fabric', user: 'me' } }],
    clusters: [
      { name: 'fabric', cluster: { server: emulator.url, 'certificate-authority-data': authority, ...cluster } },
    ],
    users: [{ name: 'me', user }],
  };
}

interface Scene {
  readonly folder: string;
  readonly env: Record<string, string>;
  /** Writes a file into the folder of the kubeconfig. */
  readonly file: (name: string, content: string | Members, mode?: number) => string;
  now: number;
  readonly open: (context?: string) => Promise<Cluster>;
}

/** A folder with a kubeconfig, outside of a project. */
function scene(kubeconfig: string | Members): Scene {
  const folder = temporaryFolder();
  const projectFolder = temporaryFolder();
  const made: Scene = {
    folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, KUBECONFIG: join(folder, 'config') },
    file: (name, content, mode = 0o600) => {
      const path = join(folder, name);
      writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
      chmodSync(path, mode);
      return path;
    },
    now: Date.parse('2026-11-29T00:00:00Z'),
    open: (context) =>
      clusterOf({ env: made.env, projectFolder, now: () => made.now, ...(context === undefined ? {} : { context }) }),
  };
  made.file('config', kubeconfig);
  return made;
}

/** The name of the user as whom the emulated server sees requests with a login. */
async function userOf(cluster: Cluster, login: Login): Promise<string> {
  const { ca, serverName } = cluster;
  const { cert, key, headers } = login;
  const client = new KubernetesClient({
    server: new URL(cluster.server),
    send: openHttp(usualDenial({}), {
      ...(ca === undefined ? {} : { ca }),
      ...(serverName === undefined ? {} : { servername: serverName }),
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
    }),
    credentials: async () => headers,
    manager: 'test',
  });
  await client.served('v1', signal);
  return emulator.seen.at(-1)?.user ?? '';
}

async function user(made: Scene, context?: string): Promise<string> {
  const cluster = await made.open(context);
  return userOf(cluster, await cluster.credentials(signal));
}

async function mistake(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(InputError);
  const { message } = error as InputError;
  expect(message).not.toContain(SECRET);
  return message;
}

/** True for a process that exists and has not ended. */
function isRunning(pid: number): boolean {
  try {
    // After the name: the state, in which an ended process waits for its parent.
    return !/\) [ZX] /u.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe('contexts', () => {
  test('are chosen by name, or are the current one', async () => {
    const made = scene({
      ...config({ token: 'token-ann' }),
      contexts: [
        { name: 'prod', context: { cluster: 'fabric', user: 'me' } },
        { name: 'other', context: { cluster: 'fabric', user: 'ben' } },
      ],
      users: [
        { name: 'me', user: { token: 'token-ann' } },
        { name: 'ben', user: { token: 'token-ben' } },
      ],
    });
    expect(await user(made)).toBe('ann');
    expect(await user(made, 'other')).toBe('ben');
    expect(await mistake(made.open('gone'))).toMatch(/does not have the context gone; its contexts are other, prod$/u);
  });

  test('a context whose user does not exist is refused, because its requests would be anonymous', async () => {
    const made = scene({ ...config({}), users: [] });
    expect(await mistake(made.open())).toMatch(/does not have the user of the context prod$/u);
  });

  test('a context whose cluster does not exist is refused', async () => {
    expect(await mistake(scene({ ...config({}), clusters: [] }).open())).toMatch(/does not have the cluster/u);
  });

  test('without a current context, the contexts are named', async () => {
    const { 'current-context': _current, ...rest } = config({});
    expect(await mistake(scene(rest).open())).toMatch(/does not have a current context; its contexts are prod$/u);
  });
});

describe('files', () => {
  test('of KUBECONFIG are merged: the first that has a name wins as a whole, and missing ones are passed over', async () => {
    const made = scene({ 'current-context': 'prod', users: [{ name: 'me', user: { token: 'token-ben' } }] });
    const second = made.file('second', config({ token: 'token-ann', as: 'cem' }));
    made.env['KUBECONFIG'] = ['', join(made.folder, 'missing'), join(made.folder, 'config'), second].join(':');
    expect(await user(made)).toBe('ben');
  });

  test('a name that is twice in one file is refused', async () => {
    const { users } = config({ token: 'token-ann' }) as { readonly users: readonly Members[] };
    const made = scene({ ...config({}), users: [...users, ...users] });
    expect(await mistake(made.open())).toMatch(/has the user me twice$/u);
  });

  test('~/.kube/config is the default', async () => {
    const made = scene({});
    mkdirSync(join(made.folder, '.kube'));
    made.file('.kube/config', config({ token: 'token-ann' }));
    delete made.env['KUBECONFIG'];
    expect(await user(made)).toBe('ann');
  });

  test('relative paths start at the folder of the file that has them', async () => {
    const made = scene({ 'current-context': 'prod' });
    mkdirSync(join(made.folder, 'deep'));
    made.file('deep/ca.pem', emulator.authority.certificate);
    made.file('deep/token', 'token-ann\n');
    const relative = { 'certificate-authority-data': undefined, 'certificate-authority': 'ca.pem' };
    const deep = made.file('deep/config', config({ tokenFile: 'token' }, relative));
    made.env['KUBECONFIG'] = `${join(made.folder, 'config')}:${deep}`;
    expect(await user(made)).toBe('ann');
  });

  test('if no file exists, all of them are named', async () => {
    const made = scene({});
    made.env['KUBECONFIG'] = '/missing/a:/missing/b';
    expect(await mistake(made.open())).toBe(
      'the kubeconfig /missing/a, /missing/b cannot be read: the file does not exist',
    );
  });

  test.each([
    ['a syntax error', `users: [{ token: ${SECRET}`, /is not valid YAML$/u],
    ['an unknown tag', `a: !x ${SECRET}\nb: "${SECRET}`, /is not valid YAML$/u],
    ['a text', SECRET, /is not a map$/u],
    ['an empty file', '', /does not have a current context$/u],
  ])('%s is reported without a quotation', async (_name, text, message) => {
    expect(await mistake(scene(text).open())).toMatch(message);
  });

  test('that every user can write are refused, unless the environment trusts every owner', async () => {
    const made = scene(config({ token: 'token-ann' }));
    chmodSync(join(made.folder, 'config'), 0o666);
    expect(await mistake(made.open())).toMatch(/can be written by every user.*FETTLE_TRUST_OWNER$/u);
    made.env['FETTLE_TRUST_OWNER'] = '1';
    expect(await user(made)).toBe('ann');
  });

  test('in a folder that every user can write are refused', async () => {
    const made = scene(config({ token: 'token-ann' }));
    chmodSync(made.folder, 0o777);
    expect(await mistake(made.open())).toMatch(/is in the folder \S+, which can be written by every user/u);
  });

  test.skipIf(process.getuid?.() !== 0)('of other users are refused, and so are those that they name', async () => {
    const made = scene(config({ tokenFile: 'token' }));
    const token = made.file('token', 'token-ann');
    chownSync(token, 1234, 0);
    const cluster = await made.open();
    expect(await mistake(cluster.credentials(signal))).toMatch(/token belongs to user 1234\./u);
    chownSync(join(made.folder, 'config'), 1234, 0);
    expect(await mistake(made.open())).toMatch(/^the kubeconfig \S+ belongs to user 1234\./u);
    made.env['FETTLE_TRUST_OWNER'] = '1234';
    expect(await user(made)).toBe('ann');
  });

  test('that are not regular are refused instead of waiting for them', async () => {
    const made = scene({});
    made.env['KUBECONFIG'] = made.folder;
    expect(await mistake(made.open())).toMatch(/is not a regular file$/u);
  });
});

describe('the server', () => {
  test.each([
    ['without https', { server: 'http://127.0.0.1:1' }, /begins with https/u],
    ['not a text', { server: 6443 }, /has a server that is not text/u],
    ['with a password', { server: `https://me:${SECRET}@127.0.0.1:1` }, /more than a host, a port and a path$/u],
    ['without verification', { 'insecure-skip-tls-verify': true }, /insecure-skip-tls-verify/u],
    ['without verification in YAML 1.1', { 'insecure-skip-tls-verify': 'yes' }, /insecure-skip-tls-verify/u],
    ['behind a proxy', { 'proxy-url': `http://me:${SECRET}@proxy` }, /proxy-url/u],
    ['with an authority that is not PEM', { 'certificate-authority-data': SECRET }, /is not a certificate in PEM$/u],
  ])('%s is refused', async (_name, cluster, message) => {
    expect(await mistake(scene(config({ token: 'token-ann' }, cluster)).open())).toMatch(message);
  });

  test('keeps the path of its address, and its name is verified', async () => {
    const made = await scene(config({ token: 'token-ann' }, { server: 'https://proxy.example.test/k8s/c-1' })).open();
    expect(made.server).toBe('https://proxy.example.test/k8s/c-1');
    expect(await user(scene(config({ token: 'token-ann' }, { 'tls-server-name': 'localhost' })))).toBe('ann');
    const wrong = scene(config({ token: 'token-ann' }, { 'tls-server-name': 'other.example.test' }));
    await expect(user(wrong)).rejects.toThrow(/certificate|altnames|host/iu);
  });
});

describe('tokens', () => {
  test('a token file comes before a token, and is read again each minute and after a refusal', async () => {
    const made = scene(config({ tokenFile: 'token', token: 'token-cem' }));
    made.file('token', 'token-ann\n');
    const cluster = await made.open();
    const who = async (renew?: true): Promise<string> => userOf(cluster, await cluster.credentials(signal, renew));
    expect(await who()).toBe('ann');
    made.file('token', 'token-ben\n');
    made.now += 59_999;
    expect(await who()).toBe('ann');
    made.now += 1;
    expect(await who()).toBe('ben');
    made.file('token', 'token-cem');
    expect(await who(true)).toBe('cem');
    // While a new token is written, the file may be empty.
    made.file('token', '');
    expect(await who(true)).toBe('cem');
  });

  test('a token file that is missing or empty is refused', async () => {
    const made = scene(config({ tokenFile: 'token' }));
    const cluster = await made.open();
    expect(await mistake(cluster.credentials(signal))).toMatch(/token cannot be read: the file does not exist$/u);
    made.file('token', ' \n');
    expect(await mistake(cluster.credentials(signal))).toMatch(/is empty$/u);
  });

  test.each([
    ['a number', { token: 12345678 }, /has a token that is not text. Quote it$/u],
    ['two lines', { token: `${SECRET}\r\nx-a: b` }, /is not one word of printable characters$/u],
    ['a password', { username: 'me', password: SECRET }, /has a username and a password.*Use a token$/u],
    [
      'an auth-provider',
      { 'auth-provider': { name: 'oidc', config: { 'id-token': SECRET } } },
      /uses the auth-provider oidc, which is not supported. Use an exec plugin$/u,
    ],
  ])('%s is refused', async (_name, user, message) => {
    expect(await mistake(scene(config(user)).open())).toMatch(message);
  });
});

describe('client certificates', () => {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');

  test('in the kubeconfig', async () => {
    const { certificate, key } = emulator.authority.forClient('ann');
    const inline = { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) };
    expect(await user(scene(config(inline)))).toBe('ann');
  });

  test('in files are read again when they change, both together', async () => {
    const made = scene(config({ 'client-certificate': 'me.crt', 'client-key': 'me.key' }));
    const [ann, ben] = [emulator.authority.forClient('ann'), emulator.authority.forClient('ben')];
    made.file('me.crt', ann.certificate);
    made.file('me.key', ann.key);
    const cluster = await made.open();
    const first = await cluster.credentials(signal);
    expect(await userOf(cluster, first)).toBe('ann');
    // Between the two writes of a renewal, the last pair is used.
    made.file('me.crt', ben.certificate);
    expect(await cluster.credentials(signal)).toEqual(first);
    made.file('me.key', ben.key);
    expect(await userOf(cluster, await cluster.credentials(signal))).toBe('ben');
  });

  test('a certificate without its key, of another key, or not in PEM is refused', async () => {
    const [ann, ben] = [emulator.authority.forClient('ann'), emulator.authority.forClient('ben')];
    const made = (cert: string, key?: string): Scene =>
      scene(
        config({
          'client-certificate-data': base64(cert),
          ...(key === undefined ? {} : { 'client-key-data': base64(key) }),
        }),
      );
    expect(await mistake(made(ann.certificate).open())).toMatch(/but not both/u);
    expect(await mistake(made(ann.certificate, ben.key).open())).toMatch(/does not belong to its client-key$/u);
    expect(await mistake(made(SECRET, ann.key).open())).toMatch(/is not a certificate in PEM$/u);
    expect(await mistake(made(ann.certificate, SECRET).open())).toMatch(/is not an unencrypted key in PEM$/u);
  });

  test('a file that does not exist is named', async () => {
    const made = scene(config({ 'client-certificate': 'me.crt', 'client-key': 'me.key' }));
    expect(await mistake(made.open())).toMatch(/me\.crt, which the kubeconfig names, cannot be read/u);
  });
});

describe('impersonation', () => {
  test('acts for another user, with groups', async () => {
    const made = scene(
      config({
        token: emulator.adminToken,
        as: 'ben',
        'as-uid': '7',
        'as-groups': ['operators', 'a, b'],
        'as-user-extra': { 'example.com/Reason': ['night shift'] },
      }),
    );
    expect(await user(made)).toBe('ben');
    expect(await (await made.open()).credentials(signal)).toEqual({
      headers: {
        authorization: `Bearer ${emulator.adminToken}`,
        'impersonate-user': 'ben',
        'impersonate-uid': '7',
        'impersonate-group': ['operators', 'a, b'],
        'impersonate-extra-example.com%2Freason': ['night shift'],
      },
    });
  });

  test('sends each group as a header of its own', async () => {
    // The emulated server gives every right to members of this group, as the real one does.
    const made = scene(config({ token: emulator.adminToken, as: 'dan', 'as-groups': ['operators', 'system:masters'] }));
    const cluster = await made.open();
    const { headers } = await cluster.credentials(signal);
    const client = new KubernetesClient({
      server: new URL(cluster.server),
      send: openHttp(usualDenial({}), { ca: emulator.authority.certificate }),
      credentials: async () => headers,
      manager: 'test',
    });
    const served = (await client.served('v1', signal))?.find(({ kind }) => kind === 'Namespace');
    expect(served && (await client.list(served, {}, signal))).toHaveLength(2);
    expect(emulator.seen.at(-1)?.user).toBe('dan');
  });

  test.each([
    ['a group without a user', { 'as-groups': ['a'] }, /but not a user. Add as$/u],
    ['groups that are not a list', { as: 'ben', 'as-groups': 'a' }, /not a list of texts$/u],
    ['a name with a line break', { as: 'ben\r\nx-a: b' }, /not printable ASCII$/u],
  ])('%s is refused', async (_name, user, message) => {
    expect(await mistake(scene(config({ token: 'token-ann', ...user })).open())).toMatch(message);
  });
});

describe('exec plugins', () => {
  const V1 = 'client.authentication.k8s.io/v1';

  /** A kubeconfig whose user runs `./login`, a shell script that counts its runs in the file `runs`. */
  function execScene(script: string, exec: Members = {}, cluster: Members = {}): Scene {
    const made = scene(config({ exec: { apiVersion: V1, command: './login', ...exec } }, cluster));
    made.file('login', `#!/bin/sh\necho >> runs\n${script}\n`, 0o700);
    return made;
  }

  const runs = ({ folder }: Scene): number =>
    existsSync(join(folder, 'runs')) ? readFileSync(join(folder, 'runs'), 'utf8').length : 0;

  const printed = (status: Members, apiVersion = V1): string =>
    `echo '${JSON.stringify({ apiVersion, kind: 'ExecCredential', status })}'`;

  test.each([V1, 'client.authentication.k8s.io/v1beta1'])('%s prints a token', async (apiVersion) => {
    expect(await user(execScene(printed({ token: 'token-ann' }, apiVersion), { apiVersion }))).toBe('ann');
  });

  test('a program prints a client certificate', async () => {
    const { certificate, key } = emulator.authority.forClient('ben');
    const made = execScene('cat answer');
    made.file('answer', {
      apiVersion: V1,
      kind: 'ExecCredential',
      status: { clientCertificateData: certificate, clientKeyData: key },
    });
    expect(await user(made)).toBe('ben');
  });

  test('a program gets its arguments and variables, and the cluster if it asks for it', async () => {
    const made = execScene(
      `printf '%s' "$*" > args; printf '%s' "$REGION" > region; printf '%s' "$KUBERNETES_EXEC_INFO" > info; ${printed({ token: 'token-ann' })}`,
      {
        args: ['get-token', '--cluster', 'a b'],
        env: [{ name: 'REGION', value: 'eu-1' }],
        provideClusterInfo: true,
      },
      {
        'tls-server-name': 'localhost',
        extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'x' } }],
      },
    );
    expect(await user(made)).toBe('ann');
    const text = (name: string): string => readFileSync(join(made.folder, name), 'utf8');
    expect([text('args'), text('region')]).toEqual(['get-token --cluster a b', 'eu-1']);
    expect(JSON.parse(text('info'))).toEqual({
      apiVersion: V1,
      kind: 'ExecCredential',
      spec: {
        interactive: false,
        cluster: {
          server: new URL(emulator.url).href,
          'tls-server-name': 'localhost',
          'certificate-authority-data': Buffer.from(emulator.authority.certificate).toString('base64'),
          config: { audience: 'x' },
        },
      },
    });
  });

  test('a program that does not ask for the cluster does not get it', async () => {
    const made = execScene(`printf '%s' "$KUBERNETES_EXEC_INFO" > info; ${printed({ token: 'token-ann' })}`);
    await user(made);
    expect(JSON.parse(readFileSync(join(made.folder, 'info'), 'utf8'))).toEqual({
      apiVersion: V1,
      kind: 'ExecCredential',
      spec: { interactive: false },
    });
  });

  test('a login is kept until 30 s before its end', async () => {
    const made = execScene(printed({ token: 'token-ann', expirationTimestamp: '2026-11-29T01:00:00Z' }));
    const cluster = await made.open();
    expect(runs(made)).toBe(0);
    await cluster.credentials(signal);
    made.now = Date.parse('2026-11-29T00:59:29.999Z');
    await cluster.credentials(signal);
    expect(runs(made)).toBe(1);
    made.now += 1;
    await cluster.credentials(signal);
    expect(runs(made)).toBe(2);
  });

  test('a login of 20 s is kept for half of them', async () => {
    const made = execScene(printed({ token: 'token-ann', expirationTimestamp: '2026-11-29T00:00:20Z' }));
    const cluster = await made.open();
    await cluster.credentials(signal);
    made.now += 9_999;
    await cluster.credentials(signal);
    expect(runs(made)).toBe(1);
    made.now += 1;
    await cluster.credentials(signal);
    expect(runs(made)).toBe(2);
  });

  test('after a 401 the program runs once more, and the request is repeated', async () => {
    const made = execScene(
      `[ -e first ] && ${printed({ token: 'token-ann' })} || { touch first; ${printed({ token: 'expired' })}; }`,
    );
    const cluster = await made.open();
    const client = new KubernetesClient({
      server: new URL(cluster.server),
      send: openHttp(usualDenial({}), { ca: emulator.authority.certificate }),
      credentials: async (from, renew) => (await cluster.credentials(from, renew)).headers,
      manager: 'test',
    });
    const before = emulator.seen.length;
    expect(await client.served('v1', signal)).toBeDefined();
    expect(emulator.seen.slice(before).map(({ status }) => status)).toEqual([401, 200]);
    expect(runs(made)).toBe(2);
  });

  test('requests at the same time share one run, also after a refusal', async () => {
    const made = execScene(printed({ token: 'token-ann' }));
    const cluster = await made.open();
    const all = (renew?: true) => Promise.all(Array.from({ length: 8 }, () => cluster.credentials(signal, renew)));
    await all();
    expect(runs(made)).toBe(1);
    await all(true);
    // A late 401 of a request that the former login sent.
    await cluster.credentials(signal, true);
    expect(runs(made)).toBe(2);
    made.now += 5_000;
    await cluster.credentials(signal, true);
    expect(runs(made)).toBe(3);
  });

  test('an aborted request does not end the run of the others, and the last one ends the program', async () => {
    const made = execScene(`echo $$ > pid; while [ ! -e go ]; do sleep 0.05; done; ${printed({ token: 'token-ann' })}`);
    const cluster = await made.open();
    const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()];
    const [one, two] = [cluster.credentials(first.signal), cluster.credentials(second.signal)];
    first.abort(new Error('stopped'));
    await expect(one).rejects.toThrow('stopped');
    made.file('go', '');
    expect((await two).headers).toEqual({ authorization: 'Bearer token-ann' });

    const again = execScene(`echo $$ > pid; sleep 600`);
    const waiting = (await again.open()).credentials(third.signal);
    const pid = await vi.waitFor(() => {
      const text = readFileSync(join(again.folder, 'pid'), 'utf8').trim();
      expect(text).not.toBe('');
      return Number(text);
    });
    third.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false));
  });

  test('a program that does not end is ended at its deadline, with its child processes', async () => {
    const made = execScene('sleep 600 & echo $! > child; wait');
    const exec = { apiVersion: V1, command: join(made.folder, 'login') };
    const order = {
      exec,
      server: emulator.url,
      cluster: {},
      env: made.env,
      folder: made.folder,
      signal,
      deadlineMs: 500,
    };
    expect(await mistake(execCredential(order))).toMatch(/did not end within 0\.5 s$/u);
    const pid = Number(readFileSync(join(made.folder, 'child'), 'utf8'));
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false));
  });

  test('a helper that the program leaves running does not hold the login', async () => {
    const made = execScene(`sleep 600 & echo $! > helper; ${printed({ token: 'token-ann' })}`);
    onTestFinished(() => void process.kill(Number(readFileSync(join(made.folder, 'helper'), 'utf8'))));
    expect(await user(made)).toBe('ann');
  });

  test.each([
    [
      'ends with a code',
      `echo ${SECRET}; echo ${SECRET} >&2; exit 3`,
      {},
      /login of the kubeconfig ended with code 3$/u,
    ],
    ['ends by a signal', 'kill -9 $$', {}, /ended with SIGKILL$/u],
    ['prints a text', `echo ${SECRET}`, {}, /did not print an ExecCredential$/u],
    [
      'prints another version',
      printed({ token: SECRET }, 'client.authentication.k8s.io/v1beta1'),
      {},
      /printed another apiVersion/u,
    ],
    ['prints no login', printed({}), {}, /printed neither a token nor a client certificate$/u],
    ['prints half of a pair', printed({ clientKeyData: SECRET }), {}, /but not both$/u],
    ['prints a wrong time', printed({ token: SECRET, expirationTimestamp: 'soon' }), {}, /is not a time$/u],
    ['prints a token of two lines', printed({ token: `${SECRET}\\nx` }), {}, /is not one word/u],
    ['prints without end', `yes ${SECRET}`, {}, /printed more than 1048576 bytes$/u],
    [
      'is not installed',
      '',
      { command: 'fettle-missing', args: [SECRET], installHint: 'Install it:\n  apt-get install it' },
      /^the exec plugin fettle-missing of the kubeconfig is not installed\. Install it: apt-get install it$/u,
    ],
  ])('a program that %s is reported without a quotation', async (_name, script, exec, message) => {
    const cluster = await execScene(script, exec).open();
    expect(await mistake(cluster.credentials(signal))).toMatch(message);
  });

  test.each([
    [
      'an apiVersion',
      { apiVersion: 'client.authentication.k8s.io/v1alpha1' },
      /use client.authentication.k8s.io\/v1 or/u,
    ],
    ['input', { interactiveMode: 'Always' }, /asks for input/u],
    ['a missing command', { command: '' }, /does not name a command$/u],
  ])('%s that is not supported is refused before the first request', async (_name, exec, message) => {
    expect(await mistake(execScene('', exec).open())).toMatch(message);
  });

  test('a program runs only for a kubeconfig outside of the project, by name and by real path', async () => {
    const made = execScene(printed({ token: 'token-ann' }));
    const open = (projectFolder: string) => clusterOf({ env: made.env, projectFolder, now: Date.now });
    expect(await mistake(open(made.folder))).toMatch(/is inside the project and names a program to run/u);
    const outside = join(temporaryFolder(), 'link');
    symlinkSync(join(made.folder, 'config'), outside);
    made.env['KUBECONFIG'] = outside;
    expect(await mistake(open(made.folder))).toMatch(/is inside the project/u);
    expect(runs(made)).toBe(0);
  });

  test('the project may have a kubeconfig without a program', async () => {
    const made = scene(config({ token: 'token-ann' }));
    const cluster = await clusterOf({ env: made.env, projectFolder: made.folder, now: Date.now });
    expect(await userOf(cluster, await cluster.credentials(signal))).toBe('ann');
  });
});

describe('the cluster of a pod', () => {
  const env = (): Record<string, string> => ({
    KUBERNETES_SERVICE_HOST: '127.0.0.1',
    KUBERNETES_SERVICE_PORT: String(emulator.port),
  });

  test('uses the service account, whose token is read again each minute', async () => {
    const made = scene({});
    made.file('token', 'token-ann');
    made.file('ca.crt', emulator.authority.certificate);
    const cluster = await inCluster(env(), () => made.now, made.folder);
    expect(await userOf(cluster, await cluster.credentials(signal))).toBe('ann');
    made.file('token', 'token-ben');
    made.now += 60_000;
    expect(await userOf(cluster, await cluster.credentials(signal))).toBe('ben');
  });

  test('has brackets around an IPv6 address', async () => {
    const made = scene({});
    made.file('token', 'token-ann');
    made.file('ca.crt', emulator.authority.certificate);
    const ipv6 = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
    expect((await inCluster(ipv6, Date.now, made.folder)).server).toBe('https://[fd00::1]/');
  });

  test('is used without a kubeconfig, and never instead of one that is named', async () => {
    const made = scene(config({ token: 'token-ann' }));
    Object.assign(made.env, env());
    expect((await made.open()).server).toBe(new URL(emulator.url).href);
    made.env['KUBECONFIG'] = join(made.folder, 'missing');
    expect(await mistake(made.open())).toMatch(/missing cannot be read: the file does not exist$/u);
    delete made.env['KUBECONFIG'];
    expect(await mistake(made.open('prod'))).toMatch(/config cannot be read: the file does not exist$/u);
    expect(await mistake(made.open())).toMatch(/serviceaccount\/(?:token|ca\.crt) cannot be read/u);
  });
});
