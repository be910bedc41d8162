/** The list of recorded alerts: which are shown, which of them are one entry, and in which order. Pure. */

import {
  type Desired,
  durationMs,
  type Facts,
  formatRef,
  type Instant,
  instantOf,
  instantText,
  type Memory,
} from '#plugin';
import type { FabricMemory, FabricSpec, ObjectMemory } from '../generated.ts';
import { addressParts } from '../kinds.ts';
import { driftSeverity } from '../states/drift-score.ts';
import { syncWait } from '../states/retries.ts';
import { type AlertType, ESCALATES_AFTER, NEXT, priority, SUGGESTED, TARGET_MS } from './alert.ts';
import { type Alert, entriesOf } from './record.ts';

type Known = Memory<ObjectMemory | FabricMemory>;

/** A recorded alert with its resource. */
export interface Recorded {
  readonly address: string;
  readonly fabric: string;
  readonly memory: Known;
  readonly type: AlertType;
  readonly alert: Alert;
}

/** The last valid documents and the state of the plugin. */
interface View {
  readonly desired: readonly Desired[];
  readonly memory: readonly Memory[];
}

/** Alerts that are listed as one: of one type and one Fabric, the oldest first. */
export type Group = readonly [Recorded, ...Recorded[]];

function fabricOf({ ref }: Pick<Memory, 'ref'>): string {
  return ref.kind === 'Fabric' ? ref.name : addressParts(ref).fabric;
}

export function recordedIn({ memory }: Pick<View, 'memory'>): readonly Recorded[] {
  return (memory as readonly Known[]).flatMap((each) =>
    entriesOf(each.kept.alerts).map(([type, alert]) => ({
      address: formatRef(each.ref),
      fabric: fabricOf(each),
      memory: each,
      type,
      alert,
    })),
  );
}

function isOpen({ alert }: Recorded): boolean {
  return NEXT[alert.status].length > 0;
}

function placeOf({ alert }: Recorded, now: Instant): number {
  return priority(alert.severity, now - instantOf(alert.since));
}

type Settings = Pick<FabricSpec, 'alerts' | 'reconcile'>;

const USUAL: Settings = {
  alerts: { enabled: true, expireAfter: '30d', consolidateWithin: '1h' },
  reconcile: 'plan',
};

/** The settings of a Fabric by its name; the defaults for one that is not declared. */
function settingsIn({ desired }: Pick<View, 'desired'>): (fabric: string) => Settings {
  const specs = new Map(
    desired.flatMap(({ ref, spec }) => (ref.kind === 'Fabric' ? [[ref.name, spec as FabricSpec] as const] : [])),
  );
  return (fabric) => specs.get(fabric) ?? USUAL;
}

/** Alerts of one type of one Fabric that began close together, the oldest first. */
function consolidated(all: readonly Recorded[], withinOf: (fabric: string) => number): readonly Group[] {
  const groups: [Recorded, ...Recorded[]][] = [];
  const last = new Map<string, [Recorded, ...Recorded[]]>();
  for (const each of all.toSorted((a, b) => instantOf(a.alert.since) - instantOf(b.alert.since))) {
    const key = `${each.fabric} ${each.type} ${each.alert.status}`;
    const group = last.get(key);
    const isClose =
      group !== undefined && instantOf(each.alert.since) - instantOf(group[0].alert.since) < withinOf(each.fabric);
    if (isClose) group.push(each);
    else {
      const made: [Recorded, ...Recorded[]] = [each];
      groups.push(made);
      last.set(key, made);
    }
  }
  return groups;
}

/** The next try of a failed step, and if a person has to look instead. */
function triesOf({ memory }: Recorded): Facts {
  const { failures, lastError } = memory;
  if (failures === undefined || lastError === undefined) return {};
  return failures >= ESCALATES_AFTER
    ? { failures, escalated: true }
    : { failures, next_try: instantText(lastError.at + syncWait(failures)) };
}

/** One entry of the list, for programs. */
function factsOf(group: Group, now: Instant, { reconcile }: Settings): Facts {
  const [first] = group;
  const { alert, type, fabric, address } = first;
  const due = instantOf(alert.since) + TARGET_MS[alert.severity];
  const { score } = alert;
  return {
    id: alert.id,
    fabric,
    address,
    type,
    status: alert.status,
    severity: alert.severity,
    message: alert.message,
    since: alert.since,
    priority: Math.round(placeOf(first, now)),
    due: instantText(due),
    overdue: isOpen(first) && now > due,
    automatic: type === 'drift_detected' && alert.severity === 'low' && reconcile === 'auto',
    actions: [...SUGGESTED[type]],
    ...(score === undefined ? {} : { score, drift: driftSeverity(score) }),
    ...triesOf(first),
    ...(alert.by === undefined ? {} : { by: alert.by, at: alert.at ?? '' }),
    ...(alert.action === undefined ? {} : { action: alert.action }),
    ...(group.length === 1
      ? {}
      : { consolidated: group.slice(1).map((each) => ({ id: each.alert.id, address: each.address })) }),
  };
}

/** One entry of the list: its alerts, and its facts for programs. */
export interface Listed {
  readonly group: Group;
  readonly facts: Facts;
}

/** The open alerts, or all, the most urgent first. */
export function listed(
  view: View,
  { fabric, all }: { readonly fabric?: string | undefined; readonly all: boolean },
  now: Instant,
): readonly Listed[] {
  const settingsOf = settingsIn(view);
  const shown = recordedIn(view)
    .filter((each) => fabric === undefined || each.fabric === fabric)
    .filter((each) => all || isOpen(each));
  return consolidated(shown, (name) => durationMs(settingsOf(name).alerts.consolidateWithin))
    .toSorted(([a], [b]) => Number(!isOpen(a)) - Number(!isOpen(b)) || placeOf(a, now) - placeOf(b, now))
    .map((group) => ({ group, facts: factsOf(group, now, settingsOf(group[0].fabric)) }));
}
