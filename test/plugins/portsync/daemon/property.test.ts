/**
 * Any order of link events, lost events, dumps, losses of Redis and its content, stops and crashes ends with STATE_DB equal
 * to the kernel, and APPL_DB equal to CONFIG_DB, in the fields of the daemon.
 */

import type { Row } from '../../../../plugins/portsync/redis/reader.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isPort, OWN_FIELDS, ownFields, stateRow } from '../../../../plugins/portsync/daemon/ports.ts';
import { type RedisServer, startRedis } from '../../../support/redis.ts';
import { SimulatedLinks } from '../../../support/simulated-links.ts';
import {
  configure,
  consume,
  type Databases,
  eventually,
  openDatabases,
  rowsOf,
  type RunningDaemon,
  startDaemonOn,
  stateFolder,
} from './emulated-switch.ts';
import fc from '../../../support/property.ts';

const NAMES = ['Ethernet0', 'Ethernet4', 'Ethernet8', 'PortChannel1', 'eth0'] as const;
const RUNS = process.env['FETTLE_TEST_FULL'] === '1' ? 200 : 12;

type Step =
  | { readonly do: 'link'; readonly name: string; readonly change: Row | undefined }
  | { readonly do: 'config'; readonly name: string; readonly speed: string | undefined }
  | {
      readonly do:
        | 'deliver'
        | 'overrun'
        | 'end-monitor'
        | 'fail-dump'
        | 'kill-connections'
        | 'empty-redis'
        | 'stop'
        | 'crash'
        | 'warm-on'
        | 'warm-off'
        | 'consume'
        | 'wait'
        | 'foreign-field'
        | 'foreign-change';
    };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('link' as const),
      name: fc.constantFrom(...NAMES),
      change: fc.option(
        fc.record({
          mtu: fc.constantFrom('1500', '9100'),
          admin: fc.constantFrom('up', 'down'),
          oper: fc.constantFrom('up', 'down'),
        }),
        { nil: undefined, freq: 3 },
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('config' as const),
      name: fc.constantFrom('Ethernet0', 'Ethernet4', 'Ethernet8'),
      speed: fc.option(fc.constantFrom('10000', '100000'), { nil: undefined }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      ...(
        [
          'deliver',
          'overrun',
          'end-monitor',
          'fail-dump',
          'kill-connections',
          'empty-redis',
          'stop',
          'crash',
          'warm-on',
          'warm-off',
          'consume',
          'wait',
          'foreign-field',
          'foreign-change',
        ] as const
      ).map((each) => ({ do: each })),
    ),
  },
);

/** One switch with its daemon. */
class Story {
  readonly #server: RedisServer;
  readonly #databases: Databases;
  readonly #links = new SimulatedLinks();
  readonly #path = stateFolder();
  readonly #config = new Map<string, Row>(['Ethernet0', 'Ethernet4'].map((name) => [name, { lanes: '1', speed: '1' }]));
  #isWarm = false;
  #index = 10;
  #stale = new Set<number>();
  #running: RunningDaemon | undefined;

  constructor(server: RedisServer, databases: Databases) {
    this.#server = server;
    this.#databases = databases;
  }

  async begin(): Promise<void> {
    await this.#databases.state.call(['FLUSHALL']);
    await this.#fill();
    await this.#start();
  }

  async take(step: Step): Promise<void> {
    const { state, appl } = this.#databases;
    switch (step.do) {
      case 'link':
        this.#setLink(step.name, step.change);
        break;
      case 'config':
        await this.#changeConfig(step.name, step.speed);
        break;
      case 'deliver':
        this.#links.deliver();
        break;
      case 'overrun':
        this.#links.overrun();
        break;
      case 'end-monitor':
        this.#links.end();
        break;
      case 'fail-dump':
        this.#links.failures += 1;
        break;
      case 'kill-connections':
        // The clients of this test have a number of their own.
        for (const line of String(await state.call(['CLIENT', 'LIST'])).split('\n')) {
          const id = /^id=(\d+) /u.exec(line)?.[1];
          if (id !== undefined && !this.#own.has(id)) await state.call(['CLIENT', 'KILL', 'ID', id]);
        }
        break;
      case 'empty-redis':
        await state.call(['FLUSHALL']);
        await this.#fill();
        await this.take({ do: 'kill-connections' });
        break;
      case 'stop':
        await this.#running?.stop();
        await this.#start();
        break;
      case 'crash':
        await this.#running?.crash();
        await this.#start();
        break;
      case 'warm-on':
      case 'warm-off':
        this.#isWarm = step.do === 'warm-on';
        await this.#setWarm();
        break;
      case 'consume':
        await consume({ appl });
        break;
      case 'wait':
        await sleep(30);
        break;
      case 'foreign-field':
        await state.call(['HSET', 'PORT_TABLE|Ethernet0', 'host_tx_ready', 'true']);
        break;
      case 'foreign-change':
        await state.call(['HSET', 'PORT_TABLE|Ethernet0', 'mtu', '1']);
        break;
    }
  }

  readonly #own = new Set<string>();

  async own(): Promise<void> {
    for (const redis of Object.values(this.#databases)) this.#own.add(String(await redis.call(['CLIENT', 'ID'])));
  }

  /** The rows that the daemon must reach. */
  #expected(inAppl: Readonly<Record<string, Row>>): Readonly<Record<string, Row>> {
    const ports = [...this.#links.links.values()].filter(
      (link) => isPort(link) && !this.#stale.has(link.index) && inAppl[link.name] !== undefined,
    );
    return Object.fromEntries(ports.map((link) => [link.name, stateRow(link)]));
  }

  async end(): Promise<void> {
    const { state } = this.#databases;
    await eventually(async () => {
      this.#links.deliver();
      await consume(this.#databases);
      const appl = await rowsOf(this.#databases.appl, 'PORT_TABLE:');
      const { PortConfigDone: done, PortInitDone: _, ...ports } = appl;
      expect(ports).toEqual(Object.fromEntries(this.#config));
      expect(done).toBeDefined();
      const rows = await rowsOf(state, 'PORT_TABLE|');
      const own = Object.entries(rows).map(([name, row]) => [name, ownFields(row)] as const);
      expect(Object.fromEntries(own.filter(([, row]) => Object.keys(row).length > 0))).toEqual(this.#expected(appl));
      for (const row of Object.values(rows))
        expect(
          Object.keys(row).filter((field) => field !== 'host_tx_ready' && !OWN_FIELDS.some((own) => own === field)),
        ).toEqual([]);
    });
    await this.#running?.stop();
    expect(
      this.#running?.said.filter((line) => line.includes('cannot be used') || line.includes('cannot be saved')),
    ).toEqual([]);
  }

  #setLink(name: string, change: Row | undefined): void {
    const found = [...this.#links.links.values()].find((link) => link.name === name);
    if (change === undefined) {
      if (found !== undefined) this.#links.delete(found.index);
      return;
    }
    const { mtu, admin, oper } = change as { mtu: string; admin: 'up' | 'down'; oper: 'up' | 'down' };
    const next = { mtu: Number(mtu), admin, oper: admin === 'up' ? oper : ('down' as const), name };
    this.#links.set(found?.index ?? (this.#index += 1), next);
  }

  /** CONFIG_DB changes while no daemon runs: a running switch has portmgrd for that. The next start is cold. */
  async #changeConfig(name: string, speed: string | undefined): Promise<void> {
    await this.#running?.stop();
    if (speed === undefined) this.#config.delete(name);
    else this.#config.set(name, { lanes: '1', speed });
    const isWarm = this.#isWarm;
    this.#isWarm = false;
    await this.#fill();
    await this.#start();
    // The copy of a cold start has to end before another start, which may be warm.
    await eventually(async () => {
      await consume(this.#databases);
      expect(this.#running?.daemon.status.isPortConfigDone).toBe(true);
    });
    this.#isWarm = isWarm;
    await this.#setWarm();
  }

  async #fill(): Promise<void> {
    await configure(this.#databases, Object.fromEntries(this.#config));
    await this.#setWarm();
  }

  async #setWarm(): Promise<void> {
    await this.#databases.state.call(['HSET', 'WARM_RESTART_ENABLE_TABLE|system', 'enable', String(this.#isWarm)]);
  }

  async #start(): Promise<void> {
    const isInitialized = (await this.#databases.appl.call(['EXISTS', 'PORT_TABLE:PortInitDone'])) === 1;
    this.#running = await startDaemonOn(this.#server, this.#links.source, this.#path, { settings: { eoiuTimeout: 1 } });
    const { said } = this.#running;
    await eventually(() => expect(said.some((line) => / start: /u.test(line))).toBe(true));
    const isCold = said.some((line) => line.startsWith('cold start'));
    // The daemon reads the stale links once, right after its decision.
    const links = [...this.#links.links.values()].filter((link) => link.name.startsWith('Ethernet'));
    this.#stale = new Set(isCold && !isInitialized ? links.map(({ index }) => index) : []);
    await eventually(() => expect(this.#running?.daemon.status.isWatching).toBe(true));
  }
}

let server: RedisServer;
let databases: Databases;
beforeAll(async () => {
  server = await startRedis();
  databases = await openDatabases(server);
});
afterAll(() => server.stop());

test('any story ends with STATE_DB equal to the kernel and APPL_DB equal to CONFIG_DB', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const story = new Story(server, databases);
      await story.own();
      await story.begin();
      for (const each of steps) await story.take(each);
      await story.end();
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
});
