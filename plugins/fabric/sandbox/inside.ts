/** Writes of controllers that run inside the emulator: through the steps of every request, without a connection. */

import type { Admission } from './admission.ts';
import { groupVersion, type Kind } from './kinds.ts';
import type { Store } from './store.ts';
import { isTree, textAt, type Tree } from './value.ts';
import { type Call, create, patch, remove, type Writing } from './write.ts';

/** A controller's way to write objects. */
export interface Controller {
  readonly create: (object: Tree) => Promise<Tree>;
  /** A merge patch, or a JSON patch (a list), of the object itself or of its status. */
  readonly patch: (target: Target, change: Tree | readonly Tree[]) => Promise<Tree>;
  readonly remove: (target: Target) => Promise<void>;
}

export interface Target {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly subresource?: 'status';
}

export interface Inside {
  readonly store: Store;
  readonly admission: Admission;
  readonly kinds: () => readonly Kind[];
  readonly now: () => number;
}

/** A controller with this field manager. */
export function controllerOf({ store, admission, kinds, now }: Inside, manager: string): Controller {
  const on: Writing = { store, admission, now, mayCreate: () => undefined };
  const callOf = (kind: Kind | undefined, { namespace = 'default', name, subresource }: Omit<Target, 'kind'>): Call => {
    if (kind === undefined) throw new Error('the kind is not served');
    return {
      kind,
      namespace: kind.isNamespaced ? namespace : '',
      name,
      subresource: subresource ?? '',
      dryRun: false,
      manager,
      fieldValidation: 'Strict',
      force: false,
      warn: () => undefined,
    };
  };
  const byKind = ({ kind, ...target }: Target): Call =>
    callOf(
      kinds().find((one) => one.kind === kind),
      target,
    );
  return {
    create: async (object) => {
      const kind = kinds().find((one) => one.kind === object['kind'] && groupVersion(one) === object['apiVersion']);
      const namespace = textAt(object, 'metadata', 'namespace') || 'default';
      return (await create(on, callOf(kind, { namespace, name: '' }), object)).object;
    },
    patch: async (target, change) =>
      (await patch(on, byKind(target), isTree(change) ? 'merge' : 'json', change)).object,
    remove: async (target) => {
      await remove(on, byKind(target), { uid: '', resourceVersion: '' });
    },
  };
}
