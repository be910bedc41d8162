/** The policy of a Fabric: its document, and a maintenance that somebody requested. */

import {
  appliedInputs,
  type Desired,
  digestOf,
  durationMs,
  type Instant,
  instantOf,
  isTree,
  type Memory,
} from '#plugin';
import { openWindow, type RecurringWindow } from '#plugin/windows';
import { type FabricMemory, type FabricSpec, tables } from '../generated.ts';
import type { NamedSecret } from '../objects/content.ts';
import type { Status } from '../states/combination.ts';

/** A maintenance that is due at a time. */
export interface MaintenanceDue {
  readonly by: 'window' | 'request';
  readonly reason: string;
  readonly until: Instant;
}

/** A maintenance that somebody requested. */
export interface MaintenanceRequest extends MaintenanceDue {
  readonly by: 'request';
  readonly requester: string;
  /** True after an edit of the document: a row ends the maintenance. */
  readonly isOverridden: boolean;
}

export interface FabricPolicy {
  /** The declared status; undefined if the document does not declare one. */
  readonly status?: Status | 'auto';
  readonly windows: readonly RecurringWindow[];
  readonly request?: MaintenanceRequest;
  /** Longest time of a sync, in ms. */
  readonly syncMs: number;
  /** `expireMs`: time after which a closed alert is dropped. */
  readonly alerts: { readonly isOn: boolean; readonly expireMs: number };
}

type Written = FabricSpec['maintenance'][number];

function windowOf({ cron, for: length, timezone, reason }: Written): RecurringWindow {
  return { cron, forMs: durationMs(length), timezone, reason };
}

/** The declared windows, and the applied ones until the row that changes them is applied. */
function windowsOf(spec: FabricSpec | undefined, memory: Memory<FabricMemory> | undefined): readonly RecurringWindow[] {
  const applied = appliedInputs(memory, tables.kinds.Fabric.safetyInputs)?.['/maintenance'];
  const former = Array.isArray(applied) ? (applied.filter(isTree) as unknown as readonly Written[]) : [];
  const all = new Map([...(spec?.maintenance ?? []), ...former].map((each) => [JSON.stringify(each), windowOf(each)]));
  return [...all.values()];
}

/** The secret values of objects that a Fabric names: the declared ones, and the applied ones until a row drops them. */
export function namedSecrets(spec: FabricSpec, memory: Memory<FabricMemory> | undefined): readonly NamedSecret[] {
  const applied = appliedInputs(memory, tables.kinds.Fabric.safetyInputs)?.['/secrets'];
  const former = Array.isArray(applied) ? (applied.filter(isTree) as unknown as readonly NamedSecret[]) : [];
  return [...spec.secrets, ...former];
}

/** Kept fields of a dropped request. */
export const NO_REQUEST = {
  request_until: null,
  request_reason: null,
  request_by: null,
  request_document: null,
} as const;

/** The requested maintenance. A later document ends it, by a row. */
function requestOf(spec: FabricSpec | undefined, { kept }: Memory<FabricMemory>): Pick<FabricPolicy, 'request'> {
  const { request_until: until, request_reason: reason = '', request_by: by = '', request_document: document } = kept;
  if (until === undefined) return {};
  const isOverridden = spec === undefined || document !== digestOf(spec);
  return { request: { by: 'request', reason, until: instantOf(until), requester: by, isOverridden } };
}

export function fabricPolicy(
  desired: Desired<FabricSpec> | undefined,
  memory: Memory<FabricMemory> | undefined,
): FabricPolicy {
  const spec = desired?.spec;
  return {
    ...(spec?.status === undefined ? {} : { status: spec.status }),
    windows: windowsOf(spec, memory),
    ...(memory === undefined ? {} : requestOf(spec, memory)),
    syncMs: durationMs(spec?.agents.deadline ?? '5m'),
    alerts: { isOn: spec?.alerts.enabled === true, expireMs: durationMs(spec?.alerts.expireAfter ?? '30d') },
  };
}

/**
 * The maintenance that is due now: the one that ends last. A request that a document overrides begins none; `holds` is true
 * as long as the row that ends the present maintenance is not taken.
 */
export function maintenanceDue(
  { windows, request }: FabricPolicy,
  now: Instant,
  holds: boolean,
): MaintenanceDue | MaintenanceRequest | undefined {
  const window = windows.length === 0 ? undefined : openWindow(windows, now);
  const isRequested = request !== undefined && now < request.until && (holds || !request.isOverridden);
  const open: readonly (MaintenanceDue | MaintenanceRequest)[] = [
    ...(window === undefined ? [] : [{ by: 'window', reason: window.reason, until: window.to } as const]),
    ...(isRequested ? [request] : []),
  ];
  return open.toSorted((a, b) => b.until - a.until)[0];
}
