/** The errors of a store: one class per cause, which decides what a command prints and its exit code. */

import { InputError, OutsideError } from '#plugin';
import type { Damage, Holder } from './store.ts';

/** The store could not do the operation. Nothing was half done. */
export class StoreError extends OutsideError {
  override readonly name: string = 'StoreError';
}

/** A write failed before it changed anything. The log is unchanged, and the handle stays usable. */
export class LogUnchangedError extends StoreError {}

/** A secret that the store needs is missing, or must not be sent to the store's server. The state is unknown. */
export class StoreSecretError extends InputError {
  override readonly name = 'StoreSecretError';
}

/** The log belongs to another project. */
export class StoreProjectError extends InputError {
  override readonly name = 'StoreProjectError';

  constructor(place: string, project: string, found: string) {
    super(
      `the log of ${place} belongs to the project ${found}, not to ${project}. If both are the same project, set ` +
        `name: ${found} in fettle.yaml, or rename it with \`fettle state rename ${found} ${project}\`. ` +
        'Otherwise, set another store',
    );
  }
}

/** Another process holds the lock. */
export class LockHeldError extends StoreError {
  override readonly name = 'LockHeldError';
  readonly holder: Holder;

  constructor(holder: Holder, lockFile: string) {
    const who =
      holder.id === ''
        ? 'an unknown holder'
        : `${holder.user}@${holder.host} (${holder.command}, process ${holder.pid}) since ${holder.since}`;
    const run = holder.run === undefined ? '' : `, ${holder.run}`;
    super(`the log is locked by ${who}${run}. The lock is ${lockFile}${holder.id === '' ? '' : ` (id ${holder.id})`}`);
    this.holder = holder;
  }
}

/** The handle can no longer append: another process took the log over, or the lock was removed. */
export class FenceLostError extends StoreError {
  override readonly name = 'FenceLostError';
}

/**
 * A write or a sync failed. The bytes after the last acknowledged record are unknown, so nothing is written after them.
 */
export class StoreBrokenError extends StoreError {
  override readonly name = 'StoreBrokenError';
}

/** The log is damaged. Nothing is appended before it is recovered. */
export class LogDamagedError extends InputError {
  override readonly name = 'LogDamagedError';
  readonly damage: readonly Damage[];

  constructor(damage: readonly Damage[]) {
    const more = damage.length > 1 ? ` (and ${damage.length - 1} more)` : '';
    super(
      `the log is damaged: ${damage[0]?.message ?? 'unknown damage'}${more}. Run \`fettle log recover\` to restart from the last sound record`,
    );
    this.damage = damage;
  }
}
