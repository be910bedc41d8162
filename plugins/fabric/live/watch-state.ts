/**
 * The known objects of a watch, and the changes that a list or an event makes to them. Pure.
 *
 * Versions are only compared for equality: those of a restored cluster are lower. Events that come again in their order lead
 * to the same end, and a list corrects everything else.
 */

import { isTree } from '#plugin';
import { type LiveObject, textOr } from '../objects/content.ts';
import type { ObjectChange } from '../world.ts';

/** Objects by namespace and name. */
export type KnownObjects = ReadonlyMap<string, LiveObject>;

interface Identity {
  readonly key: string;
  /** Differs between two objects that had the same name one after the other. */
  readonly uid: string;
  readonly version: string;
}

/** Identifies an object and its version. */
export function identityOf(object: LiveObject): Identity {
  const metadata = isTree(object['metadata']) ? object['metadata'] : {};
  const { namespace, name, uid, resourceVersion } = metadata;
  return {
    key: `${textOr(namespace, '')}/${textOr(name, '')}`,
    uid: textOr(uid, ''),
    version: textOr(resourceVersion, ''),
  };
}

/** The changes that an event makes: none if it is known, two if another object had its name. */
export function changesByEvent(known: KnownObjects, event: ObjectChange): readonly ObjectChange[] {
  const { key, uid, version } = identityOf(event.object);
  const before = known.get(key);
  if (before === undefined) return event.type === 'deleted' ? [] : [event];
  const was = identityOf(before);
  if (was.uid === uid) return event.type === 'changed' && was.version === version ? [] : [event];
  // The removal of a former object of that name.
  return event.type === 'deleted' ? [] : [{ type: 'deleted', object: before }, event];
}

/** The changes from the known objects to those of a list. Removals come first. */
export function changesByList(known: KnownObjects, listed: readonly LiveObject[]): readonly ObjectChange[] {
  const next = new Map(listed.map((object) => [identityOf(object).key, object]));
  const removed = [...known].filter(([key, object]) => {
    const other = next.get(key);
    return other === undefined || identityOf(other).uid !== identityOf(object).uid;
  });
  const changed = [...next].filter(([key, object]) => {
    const before = known.get(key);
    const [is, was] = [identityOf(object), before === undefined ? undefined : identityOf(before)];
    return was === undefined || was.uid !== is.uid || was.version !== is.version;
  });
  return [
    ...removed.map(([, object]): ObjectChange => ({ type: 'deleted', object })),
    ...changed.map(([, object]): ObjectChange => ({ type: 'changed', object })),
  ];
}

/** Makes changes to known objects. */
export function makeChanges(known: Map<string, LiveObject>, changes: readonly ObjectChange[]): void {
  for (const { type, object } of changes) {
    const { key } = identityOf(object);
    if (type === 'deleted') known.delete(key);
    else known.set(key, object);
  }
}
