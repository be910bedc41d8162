/** The endpoint of recorded alerts. Pure. */

import { type Endpoint, type EndpointView, endpoint, form, gives } from '#plugin';
import { ALERT_SEVERITIES, ALERT_STATUSES, ALERT_TYPES } from './alert.ts';
import { listed } from './list.ts';

const { text, time, count, number, flag } = form;

const ALERT = form.object(
  {
    id: text,
    fabric: text,
    address: text,
    type: form.oneOf(ALERT_TYPES),
    status: form.oneOf(ALERT_STATUSES),
    severity: form.oneOf(ALERT_SEVERITIES),
    message: text,
    since: time,
    priority: count,
    due: time,
    overdue: flag,
    automatic: flag,
    actions: form.list(text),
  },
  {
    score: number,
    drift: text,
    failures: count,
    escalated: flag,
    next_try: time,
    by: text,
    at: time,
    action: text,
    consolidated: form.list(form.object({ id: text, address: text })),
  },
);

const alerts = endpoint({
  method: 'GET',
  path: '/v1/fabric/alerts',
  role: 'read',
  summary:
    'List the alerts about Fabrics and their objects, the most urgent first, as `fettle fabric alerts list` does.',
  query: {
    fabric: { type: 'text', summary: 'Name of a Fabric.' },
    all: { type: 'flag', summary: 'Lists closed alerts too, which last as long as their condition.' },
  },
  statuses: { 200: gives('The alerts.', { alerts: form.list(ALERT) }) },
  answer: ({ query, now }, view: EndpointView) => ({
    status: 200,
    body: { ok: true, alerts: listed(view, query, now).map(({ facts }) => facts) },
  }),
});

export const endpoints: readonly Endpoint[] = [alerts];
