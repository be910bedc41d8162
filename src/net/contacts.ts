/**
 * Contacts: what is resolved, connected to and asked, with its time, for `FETTLE_LOG`.
 *
 * A contact names addresses, methods, paths without their query, statuses and error codes: no header, no body and no
 * credential. Threads report to the thread that listens. Without a listener, nothing is made of it.
 */

import { type EventEmitter, errorMonitor } from 'node:events';
import type { Socket } from 'node:net';
import { BroadcastChannel, getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';
import { codeOf } from '../plugin/errors.ts';

export interface Contact {
  readonly level: 'debug' | 'trace';
  readonly text: string;
}

const NAME = 'fettle.contacts';

let listener: ((contact: Contact) => void) | undefined;
let toListener: BroadcastChannel | undefined;

/** Takes each contact of this process and of threads that begin from now on. Returns a function that ends it. */
export function listenToContacts(take: (contact: Contact) => void): () => void {
  const fromThreads = new BroadcastChannel(NAME);
  fromThreads.addEventListener('message', (event) => take((event as unknown as { readonly data: Contact }).data));
  fromThreads.unref();
  setEnvironmentData(NAME, true);
  listener = take;
  return () => {
    fromThreads.close();
    setEnvironmentData(NAME, undefined);
    listener = undefined;
  };
}

function isHeard(): boolean {
  return isMainThread ? listener !== undefined : getEnvironmentData(NAME) === true;
}

/** Begins to measure; the function that it returns reports. Undefined without a listener. */
export function beginContact(): ((level: Contact['level'], text: string) => void) | undefined {
  if (!isHeard()) return undefined;
  const begun = performance.now();
  return (level, text) => {
    const contact = { level, text: `${text} after ${Math.round(performance.now() - begun)} ms` };
    if (isMainThread) return listener?.(contact);
    toListener ??= new BroadcastChannel(NAME);
    toListener.unref();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel of threads has no origin
    toListener.postMessage(contact);
  };
}

/** Reports when a socket is connected, or fails. */
export function reported(socket: Socket, to: string): Socket {
  const report = beginContact();
  if (report === undefined) return socket;
  socket.once('connect', () => report('debug', `connected to ${to}`));
  const events: EventEmitter = socket;
  events.once(errorMonitor, (error: unknown) => report('debug', `connection to ${to}: ${codeOf(error) ?? 'failed'}`));
  return socket;
}
