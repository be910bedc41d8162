/** The address that a person names, with the most likely one if the text is not an address. */

import { formatRef, InputError, parseRef, type Ref } from '#plugin';
import { nearestAddress } from '../engine/selection.ts';
import type { Listener } from './events.ts';
import { openDocuments, type Workspace } from './project.ts';
import { readState } from './state.ts';

const QUIET: Listener = () => undefined;

/** Declared and recorded addresses, as far as they can be read. */
async function knownAddresses(workspace: Workspace): Promise<readonly string[]> {
  const [documents, state] = await Promise.allSettled([
    openDocuments(workspace, QUIET, { allowEmpty: true }),
    readState(workspace, QUIET),
  ]);
  return [
    ...(documents.status === 'fulfilled' ? documents.value.documents.map(({ ref }) => formatRef(ref)) : []),
    ...(state.status === 'fulfilled' ? state.value.recall.resources.keys() : []),
  ];
}

/** Parses the address of one resource. Throws InputError if the text is not an address. */
export async function namedAddress(workspace: Workspace, text: string): Promise<Ref> {
  const ref = parseRef(text);
  if (ref !== undefined) return ref;
  const near = nearestAddress(text, await knownAddresses(workspace));
  throw new InputError(
    `"${text}" is not a valid address. ${near === undefined ? 'Use PLUGIN/KIND/NAME, for example certificates/Certificate/www' : `Did you mean ${near}?`}`,
  );
}
