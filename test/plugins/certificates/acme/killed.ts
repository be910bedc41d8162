/** Issuances and renewals by the built command line, killed at one point: one more apply completes the same order. */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { type EmulatedAuthority, startEmulated } from '../../../support/acme/emulated.ts';
import { bareEnvironment, cliFile, temporaryFolder, writeFiles } from '../../../support/cli.ts';
import { fettleHere, fettle as fettleAt } from '../../../support/command-line.ts';
import { acmeDocuments } from './project.ts';

const DAY_MS = 86_400_000;
const NAME = 'www.example.test';

/** The point at which a run is killed. */
export type Point =
  /** The nth request, before its effect; or after it, and before its answer. */
  | { readonly request: number; readonly when: 'before' | 'after' }
  /** As soon as the log has n lines. */
  | { readonly line: number }
  /** As soon as the key of the order lies there. */
  | { readonly key: true }
  /** At the next request after a file exists: a value of a challenge, or the trace of a command. */
  | { readonly file: string };

export type Work = 'issuance' | 'renewal';

export interface Site {
  readonly folder: string;
  readonly authority: EmulatedAuthority;
  readonly stop: () => Promise<void>;
}

/** An authority and a project with a website of its own. A renewal: the certificate of the project is 70 days old. */
export async function siteFor(work: Work): Promise<Site> {
  const folder = temporaryFolder();
  let backMs = work === 'renewal' ? 70 * DAY_MS : 0;
  const authority = await startEmulated({ ownHttp: true }, { now: () => Date.now() - backMs, retryAfterSeconds: 0 });
  const website = createServer(({ url = '' }, response) => {
    const paths = ['website', 'second'].map((webroot) => join(folder, webroot, url));
    const path = url.includes('..') ? undefined : paths.find((each) => existsSync(each));
    response.writeHead(path === undefined ? 404 : 200).end(path === undefined ? '' : readFileSync(path));
  });
  await new Promise<void>((resolve) => void website.listen(authority.httpPort, '127.0.0.1', resolve));
  const solver = '{ http01: { webroot: ./website, selfCheck: skip } }';
  writeFiles(folder, {
    'fettle.yaml': "name: test\nstore: .fettle\ndesired: ['*.yaml']\n",
    'acme.pem': authority.ca,
    'website/index.html': '',
    'certs.yaml': acmeDocuments(authority, { names: [NAME] }).replace(/solvers: \[.*\]/u, `solvers: [${solver}]`),
  });
  if (work === 'renewal') {
    const done = await fettleAt(folder, 'apply --yes', { now: () => Date.now() - backMs });
    if (done.code !== 0) throw new Error(done.stdout + done.stderr);
    backMs = 0;
  }
  return {
    folder,
    authority,
    stop: async () => {
      await authority.stop();
      website.closeAllConnections();
      await new Promise((resolve) => website.close(resolve));
    },
  };
}

function logLines(folder: string): number {
  const log = join(folder, '.fettle/log');
  if (!existsSync(log)) return 0;
  return readdirSync(log)
    .map((name) => readFileSync(join(log, name), 'utf8').split('\n').length - 1)
    .reduce((sum, each) => sum + each, 0);
}

/** Runs an apply as a child that dies at a point. False: the run ended before. */
export async function applyKilled({ folder, authority }: Site, point: Point | undefined): Promise<boolean> {
  const child = execFile(process.execPath, [cliFile, 'apply', '--yes'], { cwd: folder, env: bareEnvironment() });
  const { faults } = authority.acme;
  const die = (): boolean => child.kill('SIGKILL');
  const first = logLines(folder);
  let watch: NodeJS.Timeout | undefined;
  let requests = 0;
  if (point !== undefined && 'request' in point) {
    faults.endsAt = (when) => {
      if (when !== point.when) return false;
      requests += 1;
      return requests === point.request && die();
    };
  } else if (point !== undefined && 'file' in point) {
    faults.endsAt = (when) => when === 'before' && filesIn(join(folder, point.file)).length > 0 && die();
  } else if (point !== undefined) {
    const isThere = (): boolean =>
      'line' in point
        ? logLines(folder) >= first + point.line
        : existsSync(join(folder, 'acme/account.key.orders/www.key'));
    const look = (): void => {
      if (isThere()) die();
      else watch = setTimeout(look, 1);
    };
    look();
  }
  await new Promise((resolve) => void child.once('exit', resolve));
  clearTimeout(watch);
  delete faults.endsAt;
  return child.signalCode === 'SIGKILL';
}

/** The names in a folder, and below it; empty if it does not exist. */
export const filesIn = (folder: string): readonly string[] =>
  existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort() : [];

/** Number of lines that a run without a kill writes, and of its requests. */
export async function pointsOf(work: Work): Promise<{ readonly requests: number; readonly lines: number }> {
  const site = await siteFor(work);
  try {
    const sum = (): number => Object.values(site.authority.acme.counts()).reduce((all, each) => all + each, 0);
    const [requests, lines] = [sum(), logLines(site.folder)];
    await applyKilled(site, undefined);
    return { requests: sum() - requests, lines: logLines(site.folder) - lines };
  } finally {
    await site.stop();
  }
}

/** The faults after a kill and one more apply; and if the run was killed before its end. */
export async function killedAt(
  work: Work,
  point: Point,
): Promise<{ readonly killed: boolean; readonly faults: readonly string[] }> {
  const site = await siteFor(work);
  const { folder, authority } = site;
  try {
    const before = authority.acme.orders().length;
    const killed = await applyKilled(site, point);
    const again = await fettleHere(folder, 'apply', '--yes');
    const plan = await fettleHere(folder, 'plan', '--detailed-exitcode');
    const verify = await fettleHere(folder, 'log', 'verify');
    const state = await fettleHere(folder, 'state', 'show', 'certificates/Certificate/www');
    const orders = authority.acme.orders().slice(before);
    const certificate = new X509Certificate(readFileSync(join(folder, 'tls/www.crt')));
    const fits = certificate.checkPrivateKey(createPrivateKey(readFileSync(join(folder, 'tls/www.key'))));
    const newest = authority.acme.certificates().at(-1);
    const expect: readonly (readonly [what: string, isTrue: boolean])[] = [
      [`the next apply exits ${again.code}: ${again.stdout}${again.stderr}`, again.code === 0],
      [`the next plan has changes: ${plan.stdout}`, plan.code === 0],
      [`the log is damaged: ${verify.stdout}`, verify.code === 0],
      [
        `${orders.length} orders: ${orders.map(({ names, status }) => `${names.join(' ')} ${status}`).join(', ')}`,
        orders.length === 1,
      ],
      ['the stored certificate is not the newest one', certificate.fingerprint256 === newest?.fingerprint256],
      ['the key does not fit', fits],
      [`left: ${filesIn(join(folder, 'tls')).join(' ')}`, filesIn(join(folder, 'tls')).join(' ') === 'www.crt www.key'],
      [
        `left: ${filesIn(join(folder, 'acme')).join(' ')}`,
        filesIn(join(folder, 'acme')).join(' ') === 'account.key account.key.orders',
      ],
      [
        `left: ${filesIn(join(folder, 'website')).join(' ')}`,
        filesIn(join(folder, 'website/.well-known/acme-challenge')).length === 0,
      ],
      [`the state has the order: ${state.stdout}`, !/"(?:order|order_key|presented|wait_until)":/u.test(state.stdout)],
    ];
    return { killed, faults: expect.filter(([, isTrue]) => !isTrue).map(([what]) => what) };
  } finally {
    await site.stop();
  }
}
