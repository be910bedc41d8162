/** The records of the log and their parts, by kind. The store adds sequence, time, actor and hashes. */

import type {
  Applied,
  Cause,
  Facts,
  FileDigests,
  FieldChange,
  FormerLabels,
  Goal,
  Inputs,
  Instant,
  Json,
  Judgement,
  Labels,
  Memory,
  MetaNote,
  OnRemove,
  OpenIntent,
  Override,
  ReadText,
  Ref,
  Spent,
  Step,
} from '#plugin';
import { type Clearing, clearingOf } from './parts.ts';
import { defined, instantOf, instantText } from '#plugin';

/** A move that a run observed or made; `unlisted` if the spec does not define it. */
export interface Move {
  readonly machine: string;
  readonly from: string;
  readonly to: string;
  readonly trigger: string;
  readonly unlisted?: true;
}

/** The differences between one refresh and the state of one resource. */
export interface Seen {
  readonly ref: Ref;
  readonly state?: string;
  readonly others?: Readonly<Record<string, string>>;
  readonly moves?: readonly Move[];
  readonly kept?: Readonly<Record<string, Json>>;
  /** Schema version of `kept`. */
  readonly version?: number;
  readonly hold?: string;
  readonly needs?: readonly string[];
  readonly labels?: Labels;
  readonly safety?: Inputs;
  readonly read?: ReadText;
  readonly ignore?: readonly string[];
  /** Codes of its findings, sorted, if they differ from the recorded ones. */
  readonly findings?: readonly string[];
  /** Refreshes in a row with each finding that `drift.confirm` covers, by code, if they differ from the recorded ones. */
  readonly repeats?: Readonly<Record<string, number>>;
  /** The resource is already as a newer spec declares, so that spec counts as applied. */
  readonly spec?: Json;
  readonly spec_digest?: string;
  /** Nothing is left to do: earlier failures no longer count. */
  readonly settled?: true;
  /** The resource is removed from the state: it was not owned, and no longer exists. */
  readonly gone?: true;
}

/** The judgement of a rule on a refused action. */
export interface RefusalReason extends Clearing, Pick<Judgement, 'rule' | 'outcome' | 'message' | 'facts' | 'limits'> {
  readonly overridable: boolean;
  /** The reason of the override that applies. */
  readonly overridden?: string;
}

export function refusalReason({ clearsAt, remedy, ...judgement }: Judgement): RefusalReason {
  return {
    ...judgement,
    ...clearingOf(defined({ clearsAt, remedy })),
  };
}

/** The same with its time as text: ISO 8601. */
type Timed<T extends { readonly at: Instant }> = Omit<T, 'at'> & { readonly at: string };

function timed<T extends { readonly at: Instant }>(value: T): Timed<T> {
  return { ...value, at: instantText(value.at) };
}

function parsed<T extends { readonly at: string }>(value: T): Omit<T, 'at'> & { readonly at: Instant } {
  return { ...value, at: instantOf(value.at) };
}

interface LabelsBody extends Omit<FormerLabels, 'until'> {
  readonly until: string;
}

function labelsBody({ labels, until }: FormerLabels): LabelsBody {
  return { labels, until: instantText(until) };
}

function labelsOf({ labels, until }: LabelsBody): FormerLabels {
  return { labels, until: instantOf(until) };
}

interface OpenBody extends Timed<Omit<OpenIntent, 'applied'>> {
  readonly applied?: Timed<Applied>;
}

function openBody({ applied, ...open }: OpenIntent): OpenBody {
  return { ...timed(open), ...(applied === undefined ? {} : { applied: timed(applied) }) };
}

function openOf({ applied, ...open }: OpenBody): OpenIntent {
  return { ...parsed(open), ...(applied === undefined ? {} : { applied: parsed(applied) }) };
}

type TimedMember = 'since' | 'applied' | 'open' | 'findings';

/** The state of one resource, as in a checkpoint and in `fettle state`. Its times are ISO 8601. */
export interface MemoryBody extends Omit<Memory, TimedMember | 'onRemove' | 'formerLabels' | 'lastError'> {
  readonly on_remove?: OnRemove;
  readonly former_labels?: readonly LabelsBody[];
  readonly last_error?: Timed<NonNullable<Memory['lastError']>>;
  readonly since?: string;
  readonly applied?: Timed<Applied>;
  readonly open?: OpenBody;
  readonly findings?: Readonly<Record<string, string>>;
}

function mapValues<T, U>(values: Readonly<Record<string, T>>, map: (value: T) => U): Readonly<Record<string, U>> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]));
}

export function memoryBody(memory: Memory): MemoryBody {
  const { onRemove, formerLabels, lastError, since, applied, open, findings, ...rest } = memory;
  return defined<MemoryBody>({
    ...rest,
    on_remove: onRemove,
    former_labels: formerLabels?.map(labelsBody),
    last_error: lastError && timed(lastError),
    since: instantText(since),
    applied: applied && timed(applied),
    open: open && openBody(open),
    findings: findings && mapValues(findings, (at) => instantText(at)),
  });
}

export function memoryOf(body: MemoryBody): Memory {
  const { on_remove, former_labels, last_error, since, applied, open, findings, ...rest } = body;
  return defined<Memory>({
    ...rest,
    onRemove: on_remove,
    formerLabels: former_labels?.map(labelsOf),
    lastError: last_error && parsed(last_error),
    since: instantOf(since),
    applied: applied && parsed(applied),
    open: open && openOf(open),
    findings: findings && mapValues(findings, (at) => instantOf(at)),
  });
}

/** A step that counts against a limit, as in a checkpoint. Its times are ISO 8601. */
export interface SpentBody extends Timed<Omit<Spent, 'formerLabels'>> {
  readonly former_labels?: readonly LabelsBody[];
}

export function spentBody({ formerLabels, ...rest }: Spent): SpentBody {
  return { ...timed(rest), ...(formerLabels === undefined ? {} : { former_labels: formerLabels.map(labelsBody) }) };
}

export function spentOf({ former_labels: former, ...rest }: SpentBody): Spent {
  return { ...parsed(rest), ...(former === undefined ? {} : { formerLabels: former.map(labelsOf) }) };
}

/** One key of a table in the ledger: the state of what is not a resource, such as an event or a delivery. */
export interface LedgerEntry {
  readonly table: string;
  readonly key: string;
  readonly value?: Json;
}

/** Position up to which a file of the inbox is drained, in bytes. */
export interface InboxPosition {
  readonly file: string;
  readonly drained: number;
}

export interface RecordBodies {
  /** The start of a command that writes. */
  readonly run: {
    readonly run: string;
    readonly command: string;
    readonly version: string;
    readonly digest?: string;
    readonly reason?: string;
    readonly overrides?: readonly Omit<Override, 'until'>[];
    readonly max_removals?: { readonly count: number; readonly reason: string };
  };
  /** The end of that command, with its counts. */
  readonly end: { readonly run: string; readonly exit: number; readonly counts: Readonly<Record<string, number>> };
  /** The differences that a run observed, and the number of observed resources by kind. */
  readonly seen: {
    readonly run: string;
    readonly resources: readonly Seen[];
    readonly counts: Readonly<Record<string, number>>;
    readonly gaps?: readonly string[];
    /** Only some resources were refreshed, or none: a command of a plugin noted changes of the state. */
    readonly partial?: true;
    /** Plugins of which a partial refresh read every resource. */
    readonly whole?: readonly string[];
  };
  /** A step that is about to start. */
  readonly intent: {
    readonly run: string;
    readonly ref: Ref;
    readonly step: Step;
    readonly goal: Goal;
    readonly cause: Cause;
    readonly because: string;
    readonly fields?: readonly FieldChange[];
    readonly basis: string;
    /**
     * Facts of the resource at the time of the decision, as its kind reports them; also in an outcome and a refusal.
     */
    readonly audit?: Facts;
    /** Labels of the resource; also in an outcome, a refusal and a change of the state. */
    readonly labels?: Labels;
    /** The spec marks the step as disruptive: it counts against disruption budgets. */
    readonly disruptive?: true;
    readonly overrides?: readonly { readonly rule: string; readonly reason: string }[];
    /** Digests of the files of the repository that the step uses. */
    readonly digests?: FileDigests;
    readonly meta?: MetaNote;
    readonly spec?: Json;
    readonly spec_digest?: string;
  };
  /** A part of the result of a running step, durable before the step goes on. */
  readonly progress: {
    readonly run: string;
    readonly ref: Ref;
    readonly intent: number;
    readonly kept?: Readonly<Record<string, Json>>;
    readonly version?: number;
    /** Keys of limits over time, such as of a provider: the step has used each once. */
    readonly spends?: readonly string[];
  };
  /**
   * The result of a step. `undone`: the step had no effect, as a refresh found, or the step itself, which has to wait, or
   * which found a mistake of the user's before it tried anything; it does not count as a failure.
   */
  readonly outcome: {
    readonly run: string;
    readonly ref: Ref;
    readonly intent: number;
    readonly outcome: 'done' | 'failed' | 'unknown' | 'undone';
    /** The same step is needed once more, for other fields: the declared spec is not applied yet. */
    readonly more?: true;
    /** With `more`, after an adoption: the differences that are left, as in the record of the adoption. */
    readonly differs?: Readonly<Record<string, string>>;
    /** A later refresh settled the step, not the run that started it. */
    readonly settled?: true;
    /** The step failed, and nothing judged it, because the network or a server failed. */
    readonly outage?: true;
    /** The step failed, and the resource that it should create exists because of it. */
    readonly created?: true;
    readonly state?: string;
    readonly others?: Readonly<Record<string, string>>;
    readonly moves?: readonly Move[];
    readonly kept?: Readonly<Record<string, Json>>;
    readonly version?: number;
    readonly error?: string;
    readonly labels?: Labels;
    readonly audit?: Facts;
    readonly elapsed_ms?: number;
  };
  /** A refused action: rejected, deferred or stale, with the judgements of the rules. */
  readonly refusal: {
    readonly run: string;
    readonly ref: Ref;
    readonly step: Step;
    readonly goal: Goal;
    readonly cause: Cause;
    readonly verdict: 'rejected' | 'deferred' | 'stale';
    readonly reasons: readonly RefusalReason[];
    readonly labels?: Labels;
    readonly audit?: Facts;
  };
  /** A row that changes only the state. */
  readonly memory: {
    readonly run: string;
    readonly ref: Ref;
    readonly goal: 'adopt' | 'protect' | 'release';
    readonly because: string;
    readonly labels?: Labels;
    readonly meta?: MetaNote;
    readonly spec?: Json;
    readonly spec_digest?: string;
    /** Of an adoption: digests of the actual values that differ from the document, by JSON pointer. */
    readonly differs?: Readonly<Record<string, string>>;
    /** Digests of files of the repository that later steps run. */
    readonly digests?: FileDigests;
    readonly state?: string;
    readonly kept?: Readonly<Record<string, Json>>;
    readonly version?: number;
  };
  /** The state of a resource moved to another address. */
  readonly moved: { readonly run: string; readonly from: Ref; readonly ref: Ref; readonly reason?: string };
  /**
   * A group of records that the store wrote while it drained its inbox: this one and the `records` after it count all or
   * not at all.
   */
  readonly inbox: {
    readonly records: number;
    /** Number of drained entries. */
    readonly entries: number;
    /** Positions that changed; `null` for a file that no longer exists. Only on files. */
    readonly files?: Readonly<Record<string, number | null>>;
  };
  /** A change of the ledger: the whole new value of one key; removed without a value. */
  readonly ledger: LedgerEntry & { readonly run: string; readonly because: string };
  /** A caller of the daemon started a round that refreshes every resource: this one, or the one after it. */
  readonly order: { readonly run: string; readonly verb: 'refresh'; readonly by: string };
  /**
   * The start of a segment. `remembered` records follow, one for each resource, each spent step, each entry of the
   * ledger and each file of the inbox; then the tail.
   */
  readonly checkpoint: {
    readonly format: number;
    readonly project: string;
    /** Fencing token of the segment. */
    readonly token: number;
    readonly resources: number;
    /**
     * SHA-256 over the bodies of the `remembered` records as stored in their lines, in order, with a newline after
     * each; hex.
     */
    readonly digest: string;
    /** Sequence and hash of the last record before this one; absent in the first segment. */
    readonly follows?: { readonly seq: number; readonly hash: string };
    /** The place at which a takeover sealed the segment before: later records there are not part of the log. */
    readonly seals?: { readonly segment: string; readonly seq: number; readonly hash: string; readonly bytes: number };
    /** The damage of the log before, and its quarantined parts; `cold` if nothing of it could be used. */
    readonly recovers?: {
      readonly damage: readonly string[];
      readonly quarantine: readonly string[];
      readonly cold: boolean;
    };
    /** The last of the records that were pruned: the log begins after it. */
    readonly prunes?: { readonly seq: number; readonly hash: string };
    /** A new name of the project from here on: the former name, the run that renamed it, and the reason. */
    readonly renames?: { readonly from: string; readonly run: string; readonly reason?: string };
  };
  readonly remembered:
    | { readonly memory: MemoryBody }
    | { readonly spent: SpentBody }
    | { readonly entry: LedgerEntry }
    | { readonly inbox: InboxPosition };
}

export type RecordKind = keyof RecordBodies;

/** A record before it is stored. */
export type Draft = { readonly [K in RecordKind]: { readonly kind: K; readonly body: RecordBodies[K] } }[RecordKind];

/** One line of the log. */
export type LogRecord = Draft & {
  readonly seq: number;
  /** ISO 8601, UTC; never earlier than the record before. */
  readonly time: string;
  readonly actor: string;
  readonly prev: string;
  readonly hash: string;
};
