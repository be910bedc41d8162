/**
 * Action: runs one accepted action, after another refresh and judgement.
 *
 * The sequence: refresh · compare the basis · judge again · write the intent, durable · run the handler, under a
 * deadline · refresh · write the outcome, durable. No handler runs without its intent in the log.
 *
 * | event | outcome |
 * |---|---|
 * | the handler returned, and the refresh shows the planned result | done |
 * | the handler threw, or the refresh shows another result | failed |
 * | the handler threw OutageError | failed, and does not count towards a maximum of attempts |
 * | the deadline passed, the run was cancelled, or the resource could not be read afterwards | unknown |
 * | the handler threw UnknownOutcomeError | unknown |
 * | the handler threw PostponedError | undone, and the row is deferred |
 * | the handler threw InputError before it recorded progress, and the resource is as before | undone, and the row is failed |
 * | the plugin cannot be opened for writing | undone, and the row is failed |
 * | basis, proposal or verdict have changed since the plan | stale |
 */

import { AbortedError, DeadlineError, withDeadline } from '#plugin/deadline';
import {
  ABSENT,
  type Action,
  type Change,
  errorText,
  type Facts,
  type FileSeen,
  type FileUse,
  firstMachine,
  formatRef,
  type Gap,
  type Given,
  intentId,
  isInputError,
  isMemoryOnly,
  isOutage,
  isPartlyDone,
  isPostponed,
  isUnknownOutcome,
  type Json,
  type Judgement,
  type Labels,
  type Memory,
  type Proposal,
  type Resource,
  redactPatterns,
  resourceOf,
  sameJson,
  type Scene,
  settlesIn,
  stepTransition,
  withMemory,
  defined,
  type KnownResource,
  isKnown,
  isSeen,
  seenState,
  gapOver,
  observedOf,
} from '#plugin';
import { differencesAt } from './adopted.ts';
import { managedChange, propose } from './diff.ts';
import { plainJson, soundAudit } from './guard.ts';

import { effectOf, fileDigestsOf, filesOf, otherThanApproved } from './covers.ts';
import type { Follower } from './follow.ts';
import { withIgnored } from './ignored.ts';
import { judgeOne } from './judge.ts';
import { movesBetween, movesOf, movesOfFailure, stateFor } from './lifecycle.ts';
import { gapFinder } from './gap.ts';
import { match, sightOf } from './match.ts';
import { matters } from './matters.ts';
import { MEMORY_LIMIT_BYTES, noteOf, otherMoves, specNote } from './note.ts';
import { type ObserveInput, observe } from './observe.ts';
import { type Draft, type LogRecord, type Move, type RecordBodies, refusalReason } from '../formats/log-record.ts';
import { type Recall, tidy } from './remember.ts';
import { metaAfter } from './safety-inputs.ts';
import { withFresh } from './scene.ts';
import { shownLabels } from './selector.ts';
import { standing } from './standing.ts';
import { isAsPlanned } from './settle.ts';

/** Deadline of a handler and of a refresh, if the spec does not have one. */
const ACTION_DEADLINE_MS = 60_000;

export type RowStatus = 'done' | 'failed' | 'unknown' | 'stale' | 'not-attempted' | 'rejected' | 'deferred';

/** The end of one action. */
export interface Row {
  readonly address: string;
  readonly action: Action;
  readonly status: RowStatus;
  readonly message: string;
  readonly elapsedMs: number;
}

/** Progress events of one action, for the terminal. */
export type ApplyEvent =
  | { readonly type: 'start'; readonly address: string; readonly change: Change; readonly labels: Labels | undefined }
  | { readonly type: 'progress'; readonly address: string; readonly change: Change; readonly text: string }
  | { readonly type: 'end'; readonly row: Row };

export interface ApplyInput {
  readonly actions: ReadonlyMap<string, Action>;
  readonly resources: ReadonlyMap<string, Resource>;
  /** Resources that get their documents, or lose them, by another action of the run. */
  readonly followers: ReadonlyMap<string, Follower>;
  readonly changes: ReadonlyMap<string, Change>;
  readonly scene: Scene;
  readonly recall: Recall;
  readonly look: Omit<ObserveInput, 'only' | 'subject' | 'deadlineMs' | 'abort' | 'progress'>;
  /** Reads the files that steps use; absent if the run does not use files. */
  readonly files?: ReadFiles | undefined;
  /** Opens a plugin's world for writing; always the same one. */
  readonly writer: (plugin: string) => Promise<unknown>;
  /** Writes records durably, and folds them into `recall`. */
  readonly record: (drafts: readonly Draft[]) => Promise<readonly LogRecord[]>;
  readonly run: string;
  readonly parallelism: number;
  readonly limits: Readonly<Record<string, number>>;
  readonly now: () => number;
  /** Running actions finish, and no other action starts. */
  readonly stop: AbortSignal;
  /** Running actions are cancelled. */
  readonly abort: AbortSignal;
  readonly on: (event: ApplyEvent) => void;
}

/** Reads the present files, each by its `fileKey`. */
export type ReadFiles = (uses: readonly FileUse[], written: readonly string[]) => Promise<Given['files']>;

/** One accepted action of a run, with the resources as they are now. */
export interface Attempt {
  readonly action: Action;
  readonly live: Map<string, Resource>;
  /** Addresses of the resources that depend on its resource. */
  readonly neededBy: readonly string[];
  readonly input: ApplyInput;
  readonly moments: Moments;
}

type Kept = Readonly<Record<string, Json>>;

/** The result of a handler: what it returned, or the error that it threw. */
interface Handled {
  readonly kept?: Kept;
  readonly error?: unknown;
  /** Sentences of the handler for the result of the step. */
  readonly remarks: readonly string[];
  /** The handler threw before it tried anything that it has reported. */
  readonly untried?: true;
}

/** An action whose handler has ended. */
interface Ended {
  /** Sequence number of its intent. */
  readonly seq: number;
  readonly look: Look;
  readonly handled: Handled;
  /** The refresh after it; undefined if there was none. */
  readonly after: Look | undefined;
  readonly ending: Ending;
  readonly audit: Audit;
  readonly elapsedMs: number;
}

interface Look {
  readonly resource: Resource;
  readonly scene: Scene;
}

/** A refresh that shows that the resource exists, or that it does not. */
interface KnownLook extends Look {
  readonly resource: KnownResource;
}

function isKnownLook(look: Look): look is KnownLook {
  return isKnown(look.resource);
}

export interface Ending {
  readonly status: RowStatus;
  readonly message: string;
  /** True if the same step is needed again, for other fields. */
  readonly more?: true;
}

async function refreshAgain(resource: Resource, { live, input }: Attempt): Promise<Look> {
  const wanted = matters(resource, input.scene);
  const before = new Map([...wanted.keys()].map((address) => [address, live.get(address)?.desired]));
  const desired = [...before.values()].flatMap((document) => document ?? []);
  const resources = new Map(
    [...wanted.keys()].flatMap((address) => {
      const memory = input.recall.resources.get(address);
      return memory === undefined ? [] : [[address, memory] as const];
    }),
  );
  const recall: Recall = { ...input.recall, resources };
  const view = await observe({
    ...input.look,
    desired,
    recall,
    only: [...wanted.values()],
    subject: resource.ref,
    deadlineMs: ACTION_DEADLINE_MS,
    abort: input.abort,
  });
  const { plugins, redact } = input.look;
  const settings = input.scene.given?.settings ?? new Map<string, Json>();
  const fresh = match(desired, view, recall, { plugins, settings, now: input.now(), redact }).resources;
  // An action that is done meanwhile may have given it another document: this view is older then.
  for (const [address, seen] of fresh)
    if (wanted.has(address) && live.get(address)?.desired === before.get(address)) live.set(address, seen);
  const { address, ref } = resource;
  const seen =
    fresh.get(address) ??
    resourceOf(
      {
        ...resource,
        desired: resource.desired,
        sight: sightOf(undefined, gapFinder(view.gaps)(ref, address)),
        memory: undefined,
      },
      address,
      resource.policy,
    );
  live.set(address, seen);
  const gaps: readonly Gap[] = view.gaps;
  const extras = view.extras === undefined ? {} : { extras: view.extras };
  return {
    resource: seen,
    scene: withFresh(input.scene, live, { now: input.now(), viewedAt: view.at, gaps, ...extras }),
  };
}

export function sentence(judgements: readonly Judgement[]): string {
  return judgements.map(({ rule, message }) => `${rule}: ${message}`).join('; ');
}

function unseenText(resource: Resource): string {
  return `The resource could not be read: ${gapOver(resource)?.message ?? 'the refresh did not run'}`;
}

/** The reason why an accepted action must not run now; undefined if it may run. */
function staleness({ action, neededBy }: Attempt, look: KnownLook): Ending | undefined {
  const { change } = action;
  const { resource, scene } = look;
  const { after, unproven } = action;
  const judged = judgeOne({ change, resource, scene, neededBy, after, unproven });
  if (judged.basis !== action.basis)
    return { status: 'stale', message: 'The resource has changed since the plan was created' };
  const again = propose(look.resource, look.scene);
  if (again === undefined || again.step !== change.step || again.goal !== change.goal)
    return {
      status: 'stale',
      message:
        again === undefined ? 'The resource no longer needs a step' : `The resource now needs the step ${again.step}`,
    };
  if (judged.verdict === 'accept') return undefined;
  return { status: 'stale', message: sentence(standing(judged)) };
}

type Digests = Pick<RecordBodies['intent'], 'digests'>;

function intentOf(action: Action, resource: Resource, audit: Audit, input: ApplyInput): Draft {
  const { change } = action;
  const { desired } = resource;
  const overrides = action.judgements.flatMap(({ rule, overridden }) =>
    overridden === undefined ? [] : [{ rule, reason: overridden }],
  );
  return {
    kind: 'intent',
    body: {
      run: input.run,
      ref: change.ref,
      step: change.step,
      goal: change.goal,
      cause: change.cause,
      because: change.because,
      ...(change.fields.length === 0 ? {} : { fields: change.fields }),
      basis: action.basis,
      ...audit,
      ...(change.effect.disruptive ? { disruptive: true } : {}),
      ...(overrides.length === 0 ? {} : { overrides }),
      ...defined<Digests>({ digests: fileDigestsOf(action.covers) }),
      ...(desired === undefined
        ? {}
        : { meta: metaAfter(change, { ...resource, desired }), ...specNote(desired.spec) }),
    },
  };
}

function noted({ resource, scene }: KnownLook): Readonly<Record<string, Json>> {
  try {
    return noteOf(resource, scene);
  } catch {
    // The next refresh records it, or reports why it cannot.
    return {};
  }
}

type Differs = Pick<RecordBodies['memory'], 'differs'>;

function differencesNow({ resource, scene }: KnownLook): Memory['differs'] {
  try {
    return differencesAt(resource, scene);
  } catch {
    // The next plan shows them, or reports why it cannot.
    return undefined;
  }
}

/** True if the row applies the whole document: an adoption, or a changed safety input without a later step. */
function appliesDocument({ goal }: Change, { resource, scene }: KnownLook): boolean {
  if (resource.desired === undefined) return false;
  if (goal !== 'protect') return goal === 'adopt';
  try {
    return managedChange(resource, scene) === undefined;
  } catch {
    // The next plan reports why the kind cannot compare the resource.
    return false;
  }
}

function memoryDraft(action: Action, look: KnownLook, input: ApplyInput): Draft {
  const { change } = action;
  const { resource } = look;
  const { desired, tables } = resource;
  const goal = change.goal as RecordBodies['memory']['goal'];
  const kept = goal === 'adopt' ? noted(look) : {};
  return {
    kind: 'memory',
    body: {
      run: input.run,
      ref: change.ref,
      goal,
      because: change.because,
      ...defined<Audit>({ labels: shownLabels(resource) }),
      ...(desired === undefined ? {} : { meta: metaAfter(change, { ...resource, desired }) }),
      ...(desired !== undefined && appliesDocument(change, look) ? specNote(desired.spec) : {}),
      ...(goal === 'adopt' ? defined<Differs>({ differs: differencesNow(look) }) : {}),
      ...defined<Digests>({ digests: fileDigestsOf(action.covers) }),
      ...(isSeen(resource) ? { state: seenState(resource) } : {}),
      ...(Object.keys(kept).length === 0 ? {} : { kept, version: tables.memoryVersion }),
    },
  };
}

/** Throws if a file that the step runs differs from the approved one. */
async function stillApproved(action: Action, look: Look, input: ApplyInput): Promise<void> {
  const other = otherThanApproved(action.covers.files, await filesNow(action.change, look, input));
  if (other !== undefined) throw new Error(`${other} has changed since the plan was created, so it was not run`);
}

/** Reads the files that a step uses. */
async function filesNow(change: Change, look: Look, input: ApplyInput): Promise<readonly FileSeen[]> {
  return [...(await readFor(change, look, input)).values()].flat();
}

async function readFor(change: Change, { resource, scene }: Look, { files }: ApplyInput): Promise<Given['files']> {
  if (files === undefined) return new Map();
  const uses = filesOf(effectOf(change, withIgnored(resource), scene));
  return uses.length === 0 ? new Map() : files(uses, scene.given?.writes ?? []);
}

/** Runs the handler. Returns its result, or its error. */
async function handle({ action, input, moments }: Attempt, look: KnownLook, seq: number): Promise<Handled> {
  const { change } = action;
  const id = intentId({ run: input.run, seq });
  const { kind, tables } = look.resource;
  const handler = kind.handlers[change.step];
  if (handler === undefined) throw new Error(`no handler for ${change.step} of ${change.ref.kind}`);
  const deadlineMs = stepTransition(tables, change.step)?.deadlineMs ?? ACTION_DEADLINE_MS;
  const resource = withIgnored(look.resource);
  const remarks: string[] = [];
  let isTried = false;
  let world: unknown;
  try {
    world = await input.writer(change.ref.plugin);
  } catch (error) {
    return { error, remarks, untried: true };
  }
  try {
    const kept = await withDeadline(change.step, deadlineMs, input.abort, (signal, pause) =>
      handler(world, resource, {
        id,
        change,
        scene: look.scene,
        files: [...(look.scene.given?.files.values() ?? [])].flat(),
        stillApproved: () => stillApproved(action, look, input),
        now: input.now,
        signal,
        keep: async (fields, spends) => {
          isTried = true;
          await input.record([progressDraft(change, look.resource, { run: input.run, seq, fields, spends })]);
          moments.spent(spends ?? []);
        },
        progress: (text) =>
          input.on({
            type: 'progress',
            address: formatRef(change.ref),
            change,
            text: (input.look.redact ?? redactPatterns)(errorText(text)),
          }),
        remark: (text) => void remarks.push((input.look.redact ?? redactPatterns)(errorText(text))),
        aside: moments.aside,
        awaitTurn: (waiting) => pause(moments.aside(waiting)),
      }),
    );
    return kept === undefined || kept === null ? { remarks } : { kept: keptJson(kept, change), remarks };
  } catch (error) {
    if (isInputError(error) && !isTried) return { error, remarks, untried: true };
    if (!isPartlyDone(error) && !isPostponed(error)) return { error, remarks };
    try {
      return { error, remarks, kept: keptJson(error.kept, change) };
    } catch {
      return { error, remarks };
    }
  }
}

function progressDraft(
  change: Change,
  { tables }: KnownResource,
  kept: {
    readonly run: string;
    readonly seq: number;
    readonly fields: Facts;
    readonly spends?: readonly string[] | undefined;
  },
): Draft {
  const { run, seq, fields, spends = [] } = kept;
  return {
    kind: 'progress',
    body: {
      run,
      ref: change.ref,
      intent: seq,
      ...(Object.keys(fields).length === 0 ? {} : { kept: keptJson(fields, change), version: tables.memoryVersion }),
      ...(spends.length === 0 ? {} : { spends }),
    },
  };
}

/** The result of a handler as plain JSON, for the state. Throws if it is not an object. */
function keptJson(kept: unknown, change: Change): Kept {
  const plain = plainJson(kept, `the result of the handler of ${change.step}`, MEMORY_LIMIT_BYTES);
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain))
    throw new Error(`the result of the handler of ${change.step} is not an object`);
  return plain as Kept;
}

/** The text of an error, without secrets. */
function messageOf(error: unknown, { look }: ApplyInput): string {
  return (look.redact ?? redactPatterns)(errorText(error));
}

/** The resource with its future state: the result of a handler can settle the step. */
function asRemembered(resource: KnownResource, kept: Kept): KnownResource {
  const memory = resource.memory ?? { ref: resource.ref, version: 1, kept: {} };
  return withMemory(resource, tidy({ ...memory, kept: { ...memory.kept, ...kept } }));
}

/** True if a change leaves a part of its document to another step, which neither the time nor a policy causes. */
function isRest(change: Change, next: Proposal | undefined): boolean {
  if (next === undefined || change.goal !== 'update') return false;
  return next.step === change.step || next.cause === undefined;
}

/** The texts as sentences of one result. */
function sentencesOf(texts: readonly string[]): string {
  const said = texts.filter((text) => text !== '');
  return said.map((text, at) => (at === said.length - 1 ? text : text.replace(/\.$/u, ''))).join('. ');
}

function endingOf(attempt: Attempt, handled: Handled, after: Look | undefined): Ending {
  const { message, ...ending } = outcomeOf(attempt, handled, after);
  return { ...ending, message: sentencesOf([message, ...handled.remarks]) };
}

function outcomeOf({ action, input }: Attempt, { kept = {}, error }: Handled, after: Look | undefined): Ending {
  const { change } = action;
  const cut = error instanceof DeadlineError || error instanceof AbortedError || isUnknownOutcome(error);
  if (isPostponed(error)) return { status: 'deferred', message: messageOf(error, input) };
  if (error !== undefined && !cut) return { status: 'failed', message: messageOf(error, input) };
  if (after === undefined || !isKnownLook(after)) {
    const gap = after === undefined ? undefined : gapOver(after.resource);
    const message = cut
      ? messageOf(error, input)
      : `The resource could not be read: ${gap?.message ?? 'the refresh did not run'}`;
    return { status: 'unknown', message };
  }
  const { kind, tables } = after.resource;
  const wanted = after.resource.desired?.spec;
  const planned = isAsPlanned(asRemembered(after.resource, kept), change, wanted, after.scene);
  if (planned && !cut) {
    // The document is not applied as long as another step is needed for the rest of it.
    const next = kind.diff(withIgnored(asRemembered(after.resource, kept)), after.scene);
    return {
      status: 'done',
      message: '',
      ...(isRest(change, next) ? { more: true } : {}),
    };
  }
  if (cut) return { status: 'unknown', message: messageOf(error, input) };
  const transition = stepTransition(tables, change.step);
  const settles = transition === undefined ? change.to : settlesIn(transition);
  const state = stateFor(after.resource, change.step);
  return {
    status: 'failed',
    message:
      state === settles
        ? 'The resource still differs from its document'
        : `The resource is ${state}; ${settles} was expected`,
  };
}

/**
 * The moves of a step in its machine, and the present state if a failure moved the first machine. If the step is of
 * another machine, the moves of the first machine follow.
 */
function movedBy(
  change: Change,
  resource: KnownResource,
  ending: Ending,
): { readonly state?: string; readonly moves: readonly Move[] } | undefined {
  const { tables } = resource;
  const isOwn = change.machine === undefined;
  const seen = stateFor(resource, change.step);
  if (ending.status === 'done') {
    const moves = movesOf(tables, change.step, seen);
    if (isOwn) return { moves: [...moves, ...otherMoves(resource)] };
    const [before, now] = [resource.memory?.state ?? ABSENT, seenState(resource)];
    const via = observedOf(resource)?.via;
    return {
      moves: [...moves, ...movesBetween(tables, { machine: firstMachine(tables), from: before, to: now }, { via })],
    };
  }
  if (ending.status !== 'failed') return undefined;
  const { state, moves } = movesOfFailure(tables, change.step, seen);
  if (moves.length === 0) return undefined;
  return isOwn ? { state, moves } : { moves };
}

/** True if the step ended before it tried anything: a mistake of the user's, which leaves the resource as it was. */
function isUntried({ handled, look, after }: Ended): boolean {
  if (handled.untried !== true || after === undefined) return false;
  const [before, now] = [look.resource, after.resource].map((each) => {
    const seen = isSeen(each) ? each.sight.observed : undefined;
    return { is: each.sight.is, state: seen?.state ?? null, facts: (seen?.facts ?? null) as Json };
  });
  return sameJson(before, now);
}

const OUTCOMES: { readonly [Status in RowStatus]?: RecordBodies['outcome']['outcome'] } = {
  done: 'done',
  unknown: 'unknown',
  deferred: 'undone',
};

function outcomeDraft({ action, input }: Attempt, ended: Ended): Draft {
  const { change } = action;
  const { look, handled, after, ending, audit } = ended;
  // The result of a handler counts if it was done. If it threw with a result, the result counts too.
  const kept = ending.status === 'done' || handled.error !== undefined ? handled.kept : undefined;
  const known = after !== undefined && isKnownLook(after) ? after : undefined;
  const seen = known?.resource;
  const found = seen === undefined ? undefined : seenState(seen);
  const untried = isUntried(ended);
  const moved = seen === undefined || untried ? undefined : movedBy(change, seen, ending);
  const state = moved?.state ?? found;
  const remembered = ending.status === 'done' && known !== undefined ? { ...noted(known), ...kept } : kept;
  const removed = (change.goal === 'remove' || change.goal === 'replace') && state === ABSENT;
  return {
    kind: 'outcome',
    body: defined({
      run: input.run,
      ref: change.ref,
      intent: ended.seq,
      outcome: untried ? 'undone' : (OUTCOMES[ending.status] ?? 'failed'),
      more: ending.more === true ? true : undefined,
      differs:
        ending.more === true && known !== undefined && look.resource.memory?.differs !== undefined
          ? differencesNow(known)
          : undefined,
      state,
      others: seen === undefined ? undefined : observedOf(seen)?.others,
      moves: moved?.moves,
      outage: ending.status === 'failed' && isOutage(handled.error) ? true : undefined,
      created:
        change.goal === 'create' && isPartlyDone(handled.error) && found !== undefined && found !== ABSENT
          ? true
          : undefined,
      // A removed resource is forgotten. A replaced one leaves its successor's digest.
      ...(remembered === undefined || (removed && change.goal === 'remove') || Object.keys(remembered).length === 0
        ? {}
        : { kept: remembered, version: look.resource.tables.memoryVersion }),
      error: ending.status === 'done' || ending.message === '' ? undefined : ending.message,
      ...audit,
      elapsed_ms: ended.elapsedMs,
    }),
  };
}

/** The members of a record that describe its resource: audit values, and labels. */
type Audit = { readonly labels?: Labels; readonly audit?: Facts };

/** The audit values of a resource for a record about a decision. */
export function auditOf(
  change: Change,
  resource: Resource | undefined,
  { scene: planned }: Pick<ApplyInput, 'scene'>,
  scene = planned,
): Audit {
  const audit = resource === undefined ? undefined : soundAudit(change, resource, scene);
  return defined<Audit>({ labels: shownLabels(resource), audit });
}

/** An action that is not taken, and why. */
export interface Refusal {
  readonly action: Action;
  readonly verdict: 'rejected' | 'deferred' | 'stale';
  readonly reasons: readonly Judgement[];
  readonly audit: Audit;
  readonly run: string;
}

export function refusalDraft({ action, verdict, reasons, audit, run }: Refusal): Draft {
  const { ref, step, goal, cause } = action.change;
  return {
    kind: 'refusal',
    body: { run, ref, step, goal, cause, verdict, reasons: reasons.map(refusalReason), ...audit },
  };
}

/** Refreshes and judges again. Returns the refresh for the action, or its end. An error of a plugin is an end. */
async function judgeAgain(attempt: Attempt, resource: Resource): Promise<KnownLook | Ending> {
  const { action, input } = attempt;
  try {
    const seen = await refreshAgain(resource, attempt);
    const { given } = seen.scene;
    const files = await readFor(action.change, seen, input);
    const look: Look = given === undefined ? seen : { ...seen, scene: { ...seen.scene, given: { ...given, files } } };
    if (!isKnownLook(look)) return { status: 'stale', message: unseenText(look.resource) };
    return staleness(attempt, look) ?? look;
  } catch (error) {
    return { status: 'stale', message: `The plugin failed: ${messageOf(error, input)}` };
  }
}

/** Refreshes after a handler, and decides the end of the action. */
async function refreshAfter(attempt: Attempt, look: Look, handled: Handled): Promise<Pick<Ended, 'after' | 'ending'>> {
  const { input } = attempt;
  try {
    const after = input.abort.aborted ? undefined : await refreshAgain(look.resource, attempt);
    return { after, ending: endingOf(attempt, handled, after) };
  } catch (failure) {
    const why = `The plugin failed after the step: ${messageOf(failure, input)}`;
    return { after: undefined, ending: { status: 'unknown', message: why } };
  }
}

/** Callbacks of one action. */
export interface Moments {
  /** Called after the second judgement: from now on, other actions count this one. */
  readonly begun: () => unknown;
  /** Called when uses of limits are in the log: from now on, they count instead of the action. */
  readonly spent: (keys: readonly string[]) => unknown;
  /** Called when the plugin's world is no longer used, and only the outcome has to be written. */
  readonly seen: () => void;
  /** Waits without a slot, as `ActionRun.aside`. */
  readonly aside: <T>(waiting: Promise<T>) => Promise<T>;
}

/** Runs one accepted action. Throws only if the log cannot be written: no action runs without a record. */
export async function take(attempt: Attempt): Promise<Ending> {
  const { action, live, input, moments } = attempt;
  const address = formatRef(action.change.ref);
  const resource = live.get(address);
  if (resource === undefined) throw new Error(`${address} is not part of the plan`);
  const judged = await judgeAgain(attempt, resource);
  if (input.abort.aborted) return { status: 'not-attempted', message: 'The run was stopped' };
  if ('status' in judged) {
    const stale = judged;
    const reason: Judgement = {
      rule: 'stale',
      outcome: 'reject',
      message: stale.message,
      facts: {},
      overridable: false,
    };
    const audit = auditOf(action.change, live.get(address) ?? resource, input);
    await input.record([refusalDraft({ action, verdict: 'stale', reasons: [reason], audit, run: input.run })]);
    return stale;
  }
  if (isMemoryOnly(action.change)) {
    await input.record([memoryDraft(action, judged, input)]);
    remember(address, live, input);
    return { status: 'done', message: '' };
  }
  const look = judged;
  moments.begun();
  const audit = auditOf(action.change, look.resource, input, look.scene);
  const [intent] = await input.record([intentOf(action, look.resource, audit, input)]);
  if (intent === undefined) throw new Error('the store did not return the record of an intent');
  const started = input.now();
  const { seq } = intent;
  const handled = await handle(attempt, look, seq);
  const { after, ending } = await refreshAfter(attempt, look, handled);
  moments.seen();
  const elapsedMs = input.now() - started;
  await input.record([outcomeDraft(attempt, { seq, look, handled, after, ending, audit, elapsedMs })]);
  remember(address, live, input);
  return ending;
}

/** Updates the state of one resource from `recall`. */
function remember(address: string, live: Map<string, Resource>, input: ApplyInput): void {
  const resource = live.get(address);
  const memory = input.recall.resources.get(address);
  if (resource === undefined) return;
  live.set(address, withMemory(resource, memory));
}
