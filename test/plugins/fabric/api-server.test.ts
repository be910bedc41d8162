/** The emulated API server: what only it has, such as faults, saved state and counts of requests. */

import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../../plugins/fabric/sandbox/emulator.ts';
import { type Tree, valueAt } from '../../../plugins/fabric/sandbox/value.ts';
import { type Api, objectsIn, openApi } from '../../support/kubernetes/api.ts';

const definitions = objectsIn(join(import.meta.dirname, 'things.yaml'));
const THINGS = '/apis/test.fettle.dev/v1/namespaces/default/things';

const running: { readonly emulator: Emulator; readonly api: Api }[] = [];

async function start(options: EmulatorOptions = {}): Promise<{ readonly emulator: Emulator; readonly api: Api }> {
  const emulator = await startEmulator({ definitions, ...options });
  const { url, authority, adminToken } = emulator;
  const api = openApi({ url, ca: authority.certificate, tokens: { admin: adminToken } });
  running.push({ emulator, api });
  return { emulator, api };
}

afterEach(async () => {
  for (const { emulator, api } of running.splice(0)) {
    api.close();
    await emulator.stop();
  }
});

function thing(name: string, spec: Tree): Tree {
  return { apiVersion: 'test.fettle.dev/v1', kind: 'Thing', metadata: { name }, spec };
}

test('a request is recorded with its user and answer, and without its token', async () => {
  const { emulator, api } = await start();
  await api.apply(`${THINGS}/a?dryRun=All`, thing('a', { name: 'x' }));
  const [seen] = emulator.seen;
  expect(seen).toMatchObject({ method: 'PATCH', user: 'admin', status: 201 });
  expect(JSON.stringify(seen)).not.toContain(emulator.adminToken);
});

test('requests share connections', async () => {
  const { emulator, api } = await start();
  for (let i = 0; i < 20; i += 1) await api.send(THINGS);
  expect(emulator.seen).toHaveLength(20);
  expect(emulator.handshakes()).toBe(1);
});

test('429 is plain text with Retry-After, as often as asked for', async () => {
  const { emulator, api } = await start();
  emulator.inject({ path: '/things', times: 2, mishap: { kind: 'busy', seconds: 3 } });
  for (let i = 0; i < 2; i += 1) {
    const { code, text, headers } = await api.send(THINGS);
    expect({ code, text }).toEqual({ code: 429, text: 'Too many requests, please try again later.\n' });
    expect(headers['retry-after']).toBe('3');
  }
  expect((await api.send(THINGS)).code).toBe(200);
});

test('a lost answer may be that of a change', async () => {
  const { emulator, api } = await start();
  emulator.inject({ method: 'PATCH', path: '/things/a', mishap: { kind: 'lost-after' } });
  emulator.inject({ method: 'PATCH', path: '/things/b', mishap: { kind: 'lost-before' } });
  await expect(api.apply(`${THINGS}/a`, thing('a', {}))).rejects.toThrow(/socket hang up|ECONNRESET/u);
  await expect(api.apply(`${THINGS}/b`, thing('b', {}))).rejects.toThrow(/socket hang up|ECONNRESET/u);
  expect((await api.send(`${THINGS}/a`)).code).toBe(200);
  expect((await api.send(`${THINGS}/b`)).code).toBe(404);
});

test('an emulator starts again from its saved state', async () => {
  const first = await start();
  const made = await first.api.apply(`${THINGS}/a`, thing('a', { name: 'x', size: 9007199254740993n }));
  expect(made.code).toBe(201);
  const second = await start({ saved: first.emulator.save() });
  expect(second.emulator.adminToken).toBe(first.emulator.adminToken);
  const again = await second.api.send(`${THINGS}/a`);
  expect(again.body).toEqual(made.body);
  expect(valueAt(again.body, 'spec', 'size')).toBe(9007199254740993n);
});
