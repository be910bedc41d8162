/** Watches over real connections: changes in their order, and no lost change after cuts, silence, expiry and refusals. */

import { createServer, type Server } from 'node:https';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { OutsideError } from '#plugin';
import { realTiming, type Timing } from '#plugin/http';
import { openHttp, usualDenial } from '#plugin/net';
import { type Credentials, KubernetesClient } from '../../../plugins/fabric/live/client.ts';
import { heardIn, SILENCE_MS } from '../../../plugins/fabric/live/watch.ts';
import { identityOf } from '../../../plugins/fabric/live/watch-state.ts';
import type { LiveObject } from '../../../plugins/fabric/objects/content.ts';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../../plugins/fabric/sandbox/emulator.ts';
import { makeAuthority } from '../../../plugins/fabric/sandbox/tls.ts';
import type { Tree } from '../../../plugins/fabric/sandbox/value.ts';
import type { ServedKind, WatchEvent, WatchOptions } from '../../../plugins/fabric/world.ts';
import { type Api, type ApiServer, objectsIn, openApi } from '../../support/kubernetes/api.ts';
import { emulatedServer, hasRealServer, install, realServer } from '../../support/kubernetes/servers.ts';
import { openTunnel, type Tunnel } from '../../support/kubernetes/tunnel.ts';
import fc from '../../support/property.ts';

const definitions = objectsIn(join(import.meta.dirname, 'things.yaml'));
const THINGS = '/apis/test.fettle.dev/v1/namespaces/default/things';
const thing: ServedKind = { apiVersion: 'test.fettle.dev/v1', kind: 'Thing', plural: 'things', namespaced: true };
const never = new AbortController().signal;

/** Pauses between attempts are shorter, and without jitter. */
const quick: Timing = {
  ...realTiming,
  random: () => 1,
  sleep: (ms, signal) => realTiming.sleep(Math.min(ms, 20), signal),
};

interface Target {
  readonly url: string;
  readonly ca: string;
}

function clientOf({ url, ca }: Target, token: string | Credentials, timing: Timing = quick): KubernetesClient {
  return new KubernetesClient({
    server: new URL(url),
    send: openHttp(usualDenial({}), { ca }),
    credentials: typeof token === 'string' ? async () => ({ authorization: `Bearer ${token}` }) : token,
    manager: 'fettle:test',
    timing,
  });
}

/** A consumer of a watch: its events, and the objects that follow from them. */
interface Consumer {
  readonly seen: readonly WatchEvent[];
  readonly objects: ReadonlyMap<string, LiveObject>;
  /** Names of the objects, in order. */
  readonly names: () => readonly string[];
  /** Waits for an event after those that it has returned before. */
  readonly next: <T extends WatchEvent['type']>(type: T, name?: string) => Promise<Extract<WatchEvent, { type: T }>>;
  /** Ends the watch with a reason, and returns what the watch threw. */
  readonly stop: () => Promise<unknown>;
  /** Settles when the watch ends by itself. */
  readonly ended: Promise<unknown>;
}

const nameOf = (object: LiveObject): string => identityOf(object).key.split('/')[1] ?? '';

function consume(client: KubernetesClient, options: WatchOptions = {}, served: ServedKind = thing): Consumer {
  const stopping = new AbortController();
  const seen: WatchEvent[] = [];
  const objects = new Map<string, LiveObject>();
  let taken = 0;
  const run = async (): Promise<void> => {
    for await (const event of client.watch(served, { namespace: 'default', ...options }, stopping.signal)) {
      if (event.type === 'listed') for (const object of event.objects) objects.set(nameOf(object), object);
      if (event.type === 'changed') objects.set(nameOf(event.object), event.object);
      if (event.type === 'deleted') objects.delete(nameOf(event.object));
      seen.push(event);
    }
  };
  const ended = run().then(
    () => 'done',
    (error: unknown) => error,
  );
  onTestFinished(() => stopping.abort());
  const next: Consumer['next'] = async (type, name) => {
    const deadline = Date.now() + 20_000;
    for (;;) {
      for (; taken < seen.length; taken += 1) {
        const event = seen[taken];
        if (event?.type !== type) continue;
        if (name !== undefined && 'object' in event && nameOf(event.object) !== name) continue;
        taken += 1;
        return event as Extract<WatchEvent, { type: typeof type }>;
      }
      if (Date.now() > deadline) throw new Error(`no ${type}: ${JSON.stringify(seen)}`);
      await sleep(5);
    }
  };
  return {
    seen,
    objects,
    names: () => [...objects.keys()].toSorted(),
    next,
    stop: () => {
      stopping.abort(new Error('stopped'));
      return ended;
    },
    ended,
  };
}

const typesOf = ({ seen }: Consumer): readonly string[] => seen.map(({ type }) => type);

async function apply(api: Api, name: string, spec: Tree = {}): Promise<void> {
  const body = { apiVersion: 'test.fettle.dev/v1', kind: 'Thing', metadata: { name }, spec };
  expect((await api.apply(`${THINGS}/${name}`, body)).code).toBeLessThan(300);
}

async function remove(api: Api, name: string): Promise<void> {
  expect((await api.send(`${THINGS}/${name}`, { method: 'DELETE' })).code).toBe(200);
}

async function tunnelTo(url: string): Promise<Tunnel> {
  const tunnel = await openTunnel(new URL(url));
  onTestFinished(() => tunnel.stop());
  return tunnel;
}

/** Tests that both servers pass. */
function behavioursOf(start: () => Promise<ApiServer>): void {
  let server: ApiServer;
  let api: Api;
  beforeAll(async () => {
    server = await start();
    await install(server, definitions);
    api = openApi(server);
  });
  afterAll(async () => {
    api.close();
    await server.stop();
  });
  const admin = (): string => server.tokens['admin'] ?? '';

  test('all objects, and then each change in its order', async () => {
    await apply(api, 'order-1', { size: 1 });
    const consumer = consume(clientOf(server, admin()));
    const { objects } = await consumer.next('listed');
    expect(objects.map(nameOf)).toContain('order-1');
    await apply(api, 'order-2', { size: 9_007_199_254_740_993n });
    const created = await consumer.next('changed');
    // Like the objects of a list, with every digit.
    expect(created.object).toMatchObject({
      apiVersion: 'test.fettle.dev/v1',
      kind: 'Thing',
      metadata: { name: 'order-2' },
      spec: { size: '9007199254740993' },
    });
    await apply(api, 'order-1', { size: 2 });
    expect((await consumer.next('changed')).object).toMatchObject({ metadata: { name: 'order-1' }, spec: { size: 2 } });
    await remove(api, 'order-1');
    expect(nameOf((await consumer.next('deleted')).object)).toBe('order-1');
    expect(typesOf(consumer)).toEqual(['listed', 'changed', 'changed', 'deleted']);
    await remove(api, 'order-2');
    await consumer.next('deleted');
    expect(await consumer.stop()).toEqual(new Error('stopped'));
  });

  test('members that are left out are in no event', async () => {
    await apply(api, 'secret-1', { name: 'SECRET' });
    const consumer = consume(clientOf(server, admin()), { omit: ['spec'] });
    await consumer.next('listed');
    await apply(api, 'secret-1', { name: 'SECRET-2' });
    await consumer.next('changed', 'secret-1');
    await remove(api, 'secret-1');
    await consumer.next('deleted', 'secret-1');
    // Field managers name fields, and not values.
    expect(JSON.stringify(consumer.seen)).not.toContain('SECRET');
  });

  test('a label selects objects, and one that loses it is deleted from the watch', async () => {
    const consumer = consume(clientOf(server, admin()), { labels: 'team=web' });
    expect((await consumer.next('listed')).objects).toEqual([]);
    const labelled = (labels: Tree): Tree => ({
      apiVersion: 'test.fettle.dev/v1',
      kind: 'Thing',
      metadata: { name: 'labelled', labels },
    });
    await apply(api, 'other');
    await api.apply(`${THINGS}/labelled`, labelled({ team: 'web' }));
    expect(nameOf((await consumer.next('changed')).object)).toBe('labelled');
    await api.apply(`${THINGS}/labelled`, labelled({ team: 'db' }));
    expect(nameOf((await consumer.next('deleted')).object)).toBe('labelled');
    await remove(api, 'labelled');
    await remove(api, 'other');
  });

  test('a cut connection is made again from the last version on', async () => {
    const tunnel = await tunnelTo(server.url);
    await apply(api, 'cut-1');
    const consumer = consume(clientOf({ url: tunnel.url, ca: server.ca }, admin()));
    await consumer.next('listed');
    await apply(api, 'cut-2');
    await consumer.next('changed', 'cut-2');
    tunnel.accept(false);
    tunnel.cut();
    await apply(api, 'cut-3');
    await remove(api, 'cut-1');
    tunnel.accept(true);
    await consumer.next('changed', 'cut-3');
    await consumer.next('deleted', 'cut-1');
    expect(consumer.names()).toEqual(['cut-2', 'cut-3']);
    await remove(api, 'cut-2');
    await remove(api, 'cut-3');
    await consumer.next('deleted', 'cut-3');
  });

  test('a watch that is silent for too long is replaced by a list, which finds what it did not report', async () => {
    const tunnel = await tunnelTo(server.url);
    await apply(api, 'silent-1');
    await apply(api, 'silent-2');
    const consumer = consume(clientOf({ url: tunnel.url, ca: server.ca }, admin()), { silenceMs: 1500 });
    await consumer.next('listed');
    await apply(api, 'silent-3');
    await consumer.next('changed', 'silent-3');
    // The connection stays open, and nothing more comes over it.
    tunnel.freeze();
    await remove(api, 'silent-1');
    await apply(api, 'silent-2', { size: 7 });
    expect(await consumer.next('relisted')).toEqual({ type: 'relisted', cause: 'silent', missed: 2 });
    await consumer.next('deleted', 'silent-1');
    await consumer.next('changed', 'silent-2');
    await consumer.next('fresh');
    // The new watch works.
    await apply(api, 'silent-4');
    await consumer.next('changed', 'silent-4');
    for (const name of ['silent-2', 'silent-3', 'silent-4']) await remove(api, name);
    await consumer.next('deleted', 'silent-4');
  });

  test('a refused login is renewed once', async () => {
    let renewals = 0;
    let token = admin();
    const credentials: Credentials = async (_signal, renew) => {
      if (renew === true) {
        renewals += 1;
        token = admin();
      }
      return { authorization: `Bearer ${token}` };
    };
    const tunnel = await tunnelTo(server.url);
    const consumer = consume(clientOf({ url: tunnel.url, ca: server.ca }, credentials));
    await consumer.next('listed');
    token = 'expired';
    tunnel.cut();
    await apply(api, 'login-1');
    await consumer.next('changed', 'login-1');
    expect(renewals).toBe(1);
    expect(typesOf(consumer)).toEqual(['listed', 'changed']);
    await remove(api, 'login-1');
  });

  test('a login that is refused is tried again later', async () => {
    let token = admin();
    const tunnel = await tunnelTo(server.url);
    const credentials: Credentials = async () => ({ authorization: `Bearer ${token}` });
    const consumer = consume(clientOf({ url: tunnel.url, ca: server.ca }, credentials));
    await consumer.next('listed');
    token = 'expired';
    tunnel.cut();
    expect((await consumer.next('interrupted')).reason).toBe('Unauthorized');
    await apply(api, 'later-1');
    token = admin();
    await consumer.next('changed', 'later-1');
    await remove(api, 'later-1');
  });

  test('a refused list is the only event, with the words of the server', async () => {
    const consumer = consume(clientOf(server, server.tokens['stranger'] ?? ''));
    const { refusal } = await consumer.next('refused');
    expect(refusal.kind).toBe('forbidden');
    expect(refusal.words).toContain('cannot list resource "things"');
    expect(await consumer.ended).toBe('done');
    expect(typesOf(consumer)).toEqual(['refused']);
  });

  test('a kind that is not served is refused', async () => {
    const consumer = consume(clientOf(server, admin()), {}, { ...thing, plural: 'nothings' });
    expect((await consumer.next('refused')).refusal.kind).toBe('not-served');
  });

  test('a consumer that stops closes the connection', async () => {
    const tunnel = await tunnelTo(server.url);
    const client = clientOf({ url: tunnel.url, ca: server.ca }, admin());
    for await (const event of client.watch(thing, { namespace: 'default' }, never))
      if (event.type === 'listed') await apply(api, 'leave-1');
      else break;
    const deadline = Date.now() + 10_000;
    while (tunnel.open() > 0) {
      if (Date.now() > deadline) throw new Error(`${tunnel.open()} connections are open`);
      await sleep(5);
    }
    await remove(api, 'leave-1');
  });
}

describe.skipIf(!hasRealServer())('kube-apiserver', () => {
  behavioursOf(realServer);
});
describe('the emulated API server', () => {
  behavioursOf(emulatedServer);
});

interface Emulated {
  readonly emulator: Emulator;
  readonly api: Api;
  readonly target: Target;
}

async function emulated(options: EmulatorOptions = {}): Promise<Emulated> {
  const emulator = await startEmulator({ definitions, ...options });
  const target = { url: emulator.url, ca: emulator.authority.certificate };
  const api = openApi({ ...target, tokens: { admin: emulator.adminToken } });
  onTestFinished(async () => {
    api.close();
    await emulator.stop();
  });
  return { emulator, api, target };
}

describe('rarer events', () => {
  test('a version that is no longer kept leads to a list', async () => {
    const { emulator, api, target } = await emulated();
    const tunnel = await tunnelTo(target.url);
    for (const name of ['a', 'b', 'c']) await apply(api, name);
    const consumer = consume(clientOf({ ...target, url: tunnel.url }, emulator.adminToken));
    await consumer.next('listed');
    tunnel.accept(false);
    tunnel.cut();
    await remove(api, 'a');
    await apply(api, 'b', { size: 7 });
    emulator.store.compact();
    tunnel.accept(true);
    expect(await consumer.next('relisted')).toEqual({ type: 'relisted', cause: 'expired', missed: 2 });
    await consumer.next('fresh');
    expect(consumer.names()).toEqual(['b', 'c']);
    expect(consumer.objects.get('b')).toMatchObject({ spec: { size: 7 } });
  });

  test('an HTTP answer 410 leads to a list', async () => {
    const { emulator, api, target } = await emulated();
    const body = JSON.stringify({ kind: 'Status', reason: 'Expired', code: 410, message: 'too old' });
    emulator.inject({ path: 'watch=true', mishap: { kind: 'text', status: 410, text: body } });
    const consumer = consume(clientOf(target, emulator.adminToken));
    expect(await consumer.next('relisted')).toEqual({ type: 'relisted', cause: 'expired', missed: 0 });
    await apply(api, 'a');
    await consumer.next('changed', 'a');
  });

  test('a restored cluster answers a watch from its future with silence, which a list ends', async () => {
    const first = await emulated();
    await apply(first.api, 'kept');
    const saved = first.emulator.save();
    for (let i = 0; i < 5; i += 1) await apply(first.api, `lost-${i}`);
    const consumer = consume(clientOf(first.target, first.emulator.adminToken, realTiming), { silenceMs: 2000 });
    expect((await consumer.next('listed')).objects).toHaveLength(6);
    const { port } = first.emulator;
    await first.emulator.stop();
    const second = await emulated({ saved, port });
    await apply(second.api, 'new');
    expect(await consumer.next('relisted')).toMatchObject({ cause: 'silent', missed: 6 });
    await consumer.next('fresh');
    expect(consumer.names()).toEqual(['kept', 'new']);
    await apply(second.api, 'newer');
    await consumer.next('changed', 'newer');
  });

  test('bookmarks show that a watch lives, and raise its version', async () => {
    const { emulator, api, target } = await emulated({ bookmarks: 50 });
    const consumer = consume(clientOf(target, emulator.adminToken), { silenceMs: 1000 });
    await consumer.next('listed');
    // Changes of another kind raise the version of the cluster.
    await api.send('/api/v1/namespaces', {
      method: 'POST',
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } },
    });
    for (let i = 0; i < 40; i += 1) await consumer.next('fresh');
    expect(typesOf(consumer)).not.toContain('relisted');
    const version = String(emulator.store.version());
    emulator.store.compact();
    emulator.disconnect();
    await consumer.next('fresh');
    expect(typesOf(consumer)).not.toContain('relisted');
    expect(emulator.seen.at(-1)?.url).toContain(`resourceVersion=${version}`);
  });

  test('silence counts over connections that end without a word', async () => {
    const { emulator, target } = await emulated();
    const tunnel = await tunnelTo(target.url);
    const consumer = consume(clientOf({ ...target, url: tunnel.url }, emulator.adminToken), { silenceMs: 600 });
    await consumer.next('listed');
    const cutting = setInterval(() => tunnel.cut(), 200);
    onTestFinished(() => clearInterval(cutting));
    expect(await consumer.next('relisted')).toEqual({ type: 'relisted', cause: 'silent', missed: 0 });
  });

  test('a busy consumer is not a silent watch', async () => {
    const { emulator, api, target } = await emulated();
    const client = clientOf(target, emulator.adminToken);
    const types: string[] = [];
    for await (const event of client.watch(thing, { silenceMs: 1500 }, never)) {
      types.push(event.type);
      if (event.type === 'listed') {
        await apply(api, 'a');
        await apply(api, 'b');
      }
      // Longer than the silence, while the next event already waits.
      if (types.length === 2) await sleep(2000);
      if (types.length === 3) break;
    }
    expect(types).toEqual(['listed', 'changed', 'changed']);
  });

  test('the server chooses the pause after too many requests', async () => {
    const { emulator, api, target } = await emulated();
    emulator.inject({ path: 'watch=true', mishap: { kind: 'busy', seconds: 7 } });
    const consumer = consume(clientOf(target, emulator.adminToken));
    expect(await consumer.next('interrupted')).toEqual({
      type: 'interrupted',
      reason: 'Too many requests, please try again later.',
      retryMs: 7000,
    });
    await apply(api, 'a');
    await consumer.next('changed', 'a');
    expect(typesOf(consumer)).toEqual(['listed', 'interrupted', 'changed']);
  });

  test('pauses grow while the cluster does not answer, and all changes follow', async () => {
    const { emulator, api, target } = await emulated();
    const tunnel = await tunnelTo(target.url);
    await apply(api, 'a');
    const consumer = consume(clientOf({ ...target, url: tunnel.url }, emulator.adminToken));
    await consumer.next('listed');
    tunnel.accept(false);
    tunnel.cut();
    await remove(api, 'a');
    await apply(api, 'b');
    const pauses: number[] = [];
    while (pauses.length < 8) pauses.push((await consumer.next('interrupted')).retryMs);
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    tunnel.accept(true);
    expect(await consumer.next('relisted')).toEqual({ type: 'relisted', cause: 'failed', missed: 2 });
    await consumer.next('fresh');
    expect(consumer.names()).toEqual(['b']);
  });

  test('a kind that is removed ends the watch', async () => {
    const { emulator, api, target } = await emulated();
    const consumer = consume(clientOf(target, emulator.adminToken));
    await consumer.next('listed');
    const definition = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.test.fettle.dev';
    expect((await api.send(definition, { method: 'DELETE' })).code).toBe(200);
    emulator.disconnect();
    expect((await consumer.next('refused')).refusal.kind).toBe('not-served');
    expect(await consumer.ended).toBe('done');
  });

  test('a first list that fails is thrown', async () => {
    const { emulator, target } = await emulated();
    await emulator.stop();
    const consumer = consume(clientOf(target, emulator.adminToken));
    expect(await consumer.ended).toBeInstanceOf(OutsideError);
    expect(consumer.seen).toEqual([]);
  });

  test('a watch asks for bookmarks, and for an end within 10 minutes', async () => {
    const { emulator, target } = await emulated();
    const consumer = consume(clientOf(target, emulator.adminToken));
    await consumer.next('listed');
    const deadline = Date.now() + 10_000;
    const asked = (): URLSearchParams | undefined => {
      const found = emulator.seen.find(({ url }) => url.includes('watch=true'));
      return found === undefined ? undefined : new URL(found.url, target.url).searchParams;
    };
    while (asked() === undefined && Date.now() < deadline) await sleep(5);
    expect(Object.fromEntries(asked() ?? [])).toEqual({
      watch: 'true',
      resourceVersion: String(emulator.store.version()),
      allowWatchBookmarks: 'true',
      timeoutSeconds: '600',
    });
    expect(SILENCE_MS).toBe(90_000);
  });

  test('the objects at the end are those of the server, for any course of the connections', async () => {
    const { emulator, api, target } = await emulated({ bookmarks: 30 });
    const tunnel = await tunnelTo(target.url);
    const consumer = consume(clientOf({ ...target, url: tunnel.url }, emulator.adminToken), { silenceMs: 250 });
    await consumer.next('listed');
    const present = new Set<string>();
    const action = fc.constantFrom('put', 'put', 'put', 'remove', 'cut', 'freeze', 'compact', 'wait');
    const actions = fc.sample(fc.tuple(action, fc.constantFrom('a', 'b', 'c', 'd')), 120);
    for (const [i, [act, name]] of actions.entries()) {
      if (act === 'put') {
        await apply(api, name, { size: i });
        present.add(name);
      } else if (act === 'remove' && present.delete(name)) await remove(api, name);
      else if (act === 'cut') tunnel.cut();
      else if (act === 'freeze') tunnel.freeze();
      else if (act === 'compact') emulator.store.compact();
      else await sleep(20);
    }
    await apply(api, 'last');
    // A list may wait for its deadline on a kept connection that is frozen.
    tunnel.cut();
    await consumer.next('changed', 'last');
    await consumer.next('fresh');
    const versions = (objects: Iterable<unknown>): readonly string[] =>
      [...objects].map((each) => JSON.stringify(identityOf(each as LiveObject))).toSorted();
    expect(versions(consumer.objects.values())).toEqual(versions(emulator.cluster.list('Thing')));
  });
});

/** An API server of one list, whose watches are answered by the test. */
async function answering(answer: (response: ServerResponse, nth: number) => void): Promise<Target> {
  const authority = makeAuthority('test', Date.now());
  const pair = authority.forServer();
  const list = { kind: 'ThingList', apiVersion: 'v1', metadata: { resourceVersion: '7' }, items: [] };
  let watches = 0;
  const server: Server = createServer({ key: pair.key, cert: pair.certificate }, (request, response) => {
    response.on('error', () => undefined);
    if (request.url?.includes('watch=true') !== true) {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(list));
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    watches += 1;
    answer(response, watches);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, ca: authority.certificate };
}

const event = (type: string, name: string, version: string): string =>
  `${JSON.stringify({ type, object: { metadata: { name, uid: name, resourceVersion: version } } })}\n`;

describe('odd answers', () => {
  const NOT_EVENT = 'the watch answered with a line that is not an event';
  const status = (code: number, reason: string, message: string): string =>
    `${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code, reason, message } })}\n`;
  test.each([
    ['text', 'hello\n', NOT_EVENT],
    ['an empty line', '\n', NOT_EVENT],
    ['a list', '[]\n', NOT_EVENT],
    ['an event without an object', '{"type":"ADDED"}\n', NOT_EVENT],
    ['an event without a version', '{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n', NOT_EVENT],
    ['an event without a name', '{"type":"ADDED","object":{"metadata":{"resourceVersion":"8"}}}\n', NOT_EVENT],
    ['an unknown type', event('RENAMED', 'a', '8'), NOT_EVENT],
    ['an error', status(500, 'InternalError', 'etcd: no leader'), 'etcd: no leader'],
    ['an error without a code', '{"type":"ERROR","object":{"message":"no"}}\n', '{"message":"no"}'],
  ])('%s leads to a list', async (_name, text, reason) => {
    const target = await answering((response, nth) => {
      if (nth === 1) response.write(text);
      else if (nth === 2) response.write(event('ADDED', 'later', '9'));
    });
    const consumer = consume(clientOf(target, 'token'));
    await consumer.next('listed');
    expect(await consumer.next('interrupted')).toMatchObject({ reason });
    expect(await consumer.next('relisted')).toEqual({ type: 'relisted', cause: 'failed', missed: 0 });
    await consumer.next('changed', 'later');
  });

  test('a line that does not end is cut off', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    let sent = 0;
    const target = await answering((response, nth) => {
      const more = (): void => {
        if (nth > 3 || response.destroyed) return;
        sent += chunk.byteLength;
        response.write(chunk, more);
      };
      more();
    });
    const consumer = consume(clientOf(target, 'token'));
    const { reason } = await consumer.next('interrupted');
    expect(reason).toMatch(/a line of the response is larger than 16777216 bytes \(HH-K8S-001\)$/u);
    expect(await consumer.next('relisted')).toMatchObject({ cause: 'failed' });
    expect(sent).toBeLessThan(200 * 1024 * 1024);
  });

  test('an event that comes in parts is one event, and one that ends early is asked for again', async () => {
    const target = await answering((response, nth) => {
      const bytes = Buffer.from(event('ADDED', 'näme-✓', '8'));
      if (nth === 1) response.end(bytes.subarray(0, 60));
      if (nth !== 2) return;
      const more = (at: number): void => {
        if (at < bytes.byteLength) response.write(bytes.subarray(at, at + 1), () => setImmediate(more, at + 1));
      };
      more(0);
    });
    const consumer = consume(clientOf(target, 'token'));
    await consumer.next('changed', 'näme-✓');
    expect(typesOf(consumer)).toEqual(['listed', 'changed']);
  });

  test('watches that end at once are not asked for without a pause', async () => {
    let watches = 0;
    const target = await answering((response) => {
      watches += 1;
      response.end(event('BOOKMARK', '', String(watches)));
    });
    const pauses: number[] = [];
    const timing: Timing = {
      ...realTiming,
      random: () => 0,
      sleep: async (ms, signal) => {
        pauses.push(ms);
        await realTiming.sleep(1, signal);
      },
    };
    const consumer = consume(clientOf(target, 'token', timing));
    while (pauses.length < 8) await consumer.next('fresh');
    expect(pauses.slice(0, 8)).toEqual([250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
  });

  test('a list that never ends is given up', async () => {
    const authority = makeAuthority('test', Date.now());
    const pair = authority.forServer();
    const page = JSON.stringify({ kind: 'ThingList', metadata: { resourceVersion: '7', continue: 'more' }, items: [] });
    const server = createServer({ key: pair.key, cert: pair.certificate }, (_request, response) => response.end(page));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const consumer = consume(clientOf({ url, ca: authority.certificate }, 'token'));
    expect(String(await consumer.ended)).toContain('the list of things has more than 2000 pages');
  });
});

test.each([
  [event('ADDED', 'a', '8'), { kind: 'change', version: '8', change: { type: 'changed' } }],
  [event('MODIFIED', 'a', '8'), { kind: 'change', version: '8', change: { type: 'changed' } }],
  [event('DELETED', 'a', '8'), { kind: 'change', version: '8', change: { type: 'deleted' } }],
  [
    '{"type":"BOOKMARK","object":{"kind":"Thing","metadata":{"resourceVersion":"12"}}}',
    { kind: 'bookmark', version: '12' },
  ],
  [
    '{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version: 5 (451)"}}',
    { kind: 'error', refusal: { kind: 'expired', words: 'too old resource version: 5 (451)' } },
  ],
])('%s', (line, heard) => {
  expect(heardIn(line)).toMatchObject(heard);
});
