/** The endpoint that starts a round: the daemon answers it by itself. */

import { type EndpointForm, form, gives } from '#plugin';

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
