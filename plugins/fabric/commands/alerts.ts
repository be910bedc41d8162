/** `fettle fabric alerts …`: lists the recorded alerts, and records decisions about them. */

import {
  type CommandInput,
  defineCommand,
  durationMs,
  type Facts,
  formatRef,
  InputError,
  type Instant,
  instantOf,
  instantText,
  type Memory,
  type NoteDecision,
  spanText,
} from '#plugin';
import {
  type AlertAction,
  type AlertType,
  ESCALATES_AFTER,
  NEXT,
  priority,
  resolvable,
  SUGGESTED,
  TARGET_MS,
} from '../alerts/alert.ts';
import { type Alert, decided, entriesOf } from '../alerts/record.ts';
import type { FabricMemory, FabricSpec, ObjectMemory } from '../generated.ts';
import { addressParts } from '../kinds.ts';
import { driftSeverity } from '../states/drift-score.ts';
import { syncWait } from '../states/retries.ts';

type Known = Memory<ObjectMemory | FabricMemory>;

interface Recorded {
  readonly address: string;
  readonly fabric: string;
  readonly memory: Known;
  readonly type: AlertType;
  readonly alert: Alert;
}

function fabricOf({ ref }: Pick<Memory, 'ref'>): string {
  return ref.kind === 'Fabric' ? ref.name : addressParts(ref).fabric;
}

function recordedIn({ memory }: Pick<CommandInput, 'memory'>): readonly Recorded[] {
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

/** The settings of the alerts of a Fabric; the defaults for one that is not declared. */
function settingsOf(
  fabric: string,
  { desired }: Pick<CommandInput, 'desired'>,
): Pick<FabricSpec, 'alerts' | 'reconcile'> {
  const found = desired.find(({ ref }) => ref.kind === 'Fabric' && ref.name === fabric)?.spec as FabricSpec | undefined;
  return found ?? { alerts: { enabled: true, expireAfter: '30d', consolidateWithin: '1h' }, reconcile: 'plan' };
}

/** Alerts of one type of one Fabric that began close together, the oldest first. */
function consolidated(
  all: readonly Recorded[],
  withinOf: (fabric: string) => number,
): readonly (readonly Recorded[])[] {
  const groups: Recorded[][] = [];
  const last = new Map<string, Recorded[]>();
  for (const each of all.toSorted((a, b) => instantOf(a.alert.since) - instantOf(b.alert.since))) {
    const key = `${each.fabric} ${each.type} ${each.alert.status}`;
    const group = last.get(key);
    const first = group?.[0];
    const isClose =
      first !== undefined && instantOf(each.alert.since) - instantOf(first.alert.since) < withinOf(each.fabric);
    if (isClose) group?.push(each);
    else {
      const made = [each];
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

function factsOf(group: readonly Recorded[], now: Instant, input: Pick<CommandInput, 'desired'>): Facts {
  const [first] = group as readonly [Recorded, ...Recorded[]];
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
    automatic: type === 'drift_detected' && alert.severity === 'low' && settingsOf(fabric, input).reconcile === 'auto',
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

function lineOf(group: readonly Recorded[], now: Instant): string {
  const [first] = group as readonly [Recorded, ...Recorded[]];
  const { alert, type, address } = first;
  const age = spanText(now - instantOf(alert.since));
  const more = group.length === 1 ? '' : ` (and ${group.length - 1} more)`;
  const by = alert.by === undefined ? '' : `, ${alert.status} by ${alert.by}`;
  return `${alert.id}  ${alert.severity.padEnd(8)}  ${type}  ${address}${more}: ${alert.message}, for ${age}${by}`;
}

export const alertsList = defineCommand({
  name: 'alerts list',
  summary: 'List the alerts about Fabrics and their objects, the most urgent first.',
  words: { fabric: { summary: 'Name of a Fabric; by default, all.', as: 'optional' } },
  options: { all: { summary: 'List closed alerts too, which last as long as their condition.', kind: 'switch' } },
  does: 'show',
  show: (input) => {
    const { words, flags, now } = input;
    const shown = recordedIn(input)
      .filter(({ fabric }) => words.fabric === undefined || fabric === words.fabric)
      .filter((each) => flags.all === true || isOpen(each));
    const groups = consolidated(shown, (fabric) =>
      durationMs(settingsOf(fabric, input).alerts.consolidateWithin),
    ).toSorted(
      (a, b) =>
        Number(!isOpen(a[0] as Recorded)) - Number(!isOpen(b[0] as Recorded)) ||
        placeOf(a[0] as Recorded, now) - placeOf(b[0] as Recorded, now),
    );
    return {
      lines: groups.length === 0 ? ['No alert is open.'] : groups.map((group) => lineOf(group, now)),
      facts: { alerts: groups.map((group) => factsOf(group, now, input)) },
    };
  },
});

/** The alerts with these ids. */
function named(ids: readonly string[], input: CommandInput): readonly Recorded[] {
  const all = recordedIn(input);
  return ids.map((id) => {
    const [found, ...more] = all.filter(({ alert }) => alert.id === id);
    if (more.length > 0) throw new InputError(`${more.length + 1} alerts have the id ${id}`);
    if (found === undefined)
      throw new InputError(`no alert has the id ${id}. List the ids: fettle fabric alerts list --all`);
    return found;
  });
}

/** Fields that a Fabric starts anew with: the next schedule tests and syncs it at once. */
const ANEW = { connection_failures: null, next_test: null, sync_failures: null } as const;

interface Move {
  readonly to: 'acknowledged' | 'resolved' | 'suppressed';
  readonly action?: AlertAction;
  /** Words for each alert. */
  readonly said: (recorded: Recorded) => string;
}

/** Moves alerts along their lifecycle. One resource may have several of them. */
function moved(found: readonly Recorded[], { to, action, said }: Move, input: CommandInput): NoteDecision {
  for (const { alert } of found)
    if (!NEXT[alert.status].includes(to))
      throw new InputError(`the alert ${alert.id} is ${alert.status}, and cannot become ${to}`);
  const by = { status: to, by: input.actor, now: input.now, ...(action === undefined ? {} : { action }) };
  const byResource = Map.groupBy(found, ({ address }) => address);
  const notes = [...byResource.values()].map((group) => {
    const [{ memory }] = group as unknown as readonly [Recorded, ...Recorded[]];
    const known = memory.kept.alerts ?? {};
    const changed = Object.fromEntries(group.map(({ type, alert }) => [type, decided(alert, by)]));
    const isRetry = to === 'resolved' && memory.ref.kind === 'Fabric';
    return {
      ref: memory.ref,
      kept: { alerts: { ...known, ...changed }, ...(isRetry ? ANEW : {}) },
    };
  });
  return { notes, lines: found.map(said), facts: { ids: found.map(({ alert }) => alert.id), status: to } };
}

const IDS = { ids: { summary: 'Ids of alerts, as `alerts list` shows them.', as: 'some' } } as const;

export const alertsAcknowledge = defineCommand({
  name: 'alerts acknowledge',
  summary: 'Record that somebody works on alerts.',
  words: IDS,
  does: 'note',
  decide: (input) =>
    moved(
      named(input.words.ids, input),
      { to: 'acknowledged', said: ({ alert, address }) => `${alert.id} (${address}) is acknowledged.` },
      input,
    ),
});

export const alertsSuppress = defineCommand({
  name: 'alerts suppress',
  summary: 'Suppress alerts for as long as their condition stays the same.',
  words: IDS,
  does: 'note',
  needsReason: true,
  decide: (input) =>
    moved(
      named(input.words.ids, input),
      { to: 'suppressed', said: ({ alert, address }) => `${alert.id} (${address}) is suppressed.` },
      input,
    ),
});

/** Instructions that follow from a resolution. fettle writes nothing to Git, and a removal is a row of a plan. */
const FOLLOWS: Readonly<Record<AlertAction, (address: string) => string>> = {
  update_git: (address) => `Edit the manifest as the cluster has it: fettle fabric manifest ${address}`,
  import_to_git: (address) => `Add the manifest to the repository: fettle fabric manifest ${address}`,
  delete_from_cluster: (address) => `Plan and apply the removal: fettle apply --target ${address}`,
  manual_review: () => 'The next refresh shows if the condition has ended.',
  ignore: () => 'The alert stays closed as long as its condition stays the same.',
};

const ACTIONS = Object.keys(FOLLOWS) as readonly AlertAction[];

export const alertsResolve = defineCommand({
  name: 'alerts resolve',
  summary: 'Resolve alerts by one of the actions that they suggest.',
  words: IDS,
  options: {
    action: { summary: 'Action of the resolution.', value: '<action>', choices: ACTIONS, required: true },
    dryRun: { summary: 'Check the action, and resolve nothing.', kind: 'switch' },
  },
  does: 'note',
  decide: (input) => {
    const found = named(input.words.ids, input);
    const action = ACTIONS.find((each) => each === input.flags.action);
    if (action === undefined) throw new InputError(`the action ${input.flags.action} is not known`);
    for (const { alert, type } of found)
      if (!resolvable(type, alert.status, action))
        throw new InputError(
          SUGGESTED[type].some((each) => each === action)
            ? `the alert ${alert.id} is ${alert.status}: a closed alert is not resolved again`
            : `${action} does not resolve ${type} (${alert.id}). Use ${SUGGESTED[type].join(', ')}`,
        );
    const said = ({ alert, address }: Recorded): string =>
      `${alert.id} is resolved (${action}). ${FOLLOWS[action](address)}`;
    if (input.flags.dryRun === true)
      return {
        notes: [],
        lines: found.map(({ alert }) => `${alert.id} would be resolved (${action}).`),
        facts: { dry_run: true },
      };
    return moved(found, { to: 'resolved', action, said }, input);
  },
});
