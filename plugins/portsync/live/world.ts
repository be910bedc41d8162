/** The real world: SONiC switches, the Linux host that fettle runs on, and files. */

import { defined, InputError, type Outside } from '#plugin';
import { type Denial, usualDenial } from '#plugin/net';
import type { SwitchFacts } from '../facts.ts';
import type { PortsyncConfig, SwitchSpec } from '../generated.ts';
import { localPlace, remotePlace, type SwitchPlace } from '../sonic/connect.ts';
import { targetText, worldOf } from '../switch/target.ts';
import type { ChangeRun, Look, PortChange, PortsyncWriter, PortWatch, SwitchSeen } from '../world.ts';
import { confirmFolder } from '../confirm/pending.ts';
import type { Confirmable } from './confirm.ts';
import { firingRules } from '../daemon/firing.ts';
import { readMetrics } from '../daemon/metrics-file.ts';
import { stateFolderPath } from '../daemon/state-path.ts';
import { readSessions } from '../path/evidence-linux.ts';
import { lookAtSnapshot } from './snapshot.ts';
import { LinuxHost } from './linux.ts';
import { SonicSwitch } from './sonic.ts';
import { watchLinux } from './watch-linux.ts';
import { watchSonic } from './watch-sonic.ts';

class World implements PortsyncWriter {
  readonly #outside: Outside;
  readonly #denial: Denial;
  readonly #deadlineMs: number;
  readonly #switches = new Map<string, SonicSwitch>();
  readonly #hosts = new Map<string, LinuxHost>();

  constructor(outside: Outside) {
    this.#outside = outside;
    this.#denial = usualDenial(outside.env);
    const { commandSeconds } = outside.config as unknown as PortsyncConfig;
    this.#deadlineMs = commandSeconds * 1000;
  }

  #place({ sonic: { redis, namespace } = {} }: SwitchSpec): () => Promise<SwitchPlace> {
    const { env } = this.#outside;
    return async () =>
      redis === undefined
        ? await localPlace({ env, ...(namespace === undefined ? {} : { namespace }) })
        : remotePlace(redis);
  }

  #sonic(spec: SwitchSpec, facts: SwitchFacts): SonicSwitch {
    const known = this.#switches.get(facts.target);
    if (known !== undefined) return known;
    const { redis } = spec.sonic ?? {};
    const { env } = this.#outside;
    const opened = new SonicSwitch({
      place: this.#place(spec),
      facts,
      sessions: async (signal) => (redis === undefined ? await readSessions({ env, signal }) : []),
      held: this.#held(facts, 'sonic', redis === undefined),
      denial: this.#denial,
      deadlineMs: this.#deadlineMs,
    });
    this.#switches.set(facts.target, opened);
    return opened;
  }

  #held({ target }: SwitchFacts, kind: Confirmable['kind'], isLocal: boolean): Confirmable {
    return { folder: confirmFolder(this.#outside.env), target, kind, isLocal };
  }

  #host(spec: SwitchSpec, facts: SwitchFacts): LinuxHost {
    const known = this.#hosts.get(facts.target);
    if (known !== undefined) return known;
    const { namespace } = spec.linux ?? {};
    const { env } = this.#outside;
    const held = this.#held(facts, 'linux', true);
    const host = new LinuxHost({ host: namespace === undefined ? {} : { namespace }, facts, env, held });
    this.#hosts.set(facts.target, host);
    return host;
  }

  async look({ spec, ports, management = spec.management, signal }: Look): Promise<SwitchSeen> {
    const facts = factsOf(spec);
    const asked = ports === undefined ? { signal, management } : { signal, management, ports };
    if (spec.snapshot !== undefined) return await lookAtSnapshot(spec.snapshot.file, facts, this.#outside, asked);
    const host = facts.world === 'linux' ? this.#host(spec, facts) : this.#sonic(spec, facts);
    const seen = await host.look(asked);
    if (spec.sonic?.local === undefined) return seen;
    const { env } = this.#outside;
    // A folder of another user is not read, and says nothing about the switch.
    const daemon = await readMetrics({ path: stateFolderPath(undefined, env) }).catch(() => undefined);
    return defined<SwitchSeen>({ ...seen, firing: await firingRules(env), daemon });
  }

  async watch(spec: SwitchSpec, watch: PortWatch): Promise<void> {
    const { namespace } = spec.linux ?? {};
    if (spec.linux !== undefined) return await watchLinux(namespace === undefined ? {} : { namespace }, watch);
    const options = { denial: this.#denial, deadlineMs: this.#deadlineMs };
    await watchSonic(await this.#place(spec)(), options, watch);
  }

  async change({ spec }: Pick<Look, 'spec'>, change: PortChange, run: ChangeRun): Promise<void> {
    const facts = factsOf(spec);
    if (facts.world === 'snapshot') throw new InputError(`${facts.target} cannot be changed`);
    await (facts.world === 'linux' ? this.#host(spec, facts) : this.#sonic(spec, facts)).change(change, run);
  }

  async settle({ spec }: Pick<Look, 'spec'>, signal: AbortSignal): Promise<readonly string[]> {
    const facts = factsOf(spec);
    if (facts.world === 'snapshot') return [];
    return await (facts.world === 'linux' ? this.#host(spec, facts) : this.#sonic(spec, facts)).settle(signal);
  }

  async close(): Promise<void> {
    for (const host of this.#hosts.values()) host.close();
    await Promise.all([...this.#switches.values()].map((each) => each.close()));
  }
}

function factsOf(spec: SwitchSpec): SwitchFacts {
  const world = worldOf(spec);
  if (world === undefined) throw new InputError('the Switch names no system');
  return { world, target: targetText(spec) };
}

/** Opens the world, for reading and for writing. Connections are made on first use. */
export async function openWorld(outside: Outside): Promise<PortsyncWriter> {
  return new World(outside);
}
