/** Types of the tables that `npm run generate` creates from `specs/`: lifecycles, rules and findings as data. */

import type { AlertSeverity } from './alert.ts';
import type { Json, OnRemove, Severity, Step } from './types.ts';

/**
 * One transition of a machine. `by: fettle` is a step with a handler; `by: world` happens outside, or is only observed.
 */
export interface Transition {
  readonly from: string;
  readonly to: string;
  readonly trigger: string;
  readonly by: 'fettle' | 'world';
  /** The state after the handler, if it is not `to`. */
  readonly settles?: string;
  /** The state after a failure, if a refresh alone would not show it. */
  readonly fails?: string;
  /** True if a resource in use may be lost: the rules about gaps and stale views guard the step. */
  readonly destructive?: true;
  readonly disruptive?: true;
  readonly reversible?: 'yes' | 'no' | 'partly';
  /** Transitions of other machines that accompany this one: `sync:A>B`. */
  readonly together?: readonly Step[];
  /** Time in which the transition should have happened, in ms. */
  readonly withinMs?: number;
  /** Deadline of the handler, in ms. */
  readonly deadlineMs?: number;
}

/** A state that permits a change in place, `s>s`. */
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
  /** True if the rule only warns: it never rejects or defers. */
  readonly advisory?: true;
  /**
   * Set for a rule that reads other resources: actions of the same group run one at a time. `kind`: all resources of
   * the kind; `scope`: those with the same scope; `label:pool`: those with the same label; `/pool`: those with the same value in the spec.
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

/** A class of alerts about resources of a kind. */
export interface AlertTable {
  readonly class: string;
  readonly kind: string;
  /** The severities that its alerts can have. */
  readonly severities: readonly AlertSeverity[];
  readonly text: string;
}

/**
 * The use of a path. `write`: fettle writes or removes it. `read`: read on this machine only. `send`: sent or printed.
 */
export type PathUse = 'write' | 'read' | 'send';

/**
 * A field for a path in a spec or configuration: a JSON pointer (`*` is every item or key), and the use of the path.
 */
export interface PathTable {
  readonly pointer: string;
  readonly use: PathUse;
  /** True for a folder; otherwise, the path is a file. */
  readonly folder?: true;
}

/**
 * The combination of the applied and the declared value of a safety input, until the declared one is applied.
 *
 * - `longer`: the longer duration counts; an absent one is infinite.
 * - `larger`, `smaller`: the larger or smaller number or percentage counts; an absent one does not count.
 * - `both`: both count; each rule decides how.
 * - `applied`: the applied value counts; the declared one if nothing was applied.
 * - `shown`: the declared value counts. Later steps go by it, so a row shows its change.
 * - a list: the value that comes first in the list counts.
 */
export type Combining = 'longer' | 'larger' | 'smaller' | 'both' | 'applied' | 'shown' | readonly Json[];

/** A field of a spec by which a rule decides whether the resource may be disturbed or removed, or by which later steps go. */
export interface SafetyInput {
  /** JSON pointer into the spec. */
  readonly pointer: string;
  readonly combine: Combining;
}

/** A field of a spec whose change releases a managed object: a change of storage leaves the old files, for example. */
export interface ReleaseTable {
  /** JSON pointer into the spec. */
  readonly pointer: string;
  /** Values that release the object; by default, every other value than before. */
  readonly to?: readonly Json[];
}

export interface KindTables {
  readonly summary: string;
  /** Names of the parts of a resource's scope, outermost first. Each is read from `metadata.<part>`. */
  readonly scope: readonly string[];
  readonly onRemove: OnRemove;
  /** The kind with which this one shares everything but its name, its scope and some rules; absent for most kinds. */
  readonly base?: string;
  /** Documents of other systems declare resources of the kind; a document of the plugin cannot. */
  readonly foreign?: true;
  /** True if credentials decide which resources are listed: an empty list may be that of another account. */
  readonly byAccount?: true;
  /** The machines by name. The first machine decides whether the resource exists. */
  readonly machines: Readonly<Record<string, Machine>>;
  readonly rules: readonly RuleTable[];
  /** Fields that reference other resources: a JSON pointer (`*` is every item), and the referenced kind. */
  readonly references: readonly { readonly pointer: string; readonly kind: string }[];
  /** Fields of the spec for paths. */
  readonly paths: readonly PathTable[];
  readonly safetyInputs: readonly SafetyInput[];
  readonly releases?: readonly ReleaseTable[];
  /** Settings (JSON pointers) that do not decide about steps. All other settings are part of an approval. */
  readonly undeciding?: readonly string[];
  /** JSON pointers that drift can have (`*` is every item or key); absent if they are not known. */
  readonly fields?: readonly string[];
  readonly memoryVersion: number;
}

/** A field of a configuration that references a secret. */
export interface SecretTable {
  /** JSON pointer into the configuration; `*` is every item or key. */
  readonly pointer: string;
  /** The environment variable for the secret: `HCLOUD_TOKEN`. `HCLOUD_TOKEN_SHOP` is permitted too. */
  readonly variable: string;
}

export interface PluginTables {
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  /** Limit of concurrent actions of the plugin. */
  readonly parallelism: number;
  readonly kinds: Readonly<Record<string, KindTables>>;
  /** Fields of the configuration for secrets. */
  readonly secrets: readonly SecretTable[];
  /** Fields of the configuration for paths. */
  readonly settingPaths: readonly PathTable[];
  readonly findings: readonly FindingTable[];
  /** Classes of the alerts that the plugin raises; absent without any. */
  readonly alerts?: readonly AlertTable[];
}
