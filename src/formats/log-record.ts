/** The records of the log as they are written, and what they are made of: what each kind of line says. The store adds sequence, time, actor and hashes. */

import type {
  Cause,
  Facts,
  FieldChange,
  Goal,
  Inputs,
  Json,
  Judgement,
  Labels,
  Memory,
  MetaNote,
  Override,
  ReadText,
  Ref,
  Spent,
  Step,
} from '#plugin';
import { type Clearing, clearingOf } from './parts.ts';
import { defined } from '#plugin';

/** A move that a run saw, or made; `unlisted` if the spec has no such move. */
export interface Move {
  readonly machine: string;
  readonly from: string;
  readonly to: string;
  readonly trigger: string;
  readonly unlisted?: true;
}

/** What one look found different from what was remembered of one resource. */
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
  /** The world is already as a newer spec wants it: that spec counts as applied. */
  readonly spec?: Json;
  readonly spec_digest?: string;
  /** Nothing is left to do: failures before count no more. */
  readonly settled?: true;
  /** The whole of it is forgotten: it was not ours, and is gone. */
  readonly gone?: true;
}

/** What a rule said of an action that was not taken. */
export interface RefusalReason extends Clearing, Pick<Judgement, 'rule' | 'outcome' | 'message' | 'facts' | 'limits'> {
  readonly overridable: boolean;
  /** The reason of an override that passes it by. */
  readonly overridden?: string;
}

export function refusalReason({ clearsAt, remedy, ...judgement }: Judgement): RefusalReason {
  return {
    ...judgement,
    ...clearingOf(defined({ clearsAt, remedy })),
  };
}

/** What is remembered of one resource, as a checkpoint and `fettle state` say it. */
export interface MemoryBody extends Omit<Memory, 'onRemove' | 'formerLabels' | 'lastError'> {
  readonly on_remove?: Memory['onRemove'];
  readonly former_labels?: Memory['formerLabels'];
  readonly last_error?: Memory['lastError'];
}

export function memoryBody({ onRemove, formerLabels, lastError, ...rest }: Memory): MemoryBody {
  return {
    ...rest,
    ...(onRemove === undefined ? {} : { on_remove: onRemove }),
    ...(formerLabels === undefined ? {} : { former_labels: formerLabels }),
    ...(lastError === undefined ? {} : { last_error: lastError }),
  };
}

export function memoryOf({
  on_remove: onRemove,
  former_labels: former,
  last_error: last,
  ...rest
}: MemoryBody): Memory {
  return {
    ...rest,
    ...(onRemove === undefined ? {} : { onRemove }),
    ...(former === undefined ? {} : { formerLabels: former }),
    ...(last === undefined ? {} : { lastError: last }),
  };
}

/** A step that counts against a limit, as a checkpoint says it. */
export interface SpentBody extends Omit<Spent, 'formerLabels'> {
  readonly former_labels?: Spent['formerLabels'];
}

export function spentBody({ formerLabels, ...rest }: Spent): SpentBody {
  return formerLabels === undefined ? rest : { ...rest, former_labels: formerLabels };
}

export function spentOf({ former_labels: former, ...rest }: SpentBody): Spent {
  return former === undefined ? rest : { ...rest, formerLabels: former };
}

export interface RecordBodies {
  /** A command that writes begins. */
  readonly run: {
    readonly run: string;
    readonly command: string;
    readonly version: string;
    readonly digest?: string;
    readonly reason?: string;
    readonly overrides?: readonly Override[];
    readonly max_removals?: { readonly count: number; readonly reason: string };
  };
  /** It ended, with its counts. */
  readonly end: { readonly run: string; readonly exit: number; readonly counts: Readonly<Record<string, number>> };
  /** What a run saw that is new, and how many resources each kind of the world has. */
  readonly seen: {
    readonly run: string;
    readonly resources: readonly Seen[];
    readonly counts: Readonly<Record<string, number>>;
    readonly gaps?: readonly string[];
  };
  /** A step is about to be taken. */
  readonly intent: {
    readonly run: string;
    readonly ref: Ref;
    readonly step: Step;
    readonly goal: Goal;
    readonly cause: Cause;
    readonly because: string;
    readonly fields?: readonly FieldChange[];
    readonly basis: string;
    /** The resource as it was when this was decided, as its kind tells it; so too in an outcome and a refusal. */
    readonly audit?: Facts;
    /** The spec marks the step so: it counts against disruption budgets. */
    readonly disruptive?: true;
    readonly overrides?: readonly { readonly rule: string; readonly reason: string }[];
    readonly meta?: MetaNote;
    readonly spec?: Json;
    readonly spec_digest?: string;
  };
  /** How it ended. `undone`: a look found that the step left nothing behind; no failure is counted. */
  readonly outcome: {
    readonly run: string;
    readonly ref: Ref;
    readonly intent: number;
    readonly outcome: 'done' | 'failed' | 'unknown' | 'undone';
    /** The same step is needed once more, for other fields: what is written is not applied yet. */
    readonly more?: true;
    /** A later look settled it, not the run that began it. */
    readonly settled?: true;
    /** It failed, and what it was to create is there by its doing. */
    readonly created?: true;
    readonly state?: string;
    readonly others?: Readonly<Record<string, string>>;
    readonly moves?: readonly Move[];
    readonly kept?: Readonly<Record<string, Json>>;
    readonly version?: number;
    readonly error?: string;
    readonly audit?: Facts;
    readonly elapsed_ms?: number;
  };
  /** An action that was not taken: rejected, deferred or stale, with what the rules said. */
  readonly refusal: {
    readonly run: string;
    readonly ref: Ref;
    readonly step: Step;
    readonly goal: Goal;
    readonly cause: Cause;
    readonly verdict: 'rejected' | 'deferred' | 'stale';
    readonly reasons: readonly RefusalReason[];
    readonly audit?: Facts;
  };
  /** A row that changes memory alone. */
  readonly memory: {
    readonly run: string;
    readonly ref: Ref;
    readonly goal: 'adopt' | 'protect' | 'release';
    readonly because: string;
    readonly meta?: MetaNote;
    readonly spec?: Json;
    readonly spec_digest?: string;
    readonly state?: string;
    readonly kept?: Readonly<Record<string, Json>>;
    readonly version?: number;
  };
  /** What was remembered under one name is remembered under another. */
  readonly moved: { readonly run: string; readonly from: Ref; readonly ref: Ref; readonly reason?: string };
  /** Begins a segment: so many `remembered` records follow, one a resource or spent step; then the tail. */
  readonly checkpoint: {
    readonly format: number;
    readonly project: string;
    /** Fencing token of the segment. */
    readonly token: number;
    readonly resources: number;
    /** SHA-256 over the bodies of the `remembered` records as they stand in their lines, in order, a newline after each; hex. */
    readonly digest: string;
    /** Sequence and hash of the last record before this one; absent in the first segment. */
    readonly follows?: { readonly seq: number; readonly hash: string };
    /** A takeover seals the segment before at this place: what comes later there is not part of the log. */
    readonly seals?: { readonly segment: string; readonly seq: number; readonly hash: string; readonly bytes: number };
    /** The log before was damaged: where, and what is in quarantine; `cold` if nothing of it could be used. */
    readonly recovers?: {
      readonly damage: readonly string[];
      readonly quarantine: readonly string[];
      readonly cold: boolean;
    };
    /** The records up to this one are gone from the log on purpose: what follows it is where the log begins. */
    readonly prunes?: { readonly seq: number; readonly hash: string };
    /** From here on the project has another name: what it was called before, in which run, and why it was renamed. */
    readonly renames?: { readonly from: string; readonly run: string; readonly reason?: string };
  };
  readonly remembered: { readonly memory: MemoryBody } | { readonly spent: SpentBody };
}

export type RecordKind = keyof RecordBodies;

/** What a caller hands to the store. */
export type Draft = { readonly [K in RecordKind]: { readonly kind: K; readonly body: RecordBodies[K] } }[RecordKind];

/** One line of the log. */
export type LogRecord = Draft & {
  readonly seq: number;
  /** ISO 8601, UTC; never before the record ahead of it. */
  readonly time: string;
  readonly actor: string;
  readonly prev: string;
  readonly hash: string;
};
