/** Finds places that two documents describe, that one document names twice, and that belong to the project itself. */

import {
  claimText,
  indexOf,
  type LookUp,
  namedTwice,
  placesOf,
  type Reserved,
  type Sharing,
  sharingOf,
  sharingText,
} from '../places.ts';
import { withProjectPaths } from '../paths.ts';
import type { Plugin } from '../plugin.ts';
import { type Declared, type LinkMistake, placeWords } from './link.ts';
import { printable } from '../printable.ts';

interface Occupant {
  readonly document: Declared;
  readonly places: ReturnType<typeof placesOf>;
}

function occupantOf(document: Declared, plugin: Plugin | undefined, lookUp: LookUp): Occupant {
  const { desired } = document;
  const seen = withProjectPaths(desired, plugin?.tables.kinds[desired.ref.kind]?.paths ?? []);
  return { document, places: placesOf({ ref: desired.ref, desired: seen }, plugin, lookUp) };
}

function mistake(of: Declared, sharing: Sharing, message: string, suggestion: string): LinkMistake {
  const { holder } = sharing.other;
  return {
    of,
    code: holder.by === 'project' ? 'reserved-place' : 'same-place',
    pointer: `/spec${sharing.own.claim.pointer ?? ''}`,
    at: 'value',
    message: printable(message),
    suggestion,
  };
}

/**
 * The documents are taken as they are written. A pair of documents is told at the later one, with the place of the
 * other; each field once.
 */
export function findSharedPlaces(
  documents: readonly Declared[],
  pluginOf: (name: string) => Plugin | undefined,
  reserved: readonly Reserved[],
  lookUp: LookUp,
): readonly LinkMistake[] {
  const byAddress = new Map<string, Declared>();
  for (const document of documents) if (!byAddress.has(document.address)) byAddress.set(document.address, document);
  const order = new Map([...byAddress.keys()].map((address, i) => [address, i]));
  const occupants = [...byAddress.values()].map((each) => occupantOf(each, pluginOf(each.desired.ref.plugin), lookUp));
  const index = indexOf(
    occupants.flatMap(({ places }) => places),
    reserved,
    lookUp,
  );
  const mistakes: LinkMistake[] = [];
  for (const { document, places } of occupants) {
    const told = new Set<string>();
    const tell = (sharing: Sharing, message: string, suggestion: string): void => {
      const found = mistake(document, sharing, message, suggestion);
      if (told.has(found.pointer)) return;
      told.add(found.pointer);
      mistakes.push(found);
    };
    for (const twice of namedTwice(places, lookUp)) {
      if (twice.own.claim.pointer !== twice.other.claim.pointer)
        tell(
          twice,
          `${claimText(twice.own.claim)} is written by this document twice (/spec${twice.other.claim.pointer ?? ''})`,
          'give each its own place',
        );
    }
    for (const sharing of sharingOf(places, index, lookUp)) {
      const { holder } = sharing.other;
      if (holder.by === 'project') {
        tell(sharing, sharingText(sharing), 'name a place outside the store, the documents and the configuration');
        continue;
      }
      const other = byAddress.get(holder.address);
      if (other === undefined || (order.get(holder.address) ?? 0) > (order.get(document.address) ?? 0)) continue;
      tell(
        sharing,
        `${sharingText(sharing)}, which ${holder.address} describes at ${placeWords(other.desired.source)}`,
        'give each its own place, or describe it in one document',
      );
    }
  }
  return mistakes;
}
