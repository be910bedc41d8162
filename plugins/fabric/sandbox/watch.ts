/** Watches: every change of a kind from a resource version on, with bookmarks, until the client or its timeout ends. */

import type { ServerResponse } from 'node:http';
import { groupVersion, type Kind, storageOf } from './kinds.ts';
import { type Form, type ListQuery, objectText, seenChange, selectorOf } from './read.ts';
import { ApiError, invalid } from './status.ts';
import type { Store, StoreEvent } from './store.ts';
import { encode, type Tree } from './value.ts';

/** A watch ends after at most this time, like one of the real server. */
const DEFAULT_SECONDS = 1800;

export interface WatchTiming {
  /** Ms between two bookmarks. */
  readonly bookmarks: number;
}

interface Stream {
  readonly kind: Kind;
  readonly form: Form;
  readonly now: number;
  readonly response: ServerResponse;
}

function send({ response }: Stream, type: string, object: string): void {
  response.write(`{"type":"${type}","object":${object}}\n`);
}

function bookmark(stream: Stream, version: number, annotations?: Tree): void {
  const { kind } = stream;
  const metadata = {
    creationTimestamp: null,
    resourceVersion: String(version),
    ...(annotations === undefined ? {} : { annotations }),
  };
  send(stream, 'BOOKMARK', encode({ kind: kind.kind, apiVersion: groupVersion(kind), metadata }));
}

/** Checks the parameters of a watch with initial events. */
function wantsInitialEvents({ kind, query }: ListQuery): boolean {
  const initial = query.get('sendInitialEvents');
  if (initial === null) return false;
  if (query.get('resourceVersionMatch') === 'NotOlderThan') return initial === 'true';
  const message = 'Forbidden: resourceVersionMatch is required when sendInitialEvents is set';
  throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions', resource: kind.resource }, '', [
    { reason: 'FieldValueForbidden', message, field: 'resourceVersionMatch' },
  ]);
}

/** Changes that the client has not seen, or the error that the watch starts with. */
function missed(store: Store, storage: string, from: number): readonly StoreEvent[] | ApiError {
  try {
    return store.since(storage, from);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

/** Answers a watch. */
export function watch(store: Store, asked: ListQuery, timing: WatchTiming, response: ServerResponse): void {
  const { kind, query, namespace, form, now } = asked;
  const initial = wantsInitialEvents(asked);
  const matches = selectorOf(query, namespace);
  const version = query.get('resourceVersion') ?? '';
  const stream: Stream = { kind, form, now, response };
  const storage = storageOf(kind);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();

  const change = (event: StoreEvent): void => {
    if (event.storage !== storage) return;
    const seen = seenChange(matches, event);
    if (seen !== undefined) send(stream, seen.type, objectText(kind, seen.object, form, now));
  };
  if (initial || version === '' || version === '0') {
    for (const object of store.list(storage).filter(matches))
      send(stream, 'ADDED', objectText(kind, object, form, now));
    if (initial) bookmark(stream, store.version(), { 'k8s.io/initial-events-end': 'true' });
  } else {
    const events = missed(store, storage, Number(version));
    if (events instanceof ApiError) {
      send(stream, 'ERROR', encode(events.body));
      response.end();
      return;
    }
    events.forEach(change);
  }

  const isBeyond = Number(version || 0) > store.version();
  const stop = store.watch(change);
  const hasBookmarks = query.get('allowWatchBookmarks') === 'true' && !isBeyond;
  const timer = hasBookmarks ? setInterval(() => bookmark(stream, store.version()), timing.bookmarks) : undefined;
  const seconds = Number(query.get('timeoutSeconds') ?? 0) || DEFAULT_SECONDS;
  const end = setTimeout(() => response.end(), seconds * 1000);
  timer?.unref();
  end.unref();
  response.on('close', () => {
    stop();
    clearInterval(timer);
    clearTimeout(end);
  });
}
