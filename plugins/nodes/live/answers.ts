/** Answers of the API, limited to the fields that fettle reads: https://docs.hetzner.cloud/reference/cloud, checked against the published description in a test. */

import { count, flag, id, labels, list, nullable, number, object, partly, text, time, type TypeOf } from '#plugin/http';

const money = object({ net: text, gross: text });

/** Prices are decimal text in the currency of the account. */
const priceShape = object({ location: text, price_hourly: money, price_monthly: money });

const typeLocationShape = object({
  name: text,
  available: flag,
  deprecation: nullable(object({ unavailable_after: time, announced: time })),
});

export const serverTypeShape = partly(
  {
    id,
    name: text,
    cores: number,
    /** In GB. */
    memory: number,
    /** In GB. */
    disk: number,
    architecture: text,
    prices: list(priceShape),
  },
  { deprecated: flag, locations: list(typeLocationShape) },
);

export const serverShape = partly(
  {
    id,
    name: text,
    status: text,
    created: text,
    public_net: partly(
      {
        ipv4: nullable(partly({ ip: text }, { id })),
        ipv6: nullable(partly({ ip: text }, { id })),
      },
      { firewalls: list(partly({}, { id })) },
    ),
    private_net: list(partly({}, { network: id, ip: text, alias_ips: list(text) })),
    server_type: partly({ id, name: text }, { deprecated: flag, locations: list(typeLocationShape) }),
    location: object({ name: text }),
    image: nullable(object({ id, name: nullable(text), deprecated: nullable(text) })),
    locked: flag,
    backup_window: nullable(text),
    protection: object({ delete: flag, rebuild: flag }),
    labels,
    primary_disk_size: number,
  },
  {
    volumes: list(id),
    placement_group: nullable(object({ id, name: text })),
    rescue_enabled: flag,
    iso: nullable(partly({}, { name: nullable(text) })),
  },
);

export const actionShape = object({
  id,
  command: text,
  status: text,
  error: nullable(object({ code: text, message: text })),
});

/** Calls start one action, several, or none. */
export const begunShape = partly({}, { action: actionShape, actions: list(actionShape) });

/** The password in the answer is not read. */
export const createdShape = object({ server: serverShape, action: actionShape, next_actions: list(actionShape) });

export const namedShape = object({ id, name: text });

export const imageShape = object({
  id,
  name: nullable(text),
  type: text,
  status: text,
  architecture: text,
  /** In GB. */
  disk_size: number,
  deprecated: nullable(text),
});

export const locationShape = object({ id, name: text, network_zone: text });

export const networkShape = object({ id, name: text, subnets: list(object({ network_zone: text })) });

export const placementGroupShape = object({ id, name: text, type: text, servers: list(id) });

export const volumeShape = object({ id, name: text, location: object({ name: text }), server: nullable(id), labels });

export const primaryIpShape = object({
  id,
  name: text,
  type: text,
  location: object({ name: text }),
  assignee_id: nullable(id),
  auto_delete: flag,
  labels,
});

export const pricingShape = object({ currency: text });

/** The position of a list in its pages, which count from 1. */
export const pagesShape = object({
  pagination: object({
    page: count,
    per_page: count,
    next_page: nullable(count),
    last_page: nullable(count),
    total_entries: nullable(count),
  }),
});

export const faultShape = object({ error: object({ code: text, message: text }) });

export type ApiServer = TypeOf<typeof serverShape>;
export type ApiAction = TypeOf<typeof actionShape>;
export type ApiServerType = TypeOf<typeof serverTypeShape>;
