/** From an object of the API server to facts, and from facts to a state. */

import { type Finding, type Instant, isTree, listed, type Ref, type Sighting, type Standing } from '#plugin';
import type { ObjectState } from '../generated.ts';
import { asName, isPassing } from '../live/answers.ts';
import { contentDigest, finalizersOf, type LiveObject, MOST_NAMES, textOr } from './content.ts';
import type { ObjectFacts, ObjectPreview } from './facts.ts';
import { managedEntries } from './managed-fields.ts';
import { type KeptField, keptText } from './kept.ts';
import type { ForeignField } from './others.ts';

/** Further input of the state: what the document and the trial say. */
export interface ObjectRaw {
  readonly isDeclared: boolean;
  readonly outcome: ObjectPreview['outcome'];
  readonly refusal?: NonNullable<ObjectPreview['refusal']>;
  /** The document differs from the object. */
  readonly differs: boolean;
  readonly foreign: readonly ForeignField[];
  /** Fields that left the document, and that the object keeps. */
  readonly kept: readonly KeptField[];
}

/** Fields in the facts of one finding. */
const MOST_FACTS = 20;

/** The key of an object in a list. */
export function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

interface Seen {
  readonly ref: Ref;
  readonly object: LiveObject;
  readonly raw: ObjectRaw;
  /** Our field manager. */
  readonly self: string;
  /** Digest of the admission of the cluster; undefined if it is not known. */
  readonly admission: string | undefined;
  readonly at: Instant;
}

export function objectSighting({ ref, object, raw, self, admission, at }: Seen): Sighting<ObjectFacts> {
  const metadata = isTree(object['metadata']) ? object['metadata'] : {};
  const { uid, deletionTimestamp, resourceVersion, generation } = metadata;
  const held = finalizersOf(object);
  const managers = managedEntries(object).flatMap(({ manager }) => (manager === self ? [] : [asName(manager)]));
  return {
    ref,
    raw,
    at,
    facts: {
      api_version: textOr(object['apiVersion'], ''),
      kind: textOr(object['kind'], ''),
      uid: textOr(uid, ''),
      content: contentDigest(object),
      managers: [...new Set(managers)].sort().slice(0, MOST_NAMES),
      ...(held.length === 0 ? {} : { finalizers: held }),
      ...(deletionTimestamp === undefined ? {} : { deleting: true }),
    },
    signals: {
      resource_version: textOr(resourceVersion, ''),
      ...(typeof generation === 'number' ? { generation } : {}),
      ...(admission === undefined ? {} : { admission }),
      ...(typeof deletionTimestamp === 'string' ? { deleting_since: deletionTimestamp } : {}),
    },
  };
}

/** A document, compared with its last apply. */
export interface ObjectPolicy {
  readonly isDeclared: boolean;
  /** The document was never applied, or differs from the applied one. */
  readonly isEdited: boolean;
}

function stateOf(policy: ObjectPolicy, { deleting }: ObjectFacts, { outcome, differs }: ObjectRaw): ObjectState {
  if (deleting === true) return 'DELETING';
  if (!policy.isDeclared) return 'ORPHANED';
  if (outcome === 'unchanged' || (outcome !== 'changes' && !differs)) return 'SYNCED';
  return policy.isEdited ? 'PENDING' : 'DRIFTED';
}

function setByOthers(ref: Ref, foreign: readonly ForeignField[]): readonly Finding[] {
  const [first] = foreign;
  if (first === undefined) return [];
  const more = foreign.length === 1 ? '' : `, and ${foreign.length - 1} more`;
  const time = first.time === undefined ? '' : ` at ${first.time}`;
  return [
    {
      ref,
      code: 'set-by-others',
      severity: 'info',
      message: `${first.manager} set ${first.field}${time}${more}, which the manifest does not declare`,
      facts: { fields: foreign.slice(0, MOST_FACTS).map((each) => ({ ...each })) },
    },
  ];
}

function keptFinding(ref: Ref, kept: readonly KeptField[]): readonly Finding[] {
  if (kept.length === 0) return [];
  const fields = kept.slice(0, MOST_FACTS).map((each) => ({ ...each }));
  return [{ ref, code: 'field-kept', severity: 'warning', message: keptText(kept), facts: { fields } }];
}

/** An object that is being deleted: since when, and what holds it. */
function deletingFinding({ ref, facts, signals }: Sighting<ObjectFacts>): Finding {
  const { finalizers = [] } = facts;
  const start = signals?.['deleting_since'];
  const since = typeof start === 'string' ? ` since ${start}` : '';
  const held = finalizers.length === 0 ? 'its end' : listed(finalizers);
  return {
    ref,
    code: 'deleting',
    severity: 'warning',
    message: `the object is being deleted${since}, and waits for ${held} (HH-K8S-026)`,
    facts: { finalizers, ...(typeof start === 'string' ? { since: start } : {}) },
  };
}

/** An object that differs in nothing, and that the cluster refuses, or cannot check. */
function refusedUnchanged(ref: Ref, refusal: ObjectRaw['refusal']): Finding {
  const finding = { ref, severity: 'warning' as const, facts: refusal ?? {} };
  const words = refusal?.words ?? '';
  return refusal !== undefined && isPassing(refusal)
    ? { ...finding, code: 'unchecked', message: `the cluster cannot check the object now: ${words}` }
    : {
        ...finding,
        code: 'refused-unchanged',
        message: `the cluster refuses the object as it is, and would refuse a later change of it too: ${words}`,
      };
}

export function objectStanding(policy: unknown, seen: Sighting<ObjectFacts>): Standing<ObjectFacts> {
  const { ref, facts, raw } = seen;
  const { outcome, foreign, refusal, kept } = raw as ObjectRaw;
  const state = stateOf(policy as ObjectPolicy, facts, raw as ObjectRaw);
  if (state === 'DELETING') return { state, findings: [deletingFinding(seen)] };
  const refused = state === 'SYNCED' && outcome === 'refused' ? [refusedUnchanged(ref, refusal)] : [];
  return { state, findings: [...refused, ...keptFinding(ref, kept), ...setByOthers(ref, foreign)] };
}
