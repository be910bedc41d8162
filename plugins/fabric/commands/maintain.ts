/** `fettle fabric maintain NAME`: requests a maintenance for a time, or ends a requested one. */

import { defineCommand, digestOf, InputError, instantText, type Memory, namedResource, type StateNote } from '#plugin';
import { NO_REQUEST } from '../fabric/policy.ts';
import type { FabricMemory } from '../generated.ts';

/** Longest maintenance that can be requested, as that of a window. */
const LONGEST_MS = 366 * 24 * 3_600_000;

const MOST_REASON = 1000;

type Known = Memory<FabricMemory>;

function ended(
  name: string,
  memory: Known,
): { readonly notes: readonly StateNote[]; readonly lines: readonly string[] } {
  if (memory.kept.request_until === undefined) throw new InputError(`no maintenance of ${name} is requested`);
  const isOurs = memory.state === 'MAINTENANCE' && memory.kept.maintenance_by === 'request';
  const moves = isOurs ? [{ machine: 'status', from: 'MAINTENANCE', to: 'ACTIVE', trigger: 'end' }] : [];
  const kept = isOurs ? { ...NO_REQUEST, maintenance_by: null } : NO_REQUEST;
  return {
    notes: [{ ref: memory.ref, kept, moves }],
    lines: [
      isOurs
        ? `The maintenance of ${name} has ended.`
        : `The requested maintenance of ${name} has ended. The status stays ${memory.state ?? 'PLANNED'}.`,
    ],
  };
}

export const maintain = defineCommand({
  name: 'maintain',
  summary: 'Request a maintenance of a Fabric for a time, or end a requested one.',
  words: { name: { summary: 'Name of the Fabric.', as: 'required' } },
  options: {
    until: { summary: 'End of the maintenance: a time, or a span from now.', kind: 'until' },
    end: { summary: 'End the requested maintenance now.', kind: 'switch' },
  },
  more: '\nThe steps of all objects of the Fabric wait until the end. A later edit of its document ends the maintenance too.\n',
  does: 'note',
  decide: (input) => {
    const { words, flags, desired, memory, now, actor, reason } = input;
    const ref = namedResource('Fabric', words.name, input);
    const found = memory.find((each) => each.ref.kind === 'Fabric' && each.ref.name === ref.name);
    const document = desired.find((each) => each.ref.kind === 'Fabric' && each.ref.name === ref.name);
    if (document === undefined) throw new InputError(`the Fabric ${ref.name} is not declared`);
    if (found === undefined) throw new InputError(`${ref.name} is not in the state. Run \`fettle apply\` first`);
    if (flags.end === true && flags.until !== undefined) throw new InputError('use --until or --end, and not both');
    if (flags.end === true) return ended(ref.name, found);
    if (flags.until === undefined) throw new InputError('the end of the maintenance is missing: use --until, or --end');
    if (flags.until - now > LONGEST_MS) throw new InputError('a maintenance lasts for at most 366d');
    if (reason === undefined || reason.trim() === '')
      throw new InputError('a maintenance needs a reason: use --reason');
    if (reason.length > MOST_REASON)
      throw new InputError(`the reason of a maintenance has at most ${MOST_REASON} characters`);
    if (found.state !== 'ACTIVE' && found.state !== 'MAINTENANCE')
      throw new InputError(
        `the status of the Fabric cannot move from ${found.state ?? 'PLANNED'} to MAINTENANCE (HH-STATE-001)`,
      );
    const until = instantText(flags.until);
    const request = {
      request_until: until,
      request_reason: reason,
      request_by: actor,
      request_document: digestOf(document.spec),
    };
    const starts = found.state === 'ACTIVE';
    return {
      notes: [
        {
          ref: found.ref,
          kept: { ...request, ...(starts ? { maintenance_by: 'request' } : {}) },
          moves: starts ? [{ machine: 'status', from: 'ACTIVE', to: 'MAINTENANCE', trigger: 'request' }] : [],
        },
      ],
      lines: [`${ref.name} is in maintenance until ${until}: ${reason}`],
      facts: { fabric: ref.name, since: instantText(now), until, reason },
    };
  },
});
