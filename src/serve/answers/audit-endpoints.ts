/** The audit of every project: decisions about resources and their numbers, as `fettle log list --action` and `fettle log stats` have them. */

import {
  type Endpoint,
  endpoint,
  type Fields,
  form,
  gives,
  InputError,
  instantOf,
  type Json,
  pointInTime,
} from '#plugin';
import { auditStats, concerns, type Decision } from '../../engine/audit.ts';
import { decisionsIn } from '../../run/log.ts';
import type { Recorded } from './recorded.ts';

const { text, time, count, flag } = form;

const MOST_DECISIONS = 1000;

const RESULTS = [
  'success',
  'failed',
  'unknown',
  'undone',
  'rejected',
  'deferred',
  'stale',
] as const satisfies readonly Decision['result'][];

const filters = {
  plugin: { type: 'text', summary: 'Plugin of the resources.' },
  address: { type: 'text', summary: 'Address of a resource, or of one that a decision names.' },
  action: { type: 'text', summary: 'Audit action, for example `node_decommission`.' },
  result: { type: 'text', summary: 'Result of the decisions.', values: RESULTS },
  by: { type: 'text', summary: 'Source of the decisions: `manual`, or the name of a policy.' },
  since: { type: 'text', summary: 'Time from which decisions count: a timestamp, or an age such as `24h`.' },
  until: { type: 'text', summary: 'Time until which decisions count.' },
} as const satisfies Fields;

type Filter = { readonly [K in keyof typeof filters]: string | undefined };

/** The time that a field gives. Throws an InputError for any other text. */
function timeIn(name: 'since' | 'until', { [name]: given }: Filter, now: number): number | undefined {
  if (given === undefined) return undefined;
  const at = pointInTime(given, now);
  if (Number.isNaN(at))
    throw new InputError(`${name} is not valid. Use a timestamp such as 2026-11-20T14:30:10Z, or an age such as 24h`);
  return at;
}

/** Keeps the decisions that match. Throws an InputError for a time that is not valid. */
function matching(filter: Filter, now: number): (decision: Decision) => boolean {
  const { plugin, address, action, result, by } = filter;
  const [since, until] = [timeIn('since', filter, now), timeIn('until', filter, now)];
  return (decision) => {
    const at = instantOf(decision.record.time);
    return (
      (plugin === undefined || decision.address.startsWith(`${plugin}/`)) &&
      (address === undefined || concerns(decision, address)) &&
      (action === undefined || decision.action === action) &&
      (result === undefined || decision.result === result) &&
      (by === undefined || decision.by === by) &&
      (since === undefined || at >= since) &&
      (until === undefined || at <= until)
    );
  };
}

/** The error of a step, or the messages of the rules that refused it. */
function reasonOf({ record }: Decision): string | undefined {
  if (record.kind === 'refusal') return record.body.reasons.map(({ message }) => message).join('; ');
  return record.kind === 'outcome' ? record.body.error : undefined;
}

function decisionBody(decision: Decision): Json {
  const { record, address, action, step, result, rules, by, facts } = decision;
  const reason = reasonOf(decision);
  return {
    seq: record.seq,
    time: record.time,
    actor: record.actor,
    address,
    action,
    step,
    result,
    rules,
    decision_by: by,
    state_snapshot: facts,
    ...(reason === undefined ? {} : { reason }),
  };
}

const DECISION = form.object(
  {
    seq: count,
    time,
    actor: text,
    address: text,
    action: text,
    step: text,
    result: form.oneOf(RESULTS),
    rules: form.list(text),
    decision_by: text,
    state_snapshot: form.open,
  },
  { reason: text },
);

const audit = endpoint({
  method: 'GET',
  path: '/v1/audit',
  role: 'read',
  summary: 'List decisions about resources, newest last, each with the snapshot of its resource.',
  query: {
    ...filters,
    last: { type: 'number', summary: 'Number of decisions.', least: 1, most: MOST_DECISIONS, usual: 50 },
  },
  statuses: {
    200: gives('The decisions.', { decisions: form.list(DECISION), total: count, damaged: flag }),
  },
  answer: async ({ query: { last, ...filter }, now }, recorded: Recorded) => {
    const keep = matching(filter, now);
    const { decisions, report } = await decisionsIn(await recorded.store());
    const found = decisions.filter(keep);
    return {
      status: 200,
      body: {
        ok: true,
        decisions: found.slice(-last).map(decisionBody),
        total: found.length,
        damaged: report.status === 'damaged',
      },
    };
  },
});

const COUNTS = form.byName(count);

const statistics = endpoint({
  method: 'GET',
  path: '/v1/audit/statistics',
  role: 'read',
  summary: 'Count decisions by action, result, rule, policy and week.',
  query: filters,
  statuses: {
    200: gives('The numbers.', {
      decisions: count,
      by_action: form.byName(COUNTS),
      by_result: COUNTS,
      by_rule: COUNTS,
      by_policy: form.byName(COUNTS),
      by_week: form.byName(COUNTS),
      damaged: flag,
    }),
  },
  answer: async ({ query, now }, recorded: Recorded) => {
    const keep = matching(query, now);
    const { decisions, report } = await decisionsIn(await recorded.store());
    const stats = auditStats(decisions.filter(keep));
    return { status: 200, body: { ok: true, ...stats, damaged: report.status === 'damaged' } };
  },
});

export const auditEndpoints: readonly Endpoint<Recorded>[] = [audit, statistics];
