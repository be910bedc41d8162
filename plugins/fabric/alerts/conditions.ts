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
import type { FabricMemory } from '../generated.ts';
import type { Memory } from '#plugin';
import { type ObjectResource, previewOf } from '../objects/facts.ts';
import type { Recorded } from '../states/combination.ts';
import { driftScore } from '../states/drift-score.ts';
import { reviewDue } from '../states/retries.ts';
import { alertSeverity } from './alert.ts';
import type { Condition } from './record.ts';

type Spec = Readonly<Record<string, Json>>;

function specOf(value: unknown): Spec | undefined {
  return isRecord(value) && isTree(value['spec']) ? value['spec'] : undefined;
}

/** The specification that the cluster has, from the differences of the row. */
function actualSpec(manifest: unknown, fields: readonly FieldChange[]): Spec | undefined {
  return specOf(fields.reduce<Json>((all, { path, before }) => changeAt(all, path, () => before), manifest as Json));
}

function drifted(resource: ObjectResource): Condition {
  const fields = previewOf(resource)?.fields ?? [];
  const manifest = resource.desired?.spec;
  const score = driftScore(specOf(manifest), actualSpec(manifest, fields));
  const paths = fields.map(({ path }) => path.slice(1).replaceAll('/', '.'));
  const more = paths.length > 3 ? ` and ${paths.length - 3} more` : '';
  return {
    type: 'drift_detected',
    severity: alertSeverity('drift_detected', score),
    message: `the object differs in ${paths.slice(0, 3).join(', ')}${more}`,
    score: Math.round(score * 1000) / 1000,
  };
}

function plain(type: Exclude<Condition['type'], 'drift_detected'>, message: string): Condition {
  return { type, severity: alertSeverity(type, 0), message };
}

/** Refusals by which a document is not valid for the cluster. */
const INVALID: ReadonlySet<string> = new Set(['invalid', 'denied', 'bad-request']);

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
      ? [plain('orphaned_resource', 'the cluster has the object, and no document declares it')]
      : []),
    ...(state === 'absent' && desired !== undefined && memory.state !== 'absent'
      ? [plain('creation_pending', 'the object is declared, and the cluster no longer has it')]
      : []),
    ...(state === 'DELETING' ? [plain('deletion_pending', 'a finalizer holds the object')] : []),
    ...(memory.failures === undefined
      ? []
      : [plain('sync_failure', `the step of the object failed: ${memory.lastError?.message ?? ''}`)]),
    ...(outcome === 'refused' && refusal !== undefined && INVALID.has(refusal.kind) && desired !== undefined
      ? [plain('validation_error', `the cluster refuses the object: ${refusal.words}`)]
      : []),
    ...(foreign === undefined
      ? []
      : [plain('conflict_detected', `${foreign.manager} owns ${foreign.field}, which the document declares`)]),
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
      ? [plain('connection_failure', words.error ?? 'the connection failed')]
      : []),
    ...(status === 'ACTIVE' && sync === 'ERROR'
      ? [{ ...plain('sync_failure', words.syncError ?? 'the last sync failed'), severity: 'medium' as const }]
      : []),
    ...(status === 'MAINTENANCE' && start !== undefined && reviewDue(start, words.now)
      ? [plain('maintenance_review', `the maintenance has lasted since ${instantText(start)}`)]
      : []),
  ];
}
