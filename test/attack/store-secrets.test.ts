/**
 * The author of a pull request controls `store`: no value of it sends a secret to a server that the environment
 * does not name. Each hostile configuration has an honest twin, for which the same recorder sees the secret.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readStoreAddress } from '../../src/engine/store-address.ts';
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts';
import { targetOf } from '../../src/store/postgres/target.ts';
import { PG_VARIABLES } from '../../src/store/postgres/variables.ts';
import { certificateYaml, cliFile, issuerYaml, type Ran, run, temporaryFolder, writeFiles } from '../support/cli.ts';
import { type Done, fettleWith } from '../support/command-line.ts';
import { type Recording, type RecordingServer, selfSigned, startRecording } from '../support/recording-postgres.ts';

const SECRET = 'canary-7d1e0c55aa';
/** No test answers within this time for ever. */
const DEADLINE_MS = 6_000;

let folder: string;
let servers: RecordingServer[];
beforeEach(() => {
  servers = [];
  folder = temporaryFolder();
  writeFiles(folder, { 'desired/ca.yaml': issuerYaml, 'desired/www.yaml': certificateYaml('www') });
});
afterEach(async () => {
  for (const server of servers) await server.close();
});

async function recording(how: Recording = {}): Promise<RecordingServer> {
  const server = await startRecording(how);
  servers.push(server);
  return server;
}

type Env = Readonly<Record<string, string>>;

function writeStore(store: string): void {
  writeFiles(folder, { 'fettle.yaml': `name: shop\ndesired: [desired]\nstore: '${store}'\n` });
}

/** In a process of its own: a library of it could also read its environment. */
function fettle(store: string, args: readonly string[], env: Env): Promise<Ran> {
  writeStore(store);
  return run(process.execPath, [cliFile, ...args], folder, { HOME: folder, ...env });
}

/** For an honest twin, of which it only matters that its secret is sent. */
function fettleInThisProcess(store: string, args: readonly string[], env: Env): Promise<Done> {
  writeStore(store);
  return fettleWith({ HOME: folder, ...env }, folder, ...args);
}

/** The result of reading a store in this process. */
async function failure(store: string, env: Env, source: 'file' | 'environment' = 'file'): Promise<string> {
  try {
    const target = await targetOf(store, source, { HOME: folder, ...env });
    const opened = openPostgresStore({
      target,
      project: 'shop',
      actor: 'me',
      now: Date.now,
      randomId: () => 'x',
      deadlineMs: DEADLINE_MS,
    });
    await opened.read(() => undefined);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('the store could be read');
}

function passFile(...lines: readonly string[]): void {
  writeFileSync(join(folder, '.pgpass'), `${lines.join('\n')}\n`, { mode: 0o600 });
}

interface Attack {
  readonly what: string;
  /** Of a port where the recorder listens. */
  readonly store: (port: number) => string;
  readonly env?: (port: number) => Env;
  readonly passFile?: (port: number) => string;
  /** The only change that makes it honest. */
  readonly honest?: (port: number) => Env;
  /** The honest address, where the hostile one is refused for its form. */
  readonly instead?: (port: number) => string;
}

const named = (port: number): Env => ({ FETTLE_STORE_ORIGIN: `postgres://127.0.0.1:${port}` });
const password = (): Env => ({ PGPASSWORD: SECRET });
const withGood = (): Env => ({ PGPASSWORD: SECRET, FETTLE_STORE_ORIGIN: 'postgres://good.test' });

const ATTACKS: readonly Attack[] = [
  {
    what: 'a variable as the password',
    store: (port) => `postgres://x:\${env:HCLOUD_TOKEN}@127.0.0.1:${port}/x`,
    env: () => ({ HCLOUD_TOKEN: SECRET }),
  },
  { what: 'PGPASSWORD', store: (port) => `postgres://x@127.0.0.1:${port}/x`, env: password },
  { what: 'the other scheme', store: (port) => `postgresql://x@127.0.0.1:${port}/x`, env: password },
  { what: 'another spelling of the address', store: (port) => `postgres://x@0x7f.1:${port}/x`, env: password },
  {
    what: 'a name, and its address named',
    store: (port) => `postgres://x@localhost:${port}/x`,
    env: (port) => ({ ...password(), ...named(port) }),
    honest: (port) => ({ FETTLE_STORE_ORIGIN: `postgres://LOCALHOST.:${port}/` }),
  },
  {
    what: 'another port than the one named',
    store: (port) => `postgres://x@127.0.0.1:${port}/x`,
    env: (port) => ({ ...password(), ...named(port === 9 ? 10 : 9) }),
  },
  {
    what: 'a parameter that names the host once more',
    store: (port) => `postgres://x@good.test/x?host=127.0.0.1&port=${port}`,
    env: withGood,
    instead: (port) => `postgres:///x?user=x&host=127.0.0.1&port=${port}`,
  },
  {
    what: 'a parameter that names the host twice',
    store: (port) => `postgres:///x?user=x&host=good.test&host=127.0.0.1&port=${port}`,
    env: withGood,
    instead: (port) => `postgres:///x?user=x&host=127.0.0.1&port=${port}`,
  },
  {
    what: 'two hosts',
    store: (port) => `postgres://x@good.test,127.0.0.1:${port}/x`,
    env: withGood,
    instead: (port) => `postgres://x@127.0.0.1:${port}/x`,
  },
  {
    what: 'the named host as the user',
    store: (port) => `postgres://good.test:5432@127.0.0.1:${port}/x`,
    env: withGood,
    instead: (port) => `postgres://good.test@127.0.0.1:${port}/x`,
  },
  {
    what: 'the named host as an encoded user',
    store: (port) => `postgres://good.test%2F@127.0.0.1:${port}/x`,
    env: withGood,
  },
  {
    what: 'a backslash',
    store: (port) => `postgres://good.test\\@127.0.0.1:${port}/x`,
    env: withGood,
    instead: (port) => `postgres://x@127.0.0.1:${port}/x`,
  },
  {
    what: 'a port alone, below the host of the environment',
    store: (port) => `postgres:///x?port=${port}`,
    env: () => ({ ...password(), PGHOST: '127.0.0.1' }),
    instead: () => 'postgres:///x',
    honest: (port) => ({ PGPORT: String(port) }),
  },
  {
    what: 'an entry of the file of passwords for every host',
    store: (port) => `postgres://x@127.0.0.1:${port}/x`,
    passFile: () => `*:*:*:*:${SECRET}`,
  },
  {
    what: 'an entry for every port of this machine',
    store: (port) => `postgres://x@127.0.0.1:${port}/x`,
    passFile: () => `127.0.0.1:*:*:*:${SECRET}`,
  },
  {
    what: 'an entry for another host',
    store: (port) => `postgres://x@127.0.0.1:${port}/x`,
    passFile: (port) => `localhost:${port}:*:*:${SECRET}\n*:${port}:*:*:${SECRET}`,
  },
];

describe('a secret of the environment', () => {
  it.each(ATTACKS)('is not sent for $what', async ({ store, env, honest, instead, passFile: entry }) => {
    const server = await recording();
    const { port } = server;
    if (entry !== undefined) passFile(entry(port));
    const hostile = await fettle(store(port), ['plan'], env?.(port) ?? {});
    expect(server.received()).not.toContain(SECRET);
    expect(hostile.stdout + hostile.stderr).not.toContain(SECRET);
    // Without a secret at stake, a connection is made; the server never receives a password.
    if (entry === undefined) expect(server.connections()).toBe(0);
    expect(hostile.code).not.toBe(0);

    const fair = await fettleInThisProcess((instead ?? store)(port), ['plan'], {
      ...env?.(port),
      ...named(port),
      ...honest?.(port),
    });
    expect(server.received()).toContain(SECRET);
    expect(fair.stdout + fair.stderr).not.toContain(SECRET);
  });

  it('is sent if the whole address or the host comes from the environment', async () => {
    const server = await recording();
    const elsewhere = 'postgres://x@127.0.0.1:9/x';
    await fettle(elsewhere, ['plan'], { FETTLE_STORE: `postgres://x:${SECRET}-1@127.0.0.1:${server.port}/x` });
    await fettle(elsewhere, ['plan'], {
      FETTLE_STORE: `postgres://x@127.0.0.1:${server.port}/x`,
      PGPASSWORD: `${SECRET}-2`,
    });
    await fettle('postgres:///x', ['plan'], {
      PGHOST: '127.0.0.1',
      PGPORT: String(server.port),
      PGPASSWORD: `${SECRET}-3`,
    });
    for (const number of [1, 2, 3]) expect(server.received()).toContain(`${SECRET}-${number}`);
  });

  it('is not a folder if FETTLE_STORE is another address', async () => {
    for (const store of [`redis://x:${SECRET}@127.0.0.1/x`, `POSTGRES://x:${SECRET}@127.0.0.1/x`]) {
      const { code, stdout, stderr } = await fettle('.fettle', ['apply', '--yes'], { FETTLE_STORE: store });
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^error: FETTLE_STORE is neither/u);
      expect(stderr).not.toContain(SECRET);
    }
  });

  it('is not a folder if FETTLE_STORE is a likely mistaken path', async () => {
    for (const [store, words] of [
      ['~/.fettle', 'begins with `~`'],
      ['C:\\fettle', 'contains a backslash'],
      ['$HOME/.fettle', 'begins with a variable'],
    ] as const) {
      const { code, stdout, stderr } = await fettle('.fettle', ['plan'], { FETTLE_STORE: store });
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain(`error: the path in FETTLE_STORE ${words}`);
    }
  });

  it('is sent if an entry of the password file names exactly the host and port', async () => {
    const server = await recording();
    passFile('# mine', `127.0.0.1:9:*:*:no`, `127.0.0.1:${server.port}:x:x:${SECRET}\\:\\\\`);
    await fettle(`postgres://x@127.0.0.1:${server.port}/x`, ['plan'], {});
    expect(server.received()).toContain(`${SECRET}:\\`);
  });

  it('counts the folder of a Unix socket as part of the origin', async () => {
    const sockets = join(folder, 'run');
    mkdirSync(sockets);
    const server = await recording({ path: join(sockets, '.s.PGSQL.5432') });
    const store = `postgres:///x?user=x&host=${encodeURIComponent(sockets)}`;
    const env = { PGPASSWORD: SECRET };
    expect((await fettle(store, ['plan'], env)).code).not.toBe(0);
    expect(
      (await fettle(store, ['plan'], { ...env, FETTLE_STORE_ORIGIN: `unix:${folder}/.s.PGSQL.5432` })).code,
    ).not.toBe(0);
    expect(server.connections()).toBe(0);
    await fettle(store, ['plan'], { ...env, FETTLE_STORE_ORIGIN: `unix:${sockets}/.s.PGSQL.5432` });
    expect(server.received()).toContain(SECRET);
  });

  it.each([
    ['plan'],
    ['drift'],
    ['drift', '--record'],
    ['apply', '--yes'],
    ['explain', 'certificates/Certificate/www'],
    ['import', 'certificates/Certificate/www'],
    ['import', '--all', '--plugin', 'certificates'],
    ['state', 'list'],
    ['state', 'show', 'certificates/Certificate/www'],
    ['state', 'pull'],
    ['state', 'forget', 'certificates/Certificate/www', '--yes'],
    ['state', 'mv', 'certificates/Certificate/www', 'certificates/Certificate/api'],
    ['log', 'list'],
    ['log', 'why', 'certificates/Certificate/www'],
    ['log', 'verify'],
    ['log', 'export'],
    ['log', 'recover'],
    ['log', 'prune', '--keep', '1', '--yes'],
    ['lock', 'status'],
    ['force-unlock', 'x', '--yes'],
  ])('is not sent by %s %s', async (...args) => {
    const server = await recording();
    const ran = await fettle(`postgres://x@127.0.0.1:${server.port}/x`, args, { PGPASSWORD: SECRET });
    expect(server.connections()).toBe(0);
    expect(ran.code).not.toBe(0);
    expect(ran.stderr).not.toContain('internal error');
    expect(ran.stdout + ran.stderr).toContain(`FETTLE_STORE_ORIGIN=postgres://127.0.0.1:${server.port}`);
  });

  it('is only valid in an address as the whole password', async () => {
    for (const store of [
      'postgres://u@${env:TOKEN}.evil.test/x',
      'postgres://${env:TOKEN}@evil.test/x',
      'postgres://u@evil.test/${env:TOKEN}',
      'postgres://u@evil.test/x?application_name=${env:TOKEN}',
      'postgres://u:a${env:TOKEN}@evil.test/x',
      'postgres://u:${env:TOKEN}b@evil.test/x',
      'postgres://u:${env:TOKEN}:${env:TOKEN}@evil.test/x',
      'postgres://u:${file:/etc/hostname}@evil.test/x',
      'postgres://u:${env:TOKEN}@evil.test/x?password=${env:TOKEN}',
    ]) {
      const ran = await fettle(store, ['plan'], { TOKEN: SECRET, FETTLE_STORE_ORIGIN: 'postgres://evil.test' });
      expect([store, ran.code, /ENOTFOUND|EAI_AGAIN/u.test(ran.stderr)]).toEqual([store, 1, false]);
      expect(ran.stderr).toMatch(/fettle\.yaml:3:8|secret/u);
    }
  });
});

describe('how the way to the store is protected', () => {
  const there = '10.11.12.13';

  it('is said by the environment alone', async () => {
    const server = await recording();
    for (const parameter of [
      'sslmode=disable',
      'sslrootcert=/etc/shadow',
      'sslcert=/etc/passwd',
      'sslkey=/nonexistent',
      'sslnegotiation=direct',
      'password=x',
    ]) {
      const store = `postgres://x@127.0.0.1:${server.port}/x?${parameter}`;
      expect(readStoreAddress(store, 'file')).toHaveProperty(
        'mistake',
        expect.stringContaining(parameter.split('=')[0] ?? ''),
      );
      expect(readStoreAddress(store, 'environment')).not.toHaveProperty('mistake');
      const ran = await fettle(store, ['plan'], { PGPASSWORD: SECRET, ...named(server.port) });
      expect([ran.code, ran.stderr.includes('ENOENT')]).toEqual([1, false]);
    }
    expect(server.connections()).toBe(0);
  });

  it.each([
    [there, {}, { tls: 'full', mayShow: true }],
    [there, { PGSSLMODE: 'prefer' }, { tls: 'full', mayShow: true }],
    [there, { PGSSLMODE: 'allow' }, { tls: 'full', mayShow: true }],
    [there, { PGSSLMODE: 'require' }, { tls: 'full', mayShow: true }],
    [there, { PGSSLMODE: 'verify-full' }, { tls: 'full', mayShow: true }],
    [there, { PGSSLMODE: 'verify-ca' }, { tls: 'chain', mayShow: true }],
    [there, { PGSSLMODE: 'no-verify' }, { tls: 'none', mayShow: false }],
    [there, { PGSSLMODE: 'disable' }, { tls: undefined, mayShow: false }],
    ['db.example.test', {}, { tls: 'full', mayShow: true }],
    ['[2001:db8::1]', {}, { tls: 'full', mayShow: true }],
    ['127.0.0.1', {}, { tls: undefined, mayShow: true }],
    ['127.0.0.1', { PGSSLMODE: 'require' }, { tls: 'full', mayShow: true }],
    ['127.0.0.1', { PGSSLMODE: 'no-verify' }, { tls: 'none', mayShow: false }],
    ['127.1.2.3', {}, { tls: undefined, mayShow: true }],
    ['[::1]', {}, { tls: undefined, mayShow: true }],
    ['localhost', {}, { tls: undefined, mayShow: true }],
    ['localhost.', {}, { tls: undefined, mayShow: true }],
    ['localhost.evil.test', {}, { tls: 'full', mayShow: true }],
    ['[::ffff:127.0.0.1]', {}, { tls: 'full', mayShow: true }],
    ['%2Frun%2Fpostgresql', { PGSSLMODE: 'require' }, { tls: undefined, mayShow: true }],
  ] satisfies readonly [string, Env, object][])('at %s with %j is %j', async (host, env, expected) => {
    const { tls, mayShow } = await targetOf(`postgres://x@${host}/x`, 'environment', env);
    expect({ tls: tls?.verify, mayShow }).toEqual(expected);
  });

  it.each(['cleartext', 'md5', 'scram'] as const)(
    'does not send a clear-text password without it: %s',
    async (asking) => {
      const server = await recording({ asking });
      const target = await targetOf(`postgres://x:${SECRET}@127.0.0.1:${server.port}/x`, 'environment', {});
      const read = async (mayShow: boolean): Promise<string> => {
        const store = openPostgresStore({
          target: { ...target, mayShow },
          project: 'shop',
          actor: 'me',
          now: Date.now,
          randomId: () => 'x',
          deadlineMs: DEADLINE_MS,
        });
        return store
          .read(() => undefined)
          .then(
            () => '',
            (error: Error) => error.message,
          );
      };
      const before = server.received().length;
      const refused = await read(false);
      // Only the messages that begin a session, and with SCRAM the first one of it.
      if (asking !== 'scram') {
        expect(refused).toContain('the password is not sent');
        expect(server.received().slice(before)).not.toMatch(/canary|md5/u);
      }
      await read(true);
      expect(server.received()).toMatch(
        asking === 'cleartext' ? SECRET : asking === 'md5' ? /md5[0-9a-f]{32}/u : /SCRAM-SHA-256/u,
      );
    },
  );

  it('is an error where the server offers no TLS', async () => {
    const server = await recording();
    const env = { PGPASSWORD: SECRET, PGSSLMODE: 'require', ...named(server.port) };
    expect(await failure(`postgres://x@127.0.0.1:${server.port}/x`, env)).toContain('the server does not support TLS');
    expect(server.received()).toHaveLength(8);
  });

  it('is an error where its certificate is not trusted, is for another name, or the environment turns checks off', async () => {
    const own = selfSigned(folder, 'DNS:localhost');
    const server = await recording({ tls: own });
    const store = `postgres://x@localhost:${server.port}/x`;
    const env = {
      PGPASSWORD: SECRET,
      FETTLE_STORE_ORIGIN: `postgres://localhost:${server.port}`,
      PGSSLMODE: 'verify-full',
    };
    expect(await failure(store, env)).toContain('is not trusted');
    const careless = await fettle(store, ['plan'], { ...env, NODE_TLS_REJECT_UNAUTHORIZED: '0' });
    expect(careless.stderr).toContain('is not trusted');
    expect(server.received()).not.toContain('user');
    await failure(store, { ...env, PGSSLROOTCERT: own.file });
    expect(server.received()).toContain(SECRET);

    const other = await recording({ tls: own });
    const byAddress = `postgres://x@127.0.0.1:${other.port}/x`;
    const trusting = { ...env, ...named(other.port), PGSSLROOTCERT: own.file };
    expect(await failure(byAddress, trusting)).toMatch(/altnames|does not match/u);
    expect(await failure(byAddress, { ...trusting, PGSSLMODE: 'no-verify' })).toContain('the password is not sent');
    expect(other.received()).not.toContain(SECRET);
    await failure(byAddress, { ...trusting, PGSSLMODE: 'verify-ca' });
    expect(other.received()).toContain(SECRET);
  });
});

describe('a variable of PostgreSQL', () => {
  it.each(Object.entries(PG_VARIABLES))('%s: %j', async (name, treatment) => {
    const server = await recording();
    const value = name === 'PGHOST' ? '127.0.0.9' : name === 'PGPORT' ? '9' : 'verify-full';
    const env = { ...named(server.port), PGUSER: 'x', [name]: value };
    const ran = await fettle(`postgres://127.0.0.1:${server.port}/x`, ['log', 'verify'], env);
    expect(ran.stderr).not.toContain('internal error');
    if (typeof treatment === 'object') {
      expect(ran.stderr).toContain(name);
      expect(server.connections()).toBe(0);
      for (const harmless of treatment.harmless ?? []) {
        await fettle(`postgres://127.0.0.1:${server.port}/x`, ['log', 'verify'], { ...env, [name]: harmless });
        expect(server.connections()).toBeGreaterThan(0);
      }
    }
    // The server of the address, for any value of the variable; replication and encodings are not requested.
    if (treatment === 'without effect' || name === 'PGHOST' || name === 'PGPORT') {
      expect(server.received()).toContain('user\0x\0database\0x\0application_name\0fettle\0client_encoding\0UTF8\0\0');
    }
  });

  it('that names the origin, and is malformed, is an error that names it', async () => {
    for (const value of ['db.example.test', 'postgres://a@b', 'postgres://h:0', 'postgres://*'])
      expect(await failure('postgres://x@127.0.0.1:9/x', { FETTLE_STORE_ORIGIN: value })).toContain(
        'FETTLE_STORE_ORIGIN',
      );
  });

  it('that says how to use TLS, and is malformed, is an error that names it', async () => {
    const store = 'postgres://x@db.example.test/x';
    for (const [name, value] of [
      ['PGSSLMODE', 'on'],
      ['PGSSLNEGOTIATION', 'x'],
      ['PGSSLMINPROTOCOLVERSION', 'SSLv3'],
      ['PGSSLROOTCERT', '/nonexistent'],
    ] as const)
      expect(await failure(store, { [name]: value })).toContain(name);
  });
});

it('an address in a network that is denied is not connected to', async () => {
  for (const host of ['169.254.169.254', '[fe80::1]', '[::ffff:169.254.169.254]', '224.0.0.1', '0xa9fea9fe'])
    expect(await failure(`postgres://x@${host}/x`, {})).toContain('denied');
});
