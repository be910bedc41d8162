/** Generated from specs/engine.yaml by `npm run generate`: do not edit. */

import type { Json } from '#plugin';
import type { RecordKind } from './record.ts';

/** Rules that hold for every plugin. */
export type EngineRuleId =
  | 'lifecycle'
  | 'memory-unread'
  | 'not-owned'
  | 'same-place'
  | 'other-project'
  | 'protected'
  | 'provider-protected'
  | 'partial-view'
  | 'stale-view'
  | 'in-progress'
  | 'clock-behind'
  | 'freeze'
  | 'stuck'
  | 'observed-collapse'
  | 'all-missing'
  | 'dependency'
  | 'ignored'
  | 'unapplied-edit'
  | 'uncovered'
  | 'too-many-removals'
  | 'budget';

/** Codes of what can be wrong in what the user wrote. */
export type ProblemCode =
  | 'unreadable-file'
  | 'no-files'
  | 'outside-root'
  | 'untrusted-owner'
  | 'empty-desired'
  | 'not-utf8'
  | 'utf-16'
  | 'binary'
  | 'too-large'
  | 'too-deep'
  | 'too-many-anchors'
  | 'too-many-aliases'
  | 'blank-run'
  | 'too-many-values'
  | 'too-many-problems'
  | 'yaml-syntax'
  | 'merge-conflict'
  | 'invisible-character'
  | 'duplicate-key'
  | 'forbidden-key'
  | 'bad-key'
  | 'unknown-tag'
  | 'unsafe-integer'
  | 'not-a-mapping'
  | 'missing-key'
  | 'unknown-key'
  | 'unknown-api-version'
  | 'unknown-kind'
  | 'wrong-type'
  | 'wrong-value'
  | 'missing-value'
  | 'duplicate-name'
  | 'unknown-reference'
  | 'dependency-cycle'
  | 'same-place'
  | 'reserved-place'
  | 'secret-not-allowed'
  | 'bad-config'
  | 'expired';

/** Forms of text that a schema can ask for. */
export type FormatName =
  | 'plain-text'
  | 'address'
  | 'dns-name'
  | 'host-name'
  | 'duration'
  | 'percentage'
  | 'instant'
  | 'step'
  | 'secret'
  | 'path'
  | 'folder-path'
  | 'digest';

/** Fields of a document, outside of its spec, that are safety inputs. */
export type EnvelopeInput =
  | '/metadata/labels'
  | '/metadata/dependsOn'
  | '/lifecycle/protect'
  | '/lifecycle/onRemove'
  | '/lifecycle/hold';

export type ExitCodeName =
  | 'interrupted'
  | 'terminated'
  | 'error'
  | 'locked'
  | 'plan-refused'
  | 'unknown-outcome'
  | 'incomplete'
  | 'partly-read'
  | 'rejected'
  | 'changes'
  | 'ok';

/** What an exit code means, and what to do next. */
export interface ExitCode {
  readonly name: ExitCodeName;
  readonly code: number;
  readonly text: string;
  readonly next: string;
}

/** A rule of the engine. */
export interface EngineRuleTable {
  readonly id: EngineRuleId;
  readonly overridable: boolean;
  readonly text: string;
}

/** A document with the defaults of its envelope filled in; a kind with a scope has its parts in `metadata` too. */
export interface DocumentEnvelope {
  /** Plugin and version, for example `certificates/v1`. */
  readonly apiVersion: string;
  /** Kind of the resource. */
  readonly kind: string;
  /** What the resource is called. */
  readonly metadata: {
    /** Name of the resource; unique within its kind and scope. */
    readonly name: string;
    /** Names and values to choose by. */
    readonly labels: Readonly<Record<string, string>>;
    /** Addresses of what has to be there first, for example `certificates/Issuer/test-ca`. */
    readonly dependsOn: readonly string[];
  };
  /** How changes of the resource are treated. */
  readonly lifecycle: {
    /** It is neither removed, replaced nor released. Remembered: removing the document does not remove the protection. */
    readonly protect?: boolean;
    /** What happens when the document is gone; each kind has its default. */
    readonly onRemove?: 'remove' | 'release';
    /** JSON pointers that may differ in the world, for example `/spec/labels/seen`. */
    readonly ignore: readonly string[];
    /** Nothing is done to the resource while this stands here; the text says why. Remembered: removing the document does not lift it; `false`, or a document without it, does by a row of its own. */
    readonly hold?: string | boolean;
  };
  /** The resource itself; its kind says what belongs here. */
  readonly spec: Readonly<Record<string, Json>>;
}

/** `fettle.yaml`, with the defaults filled in. */
export interface FettleConfig {
  /** Name of the project, its scope in a shared store; the name of the folder where it is left out. */
  readonly name?: string;
  /** Files, folders and patterns with documents, relative to this file. */
  readonly desired: string | readonly string[];
  /** Folder of the log, relative to this file; or `postgres://user@host/database`, its password from PGPASSWORD or `${env:NAME}`, sent only to an origin that FETTLE_STORE_ORIGIN names. */
  readonly store: string;
  /** How many actions run at once. */
  readonly parallelism: number;
  /** What `apply` does when the log is damaged. */
  readonly onDamage: 'stop' | 'recover';
  /** Settings of the plugins, by name. */
  readonly plugins: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  /** Limits of the safety rules. */
  readonly safety: {
    /** How old a look may be for a step that takes something away. */
    readonly maxAge: string;
    /** How much of a kind may be removed at once; above it, nothing of the kind is removed. */
    readonly removals: {
      /** So many resources. */
      readonly max: number;
      /** So large a part of what is ours. */
      readonly share: string;
      /** The share counts where so many are ours; below, the number alone. */
      readonly from: number;
      /** Removals of earlier runs count for so long, 7d at most. */
      readonly per: string;
    };
    /** When so few of a kind are seen that the look is doubted rather than the world. */
    readonly collapse: {
      /** More than this part of what is ours, and was there, is missing. */
      readonly share: string;
      /** It counts where so many were there. */
      readonly from: number;
    };
    /** How many steps that disrupt may be taken in a time. */
    readonly budgets: readonly {
      /** Which resources share this budget; what is left out matches all. */
      readonly match: {
        readonly plugin?: string;
        readonly kind?: string;
        /** Labels that a resource has to have. */
        readonly labels: Readonly<Record<string, string>>;
      };
      /** So many steps. */
      readonly max: number;
      /** In so long a time, 7d at most. */
      readonly per: string;
    }[];
    /** Times in which nothing is done. */
    readonly freeze: readonly {
      /** When it begins: minute, hour, day of month, month, day of week. */
      readonly cron: string;
      /** How long it lasts, 366d at most. */
      readonly for: string;
      /** Name of a time zone such as Europe/Berlin. */
      readonly timezone: string;
      readonly reason: string;
    }[];
    /** One rule on one address that may be passed by, until a time. */
    readonly overrides: readonly {
      readonly rule: string;
      readonly address: string;
      /** From then on it is a problem instead. */
      readonly until: string;
      readonly reason: string;
    }[];
  };
  /** What `fettle drift` tells. */
  readonly drift: {
    /** Drift and findings that are known, and not counted until a time. */
    readonly suppress: readonly {
      /** Address or glob, for example `nodes/Node/*`. */
      readonly address: string;
      /** JSON pointer into the spec: the drift of this field, and of what lies below it, is suppressed. */
      readonly path?: string;
      /** Code of a finding, in place of `path`: the finding is suppressed. */
      readonly finding?: string;
      /** From then on the drift or finding counts again, and this is told as expired. */
      readonly until: string;
      /** Who answers for it. */
      readonly owner: string;
      readonly reason: string;
    }[];
  };
}

/** In the order in which they are asked. */
export const engineRuleTables: readonly EngineRuleTable[] = [
  {
    id: 'lifecycle',
    overridable: false,
    text: "The step is in the kind's spec, and begins in the state that was seen.",
  },
  {
    id: 'memory-unread',
    overridable: false,
    text: 'While the memory cannot be read, nothing that exists is adopted or changed; a row that creates says what is unknown.',
  },
  { id: 'not-owned', overridable: true, text: 'Only what this project created or adopted is changed.' },
  {
    id: 'same-place',
    overridable: false,
    text: 'A file, a folder or a server belongs to one resource, whatever it is called there; none lies in the store, or is a document.',
  },
  {
    id: 'other-project',
    overridable: false,
    text: 'What another project marks as its own is neither adopted nor changed.',
  },
  {
    id: 'protected',
    overridable: true,
    text: 'What is protected is neither removed, replaced nor released; a protection outlives its document.',
  },
  {
    id: 'provider-protected',
    overridable: false,
    text: 'What its provider protects is neither removed nor replaced; that protection is lifted by a row of its own, or by hand.',
  },
  { id: 'partial-view', overridable: true, text: 'Nothing is taken away that cannot be seen.' },
  { id: 'stale-view', overridable: true, text: 'Nothing is taken away on a look that is older than `safety.maxAge`.' },
  { id: 'in-progress', overridable: false, text: 'A step of another run that goes on is not taken over.' },
  {
    id: 'clock-behind',
    overridable: true,
    text: "While the clock stands before the log's last record, nothing is taken away, and nothing is done because of the time.",
  },
  {
    id: 'freeze',
    overridable: true,
    text: 'Nothing is done inside a freeze window, or to a resource that is on hold; a hold outlives its document.',
  },
  {
    id: 'stuck',
    overridable: true,
    text: 'It is not in a state that the world has to leave, for longer than the spec allows; a warning.',
  },
  {
    id: 'observed-collapse',
    overridable: true,
    text: 'While far fewer of what is ours are seen than at the last look, and nothing of ours explains it, none of the kind is created or taken away.',
  },
  {
    id: 'all-missing',
    overridable: true,
    text: 'Where an account lists none of two or more resources that are ours, none of them is made again: the account may be another one.',
  },
  {
    id: 'dependency',
    overridable: true,
    text: 'What it needs is there, or comes first; nothing needs what it removes.',
  },
  { id: 'ignored', overridable: true, text: 'What `lifecycle.ignore` names is not changed.' },
  {
    id: 'unapplied-edit',
    overridable: false,
    text: 'A run whose `--cause` leaves out edits applies no document that differs from what was last applied.',
  },
  {
    id: 'uncovered',
    overridable: false,
    text: 'All that a step sends or runs can be read: otherwise nobody could approve it.',
  },
  {
    id: 'too-many-removals',
    overridable: true,
    text: 'Removals of a kind, those of the time before included, stay below `safety.removals`, or none of them is done.',
  },
  {
    id: 'budget',
    overridable: true,
    text: 'Steps that disrupt stay within `safety.budgets`, those of earlier runs included.',
  },
];

/** The first that applies is the exit code. */
export const exitCodes: readonly ExitCode[] = [
  {
    name: 'interrupted',
    code: 130,
    text: 'It was stopped by SIGINT.',
    next: 'What was running is in the log; run the command again.',
  },
  {
    name: 'terminated',
    code: 143,
    text: 'It was stopped by SIGTERM.',
    next: 'What was running is in the log; run the command again.',
  },
  {
    name: 'error',
    code: 1,
    text: 'An error: of usage, in documents, a prompt that was declined or could not be asked, a broken log.',
    next: 'Mend what is named above and run the command again.',
  },
  {
    name: 'locked',
    code: 5,
    text: 'The lock was not obtained, so nothing was written.',
    next: 'Wait for the holder that is named above, or give `--lock-timeout`.',
  },
  {
    name: 'plan-refused',
    code: 6,
    text: 'The plan was altered, belongs to another project, or is no longer true; nothing was done.',
    next: 'Plan again.',
  },
  {
    name: 'unknown-outcome',
    code: 8,
    text: 'The outcome of at least one action is unknown.',
    next: 'Plan again: a look at the world settles it.',
  },
  {
    name: 'incomplete',
    code: 7,
    text: 'An accepted action failed, is stale, or was not attempted.',
    next: 'See the reasons above; apply again.',
  },
  {
    name: 'partly-read',
    code: 4,
    text: 'Part of the world could not be read.',
    next: 'Make what is named above readable and run the command again.',
  },
  {
    name: 'rejected',
    code: 3,
    text: 'Every accepted action is done, but rejected ones remain.',
    next: 'The rows above say why, and how to go on; `--allow-rejected` makes it 0.',
  },
  {
    name: 'changes',
    code: 2,
    text: 'There are changes, drift, or findings that are errors.',
    next: 'Look at them and apply.',
  },
  { name: 'ok', code: 0, text: 'None of the others.', next: 'Nothing is left to do.' },
];

/** What each code stands for. */
export const problemTexts: Readonly<Record<ProblemCode, string>> = {
  'unreadable-file': 'The file cannot be read.',
  'no-files': 'A path or pattern names no file.',
  'outside-root': 'A file that the configuration names lies outside its repository.',
  'untrusted-owner': 'The configuration belongs to another user, or every user can exchange it.',
  'empty-desired': 'An entry of `desired` yields no document.',
  'not-utf8': 'The file is not valid UTF-8.',
  'utf-16': 'The file is UTF-16; UTF-8 is expected.',
  binary: 'The file holds bytes that no text has.',
  'too-large': 'The file is larger than the limit.',
  'too-deep': 'Values are nested more deeply than the limit.',
  'too-many-anchors': 'The file has more anchors than the limit.',
  'too-many-aliases': 'The file has more aliases than the limit.',
  'blank-run': 'The file has a longer run of blank lines than the limit.',
  'too-many-values': 'The file has more values than the limit.',
  'too-many-problems': 'More problems were found than are printed.',
  'yaml-syntax': 'The text is no YAML.',
  'merge-conflict': 'The file has the markers of a merge conflict.',
  'invisible-character': 'An invisible character stands where YAML wants a space or nothing.',
  'duplicate-key': 'A key stands twice in one mapping.',
  'forbidden-key': 'A key that JavaScript gives a meaning of its own.',
  'bad-key': 'A key that is no text.',
  'unknown-tag': 'A YAML tag that is not known.',
  'unsafe-integer': 'An integer beyond 2^53, which would be rounded.',
  'not-a-mapping': 'A document has to be a mapping.',
  'missing-key': 'A required key is missing.',
  'unknown-key': 'A key that is not known here.',
  'unknown-api-version': 'No plugin has this `apiVersion`.',
  'unknown-kind': 'The plugin has no such kind.',
  'wrong-type': 'A value is of another type than expected.',
  'wrong-value': 'A value is not allowed here.',
  'missing-value': 'A key has no value.',
  'duplicate-name': 'Two documents are of the same kind and have the same name.',
  'unknown-reference': 'What a document needs is not written anywhere.',
  'dependency-cycle': 'Documents need each other in a circle.',
  'same-place': "Two documents describe the same place, or one a place inside the other's.",
  'reserved-place': 'A document describes a place in the store, a document or the configuration.',
  'secret-not-allowed': 'A secret may not stand in this field.',
  'bad-config': 'The configuration does not fit together.',
  expired: 'An override or a suppression whose time is over.',
};

/** What a text of each form is, as the end of "it has to be …". */
export const formatTexts: Readonly<Record<FormatName, string>> = {
  'plain-text': 'text without control characters',
  address: 'an address like certificates/Issuer/test-ca',
  'dns-name': 'a DNS name like www.example.org or *.example.org',
  'host-name': 'a host name like www.example.org',
  duration: 'a duration like 500ms, 60s, 5m or 1h',
  percentage: 'a percentage like 30%',
  instant: 'a time like 2026-11-20T14:30:10Z',
  step: 'a step like ready>absent',
  secret: 'a reference like ${env:NAME} or ${file:PATH}, and never the secret itself',
  path: 'a path of a file, such as ../tls/www.key',
  'folder-path': 'a path of a folder, such as ../ca',
  digest: 'sha256: and 64 hex digits',
};

/** What each kind of record says. */
export const recordTexts: Readonly<Record<RecordKind, string>> = {
  run: 'A command that writes begins.',
  end: 'It ended, with its counts.',
  seen: 'What a run saw that differs from what was remembered.',
  intent: 'A step is about to be taken.',
  outcome: 'How the step of an intent ended.',
  refusal: 'An action that was not taken, with what the rules said.',
  memory: 'A resource was adopted, protected or released.',
  moved: 'What was remembered under one name is remembered under another.',
  checkpoint: 'A segment begins: all that is remembered follows, one record a resource.',
  remembered: 'What is remembered of one resource when a segment begins.',
};
