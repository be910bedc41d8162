/**
 * An emulated SONiC switch over any Redis server: its daemons, from CONFIG_DB to APPL_DB, the hardware and STATE_DB.
 *
 * | Daemon | Does |
 * |---|---|
 * | portsyncd | at the start copies CONFIG_DB to APPL_DB with the markers; then the state of the links to STATE_DB |
 * | portmgrd | copies each change of CONFIG_DB: `mtu` and `admin_status` to the kernel first, all other fields at once |
 * | orchagent | pops APPL_DB, drops an update with a bad value, keeps a port that rows name, and reports the operation |
 *
 * Source of the behaviour: sonic-swss e6b0c5b5. The daemons work one after the other, each within its time.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { usualDenial } from '#plugin/net';
import type { RedisAddress } from '../redis/address.ts';
import type { Words } from '../redis/client.ts';
import type { Row } from '../redis/reader.ts';
import { subscribe } from '../redis/subscription.ts';
import { openSwitch, type SonicDatabase, type SwitchDatabases } from '../sonic/connect.ts';
import { USUAL_MAPPING } from '../sonic/databases.ts';
import { portReferences } from '../sonic/port-references.ts';
import { type Operation, produce, produceWhenEmpty, producerNames } from '../sonic/producer.ts';
import { CONFIG_DONE, INIT_DONE, LOADED_KEY } from '../sonic/read-switch.ts';
import { consume } from './consumer.ts';
import { NO_FIELDS, readRowsOf, readTables } from '../sonic/tables.ts';

/** Tables of a `config_db.json`: rows by key. */
export type ConfigTables = Readonly<Record<string, Readonly<Record<string, Row>>>>;

/** A stage that does not take up changes of a port, or of one of its fields; without a port, of all ports. */
export interface Fault {
  readonly stage: 'portmgrd' | 'kernel' | 'portsyncd' | 'orchagent';
  readonly port?: string;
  readonly field?: string;
}

/** A link of the kernel. */
export interface EmulatedLink {
  readonly mtu: string;
  readonly adminStatus: string;
  /** True if the link has a carrier. */
  readonly isUp: boolean;
}

export interface SwitchOptions {
  readonly config: ConfigTables;
  /**
   * Shows the links of the kernel to another program that plays portsyncd, undefined for a removed one. Then the switch does
   * not play it: neither the copy at the start, nor the markers, nor the rows of the links.
   */
  readonly showLink?: (port: string, link: EmulatedLink | undefined) => void;
  /** Speeds and corrections that the hardware supports. */
  readonly speeds?: readonly string[];
  readonly fecs?: readonly string[];
  /** Time of each daemon before it acts, in ms. */
  readonly delayMs?: number;
  /** Called after a change of CONFIG_DB. */
  readonly onConfig?: () => void;
}

export interface EmulatedSwitch {
  readonly databases: SwitchDatabases;
  /** Replaces all faults. */
  setFaults(faults: readonly Fault[]): void;
  /** Connects the cable of a port, or removes it. */
  setCable(port: string, isConnected: boolean): Promise<void>;
  /** Loads another configuration as `config reload` does: everything else is removed meanwhile. */
  reload(config: ConfigTables): Promise<void>;
  /** The tables of CONFIG_DB. */
  config(): Promise<ConfigTables>;
  /** Messages of the daemons about refused updates. */
  readonly log: readonly string[];
  /** Fulfilled once the daemons have nothing to do. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

interface Kernel {
  mtu: string;
  adminStatus: string;
}

/** A port in the hardware. */
interface Port {
  readonly fields: Record<string, string>;
  flaps: number;
  isUp: boolean;
}

const NEW_PORT: Row = { admin_status: 'down', mtu: '9100' };
const FROM_KERNEL = ['mtu', 'admin_status'] as const;
/** Fields before whose change orchagent shuts a port that is up. */
const SHUTS = new Set(['speed', 'autoneg', 'adv_speeds', 'interface_type', 'adv_interface_types', 'fec']);
/** Fields of STATE_DB that orchagent writes. */
const OF_ORCHAGENT = ['supported_speeds', 'supported_fecs', 'host_tx_ready', 'speed', 'fec'] as const;
const POPPED = 1024;
const SPEEDS = ['10000', '25000', '40000', '50000', '100000'];
const FECS = ['none', 'rs', 'fc', 'auto'];

type Check = (value: string) => boolean;
const within =
  (low: number, high: number): Check =>
  (value) =>
    /^\d{1,7}$/u.test(value) && Number(value) >= low && Number(value) <= high;
const among =
  (...values: readonly string[]): Check =>
  (value) =>
    values.includes(value);

/** Values that orchagent accepts; a field without an entry is not checked. */
const CHECKS: Readonly<Record<string, Check>> = {
  admin_status: among('up', 'down'),
  autoneg: among('on', 'off'),
  fec: among('none', 'rs', 'fc', 'auto'),
  lanes: (value) => /^\d{1,5}(?:,\d{1,5})*$/u.test(value),
  link_training: among('on', 'off'),
  mtu: within(68, 9216),
  pfc_asym: among('on', 'off'),
  speed: within(1, 1_600_000),
  tpid: (value) => /^0x[0-9a-f]{4}$/iu.test(value),
};

/** `Sun Nov 29 10:11:12 2026`: as orchagent writes times, in UTC. */
function swssTime(now: Date): string {
  const [, weekday, day, month, year, time] =
    /^(\w{3}), (\d{2}) (\w{3}) (\d{4}) ([\d:]{8})/u.exec(now.toUTCString()) ?? [];
  return `${weekday} ${month} ${day} ${time} ${year}`;
}

/** All tables of CONFIG_DB. */
async function dumpConfig({ redis }: SonicDatabase): Promise<ConfigTables> {
  const keys = ((await redis.call(['KEYS', '*|*'])) as readonly string[]).toSorted();
  const rows = await redis.hashes(keys);
  const tables: Record<string, Record<string, Row>> = {};
  for (const [i, row] of rows.entries()) {
    const key = keys[i] ?? '';
    const at = key.indexOf('|');
    const { [NO_FIELDS]: _, ...fields } = row;
    const table = (tables[key.slice(0, at)] ??= {});
    table[key.slice(at + 1)] = fields;
  }
  return tables;
}

async function loadConfig({ redis }: SonicDatabase, tables: ConfigTables): Promise<void> {
  await redis.pipeline([['FLUSHDB'], ['SET', LOADED_KEY, '0']]);
  const rows = Object.entries(tables).flatMap(([table, all]) =>
    Object.entries(all).map(([key, row]) => {
      const fields = Object.entries(row).flat();
      return ['HSET', `${table}|${key}`, ...(fields.length === 0 ? [NO_FIELDS, NO_FIELDS] : fields)] as const;
    }),
  );
  await redis.pipeline(rows);
  await redis.call(['SET', LOADED_KEY, '1']);
}

/** Starts a switch on an empty server. Its databases have their usual numbers. */
export async function startSwitch(address: RedisAddress, options: SwitchOptions): Promise<EmulatedSwitch> {
  const { speeds = SPEEDS, fecs = FECS, delayMs = 0, onConfig = () => undefined, showLink } = options;
  const denial = usualDenial({});
  const databases = await openSwitch({ mapping: USUAL_MAPPING, addressOf: () => address }, { denial });
  const { config, appl, state } = databases;
  const names = producerNames(appl, 'PORT_TABLE');
  const log: string[] = [];
  const known = new Map<string, Row>();
  const kernel = new Map<string, Kernel>();
  const ports = new Map<string, Port>();
  const unplugged = new Set<string>();
  const kept = new Set<string>();
  const changed = new Set<string>();
  let faults: readonly Fault[] = [];
  let hasMessage = false;
  let work: Promise<void> = Promise.resolve();
  const life = { isStopped: false, isWorking: false };

  const hasFault = (stage: Fault['stage'], port: string, field?: string): boolean =>
    faults.some(
      (fault) =>
        fault.stage === stage &&
        (fault.port === undefined || fault.port === port) &&
        (fault.field === undefined || fault.field === field),
    );
  /** Writes of a turn, which are sent together. */
  let toAppl: Words[] = [];
  let toState: Words[] = [];
  let toProduce: Operation[] = [];
  const set = (key: string, fields: Row): void => {
    if (Object.keys(fields).length > 0) toProduce.push({ kind: 'set', key, fields });
  };

  async function flush(): Promise<void> {
    const [applWords, stateWords, operations] = [toAppl, toState, toProduce];
    toAppl = [];
    toState = [];
    toProduce = [];
    await Promise.all([
      appl.redis.pipeline(applWords),
      state.redis.pipeline(stateWords),
      produce(appl, names, operations),
    ]);
  }

  /** Shows the link of a port in STATE_DB. */
  function portsyncd(name: string): void {
    const link = kernel.get(name);
    if (link === undefined || hasFault('portsyncd', name)) return;
    const { mtu, adminStatus } = link;
    const isUp = ports.get(name)?.isUp === true;
    if (showLink !== undefined) return showLink(name, { mtu, adminStatus, isUp });
    const oper = isUp ? 'up' : 'down';
    const fields = ['state', 'ok', 'netdev_oper_status', oper, 'admin_status', adminStatus, 'mtu', mtu];
    toState.push(['HSET', `PORT_TABLE|${name}`, ...fields]);
  }

  /** Takes up a changed row of CONFIG_DB; undefined for a removed one. */
  function portmgrd(name: string, row: Row | undefined): void {
    if (hasFault('portmgrd', name)) return;
    const before = known.get(name);
    if (row === undefined) {
      if (before !== undefined) toProduce.push({ kind: 'del', key: name });
      known.delete(name);
      return;
    }
    // A field that was not copied is copied with the next change of the row.
    known.set(name, Object.fromEntries(Object.entries(row).filter(([field]) => !hasFault('portmgrd', name, field))));
    if (before === undefined) return set(name, { ...NEW_PORT, ...row });
    const differing = Object.entries(row).filter(
      ([field, value]) => before[field] !== value && !hasFault('portmgrd', name, field),
    );
    const isFromKernel = (field: string): boolean => field === 'mtu' || field === 'admin_status';
    set(name, Object.fromEntries(differing.filter(([field]) => !isFromKernel(field))));
    for (const field of FROM_KERNEL) {
      const value = new Map(differing).get(field);
      const link = kernel.get(name);
      if (value === undefined || link === undefined) continue;
      if (hasFault('kernel', name, field) || CHECKS[field]?.(value) === false) {
        log.push(`portmgrd: setting ${field} of ${name} failed`);
        continue;
      }
      if (field === 'mtu') link.mtu = value;
      else link.adminStatus = value;
      set(name, { [field]: value });
      portsyncd(name);
    }
  }

  /** The reason for which an update is dropped. */
  function refusal(name: string, fields: Row): string | undefined {
    const bad = Object.entries(fields).find(([field, value]) => CHECKS[field]?.(value) === false);
    if (bad !== undefined) return `${bad[0]} has a bad value`;
    if (fields['speed'] !== undefined && !speeds.includes(fields['speed'])) return 'the speed is not supported';
    if (fields['fec'] !== undefined && !fecs.includes(fields['fec'])) return 'the correction is not supported';
    if (Object.keys(fields).some((field) => hasFault('orchagent', name, field))) return 'the hardware failed';
    if (!ports.has(name) && (fields['lanes'] === undefined || fields['speed'] === undefined))
      return 'lanes or speed is missing';
    return undefined;
  }

  /** Shows the operation of a port in APPL_DB and STATE_DB. */
  function report(name: string, port: Port): void {
    const now = swssTime(new Date());
    const { fields, isUp, flaps } = port;
    const times = flaps === 0 ? [] : [isUp ? 'last_up_time' : 'last_down_time', now];
    const oper = ['oper_status', isUp ? 'up' : 'down', 'flap_count', String(flaps), ...times];
    toAppl.push(['HSET', `PORT_TABLE:${name}`, ...oper]);
    const shown = isUp
      ? ['speed', fields['speed'] ?? 'N/A', 'fec', fields['fec'] ?? 'none']
      : ['speed', 'N/A', 'fec', 'N/A'];
    const supported = ['supported_speeds', speeds.join(','), 'supported_fecs', fecs.join(',')];
    const ready = ['host_tx_ready', String(fields['admin_status'] === 'up')];
    toState.push(['HSET', `PORT_TABLE|${name}`, ...supported, ...ready, ...shown]);
    portsyncd(name);
  }

  function operate(name: string, port: Port, shuts: boolean): void {
    const isUp = port.fields['admin_status'] === 'up' && !unplugged.has(name);
    if (port.isUp !== isUp) port.flaps += 1;
    else if (isUp && shuts) port.flaps += 2;
    port.isUp = isUp;
    report(name, port);
  }

  function update(name: string, fields: Row): void {
    const reason = refusal(name, fields);
    if (reason !== undefined) {
      log.push(`orchagent: an update of ${name} was dropped: ${reason}`);
      return;
    }
    const port = ports.get(name) ?? { fields: {}, flaps: 0, isUp: false };
    if (!ports.has(name)) {
      const { mtu = '9100', admin_status: adminStatus = 'down' } = fields;
      kernel.set(name, { mtu, adminStatus });
      ports.set(name, port);
    }
    const shuts = Object.entries(fields).some(([field, value]) => SHUTS.has(field) && port.fields[field] !== value);
    Object.assign(port.fields, fields);
    operate(name, port, shuts);
  }

  /** Removes ports from the hardware, unless a row still names them. */
  async function removePorts(removed: readonly string[]): Promise<void> {
    if (removed.length === 0) return;
    const tables = await readTables(config, ['PORTCHANNEL_MEMBER', 'VLAN_MEMBER', 'INTERFACE']);
    const users = portReferences(tables, new Set(removed));
    for (const name of removed) {
      if (users.has(name)) {
        if (!kept.has(name)) log.push(`orchagent: ${name} is not removed, because it is in use`);
        kept.add(name);
        continue;
      }
      kept.delete(name);
      ports.delete(name);
      kernel.delete(name);
      const row = `PORT_TABLE|${name}`;
      toState.push(showLink === undefined ? ['DEL', row] : ['HDEL', row, ...OF_ORCHAGENT]);
      showLink?.(name, undefined);
    }
  }

  /** Pops every key of APPL_DB. */
  async function orchagent(): Promise<void> {
    for (;;) {
      const popped = await consume(appl, names, POPPED);
      if (popped.length === 0) return;
      const entries = popped.filter(({ key }) => key !== CONFIG_DONE && key !== INIT_DONE);
      for (const { key, fields } of entries) if (Object.keys(fields).length > 0) update(key, fields);
      await removePorts(entries.filter(({ fields }) => Object.keys(fields).length === 0).map(({ key }) => key));
      await flush();
    }
  }

  /** Does everything that has come up, in turns. */
  async function turn(): Promise<void> {
    while (!life.isStopped && (changed.size > 0 || hasMessage)) {
      if (delayMs > 0) await sleep(delayMs);
      const now = [...changed];
      changed.clear();
      hasMessage = false;
      const rows = await readRowsOf(config, 'PORT', now);
      for (const name of now) portmgrd(name, rows.get(name));
      await flush();
      await orchagent();
      await removePorts([...kept]);
      await flush();
    }
  }

  function wake(): void {
    if (life.isWorking || life.isStopped) return;
    life.isWorking = true;
    work = turn()
      // The connection ends with the switch.
      .catch((error: unknown) => {
        if (!life.isStopped) log.push(`the switch failed: ${error instanceof Error ? error.message : String(error)}`);
      })
      .finally(() => {
        life.isWorking = false;
        if (changed.size > 0 || hasMessage) wake();
      });
  }

  async function boot(): Promise<void> {
    const { PORT: rows } = await readTables(config, ['PORT']);
    for (const [name, row] of rows) known.set(name, row);
    if (showLink !== undefined) return;
    const operations = [...rows].map(([key, row]) => ({ kind: 'set' as const, key, fields: { ...NEW_PORT, ...row } }));
    await produce(appl, names, operations);
    await orchagent();
    await produceWhenEmpty(appl, names, CONFIG_DONE, { count: String(rows.size) });
    await orchagent();
    await produceWhenEmpty(appl, names, INIT_DONE, { lanes: '0' });
    await orchagent();
  }

  async function restart(tables: ConfigTables): Promise<void> {
    await loadConfig(config, tables);
    await Promise.all([appl.redis.call(['FLUSHDB']), state.redis.call(['FLUSHDB'])]);
    for (const each of [known, kernel, ports, kept, changed]) each.clear();
    await boot();
  }

  await restart(options.config);
  const prefix = `__keyspace@${config.id}__:`;
  const subscription = await subscribe(
    address,
    { channels: [names.channel], patterns: [`${prefix}*`] },
    ({ channel }) => {
      if (channel === names.channel) hasMessage = true;
      else {
        const [table, ...key] = channel.slice(prefix.length).split('|');
        if (table === 'PORT') changed.add(key.join('|'));
        // A row that named a port may have been removed.
        if (kept.size > 0) hasMessage = true;
        onConfig();
      }
      wake();
    },
    { denial },
  );
  return {
    databases,
    log,
    setFaults: (next) => {
      faults = next;
    },
    setCable: async (name, isConnected) => {
      if (isConnected) unplugged.delete(name);
      else unplugged.add(name);
      const port = ports.get(name);
      if (port !== undefined) operate(name, port, false);
      await flush();
    },
    reload: async (tables) => {
      await work;
      await restart(tables);
    },
    config: () => dumpConfig(config),
    settled: async () => {
      // Notifications of commands that were answered have arrived after another answer.
      await config.redis.call(['PING']);
      await sleep(20);
      while (life.isWorking) await work;
    },
    stop: async () => {
      life.isStopped = true;
      await work.catch(() => undefined);
      subscription.close();
      databases.close();
    },
  };
}
