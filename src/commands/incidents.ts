/** `fettle incidents`: what needs a person because of events, and the decisions about it. */

import { decideIncidents, listIncidents } from '../run/events-desk.ts';
import { command } from './command.ts';
import { decidedJson, decidedText, rowsJson, rowsText } from './events.ts';
import { choice, locking, reason, rest, shown, text, where } from './options.ts';

export const incidentsList = command({
  name: 'incidents list',
  summary: 'List incidents, the most urgent first.',
  options: {
    ...where,
    status: choice('<status>', ['open', 'acknowledged', 'resolved'], 'Only include incidents with this status.'),
    domain: text('<host>', 'Only include incidents of this host or address.'),
    ...shown,
  },
  call: async ({ flags, say, print, openWorkspace }) => {
    const { status, domain, format } = flags;
    const { ending, rows } = await listIncidents(await openWorkspace(), { status, domain }, say);
    print(format === 'json' ? rowsJson(rows) : rowsText(rows));
    return ending;
  },
});

const ids = rest('Ids of incidents.', 'some');
const options = { ...where, ...reason, ...locking, ...shown };

/** A command that decides about incidents. `done`: the decision, as a participle. */
function decision<V extends 'ack' | 'resolve'>(verb: V, summary: string, done: string) {
  return command({
    name: `incidents ${verb}`,
    summary,
    words: { ids },
    options,
    call: async ({ flags, words, say, print, interruption, openWorkspace }) => {
      const { lockTimeout, format } = flags;
      const wish = { verb, ids: words.ids, reason: flags.reason?.[0], lockTimeout };
      const { ending, result } = await decideIncidents(
        await openWorkspace(),
        { ...wish, interruption: interruption() },
        say,
      );
      if (result !== undefined) print(format === 'json' ? decidedJson(result) : decidedText(result, done, 'incident'));
      return ending;
    },
  });
}

export const incidentsAck = decision('ack', 'Acknowledge incidents.', 'acknowledged');
export const incidentsResolve = decision('resolve', 'Resolve incidents.', 'resolved');
