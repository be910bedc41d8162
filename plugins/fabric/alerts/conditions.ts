/** The conditions about which alerts are due: of an object, and of a Fabric. Pure. */

import {
  changeAt,
  type FieldChange,
  instantText,
  isRecord,
  isTree,
  type Json,
  type KnownResource,
  seenState,
} from '#plugin';
import type { FabricMemory, ObjectMemory } from '../generated.ts';
import type { Memory } from '#plugin';
import { type ObjectResource, previewOf } from '../objects/facts.ts';
import type { Recorded } from '../states/combination.ts';
import { driftScore } from '../states/drift-score.ts';
import { reviewDue } from '../states/retries.ts';
import { alertSeverity, driftAlertSeverity } from './alert.ts';
import type { Condition } from './record.ts';

type Spec = Readonly<Record<string, Json>>;

function specOf(value: unknown): Spec | undefined {
  return isRecord(value) && isTree(value['spec']) ? value['spec'] : undefined;
}

/** The specification that the cluster has, from the differences of the row. */
function actualSpec(manifest: unknown, fields: readonly FieldChange[]): Spec | undefined {
  return specOf(fields.reduce<Json>((all, { path, before }) => changeAt(all, path, () => before), manifest as Json));
}

/** The score of a difference: 0 if the object is as its manifest declares it. */
export function scoreOf(manifest: unknown, fields: readonly FieldChange[]): number {
  return driftScore(specOf(manifest), actualSpec(manifest, fields));
}

function drifted(resource: ObjectResource): Condition {
  const fields = previewOf(resource)?.fields ?? [];
  const manifest = resource.desired?.spec;
  const score = scoreOf(manifest, fields);
  const paths = fields.map(({ path }) => path.slice(1).replaceAll('/', '.'));
  const more = paths.length > 3 ? ` and ${paths.length - 3} more` : '';
  return {
    type: 'drift_detected',
    severity: driftAlertSeverity(score),
    message: `the object differs in ${paths.slice(0, 3).join(', ')}${more}`,
    score: Math.round(score * 1000) / 1000,
  };
}

type Plain = (type: Exclude<Condition['type'], 'drift_detected'>, message: string) => Condition;

/** Makes conditions of the severity that the spec lists for the kind. */
function plainOf(kind: 'Fabric' | 'Object'): Plain {
  return (type, message) => ({ type, severity: alertSeverity(kind, type) ?? 'high', message });
}

const ofObject = plainOf('Object');
const ofFabric = plainOf('Fabric');

/** Refusals by which a document is not valid for the cluster. */
const INVALID: ReadonlySet<string> = new Set(['invalid', 'denied', 'bad-request']);

function isPending({ kept }: Memory<ObjectMemory>): boolean {
  return kept.alerts?.['creation_pending'] !== undefined;
}

/** The conditions of an object. A first plan has none: alerts are about objects that the project has. */
export function objectConditions(resource: KnownResource<ObjectResource>): readonly Condition[] {
  const { memory, desired } = resource;
  if (memory?.owned === undefined) return [];
  const state = seenState(resource);
  const { refusal, outcome, others = [] } = previewOf(resource) ?? {};
  const foreign = others.find(({ ours }) => !ours);
  return [
    ...(state === 'DRIFTED' ? [drifted(resource)] : []),
    // The removal of a manifest is a row; an object that stays after that is an alert.
    ...(state === 'ORPHANED' && memory.state === 'ORPHANED'
      ? [ofObject('orphaned_resource', 'the cluster has the object, and no document declares it')]
      : []),
    // Lasts until the object exists again: the refresh that misses the object records its absence too.
    ...(state === 'absent' && desired !== undefined && (memory.state !== 'absent' || isPending(memory))
      ? [ofObject('creation_pending', 'the object is declared, and the cluster no longer has it')]
      : []),
    ...(state === 'DELETING' ? [ofObject('deletion_pending', 'a finalizer holds the object')] : []),
    ...(memory.failures === undefined
      ? []
      : [ofObject('sync_failure', `the step of the object failed: ${memory.lastError?.message ?? ''}`)]),
    ...(outcome === 'refused' && refusal !== undefined && INVALID.has(refusal.kind) && desired !== undefined
      ? [ofObject('validation_error', `the cluster refuses the object: ${refusal.words}`)]
      : []),
    ...(foreign === undefined
      ? []
      : [ofObject('conflict_detected', `${foreign.manager} owns ${foreign.field}, which the document declares`)]),
  ];
}

/** The conditions of a Fabric, by its states after a refresh. */
export function fabricConditions(
  { status, connection, sync }: Recorded,
  memory: Memory<FabricMemory> | undefined,
  words: { readonly error?: string | undefined; readonly syncError?: string | undefined; readonly now: number },
): readonly Condition[] {
  const start = memory?.state === 'MAINTENANCE' ? memory.since : undefined;
  return [
    ...(status === 'ACTIVE' && connection === 'FAILED'
      ? [ofFabric('connection_failure', words.error ?? 'the connection failed')]
      : []),
    ...(status === 'ACTIVE' && sync === 'ERROR'
      ? [ofFabric('sync_failure', words.syncError ?? 'the last sync failed')]
      : []),
    ...(status === 'MAINTENANCE' && start !== undefined && reviewDue(start, words.now)
      ? [ofFabric('maintenance_review', `the maintenance has lasted since ${instantText(start)}`)]
      : []),
  ];
}
