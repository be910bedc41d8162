/**
 * The stage at which a written field of a port stopped. Pure.
 *
 * | Stage | Copies | Shows |
 * |---|---|---|
 * | `CONFIG_DB` | fettle, and any other writer | every field |
 * | `APPL_DB` | portmgrd; `mtu` and `admin_status` after the kernel has them | every field |
 * | `kernel` | portmgrd | `mtu`, `admin_status` |
 * | `STATE_DB` | portsyncd from the kernel; orchagent the operational speed and correction of a port that is up | `mtu`, `admin_status`, `speed`, `fec` |
 */

import { serverText } from '../redis/errors.ts';
import type { Row } from '../redis/reader.ts';

export type Stage = 'CONFIG_DB' | 'APPL_DB' | 'kernel' | 'STATE_DB';

/** The kernel's link of a port. */
export interface KernelPort {
  readonly mtu: number;
  readonly isUp: boolean;
}

/** A port as each stage shows it; undefined where a stage does not have it. */
export interface PortStages {
  readonly config: Row | undefined;
  readonly appl: Row | undefined;
  readonly state: Row | undefined;
  /** Absent if the kernel cannot be read; null if it does not have the link. */
  readonly kernel?: KernelPort | null;
}

/** A field that a stage has not taken up: the first stage without it. */
export interface Lag {
  /** Undefined for the removal of a port. */
  readonly field?: string;
  readonly stage: Stage;
  /** The value there, if it has one. */
  readonly found?: string;
}

const FROM_KERNEL = new Set(['admin_status', 'mtu']);

function lagAt(field: string, stage: Stage, found: string | undefined): Lag {
  return { field, stage, ...(found === undefined ? {} : { found }) };
}

function kernelValue(field: string, kernel: KernelPort | null): string | undefined {
  if (kernel === null) return undefined;
  if (field === 'mtu') return String(kernel.mtu);
  return kernel.isUp ? 'up' : 'down';
}

/** The operational value in STATE_DB, where it must be equal to the configured one. */
function operational(field: string, { config, state }: PortStages): string | undefined {
  if (state?.['netdev_oper_status'] !== 'up' || config?.['autoneg'] === 'on') return undefined;
  const value = state[field];
  if (value === undefined || value === 'N/A' || value === '') return undefined;
  if (field === 'speed') return value;
  return field === 'fec' && config?.['fec'] !== 'auto' ? value : undefined;
}

function lagOf(field: string, wanted: string, stages: PortStages): Lag | undefined {
  const { config, appl, state, kernel } = stages;
  if (config?.[field] !== wanted) return lagAt(field, 'CONFIG_DB', config?.[field]);
  const isFromKernel = FROM_KERNEL.has(field);
  if (isFromKernel && kernel !== undefined && kernelValue(field, kernel) !== wanted)
    return lagAt(field, 'kernel', kernelValue(field, kernel));
  if (appl?.[field] !== wanted) return lagAt(field, 'APPL_DB', appl?.[field]);
  if (isFromKernel && state?.[field] !== wanted) return lagAt(field, 'STATE_DB', state?.[field]);
  const shown = operational(field, stages);
  return shown !== undefined && shown !== wanted ? lagAt(field, 'STATE_DB', shown) : undefined;
}

/** The written fields that a stage has not taken up; none if every stage shows all. `written`: undefined for a removal. */
export function notTakenUp(written: Row | undefined, stages: PortStages): readonly Lag[] {
  if (written !== undefined)
    return Object.entries(written).flatMap(([field, wanted]) => lagOf(field, wanted, stages) ?? []);
  const { config, appl, state, kernel } = stages;
  if (config !== undefined) return [{ stage: 'CONFIG_DB' }];
  if (appl !== undefined) return [{ stage: 'APPL_DB' }];
  if (kernel !== undefined && kernel !== null) return [{ stage: 'kernel' }];
  return state === undefined ? [] : [{ stage: 'STATE_DB' }];
}

/** `mtu is 9100 in APPL_DB`, `the port still exists in STATE_DB`. */
export function lagText({ field, stage, found }: Lag): string {
  const place = stage === 'kernel' ? 'the kernel' : stage;
  if (field === undefined) return `the port still exists in ${place}`;
  return found === undefined ? `${place} does not show ${field}` : `${field} is ${serverText(found)} in ${place}`;
}
