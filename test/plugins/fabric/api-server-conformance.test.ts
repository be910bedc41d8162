/**
 * The emulated API server behaves as the real one: the same requests, and what a client sees of each answer.
 *
 * `api-server-conformance.json` is what the real server of the pinned version answered. The emulator must agree with
 * it; so must the real server, where its programs are in the cache. FETTLE_UPDATE_GOLDEN=1 records it again.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encode, parseValue, type Tree, type Value } from '../../../plugins/fabric/sandbox/value.ts';
import { type Api, type ApiServer, objectsIn, openApi } from '../../support/kubernetes/api.ts';
import { emulatedServer, hasRealServer, install, realServer } from '../../support/kubernetes/servers.ts';
import { BEHAVIOURS, things } from './behaviours.ts';

const FILE = join(import.meta.dirname, 'api-server-conformance.json');
const definitions = objectsIn(join(import.meta.dirname, 'things.yaml'));
const recorded = existsSync(FILE) ? (parseValue(readFileSync(FILE, 'utf8')) as Tree) : {};
const isUpdate = process.env['FETTLE_UPDATE_GOLDEN'] === '1';

interface Running {
  readonly server: ApiServer;
  readonly api: Api;
}

function behavioursOf(start: () => Promise<ApiServer>, take: (behaviour: string, seen: Value) => void): void {
  let running: Running | undefined;
  beforeAll(async () => {
    const server = await start();
    await install(server, definitions);
    running = { server, api: openApi(server) };
  });
  afterAll(async () => {
    running?.api.close();
    await running?.server.stop();
  });
  test.each(Object.entries(BEHAVIOURS))('%s', async (behaviour, run) => {
    take(behaviour, await run(things(running!.api, running!.server.compact)));
  });
}

const made: Record<string, Value> = {};

describe.skipIf(!hasRealServer())('kube-apiserver', () => {
  behavioursOf(realServer, (behaviour, seen) => {
    made[behaviour] = seen;
    if (!isUpdate) expect(parseValue(encode(seen))).toEqual(recorded[behaviour]);
  });
  afterAll(() => {
    const lines = Object.entries(made).map(([name, seen]) => `${JSON.stringify(name)}: ${encode(seen)}`);
    if (isUpdate) writeFileSync(FILE, `{\n${lines.join(',\n')}\n}\n`);
  });
});

describe('the emulated API server', () => {
  behavioursOf(emulatedServer, (behaviour, seen) => {
    expect(recorded).toHaveProperty([behaviour]);
    expect(parseValue(encode(seen))).toEqual(recorded[behaviour]);
  });
});
