/** Answers of the API as far as they are read here: https://docs.hetzner.cloud/reference/cloud, checked against the published description in a test. */

import { count, flag, id, labels, list, nullable, number, object, partly, text, time, type TypeOf } from './shape.ts';

const money = object({ net: text, gross: text });

/** Prices are decimal text in the currency of the account. */
export const priceShape = object({ location: text, price_hourly: money, price_monthly: money });

export const serverTypeShape = object({
  id,
  name: text,
  cores: number,
  /** In GB. */
  memory: number,
  /** In GB. */
  disk: number,
  cpu_type: text,
  architecture: text,
  prices: list(priceShape),
  locations: list(
    object({
      name: text,
      available: flag,
      recommended: flag,
      deprecation: nullable(object({ unavailable_after: time, announced: time })),
    }),
  ),
});

export const imageShape = object({
  id,
  type: text,
  status: text,
  name: nullable(text),
  description: text,
  architecture: text,
  disk_size: number,
  deprecated: nullable(time),
  deleted: nullable(text),
  labels,
});

export const serverShape = partly(
  {
    id,
    name: text,
    status: text,
    created: time,
    public_net: partly(
      {
        ipv4: nullable(partly({ ip: text }, { id })),
        ipv6: nullable(partly({ ip: text }, { id })),
        floating_ips: list(id),
      },
      { firewalls: list(partly({}, { id, status: text })) },
    ),
    private_net: list(partly({}, { network: id, ip: text, alias_ips: list(text) })),
    server_type: object({ id, name: text, cores: number, memory: number, disk: number, architecture: text }),
    location: object({ name: text }),
    image: nullable(object({ id, type: text, name: nullable(text), description: text })),
    rescue_enabled: flag,
    locked: flag,
    backup_window: nullable(text),
    protection: object({ delete: flag, rebuild: flag }),
    labels,
    primary_disk_size: number,
  },
  { volumes: list(id), load_balancers: list(id), placement_group: nullable(object({ id, name: text })) },
);

export const actionShape = object({
  id,
  command: text,
  status: text,
  progress: count,
  resources: list(object({ id, type: text })),
  error: nullable(object({ code: text, message: text })),
});

export const namedShape = object({ id, name: text });

export const networkShape = object({
  id,
  name: text,
  ip_range: text,
  subnets: list(object({ type: text, network_zone: text })),
});

export const volumeShape = object({
  id,
  name: text,
  server: nullable(id),
  location: object({ name: text }),
  size: number,
});

export const primaryIpShape = object({
  id,
  name: text,
  ip: text,
  type: text,
  assignee_id: nullable(id),
  location: object({ name: text }),
});

export const locationShape = object({ id, name: text, network_zone: text });

export const pricingShape = object({
  currency: text,
  vat_rate: text,
  server_backup: object({ percentage: text }),
  primary_ips: list(object({ type: text, prices: list(priceShape) })),
  server_types: list(object({ id, name: text, prices: list(priceShape) })),
});

/** Where a list stands in its pages, which count from 1. */
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
export type ApiImage = TypeOf<typeof imageShape>;
export type ApiNamed = TypeOf<typeof namedShape>;
export type ApiNetwork = TypeOf<typeof networkShape>;
export type ApiVolume = TypeOf<typeof volumeShape>;
export type ApiPrimaryIp = TypeOf<typeof primaryIpShape>;
export type ApiLocation = TypeOf<typeof locationShape>;
export type ApiPricing = TypeOf<typeof pricingShape>;
