/** The form of plans, resources, records and the lock in answers, for the description of the API. */

import { form } from '#plugin';

const { text, time, count, flag, open } = form;

/** The last record of the log; null for a log without records. */
export const HEAD_FORM = form.orNull(form.object({ seq: count, hash: text }));

/** `schemas/plan.json` of the package has all members. */
export const PLAN_FORM = form.atLeast({
  format_version: text,
  fettle_version: text,
  timestamp: time,
  project: text,
  complete: flag,
  applyable: flag,
  errored: flag,
  resource_changes: form.list(open),
  rejected_changes: form.list(open),
  deferred_changes: form.list(open),
  resource_drift: form.list(open),
  checks: form.list(open),
  gaps: form.list(open),
  summary: open,
});

/** `schemas/record.json` of the package has the bodies of the kinds. */
export const RECORD_FORM = form.object({
  seq: count,
  time,
  actor: text,
  kind: text,
  prev: text,
  hash: text,
  body: open,
});

export const RESOURCE_MEMBERS = {
  ref: form.object({ plugin: text, kind: text, name: text }, { scope: form.list(text) }),
  version: count,
  kept: open,
};

/** A resource as `fettle state show` has it. */
export const RESOURCE_FORM = form.atLeast(RESOURCE_MEMBERS);

/** As `fettle lock status` has it. */
export const LOCK_FORM = form.object(
  { held: flag },
  { holder: open, token: count, liveness: text, heartbeat_at: time, lease_ms: count },
);
