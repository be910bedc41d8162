/** Git servers on ports of 127.0.0.1: real repositories, served by git itself over HTTPS and by sshd over ssh. */

import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { makeAuthority } from '../../plugins/fabric/sandbox/tls.ts';
import { temporaryFolder } from './cli.ts';
import { freePort, startDaemon } from './daemons.ts';

/** A folder of bare repositories. */
export interface Repositories {
  readonly folder: string;
  /** Adds an empty commit to a branch. Returns the commit. */
  readonly commit: (branch: string) => string;
}

const IDENTITY = ['-c', 'user.name=test', '-c', 'user.email=test@example.test'];

/** Creates `fabric.git` with one commit on the branch `main`. */
export function makeRepositories(): Repositories {
  const folder = temporaryFolder();
  const bare = join(folder, 'fabric.git');
  const git = (...args: readonly string[]): string =>
    execFileSync('git', [...args], { cwd: folder, encoding: 'utf8' }).trim();
  git('init', '--quiet', '--bare', '--initial-branch=main', bare);
  const tree = git('-C', bare, 'hash-object', '-t', 'tree', '-w', '/dev/null');
  let count = 0;
  const commit = (branch: string): string => {
    count += 1;
    const made = git(...IDENTITY, '-C', bare, 'commit-tree', tree, '-m', String(count));
    git('-C', bare, 'update-ref', `refs/heads/${branch}`, made);
    return made;
  };
  commit('main');
  return { folder, commit };
}

/** Answers a request instead of git; true if it did. */
export type Mishap = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface GitServer {
  readonly url: string;
  readonly origin: string;
  /** PEM of the authority of its certificate. */
  readonly ca: string;
  /** The Authorization header of each request; empty without one. */
  readonly logins: string[];
  /** Replaces the answers from now on. */
  mishap: Mishap | undefined;
  readonly stop: () => Promise<void>;
}

/** The answer of git's own CGI program, which serves the protocol. */
function serveGit(folder: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'https://localhost');
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'] ?? '',
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      REQUEST_METHOD: request.method ?? 'GET',
      PATH_INFO: pathname,
      QUERY_STRING: searchParams.toString(),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(backend.stdin);
  const chunks: Buffer[] = [];
  backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  backend.on('close', () => {
    const answer = Buffer.concat(chunks);
    const end = answer.indexOf('\r\n\r\n');
    const headers = answer
      .subarray(0, end)
      .toString('latin1')
      .split('\r\n')
      .map((line) => line.split(/: (.*)/su, 2) as [string, string]);
    const status = Number(headers.find(([name]) => name === 'Status')?.[1]?.slice(0, 3) ?? 200);
    response.writeHead(status, Object.fromEntries(headers.filter(([name]) => name !== 'Status')));
    response.end(answer.subarray(end + 4));
  });
}

/** `authorization`: the header that a request must have; without one, everybody may read. */
export async function startGitServer(
  { folder }: Pick<Repositories, 'folder'>,
  authorization?: string,
  host = '127.0.0.1',
): Promise<GitServer> {
  const authority = makeAuthority(`git test ${randomUUID()}`, Date.now());
  const { certificate: cert, key } = authority.forServer(['localhost']);
  const logins: string[] = [];
  const made = { mishap: undefined as Mishap | undefined };
  const server = createServer({ cert, key }, (request, response) => {
    logins.push(request.headers.authorization ?? '');
    if (made.mishap?.(request, response) === true) return;
    if (authorization !== undefined && request.headers.authorization !== authorization)
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    else serveGit(folder, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const origin = `https://localhost:${(server.address() as AddressInfo).port}`;
  return Object.assign(made, {
    origin,
    url: `${origin}/fabric.git`,
    ca: authority.certificate,
    logins,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

export interface SshServer {
  readonly port: number;
  readonly user: string;
  /** A private key that may log in, in the format of OpenSSH. */
  readonly privateKey: string;
  /** The line of `known_hosts` for a host. */
  readonly knownHost: (host: string) => string;
  readonly stop: () => Promise<void>;
}

/** OpenSSH's server, which lets the current user in with one key. */
export async function startSshServer(): Promise<SshServer> {
  const folder = temporaryFolder();
  // The server does not trust a key in a folder that others can write.
  chmodSync(folder, 0o755);
  const keygen = (name: string): string => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', join(folder, name)]);
    return readFileSync(join(folder, `${name}.pub`), 'utf8').trim();
  };
  const hostKey = keygen('host');
  writeFileSync(join(folder, 'authorized'), `${keygen('client')}\n`);
  const port = await freePort();
  // The folder that the server of Debian leaves its rights in.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  const settings = {
    Port: port,
    ListenAddress: '127.0.0.1',
    HostKey: join(folder, 'host'),
    AuthorizedKeysFile: join(folder, 'authorized'),
    PidFile: 'none',
    StrictModes: 'no',
    UsePAM: 'no',
    PasswordAuthentication: 'no',
    KbdInteractiveAuthentication: 'no',
    PermitRootLogin: 'prohibit-password',
  };
  const file = join(folder, 'sshd_config');
  writeFileSync(
    file,
    Object.entries(settings)
      .map(([name, value]) => `${name} ${value}\n`)
      .join(''),
  );
  const daemon = await startDaemon(folder, ['/usr/sbin/sshd', '-D', '-e', '-f', file], [port], join(folder, 'log'));
  return {
    port,
    user: userInfo().username,
    privateKey: readFileSync(join(folder, 'client'), 'utf8'),
    knownHost: (host) => `[${host}]:${port} ${hostKey}\n`,
    stop: daemon.stop,
  };
}
