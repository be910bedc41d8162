/** The pages and their addresses. */

export const PAGES = {
  fleet: { path: '/', title: 'Fleet' },
  plan: { path: '/plan', title: 'Plan' },
  drift: { path: '/drift', title: 'Drift' },
  events: { path: '/events', title: 'Events' },
  incidents: { path: '/incidents', title: 'Incidents' },
  regions: { path: '/regions', title: 'Regions' },
  runs: { path: '/runs', title: 'Runs and lock' },
  log: { path: '/log', title: 'Log' },
  health: { path: '/health', title: 'Health' },
  resource: { path: '/r', title: 'Resource' },
  run: { path: '/runs', title: 'Run' },
} as const;

export type PageName = keyof typeof PAGES;

/** Pages about one thing, whose address follows the path. */
export type ItemName = 'resource' | 'run';

export function isItem(name: PageName): name is ItemName {
  return name === 'resource' || name === 'run';
}

/** Verbs of the forms. */
export const VERBS = ['ack', 'resolve', 'replay', 'refresh'] as const;

export type Verb = (typeof VERBS)[number];

export function isVerb(text: unknown): text is Verb {
  return VERBS.some((verb) => verb === text);
}

export type Query = Readonly<Record<string, string | number | undefined>>;

function queryText(query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

/** The first path of a project: nothing, or `/p/shop`. */
export type Base = string;

export function pageHref(base: Base, name: Exclude<PageName, ItemName>, query: Query = {}): string {
  return `${base}${PAGES[name].path}${queryText(query)}`;
}

/** The path of the page of a thing. An address that ends with `.json` is not the JSON of another one. */
export function itemHref(base: Base, name: ItemName, address: string): string {
  const path = address.split('/').map(encodeURIComponent).join('/');
  return `${base}${PAGES[name].path}/${path.replace(/\.json$/u, '%2Ejson')}`;
}

export function resourceHref(base: Base, address: string): string {
  return itemHref(base, 'resource', address);
}
