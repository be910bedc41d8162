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
} as const;

export type PageName = keyof typeof PAGES;

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

export function pageHref(base: Base, name: Exclude<PageName, 'resource'>, query: Query = {}): string {
  return `${base}${PAGES[name].path}${queryText(query)}`;
}

/** The path of a resource. An address that ends with `.json` is not the JSON of another one. */
export function resourceHref(base: Base, address: string): string {
  const path = address.split('/').map(encodeURIComponent).join('/');
  return `${base}${PAGES.resource.path}/${path.replace(/\.json$/u, '%2Ejson')}`;
}
