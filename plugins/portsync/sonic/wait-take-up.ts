/** Waits until a switch has taken up written ports: by notifications of their changes if there are any, otherwise by polling. */

import { setTimeout as sleep } from 'node:timers/promises';
import { raced } from '#plugin/deadline';
import type { Row } from '../redis/reader.ts';
import type { SwitchDatabases } from './connect.ts';
import type { PortChanges } from './port-changes.ts';
import { readRowsOf } from './tables.ts';
import { type KernelPort, type Lag, notTakenUp, type PortStages } from './take-up.ts';

/** Fields written to ports by name; undefined for a removed port. */
export type WrittenPorts = ReadonlyMap<string, Row | undefined>;

export interface WaitOptions {
  readonly signal: AbortSignal;
  /** In ms. */
  readonly deadlineMs: number;
  /** Notifies of changes; absent if the databases do not. */
  readonly changes?: PortChanges | undefined;
  /** Called with each port once every stage shows it, without a wait for the others. */
  readonly taken?: (port: string) => void;
  /** Reads the kernel's links, null for a missing one; absent if the kernel cannot be read. */
  readonly kernel?: (ports: readonly string[]) => Promise<ReadonlyMap<string, KernelPort | null>>;
}

/** Interval of polling in ms: without notifications, and with them, since a notification can be lost. */
const POLL_MS = 200;
const CHECK_MS = 1000;
/** Time in ms in which notifications are collected before ports are read. */
const COLLECT_MS = 10;

/** Ports as each stage shows them. */
export async function readStages(
  { config, appl, state }: SwitchDatabases,
  ports: readonly string[],
  { kernel, signal }: Pick<WaitOptions, 'kernel' | 'signal'>,
): Promise<ReadonlyMap<string, PortStages>> {
  const [configRows, applRows, stateRows, links] = await Promise.all([
    readRowsOf(config, 'PORT', ports, { signal }),
    readRowsOf(appl, 'PORT_TABLE', ports, { signal }),
    readRowsOf(state, 'PORT_TABLE', ports, { signal }),
    kernel?.(ports),
  ]);
  return new Map(
    ports.map((port) => [
      port,
      {
        config: configRows.get(port),
        appl: applRows.get(port),
        state: stateRows.get(port),
        ...(links === undefined ? {} : { kernel: links.get(port) ?? null }),
      },
    ]),
  );
}

/**
 * Waits until every stage shows the written ports. Resolves with the ports that are not taken up at the deadline, and
 * where each of their fields stopped; it is empty if all are. Rejects with an OutsideError if a database cannot be read,
 * or the reason of the signal.
 */
export async function waitForTakeUp(
  databases: SwitchDatabases,
  written: WrittenPorts,
  options: WaitOptions,
): Promise<ReadonlyMap<string, readonly Lag[]>> {
  const { signal, deadlineMs, changes, taken } = options;
  const end = performance.now() + deadlineMs;
  const behind = new Map<string, readonly Lag[]>();
  const changed = new Set<string>();
  let awake = Promise.withResolvers<void>();
  const read = async (ports: readonly string[]): Promise<void> => {
    for (const [port, stages] of await readStages(databases, ports, options)) {
      const lags = notTakenUp(written.get(port), stages);
      if (lags.length > 0) behind.set(port, lags);
      else {
        behind.delete(port);
        taken?.(port);
      }
    }
  };
  const unwatch = changes?.watch(written.keys(), (port) => {
    changed.add(port);
    awake.resolve();
  });
  try {
    // Many switches have taken up a change by then.
    await sleep(Math.min(COLLECT_MS, deadlineMs), undefined, { signal });
    changed.clear();
    await read([...written.keys()]);
    let nextCheck = performance.now() + CHECK_MS;
    while (behind.size > 0 && performance.now() < end) {
      signal.throwIfAborted();
      const left = Math.max(0, end - performance.now());
      const pause = new AbortController();
      const isNotified = changes?.isLost === false;
      const until = isNotified ? Math.max(1, nextCheck - performance.now()) : POLL_MS;
      const timer = sleep(Math.min(left, until), undefined, { signal: pause.signal }).catch(() => undefined);
      await raced(Promise.race([timer, awake.promise]), signal).finally(() => pause.abort());
      if (changed.size > 0) await sleep(Math.min(COLLECT_MS, left), undefined, { signal });
      const isCheck = !isNotified || performance.now() >= nextCheck;
      const ports = [...behind.keys()].filter((port) => isCheck || changed.has(port));
      changed.clear();
      awake = Promise.withResolvers<void>();
      if (isCheck) nextCheck = performance.now() + CHECK_MS;
      if (ports.length > 0) await read(ports);
    }
    if (behind.size > 0) await read([...behind.keys()]);
    return behind;
  } finally {
    unwatch?.();
  }
}
