/** Read-only paths: actions, locations, server types, images, ISOs, prices. */

import type { Json } from '#plugin';
import { ISOS, LOCATIONS, presentPricing, SERVER_TYPES } from './catalog.ts';
import { ApiError, invalidInput, notFound } from './errors.ts';
import { filtered, selected, sorted } from './paginate.ts';
import {
  presentAction,
  presentDatacenter,
  presentImage,
  presentIso,
  presentLocation,
  presentServerType,
} from './present.ts';
import {
  type Answer,
  act,
  actionAnswer,
  type Call,
  flagIn,
  type Handler,
  idOf,
  labelsIn,
  pageAnswer,
  rowOf,
  textIn,
} from './request.ts';
import { type ActionRow, type ImageRow, patchRow } from './state.ts';
import { defined } from '#plugin';

function shownAction(call: Call): (row: ActionRow) => Json {
  return (row) => presentAction(row, call.now);
}

function actionPage(call: Call, all: readonly ActionRow[]): Answer {
  const { query } = call;
  let rows = filtered(all, query, 'status', ({ status }) => status, ['running', 'success', 'error']);
  rows = filtered(rows, query, 'id', ({ id }) => String(id));
  rows = sorted(rows, query, {
    id: ({ id }) => id,
    command: ({ command }) => command,
    status: ({ status }) => status,
    started: ({ started }) => started,
    finished: ({ status, ends }) => (status === 'running' ? Number.POSITIVE_INFINITY : ends),
    progress: ({ status }) => (status === 'running' ? 0 : 1),
  });
  return pageAnswer(call, 'actions', rows, shownAction(call));
}

/** Actions by id. */
export function listActions(call: Call): Answer {
  if (!call.query.has('id'))
    throw new ApiError('deprecated_api_endpoint', 'listing all actions is no longer available: name them by id');
  return actionPage(call, [...call.cloud.actions.values()]);
}

export function showAction(call: Call): Answer {
  const row = rowOf(call.cloud.actions, 'action', idOf(call, call.ids.length - 1));
  return actionAnswer(call, row, 200);
}

function concerns(row: ActionRow, type: string, id?: number): boolean {
  return row.resources.some((resource) => resource.type === type && (id === undefined || resource.id === id));
}

/** All actions of one kind of object. */
export function listActionsOf(type: string): Handler {
  return (call) =>
    actionPage(
      call,
      [...call.cloud.actions.values()].filter((row) => concerns(row, type)),
    );
}

/** All actions of one object, which must exist. */
export function listActionsOn(type: string, table: (call: Call) => ReadonlyMap<number, unknown>): Handler {
  return (call) => {
    rowOf(table(call), type, idOf(call));
    return actionPage(
      call,
      [...call.cloud.actions.values()].filter((row) => concerns(row, type, idOf(call))),
    );
  };
}

/** One action, by the object that it belongs to. */
export function showActionOn(type: string): Handler {
  return (call) => {
    const row = rowOf(call.cloud.actions, 'action', idOf(call, call.ids.length - 1));
    if (!concerns(row, type, call.ids.length > 1 ? idOf(call) : undefined)) throw notFound('action', row.id);
    return actionAnswer(call, row, 200);
  };
}

/** A constant list. */
function fixedList<R extends { readonly id: number; readonly name: string }>(
  name: string,
  rows: readonly R[],
  present: (row: R, call: Call) => Json,
): Handler {
  return (call) => {
    const found = sorted(
      filtered(rows, call.query, 'name', (row) => row.name),
      call.query,
      { id: (row) => row.id, name: (row) => row.name },
    );
    return pageAnswer(call, name, found, (row) => present(row, call));
  };
}

function fixedOne<R extends { readonly id: number }>(
  name: string,
  rows: readonly R[],
  present: (row: R, call: Call) => Json,
): Handler {
  return (call) => {
    const row = rows.find(({ id }) => id === idOf(call));
    if (row === undefined) throw notFound(name, idOf(call));
    return { status: 200, body: { [name]: present(row, call) } };
  };
}

const typeShown = (row: (typeof SERVER_TYPES)[number], call: Call): Json =>
  presentServerType(row, call.conduct.unavailable);
const DATACENTERS = LOCATIONS.map((location) => ({ id: location.id, name: `${location.name}-dc1`, location }));

export const listLocations = fixedList('locations', LOCATIONS, presentLocation);
export const showLocation = fixedOne('location', LOCATIONS, presentLocation);
export const listServerTypes = fixedList('server_types', SERVER_TYPES, typeShown);
export const showServerType = fixedOne('server_type', SERVER_TYPES, typeShown);
export const listIsos = fixedList('isos', ISOS, presentIso);
export const showIso = fixedOne('iso', ISOS, presentIso);
export const listDatacenters = fixedList('datacenters', DATACENTERS, ({ location }) => presentDatacenter(location));
export const showDatacenter = fixedOne('datacenter', DATACENTERS, ({ location }) => presentDatacenter(location));

export function showPricing(): Answer {
  return { status: 200, body: { pricing: presentPricing() } };
}

export function listImages(call: Call): Answer {
  const { query } = call;
  let rows: readonly ImageRow[] = [...call.cloud.images.values()];
  rows = filtered(rows, query, 'name', ({ name }) => name ?? '');
  rows = filtered(rows, query, 'type', ({ type }) => type, ['system', 'app', 'snapshot', 'backup']);
  rows = filtered(rows, query, 'status', ({ status }) => status, ['available', 'creating', 'unavailable']);
  rows = filtered(rows, query, 'architecture', ({ architecture }) => architecture, ['x86', 'arm']);
  rows = filtered(rows, query, 'bound_to', ({ boundTo }) => String(boundTo));
  if (query.get('include_deprecated') !== 'true') rows = rows.filter(({ deprecated }) => deprecated === null);
  rows = selected(rows, query);
  rows = sorted(rows, query, { id: ({ id }) => id, name: ({ name }) => name, created: ({ created }) => created });
  return pageAnswer(call, 'images', rows, presentImage);
}

function imageOf(call: Call): ImageRow {
  return rowOf(call.cloud.images, 'image', idOf(call));
}

export function showImage(call: Call): Answer {
  return { status: 200, body: { image: presentImage(imageOf(call)) } };
}

export function updateImage(call: Call): Answer {
  const { id, type } = imageOf(call);
  if (type === 'system' || type === 'app') throw new ApiError('forbidden', 'system images cannot be changed');
  const description = textIn(call.body, 'description');
  const wanted = textIn(call.body, 'type');
  if (wanted !== undefined && wanted !== 'snapshot') throw invalidInput('type', 'must be snapshot');
  const labels = labelsIn(call.body);
  patchRow(
    call.cloud.images,
    id,
    defined({ description, ...(wanted === undefined ? {} : { type: wanted, boundTo: null }), labels }),
  );
  return showImage(call);
}

export function deleteImage(call: Call): Answer {
  const { id, type, protection } = imageOf(call);
  if (type === 'system' || type === 'app') throw new ApiError('forbidden', 'system images cannot be deleted');
  if (protection.delete) throw new ApiError('protected', 'image deletion is protected');
  call.cloud.images.delete(id);
  return { status: 204 };
}

export function protectImage(call: Call): Answer {
  const { id, protection } = imageOf(call);
  patchRow(call.cloud.images, id, { protection: { delete: flagIn(call.body, 'delete') ?? protection.delete } });
  const resources = [{ id, type: 'image' }];
  return actionAnswer(call, act(call, { command: 'change_protection', resources, takes: call.conduct.times.other }));
}
