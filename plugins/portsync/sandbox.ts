/**
 * The emulated infrastructure of ports: a SONiC switch with eight ports on this machine, in a Redis server.
 *
 * PortChannel1 with Ethernet0 and Ethernet4 leads to its management. Two ports differ from their documents at the
 * beginning. Like a switch, it keeps its `config_db.json`.
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunningWorld, SandboxWorld } from '#plugin';
import { readSaved, writeWhole } from '#plugin/saved-state';
import { type ConfigTables, startSwitch } from './sandbox/emulated-switch.ts';
import { DOCUMENTS, LEAF, ROUTES, switchYaml } from './sandbox/leaf.ts';
import { redisProgram, startServer } from './sandbox/servers.ts';

/** Time of each daemon of the switch, in ms: enough to be seen. */
const DELAY_MS = 200;
const SAVE_MS = 200;
const CONFIG = 'config_db.json';
const PORT = 'port.json';

interface Saved {
  readonly port: number;
}

/** Writes the Switch if its address is new, and the ports once: a user may change or delete them. */
async function writeDocuments(folder: string, port: number, saved: Saved | undefined): Promise<void> {
  const desired = join(folder, 'desired');
  await mkdir(desired, { recursive: true });
  if (saved?.port !== port) await writeFile(join(desired, 'switch-leaf.yaml'), switchYaml(port));
  if (saved !== undefined) return;
  for (const [name, text] of Object.entries(DOCUMENTS)) await writeFile(join(desired, name), text);
}

async function start(folder: string): Promise<RunningWorld> {
  const home = join(folder, 'sonic');
  await mkdir(home, { recursive: true });
  const saved = await readSaved<Saved>(join(home, PORT));
  const server = await startServer(home, saved?.port ?? 0, redisProgram());
  const { host, port } = server.address;
  let waiting: NodeJS.Timeout | undefined;
  let last: Promise<void> = Promise.resolve();
  const save = (): Promise<void> => {
    clearTimeout(waiting);
    waiting = undefined;
    last = last
      .then(async () => writeWhole(join(home, CONFIG), `${JSON.stringify(await up.config(), undefined, 2)}\n`))
      .catch(() => undefined);
    return last;
  };
  const up = await startSwitch(server.address, {
    config: (await readSaved<ConfigTables>(join(home, CONFIG))) ?? LEAF,
    delayMs: DELAY_MS,
    onConfig: () => {
      waiting ??= setTimeout(() => void save(), SAVE_MS).unref();
    },
  });
  const rows = Object.entries(ROUTES).map(
    ([key, row]) => ['HSET', `ROUTE_TABLE:${key}`, ...Object.entries(row).flat()] as const,
  );
  await up.databases.appl.redis.pipeline(rows);
  await writeDocuments(folder, port, saved);
  await writeWhole(join(home, PORT), JSON.stringify({ port } satisfies Saved));
  await save();
  const address = `redis://${host}:${port}`;
  const program = server.kind === 'own' ? 'the Redis server of the sandbox, which has no Lua' : 'redis-server';
  return {
    addresses: { redis: address },
    config: {},
    rows: [
      {
        name: 'switch leaf',
        address,
        shows: `a SONiC switch with 8 ports in ${program}: redis-cli -p ${port} -n 4 HGETALL 'PORT|Ethernet0'`,
      },
    ],
    stop: async () => {
      await save();
      await up.stop();
      await server.stop();
    },
  };
}

export const sonicSandbox: SandboxWorld = { name: 'sonic', start };
