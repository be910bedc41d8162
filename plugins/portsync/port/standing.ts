/** The states of a port, and the findings that follow from its facts. Pure. */

import {
  compareText,
  durationMs,
  type Finding,
  type Instant,
  instantOf,
  instantText,
  type KnownResource,
  type Memory,
  type Note,
  observedOf,
  type Sighting,
  type Standing,
} from '#plugin';
import type { PortFacts, PortResource, PortSignals } from '../facts.ts';
import type { FindingCode, PortMemory } from '../generated.ts';
import { combinationMistake } from '../model/combination.ts';
import { effective, keptFields } from './differences.ts';
import type { Row } from '../model/fields.ts';
import type { PortPolicy } from './policy.ts';

/** True if the project declared a field that the switch has not taken up. */
function isBehind({ behind = {} }: PortFacts, memory: Memory<PortMemory> | undefined): boolean {
  const applied = (memory?.applied?.spec ?? {}) as Readonly<Record<string, unknown>>;
  return Object.keys(behind).some((field) => applied[field] !== undefined);
}

/** True if the port is up. The switch may have a port up whose row no longer says so. */
function isLineUp(row: Row, { oper_status: oper }: PortSignals = {}): boolean {
  return row['admin_status'] === undefined ? oper === 'up' : row['admin_status'] === 'up';
}

export function portStanding(
  policy: PortPolicy,
  seen: Sighting<PortFacts>,
  memory: Memory<PortMemory> | undefined,
  now: Instant,
): Standing<PortFacts> {
  const { facts } = seen;
  return {
    state: 'present',
    others: {
      line: isLineUp(facts.row, seen.signals) ? 'up' : 'down',
      uptake: isBehind(facts, memory) ? 'behind' : 'current',
    },
    findings: findingsOf(policy, seen, memory, now),
  };
}

type Made = readonly [FindingCode, Finding['severity'], string, Finding['facts']];

function findingsOf(
  policy: PortPolicy,
  seen: Sighting<PortFacts>,
  memory: Memory<PortMemory> | undefined,
  now: Instant,
): readonly Finding[] {
  const { ref, facts, signals = {} } = seen;
  const { row, lists = [], behind = {}, lag, routed_by: routed = [] } = facts;
  const combination = combinationMistake(row);
  const { oper_status: oper } = signals as PortSignals;
  const flapping = flappingSince(policy, seen, memory, now);
  const late = Object.entries(behind).sort(([a], [b]) => compareText(a, b));
  const made: readonly (Made | undefined)[] = [
    isBehind(facts, memory)
      ? [
          'not-taken-up',
          'error',
          `The switch has not taken up ${late.map(([field, stage]) => `${field} (${stage} does not show it)`).join(', ')}. Look into the log of the daemon that writes there`,
          { behind },
        ]
      : undefined,
    lists.length > 0
      ? [
          'list-in-config-db',
          'warning',
          `CONFIG_DB has ${lists.join(', ')} as a list, which the switch does not read. Declare the field, so that fettle writes its text`,
          { fields: lists },
        ]
      : undefined,
    combination === undefined ? undefined : ['bad-combination', 'warning', combination.message, combination.facts],
    routed.length > 0 && lag !== undefined
      ? [
          'routed-member',
          'warning',
          `The port is a member of ${lag.name}, and ${routed.join(', ')} also routes over it. Remove one of the two`,
          { lag: lag.name, rows: routed },
        ]
      : undefined,
    oper === 'down' && effective(row, 'admin_status') === 'up'
      ? ['no-link', 'info', 'The port is up and has no link. Check the cable, the module and the other end', {}]
      : undefined,
    flapping === undefined
      ? undefined
      : [
          'flapping',
          'warning',
          `The link changes more often than flaps.max (${policy.flaps.max} in ${policy.flaps.per}), since ${instantText(flapping)}`,
          { since: instantText(flapping), max: policy.flaps.max },
        ],
  ];
  return made.flatMap((each): readonly Finding[] => {
    if (each === undefined) return [];
    const [code, severity, message, found] = each;
    return [{ ref, code, severity, message, facts: found }];
  });
}

/**
 * Since when the link of a port changes more often than `flaps.max` within `flaps.per`; undefined if it does not. The
 * changes are those since the last recorded refresh; a counter that went back starts anew.
 */
export function flappingSince(
  { flaps: { max, per } }: PortPolicy,
  { signals = {}, at }: Pick<Sighting<PortFacts>, 'signals' | 'at'>,
  memory: Memory<PortMemory> | undefined,
  now: Instant,
): Instant | undefined {
  const { flap_count: before, flap_at: beforeAt = '', flapping_since: since = '' } = memory?.kept ?? {};
  const { flap_count: count } = signals as PortSignals;
  const ms = durationMs(per);
  const known = instantOf(since);
  const changes = before === undefined || count === undefined ? 0 : Math.max(0, count - before);
  const period = Math.max(ms, at - instantOf(beforeAt));
  if (Number.isFinite(period) && changes > (max * period) / ms) return Number.isFinite(known) ? known : at;
  return Number.isFinite(known) && now - instantOf(beforeAt) < ms ? known : undefined;
}

/** Records the counter of the link, and since when the switch has been behind. */
export function notePort(resource: KnownResource<PortResource>, now: Instant): Note<PortMemory> {
  const observed = observedOf(resource);
  if (observed === undefined) return {};
  const { kept = {} } = resource.memory ?? {};
  const left = keptFields(
    resource.desired?.spec ?? {},
    resource.memory?.applied?.spec,
    observed.facts.row,
    kept.kept_fields,
  );
  const { flap_count: count } = (observed.signals ?? {}) as PortSignals;
  const policy = resource.policy as PortPolicy;
  const flapping = flappingSince(policy, observed, resource.memory, now);
  const behind = isBehind(observed.facts, resource.memory);
  const { flap_at: flapAt = '', behind_since: behindSince = '' } = kept;
  const isDue =
    count !== kept.flap_count &&
    (kept.flap_count === undefined || !(now - instantOf(flapAt) < durationMs(policy.flaps.per)));
  return {
    ...(count !== undefined && (isDue || flapping !== undefined)
      ? { flap_count: count, flap_at: instantText(observed.at) }
      : {}),
    ...(flapping === undefined
      ? kept.flapping_since === undefined || kept.flapping_since === ''
        ? {}
        : { flapping_since: '' }
      : { flapping_since: instantText(flapping) }),
    ...(left.length > 0 ? { kept_fields: left } : kept.kept_fields === undefined ? {} : { kept_fields: null }),
    ...(behind
      ? { behind_since: behindSince === '' ? instantText(observed.at) : behindSince }
      : behindSince === ''
        ? {}
        : { behind_since: '' }),
  };
}
