/** State, health, power and findings of a node at a time, from a sighting. Pure. */

import { type Facts, type Finding, instantText, type Memory, type Sighting, type Standing, instantOf } from '#plugin';
import type { NodeFacts, NodeLife, NodeSignals } from './facts.ts';
import type { FindingCode, NodeMemory } from './generated.ts';
import { memoryOfServer } from './observe-node.ts';
import { ms, type Settings } from './settings.ts';
import { beforeOf, type Health, healthOf, powerOf, SERVED, type Seen, stateOf, via } from './state.ts';
import { workloadName } from './workload-names.ts';

/** The standing of a server that is neither declared nor in the state: it has no findings. */
export const OTHER_PROJECT = 'other-project';

/** Time at which a node becomes ready by its age, if all of its readiness probes are ages: epoch ms. */
function readyByAge({ provider, ways }: Settings, { status, life }: NodeSignals): number | undefined {
  const { provisioned_at: provisionedAt } = life;
  if (provider === 'static' || status !== 'running' || provisionedAt === undefined) return undefined;
  const times = ways.map(({ after }) => (after === undefined ? Number.NaN : instantOf(provisionedAt) + ms(after)));
  const last = Math.max(...times);
  return Number.isNaN(last) ? undefined : last;
}

function findingsOf(
  { ref, facts }: Sighting<NodeFacts>,
  { status, probe, probe_message: probeMessage, workloads, life }: NodeSignals,
  settings: Settings,
  { state, health }: { readonly state: Seen; readonly health: Health },
): readonly Finding[] {
  const finding = (code: FindingCode, severity: Finding['severity'], message: string, more: Facts): Finding => ({
    ref,
    code,
    severity,
    message,
    facts: more,
  });
  const isUp = status === undefined || powerOf(status) === 'on';
  const why = !isUp
    ? `The server is ${status}, but should be running`
    : probe === 'failed'
      ? `The node does not answer: ${probeMessage ?? ''}`
      : 'The node does not answer';
  const name = workloadName(ref.name, settings);
  return [
    ...(state === 'unhealthy' || health === 'unhealthy'
      ? [
          finding(
            'unhealthy',
            'error',
            health === 'unhealthy' || life.draining_at === undefined
              ? why
              : `The node was drained at ${life.draining_at} and does not return to service`,
            { status: facts.server_id === undefined ? null : (status ?? null), health },
          ),
        ]
      : []),
    ...(workloads === 'unlisted' && SERVED.has(state)
      ? [finding('not-listed', 'warning', `The workload source does not list ${name}`, { name })]
      : []),
  ];
}

/** The states of a node. The refresh has counted failures; deadlines are compared with `now`. */
export function nodeStanding(
  settings: Settings,
  seen: Sighting<NodeFacts>,
  remembered: Memory<NodeMemory> | undefined,
  now: number,
): Standing<NodeFacts> {
  const signals = seen.signals as unknown as NodeSignals;
  const { life, status = 'running' } = signals;
  const memory = memoryOfServer(remembered, seen.facts.server_id);
  const before = beforeOf(memory);
  const healthBefore = memory?.others?.['health'] as Health | undefined;
  const wasReady =
    memory?.kept.initialized_at !== undefined || life.recovered_at !== undefined || SERVED.has(before ?? '');
  const ready = readyByAge(settings, signals);
  const isReadyByAge = signals.probe === 'failed' && ready !== undefined && now >= ready;
  const probe = isReadyByAge ? 'answered' : signals.probe;
  const startedAt = instantOf(life.provisioned_at) ?? memory?.since;
  const standing = {
    status,
    ...(before === undefined ? {} : { before }),
    ...(healthBefore === undefined ? {} : { healthBefore }),
    wanted: settings.power,
    initialized: wasReady,
    // A node that became unhealthy before its first readiness stays late: its state began at the deadline.
    late:
      !wasReady &&
      (before === 'unhealthy' || (startedAt !== undefined && now - startedAt > ms(settings.startDeadline))),
    drained: life.draining_at !== undefined,
    system: settings.role === 'system',
    probe,
    failures: life.probe_failures ?? 0,
    containers: life.containers ?? 0,
    containersEver: life.containers_ever ?? 0,
  };
  const aged: NodeLife | undefined =
    isReadyByAge && life.initialized_at === undefined && !wasReady
      ? { ...life, initialized_at: instantText(ready) }
      : undefined;
  const state = stateOf(standing);
  const becameReady = !wasReady && status === 'running' && probe === 'answered';
  const health = healthOf({ ...standing, initialized: wasReady || becameReady });
  const way = [
    ...(memory?.state === 'decommissioned' && state !== 'decommissioned' ? ['absent'] : []),
    ...via(before, state),
  ];
  return {
    state,
    ...(way.length === 0 ? {} : { via: way }),
    others: { health, power: powerOf(status) },
    ...(aged === undefined ? {} : { signals: { life: { ...aged } } }),
    findings: seen.raw === OTHER_PROJECT ? [] : findingsOf(seen, { ...signals, probe }, settings, { state, health }),
  };
}
