/** The status of a lock as `lock status --format json` prints it. */

import { defined, instantText } from '#plugin';
import type { Holder, LockStatus } from '../store/store.ts';

export type LockDocument =
  | { readonly held: false }
  | {
      readonly held: true;
      readonly holder: Omit<Holder, 'bootId' | 'pidNamespace' | 'pidStart'> & {
        readonly boot_id: string;
        readonly pid_namespace: string;
        readonly pid_start: string;
      };
      readonly token: number;
      readonly liveness: LockStatus['liveness'];
      /** ISO 8601. */
      readonly heartbeat_at?: string;
      readonly lease_ms: number;
    };

export function lockDocument(status: LockStatus | undefined): LockDocument {
  if (status === undefined) return { held: false };
  const { holder, token, liveness, heartbeatAt, leaseMs } = status;
  const { bootId, pidNamespace, pidStart, ...rest } = holder;
  return defined<Extract<LockDocument, { readonly held: true }>>({
    held: true,
    holder: { ...rest, boot_id: bootId, pid_namespace: pidNamespace, pid_start: pidStart },
    token,
    liveness,
    heartbeat_at: instantText(heartbeatAt),
    lease_ms: leaseMs,
  });
}
