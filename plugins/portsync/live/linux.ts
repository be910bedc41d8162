/** The Linux host that fettle runs on, or one of its network namespaces. */

import { InputError, OutsideError } from '#plugin';
import { limiter } from '#plugin/limit';
import { acknowledge } from '../confirm/adopt-pending.ts';
import { type Hold, holdOnHost } from '../confirm/hold.ts';
import type { TakeBack } from '../confirm/take-back.ts';
import type { SwitchFacts } from '../facts.ts';
import { type LinkBatch, openBatch } from '../linux/batch.ts';
import type { LinkHost } from '../linux/ip.ts';
import { stepWords } from '../linux/link-step.ts';
import { readSurroundings } from '../linux/read-surroundings.ts';
import { type PlainStep, takeBackOf } from '../linux/surroundings.ts';
import { HostIndex } from '../linux/view.ts';
import type { Evidence } from '../path/evidence.ts';
import { linuxEvidence, readLinux } from '../path/evidence-linux.ts';
import type { ChangeRun, Look, PortChange, SwitchSeen } from '../world.ts';
import {
  type Confirmable,
  confirmedChange,
  confirmFacts,
  guaranteeOf,
  requireJudged,
  settlePending,
} from './confirm.ts';
import { gathered } from './gather.ts';

export interface LinuxOptions {
  readonly host: LinkHost;
  readonly facts: SwitchFacts;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where changes that wait for a confirmation are held. */
  readonly held: Confirmable;
}

interface Reading {
  readonly index: HostIndex;
  readonly evidence: Evidence;
}

/** The steps of a change: the MTU before the link comes up, and after it has gone down. */
export function stepsOf({ port: link, set }: PortChange): readonly PlainStep[] {
  const { admin_status: admin, mtu, description: alias } = set;
  const isDown = admin === 'down';
  const state: readonly PlainStep[] = admin === undefined ? [] : [{ what: 'admin', link, to: isDown ? 'down' : 'up' }];
  return [
    ...(isDown ? state : []),
    ...(mtu === undefined ? [] : [{ what: 'mtu', link, to: Number(mtu) } as const]),
    ...(alias === undefined ? [] : [{ what: 'alias', link, to: alias } as const]),
    ...(isDown ? [] : state),
  ];
}

/** A host without databases. */
async function noDatabase(): Promise<never> {
  throw new OutsideError('a Linux host has no CONFIG_DB');
}

export class LinuxHost {
  readonly #options: LinuxOptions;
  readonly #ended = new AbortController();
  #batch: LinkBatch | undefined;
  readonly #oneHeld = limiter(1);
  readonly #read: (signal: AbortSignal) => Promise<Reading>;

  constructor(options: LinuxOptions) {
    this.#options = options;
    this.#read = gathered(async (signals) => {
      const reading = await this.#readNow(signals[0] as AbortSignal);
      return signals.map(() => reading);
    });
  }

  async #readNow(signal: AbortSignal): Promise<Reading> {
    const { host, env } = this.#options;
    const [surroundings, found] = await Promise.all([
      readSurroundings(host, signal),
      readLinux({ env, signal, ...(host.namespace === undefined ? {} : { namespace: host.namespace }) }),
    ]);
    return { index: new HostIndex(surroundings), evidence: linuxEvidence(found) };
  }

  async look({ ports, signal }: Pick<Look, 'ports' | 'signal'>): Promise<SwitchSeen> {
    const { index, evidence } = await this.#read(signal);
    const { held } = this.#options;
    const facts = { ...this.#options.facts, ...(await confirmFacts(held, false)) };
    const names = index.links
      .map(({ name }) => name)
      .filter((name) => name !== 'lo')
      .sort();
    return {
      facts,
      ports: new Map(
        [...(ports ?? names)].flatMap((name) => {
          const port = index.port(name, evidence.devices.get(name)?.isUsed);
          return port === undefined ? [] : [[name, port] as const];
        }),
      ),
      names,
      evidence,
    };
  }

  /** The take-back of a change, with what the change loses. */
  async #takeBack(change: PortChange, signal: AbortSignal): Promise<TakeBack> {
    const { host } = this.#options;
    const lines = takeBackOf(stepsOf(change), await readSurroundings(host, signal));
    return { kind: 'linux', lines, ...(host.namespace === undefined ? {} : { namespace: host.namespace }) };
  }

  async #devices(signal: AbortSignal): Promise<Evidence['devices']> {
    return (await this.#readNow(signal)).evidence.devices;
  }

  async settle(signal: AbortSignal): Promise<readonly string[]> {
    return await settlePending(this.#options.held, noDatabase, signal);
  }

  async change(change: PortChange, run: ChangeRun): Promise<void> {
    const { confirm, signal, progress, aside } = run;
    if (confirm === undefined) return await this.#changeNow(change, signal);
    const { held } = this.#options;
    const hold = async (each: AbortSignal): Promise<Hold> => {
      const guarantee = guaranteeOf(held, false);
      requireJudged(guarantee, confirm);
      const takeBack = await this.#takeBack(change, each);
      const wanted = { target: held.target, ports: [change.port], takeBack, within: confirm.within };
      const hasTimer = guarantee === 'timer';
      return await holdOnHost(wanted, { folder: held.folder, openConfig: noDatabase, hasTimer, signal: each });
    };
    // One change of a host waits for its confirmation at a time.
    return await aside(
      this.#oneHeld(() =>
        confirmedChange({
          hold,
          change: (each) => this.#changeNow(change, each),
          devices: (each) => this.#devices(each),
          acknowledge: (id) => acknowledge(held.folder, id),
          confirm,
          progress,
          signal,
        }),
      ),
    );
  }

  async #changeNow(change: PortChange, signal: AbortSignal): Promise<void> {
    if (change.goal !== 'update') throw new InputError('fettle does not create or remove links of a Linux host');
    signal.throwIfAborted();
    this.#batch ??= openBatch(this.#options.host, this.#ended.signal);
    for (const step of stepsOf(change)) {
      // A held change must not go on after its take-back.
      signal.throwIfAborted();
      await this.#batch.change(stepWords(step));
    }
    const { index } = await this.#read(signal);
    const row = index.port(change.port)?.facts.row;
    const [field, wanted] = Object.entries(change.set).find(([name, value]) => (row?.[name] ?? '') !== value) ?? [];
    if (field !== undefined)
      throw new OutsideError(
        `the kernel accepted ${field} ${wanted} of ${change.port}, and shows ${row?.[field] ?? 'nothing'}. Look for another program that sets it`,
      );
  }

  close(): void {
    this.#ended.abort();
  }
}
