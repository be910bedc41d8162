/** The emulated paths of the API and their handlers. */

import { ApiError } from './errors.ts';
import { FIREWALL_ACTIONS, FIREWALLS } from './firewalls.ts';
import {
  deleteImage,
  listActions,
  listActionsOf,
  listActionsOn,
  listDatacenters,
  listImages,
  listIsos,
  listLocations,
  listServerTypes,
  protectImage,
  showAction,
  showActionOn,
  showDatacenter,
  showImage,
  showIso,
  showLocation,
  showPricing,
  showServerType,
  updateImage,
} from './look-ups.ts';
import { NETWORK_ACTIONS, NETWORKS } from './networks.ts';
import { PLACEMENT_GROUPS } from './placement-groups.ts';
import { PRIMARY_IP_ACTIONS, PRIMARY_IPS } from './primary-ips.ts';
import type { Call, Handler } from './request.ts';
import { SERVER_ACTIONS } from './server-actions.ts';
import { createServer, deleteServer, listServers, showMetrics, showServer, updateServer } from './servers.ts';
import { SSH_KEYS } from './ssh-keys.ts';
import { type Kind, routesOfKind, type ThingRow } from './things.ts';
import { VOLUME_ACTIONS, VOLUMES } from './volumes.ts';

type Routes = Readonly<Record<string, Handler>>;

/** The paths of actions that every kind of object has. */
function actionRoutes(path: string, type: string, table: (call: Call) => ReadonlyMap<number, unknown>): Routes {
  return {
    [`GET /${path}/actions`]: listActionsOf(type),
    [`GET /${path}/actions/#`]: showActionOn(type),
    [`GET /${path}/#/actions`]: listActionsOn(type, table),
    [`GET /${path}/#/actions/#`]: showActionOn(type),
  };
}

function actionsBelow(path: string, actions: Routes): Routes {
  return Object.fromEntries(
    Object.entries(actions).map(([name, handler]) => [`POST /${path}/#/actions/${name}`, handler]),
  );
}

/** All paths of one kind of object, with its `actions`, if any. */
function kindRoutes<R extends ThingRow>(kind: Kind<R>, actions?: Routes): Routes {
  if (actions === undefined) return routesOfKind(kind);
  return {
    ...routesOfKind(kind),
    ...actionRoutes(kind.many, kind.type, ({ cloud }) => kind.table(cloud)),
    ...actionsBelow(kind.many, actions),
  };
}

/** By method and path; `#` stands for an id. */
const ROUTES: Routes = {
  'GET /actions': listActions,
  'GET /actions/#': showAction,
  'GET /locations': listLocations,
  'GET /locations/#': showLocation,
  'GET /datacenters': listDatacenters,
  'GET /datacenters/#': showDatacenter,
  'GET /server_types': listServerTypes,
  'GET /server_types/#': showServerType,
  'GET /isos': listIsos,
  'GET /isos/#': showIso,
  'GET /pricing': showPricing,
  'GET /images': listImages,
  'GET /images/#': showImage,
  'PUT /images/#': updateImage,
  'DELETE /images/#': deleteImage,
  ...actionRoutes('images', 'image', ({ cloud }) => cloud.images),
  ...actionsBelow('images', { change_protection: protectImage }),
  'GET /servers': listServers,
  'POST /servers': createServer,
  'GET /servers/#': showServer,
  'PUT /servers/#': updateServer,
  'DELETE /servers/#': deleteServer,
  'GET /servers/#/metrics': showMetrics,
  ...actionRoutes('servers', 'server', ({ cloud }) => cloud.servers),
  ...actionsBelow('servers', SERVER_ACTIONS),
  ...kindRoutes(SSH_KEYS),
  ...kindRoutes(NETWORKS, NETWORK_ACTIONS),
  ...kindRoutes(FIREWALLS, FIREWALL_ACTIONS),
  ...kindRoutes(VOLUMES, VOLUME_ACTIONS),
  ...kindRoutes(PLACEMENT_GROUPS),
  ...kindRoutes(PRIMARY_IPS, PRIMARY_IP_ACTIONS),
};

/** All supported calls: `GET /servers/#`. */
export const CALLS: readonly string[] = Object.keys(ROUTES);

const METHODS = ['GET', 'POST', 'PUT', 'DELETE'];

/** The handler of a request, and the ids in its path. Throws `not_found` or `method_not_allowed`. */
export function routeOf(method: string, path: string): { readonly handler: Handler; readonly ids: readonly number[] } {
  const parts = path.split('/');
  const ids = parts.filter((part) => /^\d+$/.test(part)).map(Number);
  const pattern = parts.map((part) => (/^\d+$/.test(part) ? '#' : part)).join('/');
  const handler = ROUTES[`${method} ${pattern}`];
  if (handler !== undefined) return { handler, ids };
  if (METHODS.some((other) => Object.hasOwn(ROUTES, `${other} ${pattern}`)))
    throw new ApiError('method_not_allowed', 'this resource does not support that method');
  throw new ApiError('not_found', 'API endpoint not found');
}
