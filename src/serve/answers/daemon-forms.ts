/** The endpoints that the daemon answers by itself: it starts a round, and it has the plan of the last one. */

import { type EndpointForm, form, gives, refuses } from '#plugin';
import { PLAN_FORM } from './forms.ts';

export const roundsForm = {
  method: 'POST',
  path: '/v1/rounds',
  role: 'operate',
  summary: 'Start a round that refreshes every resource.',
  params: {},
  query: {},
  body: {},
  statuses: { 202: gives('A round starts.', { status: form.oneOf(['ordered']) }) },
} as const satisfies EndpointForm;

export const planForm = {
  method: 'GET',
  path: '/v1/plan',
  role: 'read',
  summary: 'Print the plan of the last round, as `fettle plan --format json` does.',
  params: {},
  query: {},
  body: {},
  statuses: {
    200: { summary: 'The plan.', body: PLAN_FORM },
    404: refuses('The project has not been refreshed since the start of the daemon.'),
  },
} as const satisfies EndpointForm;
