/** The rules that hold for every kind, so that no plugin repeats them. Each is a pure function of a change and its scene. */

import { isCounted, standingOf } from './budget.ts';
import { unappliedEdits } from './causes.ts';
import { isAllMissing, isCollapsed } from './collapse.ts';
import {
  ABSENT,
  type Change,
  counted,
  defer,
  durationText,
  errorText,
  firstMachine,
  formatRef,
  type Goal,
  isMemoryOnly,
  type Facts,
  instantText,
  type Json,
  type KindTables,
  limited,
  type Resource,
  pass,
  redactPatterns,
  reject,
  type Scene,
  settlesIn,
  stepTransition,
  type Verdict,
  warn,
  isKnown,
  isAbsent,
  isGiven,
  claimedBy,
  protectedBy,
  gapOver,
  isSeen,
  seenState,
} from '#plugin';
import type { EngineRuleId } from './generated.ts';
import { gapScope } from './gap.ts';
import { isUnsettled, stateFor } from './lifecycle.ts';
import { samePlace } from './places.ts';
import { holdOf, letsGo } from './safety-inputs.ts';
import { ignoredFields } from './ignored.ts';

/** What an engine rule gets beside what every rule gets. */
export interface Ground {
  /** Addresses of what needs this resource. */
  readonly neededBy: readonly string[];
  /** Why nobody can tell all that the step does. */
  readonly uncovered?: string | undefined;
}

export type EngineRule = (change: Change, resource: Resource, scene: Scene, ground: Ground) => Verdict;

function lifecycle(change: Change, resource: Resource): Verdict {
  if (isMemoryOnly(change)) return pass('changes memory alone', { step: change.step });
  const { from } = change;
  const state = isKnown(resource) ? stateFor(resource, change.step) : from;
  if (stepTransition(resource.tables, change.step) === undefined)
    return reject(`${change.step} is no step of ${change.ref.kind}`, { step: change.step, state });
  if (from !== state) return reject(`it is ${state}, not ${from}`, { step: change.step, state });
  return pass('a step of the lifecycle', { step: change.step, state });
}

function notOwned(change: Change, resource: Resource): Verdict {
  if (change.goal === 'adopt' || isAbsent(resource) || isGiven(resource) || resource.owned)
    return pass('ours, or nobody’s', { owned: resource.memory?.owned ?? null });
  const address = formatRef(change.ref);
  return reject(
    'neither created nor adopted by this project',
    { owned: null },
    {
      remedy: { outside: `write a document for ${address} and apply: it is adopted first` },
    },
  );
}

function samePlaceRule(change: Change, resource: Resource, scene: Scene): Verdict {
  try {
    return samePlace(change, resource, scene.shared, (address) => scene.get(address)?.desired !== undefined);
  } catch (error) {
    return reject(`the places that it describes cannot be told: ${redactPatterns(errorText(error))}`, {});
  }
}

function otherProject(change: Change, resource: Resource): Verdict {
  const by = claimedBy(resource);
  const facts = { claimed_by: by ?? null };
  if (by === undefined) return pass('no other project marks it as its own', facts);
  if (isMemoryOnly(change) && change.goal !== 'adopt') return pass('changes memory alone', facts);
  return reject(`The resource carries the mark of another project: ${by}`, facts, {
    remedy: {
      outside: `Delete the document. To take the resource over, release it in the project ${by} and remove the mark`,
    },
  });
}

/** What a protection guards against. */
const ENDINGS: Readonly<Partial<Record<Goal, string>>> = {
  remove: 'removed',
  replace: 'replaced',
  release: 'released',
};

function protectedRule(change: Change, resource: Resource): Verdict {
  const isProtected = resource.memory?.protect === true || resource.desired?.meta.lifecycle.protect === true;
  const facts = { protected: isProtected, goal: change.goal };
  const ending = ENDINGS[change.goal] ?? (letsGo(change, resource.tables) ? 'let go by its document' : undefined);
  if (ending === undefined) return pass('neither removed, replaced nor released', facts);
  if (!isProtected) return pass('not protected', facts);
  const remedy =
    resource.desired === undefined
      ? { outside: 'write its document again, with lifecycle.protect: false, and apply that first' }
      : { set: { path: '/lifecycle/protect', value: false } };
  return reject(`it is protected, and would be ${ending}`, facts, { remedy });
}

function providerProtected(change: Change, resource: Resource): Verdict {
  const by = protectedBy(resource);
  const facts = { protected_by: by ?? null, goal: change.goal };
  if (by === undefined) return pass('its provider does not protect it', facts);
  if (change.goal !== 'remove' && change.goal !== 'replace') return pass('neither removed nor replaced', facts);
  return reject(`its provider protects it: ${by}`, facts, {
    remedy: { outside: 'lift that protection first, in its document or at the provider' },
  });
}

function partialView(change: Change, resource: Resource): Verdict {
  if (!change.effect.destructive) return pass('takes nothing away', { destructive: false });
  const gap = gapOver(resource);
  if (gap === undefined) return pass('the view is complete', { destructive: true });
  const facts = { destructive: true, gap: gapScope(gap) };
  return reject(`it cannot be seen: ${gap.message}`, facts, {
    remedy: { outside: `make ${gap.endpoint ?? gapScope(gap)} readable again` },
  });
}

function staleView(change: Change, resource: Resource, scene: Scene): Verdict {
  if (!change.effect.destructive) return pass('takes nothing away', { destructive: false });
  const seenAt = isSeen(resource) ? resource.sight.observed.at : scene.viewedAt;
  const ageSeconds = Math.max(0, Math.round((scene.now - seenAt) / 1000));
  const maxSeconds = Math.round(scene.safety.maxAgeMs / 1000);
  const facts = { age_seconds: ageSeconds, max_seconds: maxSeconds };
  const { maxAgeMs } = scene.safety;
  const verdict =
    scene.now - seenAt <= maxAgeMs
      ? pass('the view is fresh', facts)
      : reject(`it was looked at ${ageSeconds} s ago, ${maxSeconds} s are allowed`, facts, {
          remedy: { outside: 'look again' },
        });
  return limited(verdict, { max_age_ms: maxAgeMs });
}

/** Why something that is needed will not be there; undefined when it is, or will be. */
function missingNeed(address: string, scene: Scene): string | undefined {
  const resource = scene.get(address);
  const action = scene.judged.get(address);
  const unloaded = scene.unloaded.get(address);
  if (unloaded !== undefined) return `${address} cannot be seen: ${unloaded.gap.message}`;
  if (resource === undefined) return `${address} is not known`;
  const { sight, tables } = resource;
  const settled = sight.is === 'seen' && !isUnsettled(tables, sight.observed.state);
  if (action === undefined) {
    if (settled) return undefined;
    const gap = gapOver(resource);
    if (gap !== undefined) return `${address} cannot be seen: ${gap.message}`;
    return `${address} is ${seenState(resource)}`;
  }
  if (action.verdict === 'accept') return undefined;
  if (settled && action.change.goal !== 'remove' && action.change.goal !== 'replace') return undefined;
  return `${address} is ${action.verdict === 'reject' ? 'rejected' : 'waiting'}`;
}

/** Whether a change lets its resource go: a removal that takes several steps does so only with the last. */
function isLast({ goal, step }: Change, tables: KindTables): boolean {
  if (goal === 'release') return true;
  const transition = stepTransition(tables, step);
  return goal === 'remove' && (transition === undefined || settlesIn(transition) === ABSENT);
}

/** Why something still needs what a change removes; undefined when nothing does. */
function standingNeed(address: string, scene: Scene): string | undefined {
  const resource = scene.get(address);
  const action = scene.judged.get(address);
  if (scene.unloaded.has(address)) return `${address} needs it`;
  if (resource === undefined || resource.sight.is === 'absent') return undefined;
  const leaves = action !== undefined && isLast(action.change, resource.tables);
  if (leaves && action?.verdict === 'accept') return undefined;
  return leaves ? `${address} needs it, and stays` : `${address} needs it`;
}

function dependency(change: Change, resource: Resource, scene: Scene, ground: Ground): Verdict {
  if (isMemoryOnly(change)) return pass('changes memory alone');
  if (change.goal === 'remove') {
    const still = ground.neededBy.map((address) => standingNeed(address, scene)).find((why) => why !== undefined);
    const facts = { needed_by: ground.neededBy };
    return still === undefined
      ? pass('nothing needs it', facts)
      : reject(still, facts, { remedy: { outside: 'remove what needs it first' } });
  }
  const needs = resource.desired?.needs.map(formatRef) ?? [];
  const why = needs.map((address) => missingNeed(address, scene)).find((each) => each !== undefined);
  return why === undefined
    ? pass('what it needs is there, or comes first', { needs })
    : defer(`it needs what is not there: ${why}`, { needs }, { remedy: { outside: 'settle what it needs first' } });
}

function ignored({ fields }: Change, { desired }: Resource): Verdict {
  const ignore = desired?.meta.lifecycle.ignore ?? [];
  const paths = ignoredFields(fields, ignore).map(({ path }) => path);
  if (paths.length === 0) return pass('changes nothing that the document ignores');
  return reject(
    `the step would change ${paths.map((path) => path.slice(1).replaceAll('/', '.')).join(', ')}, which lifecycle.ignore names`,
    { paths, ignore },
    { remedy: { outside: 'take the field out of lifecycle.ignore, or write it as it is' } },
  );
}

function unappliedEdit(change: Change, resource: Resource, scene: Scene): Verdict {
  const edited = unappliedEdits(change, resource, scene);
  if (edited.length === 0) return pass('carries no edit along that the run leaves out', { edited: [] });
  return reject(
    `The step would apply an edit that --cause leaves out: the document of ${edited.join(', ')} differs from what was last applied`,
    { edited },
    { remedy: { outside: 'Apply the edit, or revert the document' } },
  );
}

function uncoveredRule(_change: Change, _resource: Resource, _scene: Scene, { uncovered }: Ground): Verdict {
  if (uncovered === undefined) return pass('all that it sends or runs can be read');
  return reject(`it cannot be told what the step would do: ${uncovered}`, { problem: uncovered });
}

function tooManyRemovals(change: Change, _pair: Resource, scene: Scene): Verdict {
  if (change.goal !== 'remove' && change.goal !== 'replace') return pass('neither removed nor replaced');
  const { maxRemovals, removals } = scene.safety;
  const { max, share, from, perMs } = removals;
  const limits = { max, share, from, per_ms: perMs };
  return limited(
    removalsWithin(change, scene),
    maxRemovals === undefined ? limits : { ...limits, lifted: maxRemovals.count },
  );
}

function removalsWithin(change: Change, scene: Scene): Verdict {
  const { plugin, kind } = change.ref;
  const { owned, removals, recent } = scene.removals.get(`${plugin}/${kind}`) ?? { owned: 0, removals: 1, recent: 0 };
  const { max, share, from } = scene.safety.removals;
  const allowed = scene.safety.maxRemovals;
  const facts = {
    kind: `${plugin}/${kind}`,
    removals,
    recent,
    owned,
    max,
    share,
    from,
    lifted: allowed?.count ?? null,
  };
  if (allowed !== undefined) {
    if (removals <= allowed.count) return pass(`lifted to ${allowed.count}: ${allowed.reason}`, facts);
    const over = `${counted(removals, 'removal')} of ${owned} owned ${kind}s; --max-removals is ${allowed.count}`;
    return reject(over, facts, { remedy: { outside: `--max-removals ${removals} --reason "…"` } });
  }
  // What went lately counts as if it were still ours, and went now: a second run is no way around the limits.
  const [going, of] = [removals + recent, owned + recent];
  const before = recent === 0 ? '' : `, after ${recent} in the last ${durationText(scene.safety.removals.perMs)}`;
  const what = `${counted(removals, 'removal')} of ${owned} owned ${kind}s${before}`;
  const remedy = { outside: `--max-removals ${removals} --reason "…"` };
  if (going > max) return reject(`${what}, ${max} are allowed`, facts, { remedy });
  if (of >= from && going === of) return reject(`${what}: all of them`, facts, { remedy });
  if (of >= from && going / of > share)
    return reject(`${what}, ${Math.round(share * 100)} % are allowed`, facts, { remedy });
  return pass('within the limits', facts);
}

/** Without memory, everything looks as if it were new: no row may claim more than what was seen. */
function memoryUnread({ goal }: Change, _pair: Resource, scene: Scene): Verdict {
  const why = scene.memoryGap;
  if (why === undefined) return pass('the memory could be read');
  if (goal === 'create')
    return warn('nothing is there that a look could find; unknown whether it was made before and is remembered', {
      why,
    });
  return defer(
    'unknown whether it is managed already, and what would be changed then: the memory could not be read',
    { why },
    { remedy: { outside: 'give this command what the store needs' } },
  );
}

function clockBehind(change: Change, _resource: Resource, scene: Scene): Verdict {
  if (change.cause !== 'time' && !change.effect.destructive) return pass('does not depend on the time');
  const { now, logAt } = scene;
  if (logAt === undefined || now >= logAt) return pass('the clock is not behind the log');
  const [clock, log] = [instantText(now), instantText(logAt)];
  return defer(
    `the clock stands at ${clock}, and the log was written at ${log}`,
    { clock, log },
    { clearsAt: logAt, remedy: { outside: 'set the clock' } },
  );
}

function inProgress(_change: Change, resource: Resource, scene: Scene): Verdict {
  const open = resource.memory?.open;
  if (open === undefined || scene.busy === undefined) return pass('no other run is at it');
  const facts = { step: open.step, since: instantText(open.at), holder: scene.busy.holder };
  return defer(`${open.step} was begun at ${facts.since} by ${scene.busy.holder}`, facts, {
    remedy: { outside: 'wait for that run to end' },
  });
}

function liftingHold({ desired, memory }: Resource): string {
  if (desired === undefined) return 'write its document again, without lifecycle.hold, and apply that first';
  return memory?.hold === undefined ? 'remove lifecycle.hold' : 'remove lifecycle.hold, and apply that first';
}

function freeze(change: Change, resource: Resource, scene: Scene): Verdict {
  const hold = holdOf(resource);
  // A row about how it is guarded does nothing to the resource: one of them lifts the hold.
  if (hold !== undefined && (change.goal !== 'protect' || letsGo(change, resource.tables)))
    return reject(`on hold: ${hold}`, { hold }, { remedy: { outside: liftingHold(resource) } });
  if (isMemoryOnly(change)) return pass('changes memory alone');
  const verdict = outsideFreeze(scene);
  const rules = scene.safety.freezeRules ?? [];
  return rules.length === 0
    ? verdict
    : limited(verdict, { windows: rules.map(({ cron, forMs, timezone }) => ({ cron, for_ms: forMs, timezone })) });
}

function outsideFreeze(scene: Scene): Verdict {
  const window = scene.safety.freeze.find(({ from, to }) => from <= scene.now && scene.now < to);
  if (window === undefined) return pass('neither on hold nor inside a freeze window');
  const from = instantText(window.from);
  const facts = { from, to: instantText(window.to), reason: window.reason };
  return reject(`frozen since ${from}: ${window.reason}`, facts, { clearsAt: window.to });
}

/** Code of the engine's own finding: a resource is `overdue`. */
export const STUCK = 'stuck';

/** A resource that is longer in a state than the infrastructure may leave it there; both times in epoch ms. */
export interface Overdue {
  readonly state: string;
  readonly since: number;
  readonly dueAt: number;
}

/** Since when it is in a state that the world has to leave, and until when it ought to; undefined where it need not. */
export function overdue(resource: Resource, now: number): Overdue | undefined {
  const { memory, tables } = resource;
  const state = isSeen(resource) ? seenState(resource) : undefined;
  // Before it is remembered in this state, nobody knows since when.
  if (state === undefined || memory?.since === undefined || memory.state !== state) return undefined;
  const limits = (tables.machines[firstMachine(tables)]?.transitions ?? []).flatMap(({ from, by, withinMs }) =>
    from === state && by === 'world' && withinMs !== undefined ? [withinMs] : [],
  );
  if (limits.length === 0) return undefined;
  const { since } = memory;
  const dueAt = since + Math.max(...limits);
  return now <= dueAt ? undefined : { state, since, dueAt };
}

/** What is said of a resource that is overdue, by the rule and by the finding. */
export function overdueText({ state, since, dueAt }: Overdue): { readonly message: string; readonly facts: Facts } {
  const facts = { state, since: instantText(since), due_at: instantText(dueAt) };
  return { message: `${state} since ${facts.since}; it ought to have left that by ${facts.due_at}`, facts };
}

function stuck(_change: Change, resource: Resource, scene: Scene): Verdict {
  const late = overdue(resource, scene.now);
  if (late === undefined) return pass('in no state for longer than it may be');
  const { message, facts } = overdueText(late);
  return warn(message, facts);
}

function observedCollapse(change: Change, _resource: Resource, scene: Scene): Verdict {
  const { plugin, kind } = change.ref;
  const { share, from } = scene.safety.collapse;
  const count = scene.missing.get(`${plugin}/${kind}`) ?? { known: 0, missing: 0 };
  const facts = { kind: `${plugin}/${kind}`, ...count, share, from };
  if (isMemoryOnly(change)) return pass('changes memory alone', facts);
  if (change.goal !== 'create' && !change.effect.destructive) return pass('neither creates nor takes away', facts);
  if (!isCollapsed(count, scene.safety.collapse))
    return limited(pass('what was there is there', facts), { share, from });
  const verdict = reject(
    `${count.missing} of ${count.known} ${kind}s that were there at the last look are not seen, and nothing of ours explains it`,
    facts,
    {
      remedy: {
        outside:
          'find out why they are not seen; where they are really gone, `fettle state forget ADDRESS` says so of each',
      },
    },
  );
  return limited(verdict, { share, from });
}

function allMissing(change: Change, resource: Resource, scene: Scene): Verdict {
  const { plugin, kind } = change.ref;
  const count = scene.missing.get(`${plugin}/${kind}`) ?? { known: 0, missing: 0 };
  const facts = { kind: `${plugin}/${kind}`, ...count };
  if (change.goal !== 'create') return pass('makes nothing', facts);
  if (resource.tables.byAccount !== true || !isAllMissing(count)) return pass('the account lists what is ours', facts);
  return reject(
    `The account lists none of the ${count.known} ${kind}s that were there at the last refresh. The token may be another project's`,
    facts,
    {
      remedy: {
        outside: 'Check the token and the address of the account. Where all of them are really gone, override the rule',
      },
    },
  );
}

function budget(change: Change, resource: Resource, scene: Scene): Verdict {
  if (!change.effect.disruptive) return pass('disrupts nothing', { disruptive: false });
  const covering = scene.budgets.filter((use) => isCounted(use.budget, resource, scene.now));
  const verdict = withinBudgets(covering, scene);
  return covering.length === 0
    ? verdict
    : limited(verdict, {
        budgets: covering.map(({ budget: { match, max, perMs } }) => ({ match, max, per_ms: perMs })),
      });
}

function withinBudgets(covering: Scene['budgets'], scene: Scene): Verdict {
  const standings = covering.map((use) => ({ use, ...standingOf(use, use.accepted, scene.now) }));
  const spent = standings.find(({ use, spent: count }) => count + use.accepted >= use.budget.max);
  if (spent === undefined) return pass('within the budgets', { disruptive: true, budgets: covering.length });
  const { max, perMs, match } = spent.use.budget;
  const time = durationText(perMs);
  const facts = { spent: spent.spent, accepted: spent.use.accepted, max, per: time, match: match as unknown as Json };
  const used =
    spent.use.accepted === 0 ? `${spent.spent} taken` : `${spent.spent} taken and ${spent.use.accepted} in this plan`;
  return reject(
    `${counted(max, 'disruption')} in ${time} ${max === 1 ? 'is' : 'are'} allowed, ${used}`,
    facts,
    spent.clearsAt === undefined
      ? { remedy: { outside: 'raise the budget in fettle.yaml' } }
      : { clearsAt: spent.clearsAt },
  );
}

/** In the order in which they are asked. */
export const engineRules = {
  lifecycle,
  'memory-unread': memoryUnread,
  'not-owned': notOwned,
  'same-place': samePlaceRule,
  'other-project': otherProject,
  protected: protectedRule,
  'provider-protected': providerProtected,
  'partial-view': partialView,
  'stale-view': staleView,
  'in-progress': inProgress,
  'clock-behind': clockBehind,
  freeze,
  stuck,
  'observed-collapse': observedCollapse,
  'all-missing': allMissing,
  dependency,
  ignored,
  'unapplied-edit': unappliedEdit,
  uncovered: uncoveredRule,
  'too-many-removals': tooManyRemovals,
  budget,
} satisfies Readonly<Record<EngineRuleId, EngineRule>>;
