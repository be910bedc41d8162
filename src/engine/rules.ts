/** The rules for every kind. Each is a pure function of a change and its scene. */

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

/** Arguments of an engine rule in addition to those of every rule. */
export interface Ground {
  /** Addresses of the resources that depend on this one. */
  readonly neededBy: readonly string[];
  /** The reason why the effect of the step is not fully known. */
  readonly uncovered?: string | undefined;
}

export type EngineRule = (change: Change, resource: Resource, scene: Scene, ground: Ground) => Verdict;

function lifecycle(change: Change, resource: Resource): Verdict {
  if (isMemoryOnly(change)) return pass('Only changes the state', { step: change.step });
  const { from } = change;
  const state = isKnown(resource) ? stateFor(resource, change.step) : from;
  const gap = gapOver(resource);
  if (stepTransition(resource.tables, change.step) === undefined && gap !== undefined)
    // Without a refresh, the state is unknown, and so is the step that leads on.
    return reject(
      `The state of the resource is unknown, because it could not be read: ${gap.message}`,
      { step: change.step, state },
      { remedy: { outside: `make ${gap.endpoint ?? gapScope(gap)} readable again` } },
    );
  if (stepTransition(resource.tables, change.step) === undefined)
    return reject(`${change.step} is not a step of ${change.ref.kind}`, { step: change.step, state });
  if (from !== state) return reject(`The resource is ${state}, not ${from}`, { step: change.step, state });
  return pass('The lifecycle has this step', { step: change.step, state });
}

function notOwned(change: Change, resource: Resource): Verdict {
  if (change.goal === 'adopt' || isAbsent(resource) || isGiven(resource) || resource.owned)
    return pass('Owned by this project, or by no project', { owned: resource.memory?.owned ?? null });
  const address = formatRef(change.ref);
  return reject(
    'This project did not create or adopt the resource',
    { owned: null },
    {
      remedy: { outside: `declare ${address} in a document and run apply, which adopts the resource first` },
    },
  );
}

function samePlaceRule(change: Change, resource: Resource, scene: Scene): Verdict {
  try {
    return samePlace(change, resource, scene.shared, (address) => scene.get(address)?.desired !== undefined);
  } catch (error) {
    return reject(`The places of the resource cannot be determined: ${redactPatterns(errorText(error))}`, {});
  }
}

function otherProject(change: Change, resource: Resource): Verdict {
  const by = claimedBy(resource);
  const facts = { claimed_by: by ?? null };
  if (by === undefined) return pass('No other project marks the resource as its own', facts);
  if (isMemoryOnly(change) && change.goal !== 'adopt') return pass('Only changes the state', facts);
  return reject(`The resource carries the mark of another project: ${by}`, facts, {
    remedy: {
      outside: `delete the document. To take the resource over, release it in the project ${by} and remove the mark`,
    },
  });
}

/** The goals that a protection forbids. */
const ENDINGS: Readonly<Partial<Record<Goal, string>>> = {
  remove: 'removed',
  replace: 'replaced',
  release: 'released',
};

function protectedRule(change: Change, resource: Resource): Verdict {
  const isProtected = resource.memory?.protect === true || resource.desired?.meta.lifecycle.protect === true;
  const facts = { protected: isProtected, goal: change.goal };
  const ending = ENDINGS[change.goal] ?? (letsGo(change, resource.tables) ? 'released by its document' : undefined);
  if (ending === undefined) return pass('Not removed, replaced or released', facts);
  if (!isProtected) return pass('Not protected', facts);
  const remedy =
    resource.desired === undefined
      ? { outside: 'declare the resource again with lifecycle.protect: false, and apply that first' }
      : { set: { path: '/lifecycle/protect', value: false } };
  return reject(`The resource is protected, and would be ${ending}`, facts, { remedy });
}

function providerProtected(change: Change, resource: Resource): Verdict {
  const by = protectedBy(resource);
  const facts = { protected_by: by ?? null, goal: change.goal };
  if (by === undefined) return pass('The provider does not protect the resource', facts);
  if (change.goal !== 'remove' && change.goal !== 'replace') return pass('Not removed or replaced', facts);
  return reject(`The provider protects the resource: ${by}`, facts, {
    remedy: { outside: 'turn the protection off first, in the document or at the provider' },
  });
}

function partialView(change: Change, resource: Resource): Verdict {
  if (!change.effect.destructive) return pass('Not destructive', { destructive: false });
  const gap = gapOver(resource);
  if (gap === undefined) return pass('The resource was read', { destructive: true });
  const facts = { destructive: true, gap: gapScope(gap) };
  return reject(`The resource could not be read: ${gap.message}`, facts, {
    remedy: { outside: `make ${gap.endpoint ?? gapScope(gap)} readable again` },
  });
}

function staleView(change: Change, resource: Resource, scene: Scene): Verdict {
  if (!change.effect.destructive) return pass('Not destructive', { destructive: false });
  const seenAt = isSeen(resource) ? resource.sight.observed.at : scene.viewedAt;
  const ageSeconds = Math.max(0, Math.round((scene.now - seenAt) / 1000));
  const maxSeconds = Math.round(scene.safety.maxAgeMs / 1000);
  const facts = { age_seconds: ageSeconds, max_seconds: maxSeconds };
  const { maxAgeMs } = scene.safety;
  const verdict =
    scene.now - seenAt <= maxAgeMs
      ? pass('The refresh is recent', facts)
      : reject(`Last refreshed ${ageSeconds} s ago; safety.maxAge is ${maxSeconds} s`, facts, {
          remedy: { outside: 'run plan again' },
        });
  return limited(verdict, { max_age_ms: maxAgeMs });
}

/** The reason why a dependency will not exist; undefined if it exists or will exist. */
function missingNeed(address: string, scene: Scene): string | undefined {
  const resource = scene.get(address);
  const action = scene.judged.get(address);
  const unloaded = scene.unloaded.get(address);
  if (unloaded !== undefined) return `${address} could not be read: ${unloaded.gap.message}`;
  if (resource === undefined) return `${address} is not known`;
  const { sight, tables } = resource;
  const settled = sight.is === 'seen' && !isUnsettled(tables, sight.observed.state);
  if (action === undefined) {
    if (settled) return undefined;
    const gap = gapOver(resource);
    if (gap !== undefined) return `${address} could not be read: ${gap.message}`;
    return `${address} ${isSeen(resource) ? `is ${seenState(resource)}` : 'does not exist'}`;
  }
  if (action.verdict === 'accept') return undefined;
  if (settled && action.change.goal !== 'remove' && action.change.goal !== 'replace') return undefined;
  return `${address} is ${action.verdict === 'reject' ? 'rejected' : 'waiting'}`;
}

/** True if the resource no longer exists, or is released, after the change: true for the last step of a removal. */
function isLast({ goal, step }: Change, tables: KindTables): boolean {
  if (goal === 'release') return true;
  const transition = stepTransition(tables, step);
  return goal === 'remove' && (transition === undefined || settlesIn(transition) === ABSENT);
}

/** A resource that depends on a removed one. `isStaying`: no step of the plan ends that, or a rule rejected the step. */
interface StandingNeed {
  readonly isStaying: boolean;
  readonly why: string;
}

/** Describes the dependence of another resource on a removed one; undefined without one. */
function standingNeed(address: string, scene: Scene): StandingNeed | undefined {
  const resource = scene.get(address);
  const action = scene.judged.get(address);
  const staying = { isStaying: true, why: `${address} depends on the resource` };
  if (scene.unloaded.has(address)) return staying;
  if (resource === undefined || resource.sight.is === 'absent') return undefined;
  const { change, verdict } = action ?? {};
  if (change === undefined || (change.goal !== 'remove' && change.goal !== 'release')) return staying;
  const isLeaving = isLast(change, resource.tables);
  if (verdict === 'reject') return { isStaying: true, why: `${staying.why}, and is not removed` };
  if (isLeaving && verdict === 'accept') return undefined;
  const open = verdict === 'accept' ? 'has more steps' : 'is waiting';
  return { isStaying: false, why: `${staying.why}, and its removal, which comes first, ${open}` };
}

function removable({ neededBy }: Ground, scene: Scene): Verdict {
  const facts = { needed_by: neededBy };
  const needs = neededBy.flatMap((address) => standingNeed(address, scene) ?? []);
  const staying = needs.find(({ isStaying }) => isStaying);
  if (staying !== undefined)
    return reject(staying.why, facts, { remedy: { outside: 'remove the dependent resources first' } });
  const [open] = needs;
  return open === undefined ? pass('No resource depends on it', facts) : defer(open.why, facts);
}

function dependency(change: Change, resource: Resource, scene: Scene, ground: Ground): Verdict {
  if (isMemoryOnly(change)) return pass('Only changes the state');
  if (change.goal === 'remove') return removable(ground, scene);
  const needs = resource.desired?.needs.map(formatRef) ?? [];
  const why = needs.map((address) => missingNeed(address, scene)).find((each) => each !== undefined);
  return why === undefined
    ? pass('The dependencies exist, or are created first', { needs })
    : defer(`A dependency is not ready: ${why}`, { needs }, { remedy: { outside: 'fix the dependency first' } });
}

function ignored({ fields }: Change, { desired }: Resource): Verdict {
  const ignore = desired?.meta.lifecycle.ignore ?? [];
  const paths = ignoredFields(fields, ignore).map(({ path }) => path);
  if (paths.length === 0) return pass('Changes no ignored field');
  return reject(
    `The step would change ${paths.map((path) => path.slice(1).replaceAll('/', '.')).join(', ')}, listed in lifecycle.ignore`,
    { paths, ignore },
    { remedy: { outside: 'remove the field from lifecycle.ignore, or declare its actual value' } },
  );
}

function unappliedEdit(change: Change, resource: Resource, scene: Scene): Verdict {
  const edited = unappliedEdits(change, resource, scene);
  if (edited.length === 0) return pass('Applies no edit that --cause leaves out', { edited: [] });
  return reject(
    `The step would apply an edit that --cause leaves out: the document of ${edited.join(', ')} has changed since the last apply`,
    { edited },
    { remedy: { outside: 'apply the edit, or revert the document' } },
  );
}

function uncoveredRule(_change: Change, _resource: Resource, _scene: Scene, { uncovered }: Ground): Verdict {
  if (uncovered === undefined) return pass('All files and commands of the step are known');
  return reject(`The effect of the step is unknown: ${uncovered}`, { problem: uncovered });
}

function tooManyRemovals(change: Change, _pair: Resource, scene: Scene): Verdict {
  if (change.goal !== 'remove' && change.goal !== 'replace') return pass('Not removed or replaced');
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
    if (removals <= allowed.count) return pass(`Lifted to ${allowed.count}: ${allowed.reason}`, facts);
    const over = `${counted(removals, 'removal')} of ${owned} owned ${kind}s; --max-removals is ${allowed.count}`;
    return reject(over, facts, { remedy: { outside: `--max-removals ${removals} --reason "…"` } });
  }
  // Recent removals count as owned and removed now: a second run must not circumvent the limits.
  const [going, of] = [removals + recent, owned + recent];
  const before = recent === 0 ? '' : `, after ${recent} in the last ${durationText(scene.safety.removals.perMs)}`;
  const what = `${counted(removals, 'removal')} of ${owned} owned ${kind}s${before}`;
  const remedy = { outside: `--max-removals ${removals} --reason "…"` };
  if (going > max) return reject(`${what}; safety.removals.max is ${max}`, facts, { remedy });
  if (of >= from && going === of) return reject(`${what}. A plan must not remove all of them`, facts, { remedy });
  if (of >= from && going / of > share)
    return reject(`${what}; safety.removals.share is ${Math.round(share * 100)}%`, facts, { remedy });
  return pass('Within the limits', facts);
}

/** Without the state, every resource seems to be new, so a row must not claim more than the refresh shows. */
function memoryUnread({ goal }: Change, _pair: Resource, scene: Scene): Verdict {
  const why = scene.memoryGap;
  if (why === undefined) return pass('The state could be read');
  if (goal === 'create')
    return warn('The resource was not found. The state could not be read, so the resource may have existed before', {
      why,
    });
  return defer(
    'The state could not be read, so it is unknown whether this project manages the resource',
    { why },
    { remedy: { outside: 'set the secret of the store, and run the command again' } },
  );
}

function clockBehind(change: Change, _resource: Resource, scene: Scene): Verdict {
  if (change.cause !== 'time' && !change.effect.destructive) return pass('Does not depend on the time');
  const { now, logAt } = scene;
  if (logAt === undefined || now >= logAt) return pass('The clock is not behind the log');
  const [clock, log] = [instantText(now), instantText(logAt)];
  return defer(
    `The clock of this machine (${clock}) is behind the newest log record (${log})`,
    { clock, log },
    { clearsAt: logAt, remedy: { outside: 'set the clock' } },
  );
}

function inProgress(_change: Change, resource: Resource, scene: Scene): Verdict {
  const open = resource.memory?.open;
  if (open === undefined || scene.busy === undefined) return pass('No other run works on the resource');
  const facts = { step: open.step, since: instantText(open.at), holder: scene.busy.holder };
  return defer(`${scene.busy.holder} started ${open.step} at ${facts.since}`, facts, {
    remedy: { outside: 'wait until that run has ended' },
  });
}

function liftingHold({ desired, memory }: Resource): string {
  if (desired === undefined) return 'declare the resource again without lifecycle.hold, and apply that first';
  return memory?.hold === undefined ? 'remove lifecycle.hold' : 'remove lifecycle.hold, and apply that first';
}

function freeze(change: Change, resource: Resource, scene: Scene): Verdict {
  const hold = holdOf(resource);
  // A row about protection and hold does not change the resource. Such a row lifts the hold.
  if (hold !== undefined && (change.goal !== 'protect' || letsGo(change, resource.tables)))
    return reject(`On hold: ${hold}`, { hold }, { remedy: { outside: liftingHold(resource) } });
  if (isMemoryOnly(change)) return pass('Only changes the state');
  const verdict = outsideFreeze(scene, resource.kind.latest?.(change, resource, scene));
  const rules = scene.safety.freezeRules ?? [];
  return rules.length === 0
    ? verdict
    : limited(verdict, { windows: rules.map(({ cron, forMs, timezone }) => ({ cron, for_ms: forMs, timezone })) });
}

/** `latest`: the time by which the step has to run, epoch ms. */
function outsideFreeze(scene: Scene, latest?: number): Verdict {
  const window = scene.safety.freeze.find(({ from, to }) => from <= scene.now && scene.now < to);
  if (window === undefined) return pass('Not on hold, and not in a freeze window');
  const from = instantText(window.from);
  const facts = { from, to: instantText(window.to), reason: window.reason };
  if (latest !== undefined && scene.now >= latest)
    return warn(
      `Frozen since ${from}: ${window.reason}. The freeze window gives way: the step can wait until ${instantText(latest)} at most`,
      { ...facts, latest: instantText(latest) },
    );
  const clearsAt = Math.min(window.to, latest ?? window.to);
  return reject(`Frozen since ${from}: ${window.reason}`, facts, { clearsAt });
}

/** Code of the engine's finding about an overdue resource. */
export const STUCK = 'stuck';

/** A resource that has been in a transient state for too long; times in epoch ms. */
export interface Overdue {
  readonly state: string;
  readonly since: number;
  readonly dueAt: number;
}

/** The transient state, its start and its deadline, if the deadline has passed; otherwise undefined. */
export function overdue(resource: Resource, now: number): Overdue | undefined {
  const { memory, tables } = resource;
  const state = isSeen(resource) ? seenState(resource) : undefined;
  // Until this state is recorded, its start is unknown.
  if (state === undefined || memory?.since === undefined || memory.state !== state) return undefined;
  const limits = (tables.machines[firstMachine(tables)]?.transitions ?? []).flatMap(({ from, by, withinMs }) =>
    from === state && by === 'world' && withinMs !== undefined ? [withinMs] : [],
  );
  if (limits.length === 0) return undefined;
  const { since } = memory;
  const dueAt = since + Math.max(...limits);
  return now <= dueAt ? undefined : { state, since, dueAt };
}

/** The text and facts of an overdue resource, for the rule and the finding. */
export function overdueText({ state, since, dueAt }: Overdue): { readonly message: string; readonly facts: Facts } {
  const facts = { state, since: instantText(since), due_at: instantText(dueAt) };
  return { message: `In state ${state} since ${facts.since}; another state was expected by ${facts.due_at}`, facts };
}

function stuck(_change: Change, resource: Resource, scene: Scene): Verdict {
  const late = overdue(resource, scene.now);
  if (late === undefined) return pass('Not overdue in a state');
  const { message, facts } = overdueText(late);
  return warn(message, facts);
}

function observedCollapse(change: Change, _resource: Resource, scene: Scene): Verdict {
  const { plugin, kind } = change.ref;
  const { share, from } = scene.safety.collapse;
  const count = scene.missing.get(`${plugin}/${kind}`) ?? { known: 0, missing: 0 };
  const facts = { kind: `${plugin}/${kind}`, ...count, share, from };
  if (isMemoryOnly(change)) return pass('Only changes the state', facts);
  if (change.goal !== 'create' && !change.effect.destructive)
    return pass('Does not create, and is not destructive', facts);
  if (!isCollapsed(count, scene.safety.collapse))
    return limited(pass('The known resources still exist', facts), { share, from });
  const verdict = reject(
    `${count.missing} of the ${count.known} ${kind}s at the last refresh were not found, and no run removed them`,
    facts,
    {
      remedy: {
        outside: 'check why they were not found. If they no longer exist, run `fettle state forget ADDRESS` for each',
      },
    },
  );
  return limited(verdict, { share, from });
}

function allMissing(change: Change, resource: Resource, scene: Scene): Verdict {
  const { plugin, kind } = change.ref;
  const count = scene.missing.get(`${plugin}/${kind}`) ?? { known: 0, missing: 0 };
  const facts = { kind: `${plugin}/${kind}`, ...count };
  if (change.goal !== 'create') return pass('Does not create', facts);
  if (resource.tables.byAccount !== true || !isAllMissing(count))
    return pass('The account lists owned resources', facts);
  return reject(
    `The account lists none of the ${count.known} ${kind}s at the last refresh. The token may be of another account`,
    facts,
    {
      remedy: {
        outside: 'check the token and the address of the account. If all resources were removed, override the rule',
      },
    },
  );
}

function budget(change: Change, resource: Resource, scene: Scene): Verdict {
  if (!change.effect.disruptive) return pass('Not disruptive', { disruptive: false });
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
  if (spent === undefined) return pass('Within the budgets', { disruptive: true, budgets: covering.length });
  const { max, perMs, match } = spent.use.budget;
  const time = durationText(perMs);
  const facts = { spent: spent.spent, accepted: spent.use.accepted, max, per: time, match: match as unknown as Json };
  const used =
    spent.use.accepted === 0 ? `${spent.spent} spent` : `${spent.spent} spent and ${spent.use.accepted} in this plan`;
  return reject(
    `The budget is ${counted(max, 'disruption')} per ${time}: ${used}`,
    facts,
    spent.clearsAt === undefined
      ? { remedy: { outside: 'raise max of the budget in fettle.yaml' } }
      : { clearsAt: spent.clearsAt },
  );
}

/** The rules, in the order of their evaluation. */
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
