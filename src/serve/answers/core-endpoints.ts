/** The endpoints of every project that the process that reads answers: state, log, rounds and one resource. */

import {
  compareText,
  defined,
  type Endpoint,
  endpoint,
  form,
  formatRef,
  gives,
  type Json,
  notFound,
  refuses,
} from '#plugin';
import { memoryBody } from '../../formats/log-record.ts';
import { lockDocument } from '../../formats/lock-status.ts';
import type { Plan, RefusedChange } from '../../formats/plan.ts';
import { HEAD_FORM, LOCK_FORM, RECORD_FORM, RESOURCE_FORM, RESOURCE_MEMBERS } from './forms.ts';
import type { Recorded } from './recorded.ts';

const { text, count, flag, open } = form;

const MOST_RECORDS = 1000;

/** Members of JSON, as a declared type. */
function asJson(value: object): Json {
  return value as Json;
}

const state = endpoint({
  method: 'GET',
  path: '/v1/state',
  role: 'read',
  summary: 'List the resources in the state, by address.',
  query: {
    plugin: { type: 'text', summary: 'Plugin of the resources.' },
    kind: { type: 'text', summary: 'Kind of the resources.' },
    state: { type: 'text', summary: 'State of the resources.' },
    after: { type: 'text', summary: 'Address after which the list begins: `next` of the answer before.' },
    limit: { type: 'number', summary: 'Number of resources.', least: 1, most: 10_000, usual: 1000 },
  },
  statuses: {
    200: gives(
      'The resources.',
      {
        resources: form.list(form.atLeast({ address: text, ...RESOURCE_MEMBERS })),
        total: count,
        log_head: HEAD_FORM,
      },
      { next: text },
    ),
  },
  answer: async ({ query: { plugin, kind, state: wanted, after = '', limit } }, recorded: Recorded) => {
    const { recall, head } = await recorded.log();
    const chosen = [...recall.resources]
      .filter(
        ([address, memory]) =>
          (plugin === undefined || memory.ref.plugin === plugin) &&
          (kind === undefined || memory.ref.kind === kind) &&
          (wanted === undefined || memory.state === wanted) &&
          compareText(address, after) > 0,
      )
      .toSorted(([a], [b]) => compareText(a, b));
    const shown = chosen.slice(0, limit);
    const next = chosen.length > shown.length ? shown.at(-1)?.[0] : undefined;
    return {
      status: 200,
      body: defined<Record<string, Json>>({
        ok: true,
        resources: shown.map(([address, memory]) => asJson({ address, ...memoryBody(memory) })),
        total: recall.resources.size,
        log_head: head === undefined ? null : asJson(head),
        next,
      }),
    };
  },
});

const log = endpoint({
  method: 'GET',
  path: '/v1/log',
  role: 'read',
  summary: 'List records of the log, newest last.',
  query: {
    address: { type: 'text', summary: 'Address of a resource.' },
    run: { type: 'text', summary: 'Id of a run.' },
    kind: { type: 'text', summary: 'Kind of the records.' },
    step: { type: 'text', summary: 'Step, for example `ready>absent`.' },
    actor: { type: 'text', summary: 'Actor of the records.' },
    outcome: { type: 'text', summary: 'Outcome of the records.' },
    last: { type: 'number', summary: 'Number of records.', least: 1, most: MOST_RECORDS, usual: 50 },
  },
  statuses: {
    200: gives('The records.', { records: form.list(RECORD_FORM), damaged: flag, log_head: HEAD_FORM }),
    404: refuses('The log has no such resource or run.'),
  },
  answer: async ({ query: { kind, outcome, last, ...filter } }, recorded: Recorded) => {
    const lists = {
      kind: kind === undefined ? undefined : [kind],
      outcome: outcome === undefined ? undefined : [outcome],
    };
    const { records, report, unknown } = await recorded.records.list({ ...filter, ...lists }, last);
    if (unknown !== undefined) return notFound(unknown);
    const head = report.head === undefined ? null : asJson(report.head);
    return {
      status: 200,
      body: { ok: true, records: records.map(asJson), damaged: report.status === 'damaged', log_head: head },
    };
  },
});

/** Records about a resource. */
const USUAL_RECORDS = 20;

const resource = endpoint({
  method: 'GET',
  path: '/v1/explain/:address{.+}',
  role: 'read',
  summary: 'Show what is recorded of a resource, with its row of the last plan and its findings. Refreshes nothing.',
  query: {
    last: { type: 'number', summary: 'Number of records.', least: 0, most: MOST_RECORDS, usual: USUAL_RECORDS },
  },
  params: { address: 'Address of the resource. Encode its slashes as `%2F`, or send them as they are.' },
  statuses: {
    200: gives('The resource.', {
      address: text,
      declared: flag,
      state: form.orNull(RESOURCE_FORM),
      changes: form.list(open),
      rejected: form.list(open),
      deferred: form.list(open),
      drift: form.list(open),
      findings: form.list(open),
      records: form.list(RECORD_FORM),
    }),
    404: refuses('The resource is neither declared nor in the state.'),
  },
  answer: async ({ params: { address = '' }, query: { last } }, recorded: Recorded) => {
    const { recall } = await recorded.log();
    const memory = recall.resources.get(address);
    const declared = recorded.documents.find(({ ref }) => formatRef(ref) === address);
    if (memory === undefined && declared === undefined)
      return notFound(`${address} is neither declared nor in the state`);
    const isOwn = (row: { readonly address?: string | undefined }): boolean => row.address === address;
    const refused = (rows: readonly RefusedChange[] = []): readonly Json[] =>
      rows.filter(({ resource_change: change }) => isOwn(change)).map(asJson);
    const found: Partial<Plan> = recorded.plan ?? {};
    const { resource_changes: changes = [], resource_drift: drift = [], checks = [] } = found;
    const records = await recorded.records.about(address, last);
    return {
      status: 200,
      body: {
        ok: true,
        address,
        declared: declared !== undefined,
        state: memory === undefined ? null : asJson(memoryBody(memory)),
        changes: changes.filter(isOwn).map(asJson),
        rejected: refused(found.rejected_changes),
        deferred: refused(found.deferred_changes),
        drift: drift.filter(isOwn).map(asJson),
        findings: checks.filter(isOwn).map(asJson),
        records: records.map(asJson),
      },
    };
  },
});

const runs = endpoint({
  method: 'GET',
  path: '/v1/rounds',
  role: 'read',
  summary: 'List the last rounds, newest first, with the holder of the lock.',
  statuses: {
    200: gives('The rounds.', {
      rounds: form.list(
        form.object(
          { ended_at: count, duration_ms: count, outcome: text, text },
          { refreshed_at: count, next_due_at: count },
        ),
      ),
      interval_ms: count,
      lock: LOCK_FORM,
    }),
  },
  answer: async (_, recorded: Recorded) => {
    const { rounds, interval_ms: interval } = recorded.snapshot;
    const lock = await (await recorded.store()).lockStatus();
    return {
      status: 200,
      body: { ok: true, rounds: rounds.map(asJson), interval_ms: interval, lock: asJson(lockDocument(lock)) },
    };
  },
});

export const coreEndpoints: readonly Endpoint<Recorded>[] = [state, log, resource, runs];
