/** Objects that exist at the provider from the start, created without a request. */

import { LOCATIONS, SERVER_TYPES } from './catalog.ts';
import { checkLabels, type Labels } from './labels.ts';
import { named } from './request.ts';
import { makePrimaryIp } from './servers.ts';
import { type Cloud, type ServerRow, takeId } from './state.ts';

export interface SeedServer {
  readonly name: string;
  /** Defaults to `cx23`. */
  readonly type?: string;
  /** Defaults to `nbg1`. */
  readonly location?: string;
  /** Defaults to `ubuntu-24.04`. */
  readonly image?: string;
  readonly labels?: Labels;
  /** Age in ms; defaults to an hour. */
  readonly age?: number;
  /** Defaults to a running server with a running guest. */
  readonly status?: ServerRow['status'];
  readonly guest?: ServerRow['guest'];
  readonly protected?: boolean;
  readonly faults?: ServerRow['faults'];
}

const HOUR_MS = 3_600_000;

/** Creates a server with addresses of its own. */
export function seedServer(cloud: Cloud, now: number, draft: SeedServer): ServerRow {
  const type = named(SERVER_TYPES, draft.type ?? 'cx23');
  const location = named(LOCATIONS, draft.location ?? 'nbg1');
  if (type === undefined || location === undefined) throw new Error('the server type or location does not exist');
  const images = [...cloud.images.values()].filter(({ architecture }) => architecture === type.architecture);
  const image = named(images, draft.image ?? 'ubuntu-24.04');
  if (image === undefined) throw new Error(`image ${draft.image} does not exist`);
  if ([...cloud.servers.values()].some(({ name }) => name === draft.name))
    throw new Error(`server ${draft.name} already exists`);
  const created = now - (draft.age ?? HOUR_MS);
  const address = { location: location.id, autoDelete: true, labels: {} };
  const ipv4 = makePrimaryIp({ cloud, now: created }, { ...address, type: 'ipv4' });
  const ipv6 = makePrimaryIp({ cloud, now: created }, { ...address, type: 'ipv6' });
  cloud.primaryIps.set(ipv4.id, ipv4).set(ipv6.id, ipv6);
  const status = draft.status ?? 'running';
  const row: ServerRow = {
    id: takeId(cloud),
    name: draft.name,
    status,
    created,
    type: type.id,
    location: location.id,
    image: image.id,
    iso: null,
    ipv4: ipv4.id,
    ipv6: ipv6.id,
    privateNets: [],
    rescue: false,
    backupWindow: null,
    protection: { delete: draft.protected ?? false, rebuild: draft.protected ?? false },
    labels: checkLabels(draft.labels ?? {}),
    placementGroup: null,
    disk: type.disk,
    userData: '',
    sshKeys: [],
    guest: draft.guest ?? (status === 'running' ? 'up' : 'down'),
    boots: 1,
    faults: draft.faults ?? {},
  };
  cloud.servers.set(row.id, row);
  return row;
}
