/** A running `fettle serve` with certificates, a renewal that waits, events and an incident. */

import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { temporaryFolder, writeFiles } from '../support/cli.ts';
import { DOMAIN_ID, SIGNED, signedHeaders } from '../support/intake-server.ts';
import { type Daemon, daemon } from './daemon.ts';

export const TOKENS = { reader: 'read-token', ann: 'operate-token', scraper: 'metrics-token' } as const;
const ROLES: Readonly<Record<keyof typeof TOKENS, string>> = { reader: 'read', ann: 'operate', scraper: 'metrics' };

export const HOST_YAML = `apply:
  - plugin: certificates
    steps: ["absent>ready", "absent>normal", "normal>normal", "normal>renewing", "expiring_soon>renewing", "renewing>normal"]
    causes: [new, edit, time, policy, progress]
interval: 1h
access:
  tokens:
${Object.entries(TOKENS)
  .map(([name, token]) => {
    const hash = createHash('sha256').update(token).digest('hex');
    return `    - { name: ${name}, hash: "sha256:${hash}", roles: [${ROLES[name as keyof typeof TOKENS]}] }`;
  })
  .join('\n')}
`;

/** The address of each page but that of a run. */
const PAGE_PATHS = [
  '/',
  '/?kind=Certificate&state=normal',
  '/plan',
  '/drift',
  '/events',
  '/incidents',
  '/regions',
  '/runs',
  '/log',
  '/health',
  '/r/certificates/Certificate/pay',
  '/r/certificates/Domain/www',
] as const;

export const HOSTS = ['api', 'cdn', 'login', 'mail', 'pay', 'status', 'www'] as const;

function certificate(name: string, more = '', lifecycle = ''): string {
  return `apiVersion: certificates/v1
kind: Certificate
metadata: { name: ${name} }
${lifecycle}spec:
  issuer: internal
  dnsNames: [${name}.example.test]
  storage: { file: { certificate: ../tls/${name}.crt, key: ../tls/${name}.key } }
${more}`;
}

/** A Domain at a port of this machine that nothing listens on. */
function domain(name: string, more = ''): string {
  return `apiVersion: certificates/v1
kind: Domain
metadata: { name: ${name} }
spec: { host: ${name}.example.test, address: 127.0.0.1, port: 1${more} }
`;
}

/** A window of three days that begins in some days, and so never during a test. */
function freezeIn(days: number): string {
  const at = new Date(Date.now() + days * 86_400_000);
  return `{ cron: "0 3 ${at.getUTCDate()} ${at.getUTCMonth() + 1} *", for: 72h, timezone: UTC, reason: ${FREEZE} }`;
}

/** The reason of a freeze window that is not open. */
export const FREEZE = 'annual accounts';

export function pagesFolder(): string {
  const folder = join(temporaryFolder(), 'shop');
  mkdirSync(folder);
  writeFiles(folder, {
    'fettle.yaml': `name: shop\nstore: .fettle\nsafety: { freeze: [${freezeIn(10)}] }\n`,
    'desired/issuer.yaml':
      'apiVersion: certificates/v1\nkind: Issuer\nmetadata: { name: internal }\nspec: { localCa: { dir: ../ca, commonName: "Internal CA" } }\n',
    ...Object.fromEntries(HOSTS.map((name) => [`desired/${name}-certificate.yaml`, certificate(name)])),
    'desired/www.yaml': domain('www', `, externalId: ${DOMAIN_ID}, failurePolicy: strict`),
    'desired/api.yaml': domain('api'),
  });
  return folder;
}

/** Why the renewal of `pay` waits. */
export const HOLD = 'no changes to payments until the audit ends';

export interface PagesSite {
  readonly running: Daemon;
  readonly folder: string;
  readonly origin: string;
  /** The address of each page. */
  readonly paths: readonly string[];
  readonly get: (path: string, caller?: keyof typeof TOKENS, headers?: Record<string, string>) => Promise<Response>;
}

export function site(running: Daemon, folder: string, port: number): PagesSite {
  const origin = `http://127.0.0.1:${port}`;
  return {
    running,
    folder,
    origin,
    paths: PAGE_PATHS,
    get: (path, caller = 'reader', headers = {}) =>
      fetch(`${origin}${path}`, {
        headers: { authorization: `Bearer ${TOKENS[caller]}`, ...headers },
        redirect: 'manual',
      }),
  };
}

export async function sendEvent(origin: string, event: object): Promise<void> {
  const body = JSON.stringify(event);
  const sent = await fetch(`${origin}/v1/domains/cert-events`, { method: 'POST', body, headers: signedHeaders(body) });
  expect(sent.status).toBe(202);
}

/** A daemon that has issued the certificates, refused a renewal, and opened an incident. */
export async function pagesSite(atEnd: Parameters<typeof daemon>[4]): Promise<PagesSite> {
  const folder = pagesFolder();
  const running = await daemon(folder, HOST_YAML, [], { ...SIGNED, CERT_EVENT_MAX_RETRIES: '1' }, atEnd);
  const found = site(running, folder, await running.port());
  await running.said(new RegExp(`shop: .*${HOSTS.length + 1} actions done`, 'u'));
  const { origin } = found;
  writeFiles(folder, {
    'desired/pay-certificate.yaml': certificate(
      'pay',
      `  renewal: { issuedAfter: ${new Date(Date.now() + 1000).toISOString()} }\n`,
      `lifecycle: { hold: "${HOLD}" }\n`,
    ),
  });
  await sendEvent(origin, {
    eventType: 'renewal_failed',
    domainId: DOMAIN_ID,
    callbackAttempt: 4,
    sourceEventId: 'r-17',
  });
  await sendEvent(origin, { eventType: 'issuance_failed', domain: 'gone.example.test' });
  await running.ask('/-/reload', 'POST');
  await expect
    .poll(async () => (await (await found.get('/events.json')).json()) as object, { timeout: 60_000 })
    .toMatchObject({ counts: { applied: 1, failed: 1 } });
  // The hold is applied in one round. In the next one, it stops the renewal.
  await expect
    .poll(
      async () => {
        await running.ask('/-/reload', 'POST');
        return (await (await found.get('/plan.json')).json()) as object;
      },
      { timeout: 60_000, interval: 500 },
    )
    .toMatchObject({ counts: { reject: 1 } });
  const { runs } = (await (await found.get('/runs.json')).json()) as {
    readonly runs: readonly { readonly run: string }[];
  };
  // The first round has applied the certificates.
  return { ...found, paths: [...PAGE_PATHS, `/runs/${runs.at(-1)?.run}`] };
}
