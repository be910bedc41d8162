/** `fettle fabric alerts …`: lists the recorded alerts, and records decisions about them. */

import {
  type CommandInput,
  defineCommand,
  InputError,
  type Instant,
  instantOf,
  type NoteDecision,
  spanText,
} from '#plugin';
import { type AlertAction, NEXT, resolvable, SUGGESTED } from '../alerts/alert.ts';
import { type Group, listed, type Recorded, recordedIn } from '../alerts/list.ts';
import { decided } from '../alerts/record.ts';

function lineOf(group: Group, now: Instant): string {
  const [first] = group;
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
    const entries = listed(input, { fabric: words.fabric, all: flags.all === true }, now);
    return {
      lines: entries.length === 0 ? ['No alert is open.'] : entries.map(({ group }) => lineOf(group, now)),
      facts: { alerts: entries.map(({ facts }) => facts) },
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
