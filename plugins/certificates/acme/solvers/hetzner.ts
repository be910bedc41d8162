/** TXT values in zones of Hetzner's Cloud API. Values are added and removed one by one, so that those of others stay. */

import { InputError, shortLine } from '#plugin';
import {
  ApiError,
  type Client,
  count,
  type Dialect,
  id,
  isNotFound,
  list,
  nullable,
  object,
  openClient,
  partly,
  readShape,
  text,
  type Timing,
  type TypeOf,
} from '#plugin/http';
import type { SendHttp } from '#plugin/net';
import { namesAbove } from '../dns/lookup.ts';
import { attemptEach, placedInZones, type TextProvider } from './dns-01.ts';
import type { PreparedValue } from './solver.ts';

/** The API of the provider. */
export const HETZNER = 'https://api.hetzner.cloud/v1';

/** Time to live of a new set of records, in seconds: the shortest that the provider permits. */
const TTL = 60;
const REQUEST_MS = 30_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5000;
/** Longest time of an action, in ms. */
const ACTION_MS = 5 * 60_000;

const actionShape = partly({ id, status: text }, { error: nullable(object({ code: text, message: text })) });
const zoneShape = object({ zone: object({ name: text }) });
const rrsetShape = object({ rrset: object({ records: list(object({ value: text })), ttl: nullable(count) }) });
const begunShape = object({ action: actionShape });
const actionsShape = object({ actions: list(actionShape) });
const faultShape = object({ error: object({ code: text, message: text }) });

type Action = TypeOf<typeof actionShape>;

function meaning(code: string, said: string): string {
  if (code === 'unauthorized') return 'the API does not accept the token (unauthorized)';
  if (code === 'token_readonly')
    return 'the token is read-only. Use a token with read and write access (token_readonly)';
  return `${said} (${code})`;
}

const DIALECT: Dialect = {
  headers: { limit: 'ratelimit-limit', remaining: 'ratelimit-remaining', correlation: 'x-correlation-id' },
  refusal: (body) => {
    try {
      return readShape(faultShape, body).error;
    } catch {
      return undefined;
    }
  },
  meaning,
};

/** Refusals of a change whose values came or went after they were read. */
const OUTRUN = new Set(['uniqueness_error', 'invalid_input', 'not_found', 'conflict']);

export interface HetznerOptions {
  readonly send: SendHttp;
  /** Without a trailing slash. */
  readonly endpoint: string;
  readonly token: string;
  /** Searched for if absent. */
  readonly zone?: string;
  readonly timing: Timing;
}

/** The name of a set of records in its zone. */
function nameIn(zone: string, place: string): string {
  return place === zone ? '@' : place.slice(0, -zone.length - 1);
}

/** A value as the API writes it: in quotes. Values of challenges have no characters that need an escape. */
function quoted(value: string): string {
  if (!/^[A-Za-z0-9_-]{1,255}$/u.test(value)) throw new InputError('the value of a challenge is not valid');
  return `"${value}"`;
}

/** One set of TXT records with the values to change. */
interface TextSet {
  readonly place: string;
  readonly zone: string;
  readonly path: string;
  readonly values: readonly string[];
}

function setsOf(values: readonly PreparedValue[]): readonly TextSet[] {
  return [...Map.groupBy(values, ({ place }) => place)].map(([place, own]) => {
    const zone = own[0]?.zone ?? '';
    if (place !== zone && !place.endsWith(`.${zone}`)) throw new InputError(`${place} is not in the zone ${zone}`);
    const name = encodeURIComponent(nameIn(zone, place));
    return {
      place,
      zone,
      path: `/zones/${encodeURIComponent(zone)}/rrsets/${name}/TXT`,
      values: own.map((each) => quoted(each.text)),
    };
  });
}

/** Waits until an action has ended. Throws if it failed. */
async function finished(client: Client, what: string, begun: Action, signal: AbortSignal): Promise<void> {
  const { timing } = client;
  const end = timing.now() + ACTION_MS;
  let action: Action | undefined = begun;
  for (let pause = FIRST_PAUSE_MS; action.status === 'running'; pause = Math.min(LONGEST_PAUSE_MS, pause * 1.5)) {
    if (timing.now() > end)
      throw new Error(`${what}: the action ${begun.id} has not ended in ${ACTION_MS / 60_000} min`);
    await timing.sleep(pause, signal);
    const query = [['id', String(begun.id)]] as const;
    const asked = {
      what: `ask for action ${begun.id}`,
      method: 'GET',
      path: '/actions',
      query,
      shape: actionsShape,
    } as const;
    const { actions } = await client.call(asked, signal);
    action = actions.find((each) => each.id === begun.id);
    if (action === undefined) throw new Error(`${what}: the API no longer knows the action ${begun.id}`);
  }
  if (action.status === 'success') return;
  const said = action.error?.message ?? 'the API gave no reason';
  throw new Error(`${what}: ${shortLine(said)} (${shortLine(action.error?.code ?? 'unknown')})`);
}

export function hetznerProvider({ send, endpoint, token, zone: given, timing }: HetznerOptions): TextProvider {
  const client = openClient({
    send,
    endpoint,
    token: { value: token },
    dialect: DIALECT,
    timing,
    requestMs: REQUEST_MS,
    reserve: 0,
  });
  /** The answer; undefined if the object does not exist. */
  const found = async <T>(
    what: string,
    path: string,
    shape: Parameters<typeof readShape<T>>[0],
    signal: AbortSignal,
  ) => {
    try {
      return await client.call({ what, method: 'GET', path, shape }, signal);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };
  const zoneFor = async (place: string, signal: AbortSignal): Promise<string> => {
    // A zone has a name with at least one dot.
    for (const name of namesAbove(place).filter((each) => each.includes('.'))) {
      const zone = await found(`read zone ${name}`, `/zones/${encodeURIComponent(name)}`, zoneShape, signal);
      if (zone !== undefined) return name;
    }
    throw new InputError(`the project of the token has no zone for ${place}`);
  };
  const present = async ({ place, path }: TextSet, signal: AbortSignal): Promise<ReadonlySet<string> | undefined> => {
    const set = await found(`read the TXT records of ${place}`, path, rrsetShape, signal);
    return set && new Set(set.rrset.records.map(({ value }) => value));
  };
  /** Begins an action on the values of a set, and waits for it. */
  const act = async (
    set: TextSet,
    action: 'add' | 'remove',
    values: readonly string[],
    ttl: object,
    signal: AbortSignal,
  ) => {
    const what = `${action} TXT records of ${set.place}`;
    const body = { records: values.map((value) => ({ value })), ...ttl };
    const path = `${set.path}/actions/${action}_records`;
    const begun = await client.call({ what, method: 'POST', path, body, shape: begunShape }, signal);
    await finished(client, what, begun.action, signal);
  };
  const add = async (set: TextSet, signal: AbortSignal): Promise<void> => {
    const there = await present(set, signal);
    const missing = set.values.filter((value) => there?.has(value) !== true);
    // A set that exists keeps its time to live.
    if (missing.length > 0) await act(set, 'add', missing, there === undefined ? { ttl: TTL } : {}, signal);
  };
  const remove = async (set: TextSet, signal: AbortSignal): Promise<void> => {
    const there = await present(set, signal);
    // The token of another project finds neither the zone nor its values.
    if (there === undefined && (await zoneFor(set.place, signal)) !== set.zone)
      throw new InputError(`the project of the token has no zone ${set.zone}`);
    const own = set.values.filter((value) => there?.has(value) === true);
    if (own.length > 0) await act(set, 'remove', own, {}, signal);
  };
  /** Repeats a change that another order outran: its values came or went after they were read. */
  const settled = async (change: typeof add, set: TextSet, signal: AbortSignal): Promise<void> => {
    try {
      await change(set, signal);
    } catch (error) {
      if (!(error instanceof ApiError) || !OUTRUN.has(error.code)) throw error;
      await change(set, signal);
    }
  };
  return {
    via: 'hetzner',
    place: (values, { signal }) => placedInZones(values, given, (place) => zoneFor(place, signal)),
    add: async (values, { signal, progress }) => {
      for (const set of setsOf(values)) {
        progress(`adding TXT records of ${set.place}`);
        await settled(add, set, signal);
      }
    },
    remove: async (values, { signal }) => {
      await attemptEach(setsOf(values), signal, (set) => settled(remove, set, signal));
    },
  };
}
