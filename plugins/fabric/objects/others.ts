/** Fields that other managers set in the spec of an object, and that its manifest does not declare. */

import { asName } from '../live/answers.ts';
import type { LiveObject } from './content.ts';
import { managedEntries, ownedPaths, valueOfField } from './managed-fields.ts';
import type { Manifest } from './manifest.ts';

/** A field with its manager. The names are those of the cluster, on one line and limited in length. */
export interface ForeignField {
  /** `.spec.defaultIsolated`. */
  readonly field: string;
  readonly manager: string;
  readonly time?: string;
}

/** `own` are managers whose fields are expected. */
export function fieldsOfOthers(
  object: LiveObject,
  manifest: Manifest,
  own: ReadonlySet<string>,
): readonly ForeignField[] {
  return managedEntries(object)
    .filter(({ manager, subresource }) => !own.has(manager) && subresource === undefined)
    .flatMap(({ manager, time, fields }) =>
      ownedPaths(fields)
        .filter((field) => field.startsWith('.spec') && valueOfField(manifest, field) === undefined)
        .map((field) => ({
          field: asName(field),
          manager: asName(manager),
          ...(time === undefined ? {} : { time: asName(time) }),
        })),
    );
}
