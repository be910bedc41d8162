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
import { type RecurringWindow, windowsAround } from '#plugin/windows';
import { type FabricMemory, type FabricSpec, tables } from '../generated.ts';
import type { Status } from '../states/combination.ts';

/** A maintenance that is due at a time. */
export interface MaintenanceDue {
  readonly by: 'window' | 'request';
  readonly reason: string;
  readonly until: Instant;
}

export interface FabricPolicy {
  /** The declared status; undefined if the document does not declare one. */
  readonly status?: Status | 'auto';
  readonly windows: readonly RecurringWindow[];
  readonly request?: MaintenanceDue & { readonly by: 'request' };
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

/** The requested maintenance. A later document ends it. */
function requestOf(spec: FabricSpec | undefined, { kept }: Memory<FabricMemory>): FabricPolicy['request'] {
  const { request_until: until, request_reason: reason = '', request_document: document } = kept;
  if (until === undefined || spec === undefined || document !== digestOf(spec)) return undefined;
  return { by: 'request', reason, until: instantOf(until) };
}

export function fabricPolicy(
  desired: Desired<FabricSpec> | undefined,
  memory: Memory<FabricMemory> | undefined,
): FabricPolicy {
  const spec = desired?.spec;
  const request = memory === undefined ? undefined : requestOf(spec, memory);
  return {
    ...(spec?.status === undefined ? {} : { status: spec.status }),
    windows: windowsOf(spec, memory),
    ...(request === undefined ? {} : { request }),
    syncMs: durationMs(spec?.agents.deadline ?? '5m'),
    alerts: { isOn: spec?.alerts.enabled === true, expireMs: durationMs(spec?.alerts.expireAfter ?? '30d') },
  };
}

/** The maintenance that is due now: the one that ends last. */
export function maintenanceDue({ windows, request }: FabricPolicy, now: Instant): MaintenanceDue | undefined {
  const open: readonly MaintenanceDue[] = [
    ...(windows.length === 0
      ? []
      : windowsAround(windows, now)
          .filter(({ from, to }) => from <= now && now < to)
          .map(({ to, reason }) => ({ by: 'window', reason, until: to }) as const)),
    ...(request !== undefined && now < request.until ? [request] : []),
  ];
  return open.toSorted((a, b) => b.until - a.until)[0];
}
