/** Parsed requests, and readers of body fields that name the invalid field. */

import type { Json } from '#plugin';
import type { ServerTypeRow } from './catalog.ts';
import { invalidInput, notFound } from './errors.ts';
import { checkLabels, type Labels } from './labels.ts';
import { paged } from './paginate.ts';
import { presentAction, type Unavailable } from './present.ts';
import type { ActionRow, Cloud, ServerRow } from './state.ts';
import { type ActionDraft, type ActionFailure, startAction, type Times } from './timeline.ts';

/** Maximum number of objects of each kind in a project. */
export interface Limits {
  readonly servers: number;
  readonly primaryIps: number;
  readonly networks: number;
  readonly volumes: number;
  readonly firewalls: number;
  readonly placementGroups: number;
  readonly sshKeys: number;
}

/** Behaviour of the emulator that tests and users may change while it runs. */
export interface Conduct {
  readonly times: Times;
  readonly limits: Limits;
  /** Types that are not available in a location: `cx23@nbg1`. */
  readonly unavailable: Unavailable;
  /** Types without a free host in a location. */
  readonly noPlace: Unavailable;
  /** Failures of coming actions, each used once. */
  readonly failures: ActionFailure[];
  /** Faults of the guests of coming servers, each used once. */
  readonly guests: ServerRow['faults'][];
}

export interface Call {
  readonly cloud: Cloud;
  /** Epoch ms. */
  readonly now: number;
  /** The complete address. */
  readonly url: URL;
  readonly query: URLSearchParams;
  readonly body: Body;
  readonly conduct: Conduct;
  /** The ids in the path, from left to right. */
  readonly ids: readonly number[];
}

export interface Answer {
  readonly status: number;
  readonly body?: Json;
  readonly link?: string;
}

export type Handler = (call: Call) => Answer;

export type Body = Readonly<Record<string, Json>>;

export function idOf(call: Call, index = 0): number {
  return call.ids[index] ?? 0;
}

/** The row with the path's id. */
export function rowOf<R>(rows: ReadonlyMap<number, R>, kind: string, id: number): R {
  const row = rows.get(id);
  if (row === undefined) throw notFound(kind, id);
  return row;
}

function optional<T>(body: Body, name: string, is: (value: Json) => value is T & Json, what: string): T | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (!is(value)) throw invalidInput(name, `must be ${what}`);
  return value;
}

const isText = (value: Json): value is string => typeof value === 'string';
const isWhole = (value: Json): value is number => Number.isSafeInteger(value);
const isFlag = (value: Json): value is boolean => typeof value === 'boolean';
const isObject = (value: Json): value is Body => typeof value === 'object' && value !== null && !Array.isArray(value);

export function textIn(body: Body, name: string): string | undefined {
  return optional(body, name, isText, 'a text');
}

export function wholeIn(body: Body, name: string): number | undefined {
  return optional(body, name, isWhole, 'a whole number');
}

export function flagIn(body: Body, name: string): boolean | undefined {
  return optional(body, name, isFlag, 'true or false');
}

export function objectIn(body: Body, name: string): Body | undefined {
  return optional(body, name, isObject, 'an object');
}

function listIn(body: Body, name: string): readonly Json[] | undefined {
  return optional(body, name, (value): value is readonly Json[] => Array.isArray(value), 'a list');
}

/** A list of objects. */
export function objectsIn(body: Body, name: string): readonly Body[] {
  return (listIn(body, name) ?? []).map((value) => {
    if (!isObject(value)) throw invalidInput(name, 'must be a list of objects');
    return value;
  });
}

export function wholesIn(body: Body, name: string): readonly number[] {
  return (listIn(body, name) ?? []).map((value) => {
    if (!isWhole(value)) throw invalidInput(name, 'must be a list of whole numbers');
    return value;
  });
}

export function textsIn(body: Body, name: string): readonly string[] {
  return (listIn(body, name) ?? []).map((value) => {
    // Older clients send ids as numbers.
    if (!isText(value) && !isWhole(value)) throw invalidInput(name, 'must be a list of texts');
    return String(value);
  });
}

/** A reference by id or by name. */
export function referenceIn(body: Body, name: string): string | undefined {
  const value = body[name] ?? null;
  return isWhole(value) ? value.toString() : textIn(body, name);
}

export function needed<T>(value: T | undefined, name: string): T {
  if (value === undefined || value === '') throw invalidInput(name, 'is required');
  return value;
}

export function labelsIn(body: Body): Labels | undefined {
  const labels = objectIn(body, 'labels');
  if (labels === undefined) return undefined;
  for (const value of Object.values(labels)) if (!isText(value)) throw invalidInput('labels', 'values must be texts');
  return checkLabels(labels as Labels);
}

/** The row with this id, or else with this name. */
export function named<R extends { readonly id: number; readonly name: string | null }>(
  rows: Iterable<R>,
  reference: string,
): R | undefined {
  const all = [...rows];
  return all.find(({ id }) => String(id) === reference) ?? all.find(({ name }) => name === reference);
}

/** Reports whether a type is sold in a location. */
export function isSold(type: ServerTypeRow, location: string): boolean {
  return type.prices.some((price) => price.location === location);
}

/** Starts an action, which fails if a failure of its command is armed. */
export function act(call: Call, draft: ActionDraft): ActionRow {
  const { failures } = call.conduct;
  const index = failures.findIndex(({ command }) => command === draft.command);
  const [failure = null] = index === -1 ? [] : failures.splice(index, 1);
  return startAction(call.cloud, call.now, draft, failure, call.conduct.times);
}

export function actionAnswer(call: Call, action: ActionRow, status = 201, more: Body = {}): Answer {
  return { status, body: { ...more, action: presentAction(action, call.now) } };
}

/** One page of a list, under the list's name. */
export function pageAnswer<R>(call: Call, name: string, rows: readonly R[], present: (row: R) => Json): Answer {
  const page = paged(rows, call.url);
  return { status: 200, body: { [name]: page.rows.map(present), meta: page.meta }, link: page.link };
}
