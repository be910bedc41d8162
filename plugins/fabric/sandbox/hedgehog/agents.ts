/**
 * Played agents of a fabric: the controller keeps one Agent for each switch with all that concerns the switch, and the
 * agent on the switch applies it and reports. Neither removes an Agent when its switch goes, like the real ones.
 */

import { randomUUID } from 'node:crypto';
import { isTree, listAt, sameValue, textAt, type Tree, treeAt, valueAt } from '../value.ts';
import type { Cluster } from '../admission.ts';
import type { Emulator } from '../emulator.ts';
import type { Controller } from '../inside.ts';
import { wholeSecond } from '../managers.ts';
import { attachedTo, nameOf, numberAt, peersOf, specOf, switchesOf } from './specs.ts';

/** Delays in ms. */
export interface AgentTiming {
  /** Until the controller changes the Agents. Meanwhile, every Agent still reports that it is applied. */
  readonly notice: number;
  /** Until an agent has applied a new generation. */
  readonly apply: number;
  readonly heartbeat: number;
}

export interface Agents {
  /** The next applies of this switch end the agent's process, which starts again and reports the generation before. */
  readonly fail: (name: string) => void;
  /** This switch no longer reports. */
  readonly silence: (name: string) => void;
  /** This switch works again. */
  readonly heal: (name: string) => void;
  readonly stop: () => void;
}

const VERSION = 'v0.96.2-sandbox';
const AGENT_API = 'agent.githedgehog.com/v1beta1';

const named = (objects: readonly Tree[]): Tree => Object.fromEntries(objects.map((one) => [nameOf(one), specOf(one)]));

/** Connections of a switch. A spine also has those to static externals outside of VPCs. */
function connectionsOf(device: Tree, cluster: Cluster): readonly Tree[] {
  const isSpine = textAt(specOf(device), 'role') === 'spine';
  return cluster.list('Connection').filter((one) => {
    const { staticExternal } = specOf(one);
    const isOutside = isTree(staticExternal) && textAt(staticExternal, 'withinVPC') === '';
    return switchesOf(one).includes(nameOf(device)) || (isSpine && isOutside);
  });
}

/** VPCs in which subnets of a VPC have their DHCP server. */
function relaysOf(name: string, cluster: Cluster): readonly string[] {
  const subnets = Object.values(treeAt(specOf(cluster.get('VPC', name)), 'subnets'));
  return subnets.map((subnet) => textAt(subnet, 'dhcp', 'relayVPC')).filter((relay) => relay !== '');
}

/** The names of VPCs that a switch has to know: attached ones, those around its connections, and those that they reach. */
function reachedVpcs(
  connections: readonly Tree[],
  attachments: readonly Tree[],
  externals: ReadonlySet<string>,
  cluster: Cluster,
): ReadonlySet<string> {
  const around = connections.map((one) => textAt(specOf(one), 'staticExternal', 'withinVPC'));
  const attached = [...attachments.map((one) => attachedTo(one).vpc), ...around];
  const own = new Set([...attached, ...attached.flatMap((name) => relaysOf(name, cluster))]);
  const peered = cluster.list('VPCPeering').map(peersOf);
  const outside = cluster
    .list('ExternalPeering')
    .map((one) => treeAt(specOf(one), 'permit'))
    .filter((permit) => externals.has(textAt(permit, 'external', 'name')))
    .map((permit) => textAt(permit, 'vpc', 'name'));
  return new Set([...own, ...peered.filter((peers) => peers.some((name) => own.has(name))).flat(), ...outside]);
}

/** The specification of a switch's Agent. The secrets in it are not real; the names of their fields are. */
function agentSpec(device: Tree, cluster: Cluster): Tree {
  const connections = connectionsOf(device, cluster);
  const names = new Set(connections.map(nameOf));
  const isHere = (one: Tree): boolean => names.has(textAt(specOf(one), 'connection'));
  const attachments = cluster.list('VPCAttachment').filter(isHere);
  const externalAttachments = cluster.list('ExternalAttachment').filter(isHere);
  const externals = new Set(externalAttachments.map((one) => textAt(specOf(one), 'external')));
  const vpcs = reachedVpcs(connections, attachments, externals, cluster);
  return {
    role: textAt(specOf(device), 'role'),
    description: textAt(specOf(device), 'description'),
    switch: specOf(device),
    connections: named(connections),
    vpcs: named(cluster.list('VPC').filter((one) => vpcs.has(nameOf(one)))),
    vpcAttachments: named(attachments),
    externals: named(cluster.list('External').filter((one) => externals.has(nameOf(one)))),
    externalAttachments: named(externalAttachments),
    version: { default: VERSION, username: 'registry', password: 'sandbox-registry-password' },
    users: [{ name: 'admin', role: 'admin', password: '$5$sandbox$not-a-real-hash' }],
  };
}

/** The condition of an agent. Like the real one, it names the generation in its message alone, and keeps its time. */
function condition(agent: Tree | undefined, isApplied: boolean, generation: number, time: string): Tree {
  const status = isApplied ? 'True' : 'False';
  const before = treeAt(listAt(agent, 'status', 'conditions')[0]);
  return {
    type: 'Applied',
    status,
    reason: isApplied ? 'ApplySucceeded' : 'ApplyPending',
    message: isApplied ? `Config applied, gen=${generation}` : `Config will be applied, gen=${generation}`,
    lastTransitionTime: before['status'] === status ? textAt(before, 'lastTransitionTime') : time,
  };
}

const generationOf = (agent: Tree): number => numberAt(agent, 'metadata', 'generation');

/** The controller: creates and changes the Agents of all switches. */
async function reconcile(cluster: Cluster, controller: Controller): Promise<void> {
  for (const device of cluster.list('Switch')) {
    const name = nameOf(device);
    const spec = agentSpec(device, cluster);
    const agent = cluster.get('Agent', name);
    const labels = treeAt(device, 'metadata', 'labels');
    if (agent === undefined)
      await controller.create({
        apiVersion: AGENT_API,
        kind: 'Agent',
        metadata: { name, namespace: 'default', labels },
        spec,
      });
    else if (!sameValue(specOf(agent), spec))
      await controller.patch({ kind: 'Agent', name }, [
        { op: 'replace', path: '/spec', value: spec },
        { op: 'add', path: '/metadata/labels', value: labels },
      ]);
  }
}

/** Plays the controller and the agents of all switches until `stop`. */
export function playAgents({ cluster, store, controller }: Emulator, timing: AgentTiming, now: () => number): Agents {
  const manager = controller('hh-manager');
  const agent = controller('agent');
  const failing = new Set<string>();
  const silent = new Set<string>();
  const timers = new Set<NodeJS.Timeout>();
  const applying = new Set<string>();
  let isStopped = false;
  let isDirty = false;

  const later = (ms: number, work: () => Promise<unknown>): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      // The emulator may be stopped meanwhile; another change starts the work again.
      if (!isStopped) work().catch(() => undefined);
    }, ms).unref();
    timers.add(timer);
  };
  const time = (): string => wholeSecond(now());
  const report = (name: string, status: Tree): Promise<Tree> =>
    agent.patch({ kind: 'Agent', name, subresource: 'status' }, { status });

  const start = async (name: string, generation: number): Promise<void> => {
    await report(name, {
      conditions: [],
      version: VERSION,
      installID: randomUUID(),
      runID: randomUUID(),
      bootID: randomUUID(),
      rebootRequired: false,
      lastHeartbeat: time(),
      lastAttemptTime: time(),
      lastAttemptGen: generation,
      lastAppliedTime: time(),
      lastAppliedGen: generation,
    });
  };

  const finish = async (name: string, generation: number): Promise<void> => {
    applying.delete(name);
    if (silent.has(name)) return;
    const one = cluster.get('Agent', name);
    if (failing.has(name)) {
      // The process ended. Its next run reports the generation of its file, which is the last one that it applied, and
      // tries again; the condition stays.
      const before = numberAt(one, 'status', 'lastAppliedGen');
      await report(name, {
        runID: randomUUID(),
        lastHeartbeat: time(),
        lastAttemptTime: time(),
        lastAttemptGen: before,
        lastAppliedTime: time(),
        lastAppliedGen: before,
      });
      return look(name);
    }
    await report(name, {
      lastHeartbeat: time(),
      lastAppliedTime: time(),
      lastAppliedGen: generation,
      conditions: [condition(one, true, generation, time())],
    });
    await look(name);
  };

  /** Starts an apply where an agent sees a new generation. */
  const look = async (name: string): Promise<void> => {
    const one = cluster.get('Agent', name);
    if (one === undefined || silent.has(name) || applying.has(name)) return;
    const generation = generationOf(one);
    if (valueAt(one, 'status') === undefined) return start(name, generation);
    if (numberAt(one, 'status', 'lastAppliedGen') === generation) return;
    applying.add(name);
    await report(name, {
      lastHeartbeat: time(),
      lastAttemptTime: time(),
      lastAttemptGen: generation,
      conditions: [condition(one, false, generation, time())],
    });
    later(timing.apply, () => finish(name, generation));
  };

  const round = async (): Promise<void> => {
    isDirty = false;
    await reconcile(cluster, manager);
    for (const one of cluster.list('Agent')) await look(nameOf(one));
  };
  const beat = async (): Promise<void> => {
    later(timing.heartbeat, beat);
    // During an apply, no heartbeat comes.
    for (const one of cluster.list('Agent'))
      if (!silent.has(nameOf(one)) && !applying.has(nameOf(one)) && valueAt(one, 'status') !== undefined)
        await report(nameOf(one), { lastHeartbeat: time() });
  };
  const touch = (): void => {
    if (isDirty) return;
    isDirty = true;
    later(timing.notice, round);
  };
  const unwatch = store.watch(({ storage }) => {
    if (!storage.startsWith('agents.')) touch();
  });
  touch();
  later(timing.heartbeat, beat);
  return {
    fail: (name) => void failing.add(name),
    silence: (name) => void silent.add(name),
    heal: (name) => {
      failing.delete(name);
      silent.delete(name);
      touch();
    },
    stop: () => {
      isStopped = true;
      unwatch();
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
