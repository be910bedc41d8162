/**
 * One server's life from creation to deletion, against the emulated API each time, and against the real one if
 * FETTLE_TEST_HCLOUD_TOKEN has a read-write token of a project that is for tests alone. There it creates the smallest
 * server, which costs a cent, and deletes everything.
 */

import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { openWriter } from '../../../plugins/nodes/live/writer.ts';
import type { Call, NodesWriter, PriceList } from '../../../plugins/nodes/world.ts';
import { configOf, orderOf, startWorld } from './live-world.ts';

const VARIABLE = 'FETTLE_TEST_HCLOUD_TOKEN';
const token = process.env[VARIABLE] ?? '';
const minutes = 60_000;

/** The label of everything that this test creates. */
const MARK = 'fettle-test';
const run = randomBytes(4).toString('hex');
const never = new AbortController().signal;

/** The cheapest type, and a location that has it. */
function smallest({ types }: PriceList): { readonly serverType: string; readonly location: string } {
  const [first] = Object.values(types)
    .filter(({ deprecated, architecture }) => !deprecated && architecture === 'x86')
    .flatMap(({ name: serverType, locations }) =>
      Object.entries(locations)
        .filter(([, { available }]) => available)
        .map(([location, { hourly }]) => ({ serverType, location, hourly })),
    )
    .toSorted((a, b) => a.hourly - b.hourly);
  if (first === undefined) throw new Error('nothing can be had anywhere');
  return { serverType: first.serverType, location: first.location };
}

/** Creates, finds, protects, drains and deletes one server. */
async function life(world: NodesWriter, call: Call): Promise<void> {
  const name = `fettle-test-${run}`;
  const offer = smallest(await world.prices(never));
  const order = orderOf({
    ...offer,
    name,
    image: 'debian-13',
    labels: { [MARK]: run },
    publicNet: { ipv4: false, ipv6: true },
    protection: true,
  });
  const made = await world.createServer(order, call);
  expect(made).toMatchObject({ name, location: offer.location, protection: { delete: true, rebuild: true } });
  expect(made.serverType.name).toBe(offer.serverType);
  expect((await world.servers(never)).some(({ id }) => id === made.id)).toBe(true);
  expect((await world.serverByName(name, never))?.id).toBe(made.id);

  // The same order again gives the same server; another order does not.
  expect((await world.createServer(order, call)).id).toBe(made.id);
  await expect(world.createServer({ ...order, labels: { [MARK]: 'another' } }, call)).rejects.toThrow('already');

  await world.changeLabels(made.id, { set: { 'fettle/drain': 'yes' }, remove: [] }, call);
  expect((await world.server(made.id, never))?.labels).toEqual({ [MARK]: run, 'fettle/drain': 'yes' });
  await world.powerOff(made.id, call);
  expect((await world.server(made.id, never))?.status).toBe('off');

  await expect(world.deleteServer(made.id, call)).rejects.toThrow('(protected)');
  await world.setProtection(made.id, false, call);
  await world.deleteServer(made.id, call);
  expect(await world.server(made.id, never)).toBeUndefined();
  await world.deleteServer(made.id, call);
}

test('a server is created, found, protected, drained and deleted: emulated', async () => {
  const { world, call, emulator } = await startWorld();
  await life(world, call);
  expect(emulator.cloud().servers.size).toBe(0);
});

if (token === '') console.log(`the test against the real API is left out: ${VARIABLE} is not set`);

describe.skipIf(token === '')(`the real API (${VARIABLE})`, () => {
  const call: Call = { signal: never, progress: (said) => console.log(`  ${said}`) };
  const open = (): NodesWriter => {
    const config = configOf({ token });
    return openWriter({ config, project: 'test', folder: '/', fileRoots: [], env: process.env, now: () => Date.now() });
  };

  // The server is deleted after any failure.
  afterAll(async () => {
    const world = open();
    const left = (await world.servers(never)).filter(({ labels }) => labels[MARK] === run);
    for (const { id } of left) {
      await world.setProtection(id, false, call);
      await world.deleteServer(id, call);
    }
  }, 10 * minutes);

  test('a server is created, found, protected, drained and deleted', { timeout: 15 * minutes }, async () => {
    await life(open(), call);
  });

  test('an invalid token is reported as such', { timeout: minutes }, async () => {
    const config = configOf({ token: 'x'.repeat(64) });
    const wrong = openWriter({ config, project: 'test', folder: '/', fileRoots: [], env: {}, now: () => Date.now() });
    await expect(wrong.servers(never)).rejects.toThrow('the API does not accept the token');
  });
});
