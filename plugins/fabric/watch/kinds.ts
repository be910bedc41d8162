/** Watches of several kinds as one: the events of each as they come, without the members that have secrets. */

import { isTree, type Ref } from '#plugin';
import { objectRef } from '../objects/claim.ts';
import { type LiveObject, secretMembers, textOr } from '../objects/content.ts';
import type { ClusterReader, ServedKind, WatchEvent, WatchOptions } from '../world.ts';

/** An event of the watch of one kind. */
export interface KindEvent {
  readonly served: ServedKind;
  readonly event: WatchEvent;
}

/** The address of an object of a watch. */
export function liveRef(fabric: string, { apiVersion, kind, namespaced }: ServedKind, object: LiveObject): Ref {
  const metadata = isTree(object['metadata']) ? object['metadata'] : {};
  const namespace = namespaced ? textOr(metadata['namespace'], '') : undefined;
  return objectRef(fabric, { apiVersion, kind, namespace, name: textOr(metadata['name'], '') });
}

/** Hands items of several producers to one consumer. A producer waits until its item is taken. */
class Handover<T> {
  readonly #items: { readonly item: T; readonly taken: () => void }[] = [];
  #wake: (() => void) | undefined;
  #producers: number;
  #failure: { readonly error: unknown } | undefined;

  constructor(producers: number) {
    this.#producers = producers;
  }

  offer(item: T): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#items.push({ item, taken: resolve });
    this.#wake?.();
    return promise;
  }

  /** One producer is done. */
  end(): void {
    this.#producers -= 1;
    this.#wake?.();
  }

  /** Ends the consumer with an error. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake?.();
  }

  async *items(): AsyncGenerator<T, void> {
    for (;;) {
      const next = this.#items.shift();
      if (next !== undefined) {
        yield next.item;
        next.taken();
      } else if (this.#failure !== undefined) throw this.#failure.error;
      else if (this.#producers === 0) return;
      else {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#wake = resolve;
        await promise;
      }
    }
  }
}

/**
 * Watches kinds until the signal fires, or until the cluster has refused each of them. A watch that throws ends all. Secret
 * members of Agents and Secrets are in no event.
 */
export async function* watchKinds(
  cluster: ClusterReader,
  kinds: readonly ServedKind[],
  options: Omit<WatchOptions, 'omit'>,
  signal: AbortSignal,
): AsyncGenerator<KindEvent, void> {
  const stopping = new AbortController();
  const either = AbortSignal.any([signal, stopping.signal]);
  const handover = new Handover<KindEvent>(kinds.length);
  const follow = async (served: ServedKind): Promise<void> => {
    const omit = secretMembers(served.kind);
    for await (const event of cluster.watch(served, { ...options, omit }, either))
      await handover.offer({ served, event });
  };
  for (const served of kinds)
    follow(served).then(
      () => handover.end(),
      (error: unknown) => handover.fail(error),
    );
  try {
    yield* handover.items();
  } finally {
    stopping.abort();
  }
}
