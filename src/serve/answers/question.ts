/** Questions of the daemon to the process that reads, and its answers. JSON. */

import type { EndpointOrder, Json, RegionStanding } from '#plugin';
import type { PullRequest } from '../regions/page.ts';
import type { FormOrder } from '../pages/desk.ts';
import type { Viewer } from '../pages/frame.ts';
import type { Base, PageName } from '../pages/paths.ts';

/** A request for an endpoint: its caller has the role of the endpoint. */
export interface EndpointQuestion {
  /** The method and the path of the endpoint, as it declares them. */
  readonly endpoint: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** The parsed body; absent without one. */
  readonly body?: Json | undefined;
}

/** A request for a page: its caller may read. */
export interface PageQuestion {
  readonly page: PageName;
  /** Of a page about one thing; empty for others. */
  readonly address: string;
  /** The query of the address, with its question mark. */
  readonly search: string;
  readonly format: 'html' | 'json';
  readonly base: Base;
  readonly viewer: Viewer;
}

/** A form of a page: its caller may operate. */
export interface FormQuestion {
  readonly form: FormOrder;
}

/** A question for the end of the log and of the last round. */
export interface HeadQuestion {
  readonly head: true;
}

/** A pull of another region. */
export interface PullQuestion {
  readonly pull: Omit<PullRequest, 'regions'> & { readonly region: string };
}

/** A question for the events, as `PLUGIN/ID`, that the log has. */
export interface HeldQuestion {
  readonly held: readonly string[];
}

export type Question = (EndpointQuestion | PageQuestion | FormQuestion | HeadQuestion | PullQuestion | HeldQuestion) & {
  /** The regions at the time of the question; absent without other regions. */
  readonly regions?: RegionStanding | undefined;
  /** By plugin, if its watchers see changes; absent with `watch: false`. */
  readonly watchers?: Readonly<Record<string, boolean>> | undefined;
};

export interface Answer {
  readonly status: number;
  /** JSON, HTML or plain text, by the question. */
  readonly text: string;
  /** HTML. */
  readonly html?: true;
  readonly order?: EndpointOrder | undefined;
  /** Of a pull: the events, as `PLUGIN/ID`, that waited for the region, and that it holds now. */
  readonly handed?: readonly string[];
}

/** The answer to a question without a result. */
export function refusal(status: number, error: string, message: string): Answer {
  return { status, text: JSON.stringify({ ok: false, error, message }) };
}

/** Names a question in a message. */
export function questionName(question: Question): string {
  if ('endpoint' in question) return question.endpoint;
  if ('page' in question) return `the page ${question.page}`;
  if ('pull' in question) return `the pull of the region ${question.pull.region}`;
  if ('held' in question) return 'the events that a region has';
  return 'form' in question ? 'a form' : 'the head of the log';
}
