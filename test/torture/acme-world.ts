/**
 * A fleet of ACME certificates that fettle renews over simulated weeks: `node acme-world.ts FOLDER CERTIFICATES WEEKS SEED`.
 * Writes `history.json` into the folder.
 *
 * It runs in a network namespace in which the name of Let's Encrypt leads to this machine: the emulated authority, with the
 * limits of Let's Encrypt, and fettle in the same process, both on one clock that only moves between two runs.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { defined } from '#plugin';
import { startAcme } from '../../plugins/certificates/sandbox/acme/authority.ts';
import type { Fault } from '../../plugins/certificates/sandbox/acme/server.ts';
import { bareEnvironment, writeFiles } from '../support/cli.ts';
import { fettle } from '../support/command-line.ts';
import { randomFrom } from '../support/seed.ts';
import {
  domainOf,
  type Edit,
  type History,
  type Ordered,
  PROFILES,
  profileOf,
  type RowSeen,
  type Suggestion,
  type Trouble,
} from './acme-history.ts';

const [folder = '.', certificates = '60', weeks = '3', seed = '1'] = process.argv.slice(2);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Time between two runs. */
const RUN_MS = 8 * HOUR;
const HOST = 'acme-v02.api.letsencrypt.org';
const random = randomFrom(Number(seed));
const start = Math.floor(Date.now() / HOUR) * HOUR;
let clock = start;

const project = join(folder, 'project');
const files = createServer(({ url = '' }, response) => {
  try {
    response.end(readFileSync(join(project, 'www', new URL(url, 'http://localhost').pathname)));
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise<void>((resolve) => void files.listen(0, '127.0.0.1', resolve));
const acme = await startAcme({
  folder: join(folder, 'authority'),
  host: HOST,
  port: 443,
  validation: { httpPort: (files.address() as AddressInfo).port },
  profiles: PROFILES,
  caaIdentities: [],
  limits: {
    ordersPerAccount: { max: 300, perMs: 3 * HOUR },
    certificatesPerDomain: { max: 50, perMs: 7 * DAY },
    certificatesPerSet: { max: 5, perMs: 7 * DAY },
    failuresPerName: { max: 5, perMs: HOUR },
  },
  now: () => clock,
});

const count = Number(certificates);
const issuers = Object.keys(PROFILES).map(
  (profile) => `apiVersion: certificates/v1
kind: Issuer
metadata: { name: ${profile} }
spec: { acme: { directory: letsencrypt, accountKey: ./acme/${profile}.key, ca: ./acme.pem, profile: ${profile}, solvers: [{ http01: { webroot: ./www, selfCheck: skip } }] } }
`,
);
/** Certificates whose document got a second name. */
const edits: Edit[] = [];
function documents(): string {
  const edited = new Set(edits.map(({ name }) => name));
  const certificateOf = (at: number): string => {
    const domain = domainOf(at, count);
    const names = [`c${at}.${domain}`, ...(edited.has(`c${at}`) ? [`d${at}.${domain}`] : [])];
    return `apiVersion: certificates/v1
kind: Certificate
metadata: { name: c${at} }
spec: { issuer: ${profileOf(at)}, dnsNames: [${names.join(', ')}], storage: { file: { certificate: ./tls/c${at}.crt, key: ./tls/c${at}.key } } }
`;
  };
  return [...issuers, ...Array.from({ length: count }, (_, at) => certificateOf(at))].join('---\n');
}
/** A freeze window each fortnight, by turns of three days and of a day and a half. */
const freezes = Array.from({ length: Math.ceil(Number(weeks) / 2) }, (_, at) => {
  const from = new Date(start + (9 + 14 * at) * DAY);
  const cron = `0 ${from.getUTCHours()} ${from.getUTCDate()} ${from.getUTCMonth() + 1} *`;
  return `    - { cron: '${cron}', for: ${at % 2 === 0 ? '3d' : '36h'}, reason: Change of the books. }\n`;
});
writeFiles(project, {
  'fettle.yaml': `name: fleet
store: .fettle
desired: ['*.yaml']
safety:
  freeze:
${freezes.join('')}`,
  'acme.pem': acme.ca,
  'www/index.html': '',
  'fleet.yaml': documents(),
});

const suggestions: Suggestion[] = [];
const troubles: Trouble[] = [];
/** The end of each fault of the authority. */
const ends = new Map<Fault, number>();
const RATE_LIMITED = { type: 'urn:ietf:params:acme:error:rateLimited', detail: 'Service busy; retry later.' };

function trouble(what: Trouble['what'], ms: number): void {
  troubles.push({ what, from: clock, to: clock + ms });
  const answer = (status: number, seconds: number): Fault['answer'] => ({
    status,
    headers: { 'retry-after': String(seconds), 'content-type': 'application/problem+json' },
    body: RATE_LIMITED,
  });
  const fault: Fault =
    what === 'ari'
      ? { endpoint: 'renewal-info', when: 'before', answer: answer(503, 86_400) }
      : { endpoint: 'new-order', when: 'before', answer: answer(Number(what), ms / 1000) };
  acme.faults.list.push(fault);
  ends.set(fault, clock + ms);
}

/** The authority withdraws a share of all certificates that are in use. */
function incident(share: number): void {
  const used = new Set(acme.orders().flatMap(({ replaces }) => replaces ?? []));
  for (const { certificate, leaf } of acme.orders()) {
    if (certificate === undefined || leaf === undefined || used.has(certificate) || random() >= share) continue;
    const end = Date.parse(leaf.validFrom) + 1;
    const window = { start: end - HOUR, end, explanationURL: 'https://letsencrypt.org/incidents/42' };
    acme.suggestRenewal(certificate, window);
    suggestions.push({ certificate, at: clock, start: window.start, end });
  }
}

/** A share of all documents gets a second name below the same domain: new orders, far from their windows. */
function edit(share: number): void {
  for (let at = 0; at < count; at += 1) if (random() < share) edits.push({ name: `c${at}`, at: clock });
  writeFiles(project, { 'fleet.yaml': documents() });
}

/** Events of each run, by its number. */
const runs = Math.round((Number(weeks) * 7 * DAY) / RUN_MS);
const each = (share: number): number => Math.round(runs * share);
const plan = new Map<number, () => void>([
  [each(0.25), () => trouble('ari', 3 * DAY)],
  [each(0.3), () => edit(0.6)],
  [each(0.45), () => incident(0.2)],
  [each(0.5), () => trouble('429', 20 * HOUR)],
  [each(0.6), () => trouble('503', 5 * HOUR)],
  [each(0.7), () => trouble('ari', 5 * DAY)],
  [each(0.72), () => incident(0.1)],
  [each(0.85), () => trouble('429', 2 * HOUR)],
]);

/** The rows of a run, from its events. */
function rowsIn(run: number, stdout: string): readonly RowSeen[] {
  return stdout
    .trimEnd()
    .split('\n')
    .flatMap((line): readonly RowSeen[] => {
      const { type, '@message': message, change, hook } = JSON.parse(line) as Event;
      const refused = /^certificates\/Certificate\/(c\d+): (?:REJECTED|WAITING): (.*)$/u.exec(message);
      if (refused !== null) return [{ run, name: refused[1] ?? '', is: 'refused', text: refused[2] ?? '' }];
      const name = (change ?? hook)?.resource?.addr.split('/Certificate/')[1];
      if (name === undefined) return [];
      if (type === 'planned_change') return [{ run, name, is: 'planned', text: change?.because ?? '' }];
      // The authority has refused the order for a time: the row waits.
      if (type === 'apply_errored')
        return [
          {
            run,
            name,
            is: hook?.status === 'deferred' ? 'refused' : 'failed',
            text: `${hook?.status === 'deferred' ? 'acme-budget: ' : ''}${hook?.message ?? ''}`,
          },
        ];
      return [];
    });
}

interface Event {
  readonly type: string;
  readonly '@message': string;
  readonly change?: { readonly resource?: { readonly addr: string }; readonly because?: string };
  readonly hook?: {
    readonly resource?: { readonly addr: string };
    readonly status?: string;
    readonly message?: string;
  };
}

const rows: RowSeen[] = [];
const times: number[] = [];
const spent: number[] = [];
for (let run = 0; run < runs; run += 1) {
  // Runs are not punctual.
  clock = start + run * RUN_MS + Math.floor(random() * 600) * 1000;
  for (let at = acme.faults.list.length - 1; at >= 0; at -= 1)
    if ((ends.get(acme.faults.list[at] as Fault) ?? 0) <= clock) acme.faults.list.splice(at, 1);
  plan.get(run)?.();
  times.push(clock);
  const before = process.cpuUsage();
  const done = await fettle(project, 'apply --yes --json', { now: () => clock, env: bareEnvironment() });
  const { user, system } = process.cpuUsage(before);
  spent.push((user + system) / 1000);
  rows.push(...rowsIn(run, done.stdout));
  if (done.stderr !== '') throw new Error(`run ${run}: ${done.stderr}`);
  if (run % 20 === 0) process.stderr.write(`run ${run} of ${runs}, ${Math.round(spent.at(-1) ?? 0)} ms of CPU\n`);
}
const last = spent.slice(-Math.ceil(runs / 10));
const history: History = {
  certificates: count,
  times,
  rows,
  orders: acme.orders().map(({ at, names, status, replaces, certificate, leaf }) =>
    defined<Ordered>({
      name: names[0]?.split('.')[0] ?? '',
      at,
      status,
      replaces,
      certificate,
      notBefore: Date.parse(leaf?.validFrom ?? ''),
      notAfter: Date.parse(leaf?.validTo ?? ''),
    }),
  ),
  suggestions,
  edits,
  troubles,
  limited: acme.counts()['refused: rateLimited'] ?? 0,
  asked: acme.counts()['renewal-info'] ?? 0,
  cpuMs: last.reduce((sum, each) => sum + each, 0) / last.length,
};
writeFileSync(join(folder, 'history.json'), JSON.stringify(history));
await acme.stop();
process.exit();
