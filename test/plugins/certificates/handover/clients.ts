/** Other ACME clients that issue from the emulated authority: their folders, and a web server for their webroot. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { run, type Ran, temporaryFolder } from '../../../support/cli.ts';
import { type EmulatedAuthority, startEmulated } from '../../../support/acme/emulated.ts';

export interface ClientsSite {
  readonly authority: EmulatedAuthority;
  readonly folder: string;
  /** Folder that the web server of all names serves. */
  readonly webroot: string;
  readonly ca: string;
  readonly run: (program: string, ...words: readonly string[]) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export async function startSite(): Promise<ClientsSite> {
  const authority = await startEmulated({ ownHttp: true });
  const folder = temporaryFolder();
  const webroot = join(folder, 'web');
  mkdirSync(join(webroot, '.well-known/acme-challenge'), { recursive: true });
  const server = createServer(({ url = '' }, response) => {
    const path = resolve(webroot, `.${url}`);
    if (existsSync(path)) response.end(readFileSync(path));
    else response.writeHead(404).end();
  });
  await new Promise<void>((done) => void server.listen(authority.httpPort, '127.0.0.1', done));
  const ca = join(folder, 'ca.pem');
  writeFileSync(ca, authority.ca);
  return {
    authority,
    folder,
    webroot,
    ca,
    run: async (program, ...words) => {
      const { code, stdout, stderr } = await run(program, words, folder, {
        REQUESTS_CA_BUNDLE: ca,
        LEGO_CA_CERTIFICATES: ca,
      });
      if (code !== 0) throw new Error(`${program} ended with ${code}: ${stdout}${stderr}`);
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await authority.stop();
    },
  };
}

function certbotFolders(folder: string): readonly string[] {
  const [own, work, logs] = ['letsencrypt', 'work', 'logs'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  return ['--config-dir', own, '--work-dir', work, '--logs-dir', logs];
}

/** Renews every certificate of certbot, even if none is due. */
export async function certbotRenews({ folder, run: runs }: ClientsSite): Promise<void> {
  await runs('certbot', 'renew', '--force-renewal', '-n', '--no-random-sleep-on-renew', ...certbotFolders(folder));
}

/** A certificate by certbot's webroot. Returns its folder. */
export async function certbotIssues(
  { authority, folder, webroot, run: runs }: ClientsSite,
  names: readonly string[],
  ...more: readonly string[]
): Promise<string> {
  const own = join(folder, 'letsencrypt');
  const account = ['--server', authority.directory, '-n', '--agree-tos', '--no-eff-email', '-m', 'ops@example.test'];
  const how = ['--webroot', '-w', webroot, ...names.flatMap((name) => ['-d', name])];
  await runs('certbot', 'certonly', ...certbotFolders(folder), ...account, ...how, ...more);
  return own;
}

/** A certificate by dehydrated. Returns its folder. */
export async function dehydratedIssues(
  { authority, folder, webroot, ca, run: runs }: ClientsSite,
  names: readonly string[],
  hook: string,
): Promise<string> {
  const own = join(folder, 'dehydrated');
  mkdirSync(own);
  const config = join(own, 'config');
  writeFileSync(
    config,
    `CA="${authority.directory}"\nCONTACT_EMAIL=ops@example.test\nCURL_OPTS="--cacert ${ca}"\nSITE=${webroot}\nWELLKNOWN="\${SITE}/.well-known/acme-challenge"\nHOOK=${hook}\n`,
  );
  writeFileSync(join(own, 'domains.txt'), `${names.join(' ')}\n`);
  await runs('dehydrated', '--config', config, '--register', '--accept-terms');
  await runs('dehydrated', '--config', config, '-c');
  return own;
}

/** A certificate by lego, which then runs `hook`. Returns its folder, and its options. */
export async function legoIssues(
  { authority, folder, webroot, run: runs }: ClientsSite,
  names: readonly string[],
  hook: string,
): Promise<{ readonly own: string; readonly line: string }> {
  const own = join(folder, 'lego');
  const account = ['--accept-tos', '--email', 'ops@example.test', '--server', authority.directory, '--path', own];
  const options = [...account, '--http', '--http.webroot', webroot, ...names.flatMap((name) => ['-d', name])];
  await runs('lego', ...options, 'run', '--run-hook', hook);
  return { own, line: options.join(' ') };
}

/** Runs the built command line in a project that trusts the authority as the machine would. */
export function fettleAt(project: string, { ca }: ClientsSite, ...words: readonly string[]): Promise<Ran> {
  const cli = join(import.meta.dirname, '../../../../dist/cli.js');
  return run(process.execPath, [cli, ...words], project, { NODE_EXTRA_CA_CERTS: ca });
}

/** The serial number of the certificate in a file. */
export function serialIn(file: string): string {
  return execFileSync('openssl', ['x509', '-noout', '-serial', '-in', file], { encoding: 'utf8' }).trim();
}
