/** Git repositories over real HTTPS and ssh: what a test of the connection finds, what it sends, and what it never does. */

import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openClusters } from '../../../plugins/fabric/live/clusters.ts';
import { observe } from '../../../plugins/fabric/observe.ts';
import { type GitOptions, openGit, rotated } from '../../../plugins/fabric/live/git.ts';
import { isAddressMistake, repositoryAddress } from '../../../plugins/fabric/repository/address.ts';
import { refreshRepositories } from '../../../plugins/fabric/repository/refresh.ts';
import type { RepositoryQuestion } from '../../../plugins/fabric/world.ts';
import type { Json } from '#plugin';
import { listenToContacts } from '../../../src/net/contacts.ts';
import { temporaryFolder } from '../../support/cli.ts';
import {
  type GitServer,
  makeRepositories,
  type Repositories,
  type SshServer,
  startGitServer,
  startSshServer,
} from '../../support/git-server.ts';
import { never } from './cluster.ts';

const SECRET = 'canary-5f2c81d0';
const basic = (user: string, secret: string): string => `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;

/** The folder for temporary files. */
let scratch: string;
let repositories: Repositories;
let head: string;

beforeAll(() => {
  scratch = temporaryFolder();
  repositories = makeRepositories();
  head = repositories.commit('main');
});

async function served(authorization?: string): Promise<GitServer> {
  const server = await startGitServer(repositories, authorization);
  onTestFinished(server.stop);
  return server;
}

type Login = { readonly [key: string]: Json };

const noPause: GitOptions = { timing: { sleep: async () => undefined } };

interface Asking extends Partial<Omit<RepositoryQuestion, 'address'>> {
  readonly url: string;
  readonly login?: Login;
  readonly env?: Readonly<Record<string, string>>;
  readonly options?: GitOptions;
  readonly signal?: AbortSignal;
}

function opened({ login, env = {}, options = noPause }: Pick<Asking, 'login' | 'env' | 'options'>) {
  return openGit(
    {
      config: login === undefined ? {} : { git: { credentials: { infra: login } } },
      project: 'test',
      folder: temporaryFolder(),
      fileRoots: [],
      env: { PATH: process.env['PATH'] ?? '', TMPDIR: scratch, ...env },
      now: Date.now,
    },
    options,
  );
}

function ask({ url, branch = 'main', login, ca, signal = never, ...more }: Asking) {
  const address = repositoryAddress(url);
  if (isAddressMistake(address)) throw new Error(address.mistake);
  const question = {
    address,
    branch,
    ...(ca === undefined ? {} : { ca }),
    ...(login === undefined ? {} : { credentials: 'infra' }),
  };
  return opened({ ...more, ...(login === undefined ? {} : { login }) }).ask(question, signal);
}

const permitted = ({ origin }: GitServer) => ({ FETTLE_PROVIDER_ORIGINS: `FABRIC_GIT_SECRET=${origin}` });

const leftFolders = (): readonly string[] => readdirSync(scratch);

describe('over https', () => {
  test('the head of the branch is found without a login', async () => {
    const { url, ca } = await served();
    expect(await ask({ url, ca })).toEqual({ answers: true, head, defaultBranch: 'main' });
    expect(leftFolders()).toEqual([]);
  });

  test('a branch that does not exist is reported with the default branch', async () => {
    const { url, ca } = await served();
    expect(await ask({ url, ca, branch: 'release' })).toEqual({ answers: true, defaultBranch: 'main' });
    expect(await ask({ url, ca, branch: 'ain' })).toEqual({ answers: true, defaultBranch: 'main' });
  });

  test.each([
    [{ auth: 'TOKEN' }, basic('git', SECRET)],
    [{ auth: 'TOKEN', username: 'x-token-auth' }, basic('x-token-auth', SECRET)],
    [{ auth: 'BASIC', username: 'ann' }, basic('ann', SECRET)],
    [{ auth: 'OAUTH' }, `Bearer ${SECRET}`],
    [{ auth: 'OAUTH', username: 'oauth2' }, basic('oauth2', SECRET)],
  ])('a login %j is sent as its header', async (login, header) => {
    const server = await served(header);
    const { url, ca } = server;
    expect(await ask({ url, ca, login: { ...login, secret: SECRET }, env: permitted(server) })).toMatchObject({ head });
    expect(new Set(server.logins)).toEqual(new Set([header]));
  });

  test('the default of a secret is the environment variable', async () => {
    const server = await served(basic('git', SECRET));
    const env = { ...permitted(server), FABRIC_GIT_SECRET: SECRET };
    expect(await ask({ ...server, login: { auth: 'TOKEN' }, env })).toMatchObject({ head });
    await expect(ask({ ...server, login: { auth: 'TOKEN' }, env: permitted(server) })).rejects.toThrow(
      'the secret of the login infra is missing. Set the environment variable FABRIC_GIT_SECRET',
    );
  });

  test('a wrong password fails without a prompt, and is not repeated', async () => {
    const server = await served(basic('ann', 'right'));
    const login = { auth: 'BASIC', username: 'ann', secret: SECRET };
    const answer = await ask({ ...server, login, env: permitted(server) });
    expect(answer).toEqual({ answers: false, failure: { code: 'HH-GIT-002', text: 'the server refuses the login' } });
    expect(server.logins.length).toBeLessThan(4);
  });

  test('a missing login is asked for', async () => {
    const { url, ca } = await served(basic('ann', 'right'));
    expect(await ask({ url, ca })).toEqual({
      answers: false,
      failure: {
        code: 'HH-GIT-002',
        text: 'the server refuses the login (the server requires one: set spec.credentials)',
      },
    });
  });

  test.each([
    [403, 'HH-GIT-003', 'the login may not read the repository (HTTP 403)'],
    [404, 'HH-GIT-001', 'the repository is not found, or the login may not read it'],
    [500, 'HH-GIT-004', 'the server cannot answer now (HTTP 500)'],
    [429, 'HH-GIT-004', 'the server cannot answer now (HTTP 429)'],
  ])('the status %i is the failure %s', async (status, code, text) => {
    const server = await served();
    server.mishap = (_request, response) => {
      response.writeHead(status).end(`Authorization: ${basic('git', SECRET)}`);
      return true;
    };
    const answer = await ask({ ...server, login: { auth: 'TOKEN', secret: SECRET }, env: permitted(server) });
    expect(answer).toEqual({ answers: false, failure: { code, text } });
  });

  test('a repository that does not exist is not found', async () => {
    const { origin, ca } = await served();
    expect(await ask({ url: `${origin}/other.git`, ca })).toMatchObject({ failure: { code: 'HH-GIT-001' } });
  });

  test('an error of the server, and a broken connection, are repeated three times', async () => {
    const server = await served();
    let failing = 3;
    server.mishap = (request, response) => {
      failing -= 1;
      if (failing === 1) request.socket.destroy();
      else if (failing >= 0) response.writeHead(503).end();
      return failing >= 0;
    };
    expect(await ask(server)).toMatchObject({ head });
    failing = 4;
    const before = server.logins.length;
    expect(await ask(server)).toMatchObject({ failure: { code: 'HH-GIT-004' } });
    expect(server.logins.length - before).toBe(4);
  });

  test('a redirect is not followed, and its target gets nothing', async () => {
    const [server, elsewhere] = [await served(), await served()];
    server.mishap = (request, response) => {
      response.writeHead(302, { location: `${elsewhere.origin}${request.url ?? ''}` }).end();
      return true;
    };
    const env = { FETTLE_PROVIDER_ORIGINS: `FABRIC_GIT_SECRET=${server.origin},FABRIC_GIT_SECRET=${elsewhere.origin}` };
    // The target has the same authority: only the redirect can stop it.
    const ca = `${server.ca}\n${elsewhere.ca}`;
    const answer = await ask({ ...server, ca, login: { auth: 'TOKEN', secret: SECRET }, env });
    expect(answer).toEqual({
      answers: false,
      failure: {
        code: 'HH-GIT-001',
        text: 'the server redirects to another address, which is not followed. Declare that address (HTTP 302)',
      },
    });
    expect(server.logins).toEqual([basic('git', SECRET)]);
    expect(elsewhere.logins).toEqual([]);
  });

  test.each(['', 'https://localhost:1', 'http://localhost', 'OTHER_TOKEN='])(
    'a secret is not sent if the environment names %j',
    async (origins) => {
      const server = await served();
      const env = { FETTLE_PROVIDER_ORIGINS: origins === 'OTHER_TOKEN=' ? origins + server.origin : origins };
      const asked = ask({ ...server, login: { auth: 'TOKEN', secret: SECRET }, env });
      await expect(asked).rejects.toThrow(
        `the secret of the login infra is only sent to ${server.origin} if the environment variable FETTLE_PROVIDER_ORIGINS names that origin`,
      );
      expect(server.logins).toEqual([]);
    },
  );

  test('a server whose certificate is of another authority gets no login', async () => {
    const [server, other] = [await served(), await served()];
    const login = { auth: 'TOKEN', secret: SECRET };
    for (const ca of [other.ca, undefined]) {
      const { url } = server;
      const asked = { url, login, env: permitted(server), ...(ca === undefined ? {} : { ca }) };
      expect(await ask(asked)).toMatchObject({ failure: { code: 'HH-NET-011' } });
    }
    expect(server.logins).toEqual([]);
    await expect(ask({ ...server, ca: 'none' })).rejects.toThrow('is not a certificate in PEM');
  });

  test('the certificates of the system do not count next to a declared authority', async () => {
    const [server, other] = [await served(), await served()];
    const trusting = openSystem(server.ca);
    expect(await ask({ url: server.url, env: trusting })).toMatchObject({ failure: { code: 'HH-NET-011' } });
    expect(await ask({ url: server.url, ca: other.ca, env: trusting })).toMatchObject({
      failure: { code: 'HH-NET-011' },
    });
  });

  test('a server that never answers is given up, and no process is left', async () => {
    const server = await served();
    server.mishap = () => true;
    const before = gitsOf(server.origin);
    const answer = await ask({ ...server, options: { deadlineMs: 700 } });
    expect(answer).toEqual({
      answers: false,
      failure: { code: 'HH-NET-001', text: 'the server did not answer in time (0.7 s)' },
    });
    await expect.poll(() => gitsOf(server.origin)).toEqual(before);
    expect(leftFolders()).toEqual([]);
  });

  test('an interruption ends git at once', async () => {
    const server = await served();
    const stop = new AbortController();
    server.mishap = () => {
      stop.abort(new Error('stopped'));
      return true;
    };
    await expect(ask({ ...server, signal: stop.signal })).rejects.toThrow('stopped');
    await expect.poll(() => gitsOf(server.origin)).toEqual([]);
    expect(leftFolders()).toEqual([]);
  });

  test('a server that advertises a great number of references is given up', async () => {
    const server = await served();
    const packet = (text: string): string => (text.length + 4).toString(16).padStart(4, '0') + text;
    server.mishap = (_request, response) => {
      // The old protocol, in which each name that ends like the branch matches.
      const names = Array.from({ length: 30_000 }, (_, i) => `refs/${i}/refs/heads/main`);
      const [first = '', ...rest] = ['HEAD', ...names].map((name) => `${head} ${name}`);
      response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-advertisement' });
      response.end(
        [
          packet('# service=git-upload-pack\n'),
          '0000',
          packet(`${first}\0symref=HEAD:refs/heads/main\n`),
          ...rest.map((line) => packet(`${line}\n`)),
          '0000',
        ].join(''),
      );
      return true;
    };
    expect(await ask(server)).toEqual({
      answers: false,
      failure: { code: 'HH-GIT-004', text: 'the server sent too much (more than 1048576 bytes)' },
    });
  });

  test('a default branch with a hostile name is not passed on', async () => {
    const server = await served();
    const packet = (text: string): string => (text.length + 4).toString(16).padStart(4, '0') + text;
    server.mishap = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-advertisement' });
      response.end(
        `${packet('# service=git-upload-pack\n')}0000${packet(`${head} HEAD\0symref=HEAD:refs/heads/--upload-pack=x\n`)}0000`,
      );
      return true;
    };
    expect(await ask({ ...server, branch: 'release' })).toEqual({ answers: true });
  });

  test('a login in netrc is not used', async () => {
    const server = await served(basic('ann', SECRET));
    const home = temporaryFolder();
    writeFileSync(join(home, '.netrc'), `machine localhost login ann password ${SECRET}\n`, { mode: 0o600 });
    const { url, ca } = server;
    // The honest twin: git itself uses it.
    const caFile = join(home, 'ca.pem');
    writeFileSync(caFile, ca);
    const env = { PATH: process.env['PATH'] ?? '', HOME: home, GIT_SSL_CAINFO: caFile };
    await promisify(execFile)('git', ['ls-remote', url], { cwd: home, env });
    expect(await ask({ url, ca, env: { HOME: home } })).toMatchObject({ failure: { code: 'HH-GIT-002' } });
  });

  // A message is cut at its limit, which may be in the middle of a secret.
  test.each([0, 240, 265, 280])(
    'a server that repeats the login after %i letters does not bring it into a message',
    async (letters) => {
      const server = await served();
      const encoded = Buffer.from(`git:${SECRET}`).toString('base64');
      server.mishap = (_request, response) => {
        const packet = (line: string): string => (line.length + 4).toString(16).padStart(4, '0') + line;
        const words = `ERR ${'x'.repeat(letters)} ${encoded} ${SECRET}`;
        response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-advertisement' });
        response.end(`${packet('# service=git-upload-pack\n')}0000${packet(words)}`);
        return true;
      };
      const answer = await ask({ ...server, login: { auth: 'TOKEN', secret: SECRET }, env: permitted(server) });
      expect(answer).toMatchObject({
        failure: { code: 'HH-GIT-001', text: expect.stringContaining('git failed (fatal: remote error: ') },
      });
      for (const part of [SECRET, encoded]) expect(JSON.stringify(answer)).not.toContain(part.slice(0, 4));
    },
  );

  test.each([
    ['TOKEN', 'two words'],
    ['OAUTH', 'line\r\nX-Injected: 1'],
    ['BASIC', 'line\nX-Injected: 1'],
  ])('a secret of the kind %s that cannot be in a header is refused: %j', async (auth, secret) => {
    const server = await served();
    const login = { auth, secret, ...(auth === 'BASIC' ? { username: 'ann' } : {}) };
    const asked = ask({ ...server, login, env: permitted(server) });
    await expect(asked).rejects.toThrow(/^the secret of the login infra (?:is not one word|has a line break)/u);
    expect(server.logins).toEqual([]);
  });

  test('no configuration, helper, proxy or netrc of the user counts', async () => {
    const [server, elsewhere] = [await served(), await served()];
    const home = temporaryFolder();
    const config = [
      `[url "${elsewhere.origin}/"]\n\tinsteadOf = ${server.origin}/\n`,
      '[credential]\n\thelper = "!touch helped; echo username=x; echo password=y"\n',
      '[http]\n\tproxy = http://127.0.0.1:1\n\tsslVerify = false\n\tfollowRedirects = true\n',
    ].join('');
    writeFileSync(join(home, '.gitconfig'), config);
    writeFileSync(join(home, '.netrc'), `machine localhost login x password ${SECRET}\n`, { mode: 0o600 });
    const env = {
      HOME: home,
      XDG_CONFIG_HOME: home,
      GIT_CONFIG_GLOBAL: join(home, '.gitconfig'),
      GIT_CONFIG_SYSTEM: join(home, '.gitconfig'),
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'http.proxy',
      GIT_CONFIG_VALUE_0: 'http://127.0.0.1:1',
      GIT_SSL_NO_VERIFY: '1',
      GIT_ASKPASS: '/bin/echo',
      GIT_TRACE: '1',
      HTTPS_PROXY: 'http://127.0.0.1:1',
      https_proxy: 'http://127.0.0.1:1',
    };
    const { url, ca } = server;
    expect(await ask({ url, ca, env })).toMatchObject({ head });
    expect(await ask({ url, env })).toMatchObject({ failure: { code: 'HH-NET-011' } });
    expect([...server.logins, ...elsewhere.logins]).toEqual(server.logins.map(() => ''));
  });

  test('a configuration in or above the folder of the test does not count', async () => {
    const server = await served();
    const outer = temporaryFolder();
    execFileSync('git', ['init', '--quiet', outer]);
    execFileSync('git', ['-C', outer, 'config', 'http.proxy', 'http://127.0.0.1:1']);
    expect(await ask({ url: server.url, ca: server.ca, env: { TMPDIR: outer } })).toMatchObject({ head });
  });

  test('a denied address gets no connection', async () => {
    for (const denied of [
      'https://169.254.169.254/x.git',
      'https://[::ffff:169.254.169.254]/x.git',
      'https://2852039166/x',
    ])
      expect(await ask({ url: denied })).toEqual({
        answers: false,
        failure: { code: 'HH-NET-004', text: 'the address of the host is in a network that is denied' },
      });
  });

  test('a name that does not exist, and a closed port, are failures of the network', async () => {
    expect(await ask({ url: 'https://git.invalid/x.git' })).toMatchObject({ failure: { code: 'HH-NET-003' } });
    expect(await ask({ url: 'https://127.0.0.1:1/x.git' })).toMatchObject({ failure: { code: 'HH-NET-002' } });
  });

  test('a secret is in no command line, and in no environment but that of git', async () => {
    const server = await served();
    const encoded = Buffer.from(`git:${SECRET}`).toString('base64');
    let during: readonly Running[] = [];
    server.mishap = () => {
      during = running();
      return false;
    };
    expect(await ask({ ...server, login: { auth: 'TOKEN', secret: SECRET }, env: permitted(server) })).toMatchObject({
      head,
    });
    const lines = during.map(({ line }) => line).join('\n');
    expect(lines).toContain('ls-remote --quiet --symref -- https://localhost');
    expect(lines).not.toContain(SECRET);
    expect(lines).not.toContain(encoded);
    const holders = during.filter(({ environment }) => environment.includes(encoded)).map(({ name }) => name);
    expect([...new Set(holders)].sort()).toEqual(['git', 'git-remote-http']);
  });

  test('git gets a fixed command line and environment, and the checked address of the host', async () => {
    const server = await served();
    const folder = temporaryFolder();
    const log = join(folder, 'log');
    const git = execFileSync('which', ['git'], { encoding: 'utf8' }).trim();
    const script = `#!/bin/sh\n[ "$1" = version ] || { printf '%s\\n' "$@"; env; } > ${log}\nexec ${git} "$@"\n`;
    writeFileSync(join(folder, 'git'), script, { mode: 0o755 });
    const env = { PATH: `relative::${folder}:${process.env['PATH'] ?? ''}`, LD_PRELOAD: '', SOME: 'thing' };
    const { url, ca, origin } = server;
    expect(await ask({ url, ca, env })).toMatchObject({ head });
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    const own = Object.fromEntries(
      lines.filter((line) => /^\w+=/u.test(line)).map((line) => line.split(/=(.*)/su, 2) as [string, string]),
    );
    expect(
      lines.slice(
        0,
        lines.findIndex((line) => /^\w+=/u.test(line)),
      ),
    ).toEqual(['ls-remote', '--quiet', '--symref', '--', url, 'HEAD', 'refs/heads/main']);
    const { PATH: path, HOME: home = '', ...others } = own;
    expect(path).toMatch(/^\//u);
    expect(home).toMatch(new RegExp(`^${RegExp.escape(scratch)}/fettle-git-\\w+$`, 'u'));
    // A shell adds some of its own.
    const names = ['PWD', 'OLDPWD', 'SHLVL', '_'];
    const isSetting = (name: string): boolean => /^GIT_CONFIG_(?:KEY|VALUE)_\d+$/u.test(name);
    expect(
      Object.fromEntries(Object.entries(others).filter(([name]) => !names.includes(name) && !isSetting(name))),
    ).toEqual({
      GIT_ALLOW_PROTOCOL: 'https',
      GIT_CONFIG_COUNT: '11',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_DIR: '/nonexistent',
      GIT_TERMINAL_PROMPT: '0',
      LC_ALL: 'C',
      SSH_ASKPASS_REQUIRE: 'never',
    });
    const { port } = new URL(origin);
    const settings = Array.from({ length: 11 }, (_, i) => [own[`GIT_CONFIG_KEY_${i}`], own[`GIT_CONFIG_VALUE_${i}`]]);
    expect(settings).toEqual([
      ['protocol.allow', 'never'],
      ['protocol.https.allow', 'always'],
      [
        'http.curloptResolve',
        expect.stringMatching(new RegExp(`^localhost:${port}:[\\d.,:[\\]]*127\\.0\\.0\\.1`, 'u')),
      ],
      ['http.followRedirects', 'false'],
      ['http.proxy', ''],
      ['http.sslVerify', 'true'],
      ['http.emptyAuth', 'false'],
      ['credential.helper', ''],
      ['core.askPass', ''],
      ['http.sslCAInfo', join(home, 'ca.pem')],
      ['http.sslCAPath', home],
    ]);
  });
});

/** An environment that would make git trust an authority, if it counted. */
function openSystem(ca: string): Readonly<Record<string, string>> {
  const file = join(temporaryFolder(), 'ca.pem');
  writeFileSync(file, ca);
  return { GIT_SSL_CAINFO: file, SSL_CERT_FILE: file, CURL_CA_BUNDLE: file };
}

interface Running {
  readonly name: string;
  readonly line: string;
  readonly environment: string;
}

/** Every process that runs now, as far as it can be read. */
function running(): readonly Running[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .flatMap((id) => {
      const read = (name: string): string => readFileSync(`/proc/${id}/${name}`, 'utf8').replaceAll('\0', ' ');
      try {
        return [{ name: read('comm').trim(), line: read('cmdline'), environment: read('environ') }];
      } catch {
        // The process has ended, or belongs to another user.
        return [];
      }
    });
}

/** Running gits whose command line has a text. */
function gitsOf(text: string): readonly string[] {
  return running().flatMap(({ name, line }) => (name.startsWith('git') && line.includes(text) ? [line] : []));
}

describe('without a usable git', () => {
  test.each([
    ['2.36.1', 'requires git 2.37 or newer, and this machine has git 2.36. Install a newer one'],
    ['1.99.0', 'this machine has git 1.99'],
  ])('a version %s is a mistake of the machine', async (version, message) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'git'), `#!/bin/sh\necho git version ${version}\n`, { mode: 0o755 });
    await expect(ask({ url: 'https://localhost/x.git', env: { PATH: folder } })).rejects.toThrow(message);
  });

  test('a machine without git is reported', async () => {
    await expect(ask({ url: 'https://localhost/x.git', env: { PATH: temporaryFolder() } })).rejects.toThrow(
      'a GitRepository requires git 2.37 or newer, and git cannot be started (ENOENT). Install git',
    );
  });
});

describe('over ssh', () => {
  let server: SshServer;
  beforeAll(async () => {
    server = await startSshServer();
  });
  afterAll(() => server.stop());

  function setUp(knownHosts: string) {
    const home = temporaryFolder();
    mkdirSync(join(home, '.ssh'));
    writeFileSync(join(home, '.ssh', 'known_hosts'), knownHosts);
    return {
      url: `ssh://${server.user}@localhost:${server.port}${repositories.folder}/fabric.git`,
      login: { auth: 'SSH_KEY', secret: server.privateKey.trim() },
      env: { HOME: home, FETTLE_PROVIDER_ORIGINS: `ssh://localhost:${server.port}` },
    };
  }

  test('the head of the branch is found with a private key', async () => {
    const set = setUp(server.knownHost('localhost'));
    expect(await ask(set)).toEqual({ answers: true, head, defaultBranch: 'main' });
    expect(leftFolders()).toEqual([]);
  });

  test('an unknown or other host key is refused', async () => {
    for (const known of ['', server.knownHost('other.example.test')])
      expect(await ask(setUp(known))).toMatchObject({ failure: { code: 'HH-NET-011' } });
  });

  test('a key that the server does not know, and one that is not a key, are refused', async () => {
    const set = setUp(server.knownHost('localhost'));
    const folder = temporaryFolder();
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
    const other = execFileSync('cat', [join(folder, 'key')], { encoding: 'utf8' });
    expect(await ask({ ...set, login: { auth: 'SSH_KEY', secret: other } })).toEqual({
      answers: false,
      failure: { code: 'HH-GIT-002', text: 'the server refuses the login' },
    });
    const bad = await ask({ ...set, login: { auth: 'SSH_KEY', secret: SECRET } });
    expect(bad).toMatchObject({ failure: { code: 'HH-AUTH-007' } });
    expect(JSON.stringify(bad)).not.toContain(SECRET);
  });

  test('a repository that does not exist is not found', async () => {
    const set = setUp(server.knownHost('localhost'));
    expect(await ask({ ...set, url: `${set.url}.other` })).toMatchObject({ failure: { code: 'HH-GIT-001' } });
  });

  test('a private key is not used if the environment does not name the origin', async () => {
    const set = setUp(server.knownHost('localhost'));
    await expect(ask({ ...set, env: { ...set.env, FETTLE_PROVIDER_ORIGINS: 'ssh://localhost' } })).rejects.toThrow(
      `is only sent to ssh://localhost:${server.port} if`,
    );
  });

  test('ssh forwards, asks and runs nothing, and knows no other login', async () => {
    const set = setUp(server.knownHost('localhost'));
    const folder = temporaryFolder();
    const log = join(folder, 'log');
    const ssh = execFileSync('which', ['ssh'], { encoding: 'utf8' }).trim();
    // The real program shows the settings that count.
    writeFileSync(join(folder, 'ssh'), `#!/bin/sh\n${ssh} -G "$@" > ${log}\nexec ${ssh} "$@"\n`, { mode: 0o755 });
    mkdirSync(join(set.env.HOME, '.ssh'), { recursive: true });
    writeFileSync(join(set.env.HOME, '.ssh', 'config'), 'Host *\n  ProxyCommand touch proxied\n  ForwardAgent yes\n');
    const env = { ...set.env, PATH: `${folder}:${process.env['PATH'] ?? ''}`, SSH_AUTH_SOCK: '/nonexistent' };
    expect(await ask({ ...set, env })).toMatchObject({ head });
    const settings = readFileSync(log, 'utf8').trim().split('\n');
    for (const setting of [
      'batchmode yes',
      'stricthostkeychecking true',
      'updatehostkeys false',
      'userknownhostsfile known_hosts',
      'checkhostip no',
      'identityfile key',
      'identitiesonly yes',
      'identityagent none',
      'preferredauthentications publickey',
      'passwordauthentication no',
      'kbdinteractiveauthentication no',
      'gssapiauthentication no',
      'hostbasedauthentication no',
      'forwardagent no',
      'forwardx11 no',
      'clearallforwardings yes',
      'permitlocalcommand no',
      'controlmaster false',
      'hostname 127.0.0.1',
      `hostkeyalias [localhost]:${server.port}`,
      `port ${server.port}`,
      `user ${server.user}`,
    ])
      expect(settings).toContain(setting);
    const names = settings.map((setting) => setting.split(' ')[0]);
    for (const name of ['proxycommand', 'proxyjump', 'localcommand', 'remotecommand', 'controlpath', 'certificatefile'])
      expect(names).not.toContain(name);
  });

  test('a key with line ends of Windows is used', async () => {
    const set = setUp(server.knownHost('localhost'));
    const secret = server.privateKey.replaceAll('\n', '\r\n');
    expect(await ask({ ...set, login: { auth: 'SSH_KEY', secret } })).toMatchObject({ head });
  });

  test('a denied address gets no connection', async () => {
    const set = setUp('');
    const env = { ...set.env, FETTLE_PROVIDER_ORIGINS: 'ssh://169.254.169.254' };
    expect(await ask({ ...set, url: 'git@169.254.169.254:x.git', env })).toMatchObject({
      failure: { code: 'HH-NET-004' },
    });
  });
});

test('the refresh before an action of another resource does not repeat the test', async () => {
  const server = await served();
  const world = opened({});
  const ref = { plugin: 'fabric', kind: 'GitRepository', name: 'infra' };
  const desired = {
    ref,
    spec: { url: server.url, branch: 'main', ca: server.ca },
    meta: { labels: {}, lifecycle: { ignore: [] } },
    needs: [],
    source: { file: 'infra.yaml', line: 1, column: 1 },
  };
  const query = { desired: [desired], memory: [], now: 0, signal: never, progress: () => undefined };
  const all = await refreshRepositories(world, query);
  expect(all).toMatchObject({ observed: [{ ref, facts: { head } }], gaps: [] });
  const asked = server.logins.length;
  expect(await refreshRepositories(world, { ...query, only: [ref], subject: ref })).toEqual(all);
  expect(server.logins.length).toBe(asked);
  await refreshRepositories(world, query);
  expect(server.logins.length).toBeGreaterThan(asked);
});

test('an interruption of repositories and clusters together is one error', async () => {
  const server = await served();
  const stop = new AbortController();
  let asked = 0;
  server.mishap = () => {
    asked += 1;
    if (asked === 2) stop.abort(new Error('stopped'));
    return true;
  };
  const world = openClusters({
    config: { token: SECRET },
    project: 'test',
    folder: temporaryFolder(),
    fileRoots: [],
    env: { PATH: process.env['PATH'] ?? '', TMPDIR: scratch, FETTLE_PROVIDER_ORIGINS: `FABRIC_TOKEN=${server.origin}` },
    now: Date.now,
  });
  const { url, ca, origin } = server;
  const document = (kind: string, spec: object) => ({
    ref: { plugin: 'fabric', kind, name: 'infra' },
    spec,
    meta: { labels: {}, lifecycle: { ignore: [] } },
    needs: [],
    source: { file: 'infra.yaml', line: 1, column: 1 },
  });
  const desired = [
    document('GitRepository', { url, branch: 'main', ca }),
    document('Fabric', { server: { url: origin, ca }, groups: [], controllers: [], secrets: [] }),
  ];
  const query = { desired, memory: [], now: 0, signal: stop.signal, progress: () => undefined };
  // A second, unhandled one would end the process.
  await expect(observe(world, query)).rejects.toThrow('stopped');
  expect(leftFolders()).toEqual([]);
});

test('each run of git is reported for FETTLE_LOG, without a path or a secret', async () => {
  const server = await served(basic('git', SECRET));
  const heard: string[] = [];
  const end = listenToContacts(({ text }) => heard.push(text));
  onTestFinished(end);
  const login = { auth: 'TOKEN', secret: SECRET };
  expect(await ask({ ...server, login, env: permitted(server) })).toMatchObject({ head });
  const { origin } = server;
  expect(heard.filter((text) => text.startsWith('git '))).toEqual([
    expect.stringMatching(new RegExp(`^git ls-remote ${RegExp.escape(origin)}: exit 0 after \\d+ ms$`, 'u')),
  ]);
  expect(heard.join('\n')).not.toContain(SECRET);
});

test('each try begins with the next address', () => {
  expect([0, 1, 2].map((tries) => rotated(['a', 'b'], tries).join(''))).toEqual(['ab', 'ba', 'ab']);
});

describe('the mark of a login', () => {
  test('changes with its secret, and does not contain it', async () => {
    const marks = await Promise.all(
      ['one-secret-1', 'one-secret-2'].map((secret) => opened({ login: { auth: 'TOKEN', secret } }).mark('infra')),
    );
    expect(marks[0]).toMatch(/^infra TOKEN [0-9a-f]{4}$/u);
    expect(new Set(marks).size).toBe(2);
    expect(await opened({}).mark(undefined)).toBe('');
  });
});
