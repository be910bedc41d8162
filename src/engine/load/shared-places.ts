/** Finds places that two documents declare, that one document names twice, and that belong to the project itself. */

import { join } from 'node:path';
import { kindIn } from '../match.ts';
import {
  claimText,
  indexOf,
  type LookUp,
  namedTwice,
  placesOf,
  type Reserved,
  sharingOf,
  sharingText,
} from '../places.ts';
import { type Occupied, type Plugin, printable, resourceOf, type Sharing, withProjectPaths } from '#plugin';
import { type Declared, type LinkMistake, placeWords } from './link.ts';

interface Occupant {
  readonly document: Declared;
  readonly places: ReturnType<typeof placesOf>;
}

function occupantOf(document: Declared, plugin: Plugin | undefined, lookUp: LookUp): Occupant {
  const { desired } = document;
  const loaded = kindIn(plugin, desired.ref.kind);
  if (loaded === undefined) return { document, places: [] };
  const seen = withProjectPaths(desired, loaded.tables.paths);
  const { ref } = desired;
  const parts = { ref, ...loaded, desired: seen, sight: { is: 'absent' }, memory: undefined } as const;
  const resource = resourceOf(parts, document.address, null);
  return { document, places: placesOf(resource, lookUp) };
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

/** Tests whether the file at a place would be read as a document from then on, and quoted if it is invalid. */
function wouldBeRead({ claim, spot }: Occupied, isDocument: (realPath: string) => boolean): boolean {
  if (claim.kind === 'key') return false;
  return isDocument(claim.kind === 'file' ? spot.real : join(spot.real, 'file'));
}

/**
 * The documents are the declared ones. A pair of documents is reported at the later one, with the place of the other; each
 * field once. `isDocument` tests whether a file at a real path is read as a document.
 */
export function findSharedPlaces(
  documents: readonly Declared[],
  pluginOf: (name: string) => Plugin | undefined,
  reserved: readonly Reserved[],
  lookUp: LookUp,
  isDocument: (realPath: string) => boolean = () => false,
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
    const reported = new Set<string>();
    const add = (found: LinkMistake): void => {
      if (reported.has(found.pointer)) return;
      reported.add(found.pointer);
      mistakes.push(found);
    };
    const tell = (sharing: Sharing, message: string, suggestion: string): void =>
      add(mistake(document, sharing, message, suggestion));
    for (const twice of namedTwice(places, lookUp)) {
      if (twice.own.claim.pointer !== twice.other.claim.pointer)
        tell(
          twice,
          twice.how === 'same'
            ? `${claimText(twice.own.claim)} is declared twice by this document (/spec${twice.other.claim.pointer ?? ''})`
            : `${sharingText(twice)}, which this document declares at /spec${twice.other.claim.pointer ?? ''}`,
          'give each a place of its own',
        );
    }
    for (const sharing of sharingOf(places, index, lookUp)) {
      const { holder } = sharing.other;
      if (holder.by === 'project') {
        tell(sharing, sharingText(sharing), 'use a place outside the store, the documents and the configuration');
        continue;
      }
      const other = byAddress.get(holder.address);
      if (other === undefined || (order.get(holder.address) ?? 0) > (order.get(document.address) ?? 0)) continue;
      tell(
        sharing,
        `${sharingText(sharing)}, which ${holder.address} declares at ${placeWords(other.desired.source)}`,
        'give each a place of its own, or declare both in one document',
      );
    }
    for (const { claim } of places.filter((each) => wouldBeRead(each, isDocument)))
      add({
        of: document,
        code: 'reserved-place',
        pointer: `/spec${claim.pointer ?? ''}`,
        at: 'value',
        message: printable(`${claimText(claim)} would be read as a document`),
        suggestion: 'use a place outside of `desired`, and an ending other than .yaml and .yml',
      });
  }
  return mistakes;
}
