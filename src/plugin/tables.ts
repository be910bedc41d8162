/** The shape of the tables that `npm run generate` makes from `specs/`: lifecycles, rules and findings as data. */

import type { Json, OnRemove, Severity, Step } from './types.ts';

/** One move of a machine. `by: fettle` is a step with a handler; `by: world` happens, or is found by a look. */
export interface Transition {
  readonly from: string;
  readonly to: string;
  readonly trigger: string;
  readonly by: 'fettle' | 'world';
  /** The state in which the handler leaves the resource, where that is not `to`. */
  readonly settles?: string;
  /** The state in which a failure leaves it, where a look alone would find it as it was before. */
  readonly fails?: string;
  /** It takes something away that may be in use: guarded by the rules about partial and stale views. */
  readonly destructive?: true;
  readonly disruptive?: true;
  readonly reversible?: 'yes' | 'no' | 'partly';
  /** Moves of other machines that belong to this one: `sync:A>B`. */
  readonly together?: readonly Step[];
  /** Until when the world ought to have done it, in ms. */
  readonly withinMs?: number;
  /** Deadline of the handler, in ms. */
  readonly deadlineMs?: number;
}

/** A state in which a change in place, `s>s`, is allowed. */
export interface Edit {
  readonly state: string;
  readonly destructive?: true;
  readonly disruptive?: true;
  readonly reversible?: 'yes' | 'no' | 'partly';
  /** Deadline of the handler, in ms. */
  readonly deadlineMs?: number;
}

export interface Machine {
  readonly states: readonly string[];
  readonly transitions: readonly Transition[];
  readonly edits: readonly Edit[];
}

export interface RuleTable {
  readonly id: string;
  readonly guards: readonly Step[];
  readonly overridable: boolean;
  /**
   * It looks beyond its own resource: actions with the same value of this field run one at a time. `kind`: all of the
   * kind; `label:pool`: those with the same label; `/pool`: those with the same value in the spec.
   */
  readonly group?: string;
  readonly text: string;
}

export interface FindingTable {
  readonly code: string;
  readonly kind: string;
  readonly severity: Severity;
  readonly text: string;
}

/** What a path is for: fettle writes or removes there; it is read on this machine alone; its content is sent or printed. */
export type PathUse = 'write' | 'read' | 'send';

/** Where a spec or a configuration names a path: a JSON pointer (`*` stands for every item, or every key), and its use. */
export interface PathTable {
  readonly pointer: string;
  readonly use: PathUse;
  /** It is a folder; otherwise a file. */
  readonly folder?: true;
}

/**
 * How the applied and the written value of a safety input combine until the row that changes it is applied.
 *
 * - `longer`: the longer duration counts; one that is not there lasts for ever.
 * - `larger`, `smaller`: the larger, or smaller, number or percentage counts, or the one that is there.
 * - `both`: each of the two counts, as the rules that ask say.
 * - `applied`: what was applied counts, or what is written where nothing was.
 * - a list: the value that stands first in it counts.
 */
export type Combining = 'longer' | 'larger' | 'smaller' | 'both' | 'applied' | readonly Json[];

/** A field of a spec by which a rule decides whether its own resource may be disturbed or taken away. */
export interface SafetyInput {
  /** JSON pointer into the spec. */
  readonly pointer: string;
  readonly combine: Combining;
}

/** A field of a spec by which a document lets go what was managed, as a move of its storage leaves the old files. */
export interface ReleaseTable {
  /** JSON pointer into the spec. */
  readonly pointer: string;
  /** The values by which it is let go; any other one than before, where this is left out. */
  readonly to?: readonly Json[];
}

export interface KindTables {
  readonly summary: string;
  /** Names of the parts of a resource's scope, from the outside in; each is read from `metadata.<part>`. */
  readonly scope: readonly string[];
  readonly onRemove: OnRemove;
  /** The credentials of an account decide which resources are listed: an empty list may be another account's. */
  readonly byAccount?: true;
  /** The first machine decides whether the resource is there at all. */
  readonly machines: Readonly<Record<string, Machine>>;
  readonly rules: readonly RuleTable[];
  /** Where its spec names other resources: a JSON pointer (`*` stands for every item), and the kind that is named. */
  readonly references: readonly { readonly pointer: string; readonly kind: string }[];
  /** Where its spec names paths. */
  readonly paths: readonly PathTable[];
  readonly safetyInputs: readonly SafetyInput[];
  readonly releases?: readonly ReleaseTable[];
  /** Settings (JSON pointers) that decide nothing of what its steps do: all others are part of what is approved. */
  readonly undeciding?: readonly string[];
  /** JSON pointers that drift can name (`*` stands for every item or key); left out where nobody knows them. */
  readonly fields?: readonly string[];
  readonly memoryVersion: number;
}

/** A field of a configuration that names a secret. */
export interface SecretTable {
  /** JSON pointer into the configuration; `*` stands for every item, or every key. */
  readonly pointer: string;
  /** `HCLOUD_TOKEN`: the environment variable that may hold it; `HCLOUD_TOKEN_SHOP` may too. */
  readonly variable: string;
}

export interface PluginTables {
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  /** How many actions of this plugin run at once. */
  readonly parallelism: number;
  readonly kinds: Readonly<Record<string, KindTables>>;
  /** Where its configuration names secrets. */
  readonly secrets: readonly SecretTable[];
  /** Where its configuration names paths. */
  readonly settingPaths: readonly PathTable[];
  readonly findings: readonly FindingTable[];
}
