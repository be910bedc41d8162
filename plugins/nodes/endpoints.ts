/** The endpoints of nodes: the recorded nodes with their lifecycle, and the metrics of the fleet. Pure. */

import {
  type AnswerSchema,
  compareText,
  defined,
  type Endpoint,
  type EndpointView,
  endpoint,
  type Facts,
  form,
  formatRef,
  gives,
  instantText,
  type Memory,
  statesIn,
} from '#plugin';
import { type NodeMemory, tables } from './generated.ts';
import { families, fleetValues } from './metrics.ts';

const { text, time, count, number, flag } = form;

/** The recorded history of a node that an answer has, with its form. */
const HISTORY = {
  server_id: count,
  containers: count,
  allocated_mb: number,
  containers_ever: count,
  provisioned_at: time,
  initialized_at: time,
  first_container_at: time,
  last_container_at: time,
  empty_since: time,
  draining_at: time,
  recovered_at: time,
  sync_completed_at: time,
  probe_failures: count,
  failing_since: time,
} as const satisfies Partial<Record<keyof NodeMemory, AnswerSchema>>;

const NODE = form.object(
  { address: text, declared: flag },
  { state: form.oneOf(statesIn(tables, 'Node')), since: time, health: text, ...HISTORY },
);

function nodeBody({ ref, state, since, others, kept }: Memory<NodeMemory>, declared: ReadonlySet<string>): Facts {
  const address = formatRef(ref);
  const history = Object.fromEntries(
    (Object.keys(HISTORY) as readonly (keyof typeof HISTORY)[]).map((name) => [name, kept[name]]),
  );
  return defined<Facts>({
    address,
    declared: declared.has(address),
    state,
    since: instantText(since),
    health: others?.['health'],
    ...history,
  });
}

function recordedNodes({ memory }: EndpointView): readonly Memory<NodeMemory>[] {
  return memory.filter(({ ref }) => ref.kind === 'Node');
}

const nodes = endpoint({
  method: 'GET',
  path: '/v1/nodes',
  role: 'read',
  summary: 'List the nodes in the state by address, each with its lifecycle and its containers as last recorded.',
  query: {
    state: { type: 'text', summary: 'State of the nodes.', values: statesIn(tables, 'Node') },
    after: { type: 'text', summary: 'Address after which the list begins: `next` of the answer before.' },
    limit: { type: 'number', summary: 'Number of nodes.', least: 1, most: 10_000, usual: 1000 },
  },
  statuses: { 200: gives('The nodes.', { nodes: form.list(NODE), total: count }, { next: text }) },
  answer: ({ query: { state, after = '', limit } }, view: EndpointView) => {
    const all = recordedNodes(view);
    const declared = new Set(view.desired.map(({ ref }) => formatRef(ref)));
    const chosen = all
      .filter((each) => (state === undefined || each.state === state) && compareText(formatRef(each.ref), after) > 0)
      .toSorted((a, b) => compareText(formatRef(a.ref), formatRef(b.ref)));
    const shown = chosen.slice(0, limit);
    const last = shown.at(-1);
    return {
      status: 200,
      body: {
        ok: true,
        nodes: shown.map((each) => nodeBody(each, declared)),
        total: all.length,
        ...(last === undefined || chosen.length === shown.length ? {} : { next: formatRef(last.ref) }),
      },
    };
  },
});

const METRIC = form.object({
  name: text,
  type: text,
  help: text,
  values: form.list(form.object({ labels: form.byName(text), value: number })),
});

const metrics = endpoint({
  method: 'GET',
  path: '/v1/nodes/metrics',
  role: 'read',
  summary: 'Count nodes, pools and containers by state, with the load of all nodes, as last recorded.',
  statuses: { 200: gives('The metrics, with their names at `/metrics`.', { metrics: form.list(METRIC) }) },
  answer: (_, view: EndpointView) => {
    const statesOf = (kind: string): readonly (string | undefined)[] =>
      view.memory.filter(({ ref }) => ref.kind === kind).map(({ state }) => state);
    const values = fleetValues(
      statesOf,
      recordedNodes(view).map(({ kept }) => kept),
    );
    return {
      status: 200,
      body: {
        ok: true,
        metrics: families.map(({ name, type, help }) => ({
          name,
          type,
          help,
          values: (values[name] ?? []).map(({ labels = {}, value }) => ({ labels, value })),
        })),
      },
    };
  },
});

export const endpoints: readonly Endpoint[] = [nodes, metrics];
