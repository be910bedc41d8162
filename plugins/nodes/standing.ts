/** What follows from a sighting of a node at a time: its state, its health, its power, and what is wrong with it. Pure. */

import { type Facts, type Finding, instantText, type Memory, type Sighting, type Standing } from '#plugin';
import { type NodeFacts, type NodeSignals } from './facts.ts';
import type { FindingCode, NodeMemory } from './generated.ts';
import { memoryOfServer } from './observe-node.ts';
import { ms, type Settings } from './settings.ts';
import { beforeOf, type Health, healthOf, powerOf, SERVED, type Seen, stateOf, via } from './state.ts';
import { workloadName } from './workload-names.ts';

/** What a look says of a server that is neither declared nor in state: nobody finds anything wrong with it. */
export const SOMEBODY_ELSES = 'somebody-elses';

/** When its age alone makes a node ready, as all of its ways to readiness are an age: epoch ms. */
function readyByAge({ provider, ways }: Settings, { status, life }: NodeSignals): number | undefined {
  const { provisionedAt } = life;
  if (provider === 'static' || status !== 'running' || provisionedAt === undefined) return undefined;
  const times = ways.map(({ after }) => (after === undefined ? Number.NaN : Date.parse(provisionedAt) + ms(after)));
  const last = Math.max(...times);
  return Number.isNaN(last) ? undefined : last;
}

function findingsOf(
  { ref, facts }: Sighting<NodeFacts>,
  { status, probe, probeMessage, workloads }: NodeSignals,
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
            health === 'unhealthy' ? why : 'The node was drained and does not return to service',
            { status: facts.serverId === undefined ? null : (status ?? null), health },
          ),
        ]
      : []),
    ...(workloads === 'unlisted' && SERVED.has(state)
      ? [finding('not-listed', 'warning', `The workload source does not list ${name}`, { name })]
      : []),
  ];
}

/** The states of a node. What was counted was counted by the look; deadlines are held against `now`. */
export function nodeStanding(
  settings: Settings,
  seen: Sighting<NodeFacts>,
  remembered: Memory<NodeMemory> | undefined,
  now: number,
): Standing<NodeFacts> {
  const signals = seen.signals as unknown as NodeSignals;
  const { life, status = 'running' } = signals;
  const memory = memoryOfServer(remembered, seen.facts.serverId);
  const before = beforeOf(memory);
  const healthBefore = memory?.others?.['health'] as Health | undefined;
  const wasReady =
    memory?.kept.initializedAt !== undefined || life.recoveredAt !== undefined || SERVED.has(before ?? '');
  const ready = readyByAge(settings, signals);
  const isReadyByAge = signals.probe === 'failed' && ready !== undefined && now >= ready;
  const probe = isReadyByAge ? 'answered' : signals.probe;
  const startedAt = life.provisionedAt ?? memory?.since;
  const standing = {
    status,
    ...(before === undefined ? {} : { before }),
    ...(healthBefore === undefined ? {} : { healthBefore }),
    wanted: settings.power,
    initialized: wasReady,
    late: !wasReady && startedAt !== undefined && now - Date.parse(startedAt) > ms(settings.startDeadline),
    drained: life.drainingAt !== undefined,
    system: settings.role === 'system',
    probe,
    failures: life.probeFailures ?? 0,
    containers: life.containers ?? 0,
    containersEver: life.containersEver ?? 0,
  };
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
    ...(isReadyByAge && life.initializedAt === undefined && !wasReady
      ? { signals: { life: { ...life, initializedAt: instantText(ready) } } }
      : {}),
    findings: seen.raw === SOMEBODY_ELSES ? [] : findingsOf(seen, { ...signals, probe }, settings, { state, health }),
  };
}
