/** The server of `fettle serve` with its intake, over a store on files, in this process; and requests to it. */

import { createHmac, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type Json, redactor, secretsOf } from '#plugin';
import { certificateEvents } from '../../plugins/certificates/events/plugin-events.ts';
import type { RoundReport } from '../../src/formats/round.ts';
import { Access } from '../../src/serve/access.ts';
import { appOf } from '../../src/serve/http/app.ts';
import { routesOf } from '../../src/serve/http/routes.ts';
import { type HttpServer, startHttp } from '../../src/serve/http/server.ts';
import { Intake, type IntakeOptions } from '../../src/serve/intake.ts';
import { openFileStore } from '../../src/store/files/file-store.ts';
import type { Store } from '../../src/store/store.ts';
import { emptyRound } from './empty-round.ts';

export const TOKEN = 'the-shared-token';
export const SECRET = 'the-secret-of-prod';
export const DOMAIN_ID = '0b5f4c1e-6d1f-4f0e-9a59-2f4f5a3c7d10';
export const PATH = '/v1/domains/cert-events';
export const EVENT = { domain: 'www.example.test', eventType: 'renewal_failed' };
export const SIGNED = { CERT_EVENT_INGEST_TOKEN: TOKEN, CERT_EVENT_SOURCE_KEYS: `cert_manager:prod=${SECRET}` };
export const UNSIGNED = { CERT_EVENT_INGEST_TOKEN: TOKEN };

export const REPORT: RoundReport = { ...emptyRound('shop'), targets: { certificates: [DOMAIN_ID] } };

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Headers that a source sends with a body. */
export function signedHeaders(body: string | Uint8Array, secret = SECRET, seconds = Math.trunc(Date.now() / 1000)) {
  const signature = createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex');
  return {
    'x-cert-event-token': TOKEN,
    'x-cert-source': 'cert_manager',
    'x-cert-cluster': 'prod',
    'x-cert-timestamp': String(seconds),
    'x-cert-signature': signature,
  };
}

export function fileStore(folder: string, more: { readonly inboxBytes?: number } = {}): Store {
  return openFileStore({
    folder,
    project: 'shop',
    actor: 'test',
    now: () => Date.now(),
    randomId: randomUUID,
    ...more,
  });
}

/** The entries of the inbox on files, drained or not. */
export function inboxEntries(folder: string): readonly { readonly plugin: string; readonly entry: Json }[] {
  const inbox = join(folder, 'inbox');
  return readdirSync(inbox).flatMap((name) =>
    readFileSync(join(inbox, name), 'utf8')
      .split('\n')
      // Without the line of the writer, and what it did not end.
      .slice(1, -1)
      .map((line) => (JSON.parse(line) as { readonly entry: { readonly plugin: string; readonly entry: Json } }).entry),
  );
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Sends bytes as they are, and collects the answer until the server closes the connection or `untilMs` has passed. */
export function exchange(
  port: number,
  bytes: string | Uint8Array,
  untilMs = 20_000,
): Promise<{ readonly text: string; readonly elapsedMs: number; readonly socket: Socket }> {
  return new Promise((resolve) => {
    const from = performance.now();
    const socket = connect({ host: '127.0.0.1', port });
    let text = '';
    const timer = setTimeout(() => socket.destroy(), untilMs);
    socket.on('data', (more) => {
      text += more.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve({ text, elapsedMs: performance.now() - from, socket });
    });
    socket.write(bytes);
  });
}

export interface IntakeServer {
  readonly port: number;
  readonly folder: string;
  readonly intake: Intake;
  readonly server: HttpServer;
  readonly lines: string[];
  readonly results: Map<string, number>;
  readonly woken: number[];
  readonly ready: { is: boolean };
  readonly post: (body: string | Uint8Array, headers: Headers, path?: string) => Promise<Answered>;
  readonly get: (path: string, method?: string) => Promise<Answered>;
  readonly close: () => Promise<void>;
}

export interface IntakeServerOptions extends Partial<Pick<IntakeOptions, 'openStore'>> {
  readonly env?: IntakeOptions['env'];
  readonly report?: RoundReport | undefined;
  readonly projects?: readonly string[];
  readonly hasLog?: boolean;
  /** Folder of the store. */
  readonly folder: string;
}

export async function startIntake(options: IntakeServerOptions): Promise<IntakeServer> {
  const { env = UNSIGNED, projects = ['shop'], hasLog = true, folder } = options;
  if (hasLog) {
    const store = fileStore(folder);
    await store.unlock(await store.lock({ command: 'test', timeoutMs: 0 }));
    await store.close();
  }
  const [lines, woken, results, ready]: [string[], number[], Map<string, number>, { is: boolean }] = [
    [],
    [],
    new Map(),
    { is: true },
  ];
  const intakes = projects.map(
    (project) =>
      new Intake({
        project,
        events: new Map([['certificates', certificateEvents]]),
        env,
        openStore: options.openStore ?? (() => Promise.resolve(fileStore(folder))),
        redactor: (secrets) => redactor([...secretsOf(env), ...secrets]),
        now: () => Date.now(),
        elapsed: () => performance.now(),
        wake: () => woken.push(performance.now()),
        received: (result) => results.set(result, (results.get(result) ?? 0) + 1),
        say: (line) => lines.push(line),
      }),
  );
  const report = 'report' in options ? options.report : REPORT;
  if (report !== undefined) for (const each of intakes) each.refreshed(report);
  const routes = routesOf({
    metrics: { type: 'text/plain', text: () => Promise.resolve('metrics\n') },
    notReady: () => (ready.is ? [] : ['shop: not refreshed yet']),
    reload: () => woken.push(0),
    callerOf: () => undefined,
    intakes,
    apis: [],
    endpoints: [],
    isLocal: true,
  });
  const app = appOf(routes, {
    access: new Access({ tokens: [], clients: [] }),
    failed: (error) => lines.push(String(error)),
  });
  const server = await startHttp({ host: '127.0.0.1', port: 0 }, app);
  const { port } = server.address;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closing ??= (async () => {
      await server.close(200);
      await Promise.all(intakes.map((each) => each.close()));
    })());
  const send = async (path: string, init: RequestInit): Promise<Answered> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
    return { status: response.status, headers: Object.fromEntries(response.headers), text: await response.text() };
  };
  return {
    port,
    folder,
    intake: intakes[0] as Intake,
    server,
    lines,
    results,
    woken,
    ready,
    close,
    get: (path, method = 'GET') => send(path, { method }),
    post: (body, headers, path = PATH) =>
      send(path, {
        method: 'POST',
        body: body as NonNullable<RequestInit['body']>,
        headers: Object.entries(headers).flatMap(([name, value]) =>
          [value ?? []].flat().map((each): [string, string] => [name, each]),
        ),
      }),
  };
}
