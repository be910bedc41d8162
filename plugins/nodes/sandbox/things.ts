/** The common calls of SSH keys, networks, firewalls, volumes, placement groups, primary IPs: list, get, update, delete. */

import type { Json } from '#plugin';
import { ApiError, notUnique } from './errors.ts';
import type { Labels } from './labels.ts';
import { filtered, type SortFields, selected, sorted } from './paginate.ts';
import { isLocked } from './present.ts';
import { type Answer, type Call, type Handler, idOf, labelsIn, needed, pageAnswer, rowOf, textIn } from './request.ts';
import { type Cloud, patchRow } from './state.ts';
import { defined } from '#plugin';

/** The common fields of all kinds. */
export interface ThingRow {
  readonly id: number;
  readonly name: string;
  readonly created: number;
  readonly labels: Labels;
}

export interface Kind<R extends ThingRow> {
  /** Path and name of the list: `volumes`. */
  readonly many: string;
  /** Name of one object in an answer: `volume`. */
  readonly one: string;
  /** Name in actions and errors. */
  readonly type: string;
  readonly table: (cloud: Cloud) => Map<number, R>;
  readonly present: (cloud: Cloud, row: R) => Json;
  /** Filters of the list in addition to name and labels. */
  readonly filter?: (rows: readonly R[], query: URLSearchParams) => readonly R[];
  /** Fields that can be changed in addition to name and labels. */
  readonly update?: (call: Call, row: R) => Partial<R>;
  /** Throws if the object cannot be deleted. */
  readonly checkRemoval?: (call: Call, row: R) => void;
  readonly create: Handler;
}

/** The object that the path names. */
export function thingOf<R extends ThingRow>(call: Call, kind: Pick<Kind<R>, 'table' | 'type'>): R {
  return rowOf(kind.table(call.cloud), kind.type, idOf(call));
}

/** Throws if another object has the name. */
export function checkNameOf<R extends ThingRow>(
  call: Call,
  kind: Pick<Kind<R>, 'table' | 'type'>,
  name: string,
  own?: number,
): string {
  for (const row of kind.table(call.cloud).values())
    if (row.name === name && row.id !== own) throw notUnique('name', kind.type);
  return needed(name, 'name');
}

export function checkLimit(count: number, limit: number, type: string): void {
  if (count >= limit) throw new ApiError('resource_limit_exceeded', `${type} limit exceeded`);
}

/** Throws if the object is protected. */
export function checkProtection(row: { readonly protection: { readonly delete: boolean } }, type: string): void {
  if (row.protection.delete) throw new ApiError('protected', `${type} deletion is protected`);
}

/** Throws if an action runs on the object. */
export function checkFree(call: Call, type: string, id: number): void {
  if (isLocked(call.cloud, type, id)) throw new ApiError('locked', `${type} is locked by a running action`);
}

const SORT: SortFields<ThingRow> = { id: ({ id }) => id, name: ({ name }) => name, created: ({ created }) => created };

function list<R extends ThingRow>(kind: Kind<R>): Handler {
  return (call) => {
    let rows: readonly R[] = [...kind.table(call.cloud).values()];
    rows = filtered(rows, call.query, 'name', ({ name }) => name);
    rows = kind.filter === undefined ? rows : kind.filter(rows, call.query);
    rows = sorted(selected(rows, call.query), call.query, SORT);
    return pageAnswer(call, kind.many, rows, (row) => kind.present(call.cloud, row));
  };
}

function show<R extends ThingRow>(kind: Kind<R>): Handler {
  return (call) => ({ status: 200, body: { [kind.one]: kind.present(call.cloud, thingOf(call, kind)) } });
}

function update<R extends ThingRow>(kind: Kind<R>): Handler {
  return (call): Answer => {
    const row = thingOf(call, kind);
    const name = textIn(call.body, 'name');
    const labels = labelsIn(call.body);
    const common: Partial<ThingRow> = defined({
      name: name === undefined ? undefined : checkNameOf(call, kind, name, row.id),
      labels,
    });
    patchRow<R>(kind.table(call.cloud), row.id, { ...kind.update?.(call, row), ...common } as Partial<R>);
    return show(kind)(call);
  };
}

function remove<R extends ThingRow>(kind: Kind<R>): Handler {
  return (call) => {
    const row = thingOf(call, kind);
    kind.checkRemoval?.(call, row);
    checkFree(call, kind.type, row.id);
    kind.table(call.cloud).delete(row.id);
    return { status: 204 };
  };
}

export function routesOfKind<R extends ThingRow>(kind: Kind<R>): Readonly<Record<string, Handler>> {
  return {
    [`GET /${kind.many}`]: list(kind),
    [`POST /${kind.many}`]: kind.create,
    [`GET /${kind.many}/#`]: show(kind),
    [`PUT /${kind.many}/#`]: update(kind),
    [`DELETE /${kind.many}/#`]: remove(kind),
  };
}
