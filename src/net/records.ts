/** DNS records other than addresses, from the resolver of this machine or from named servers, under deadlines. */

import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { codeOf, InputError } from '../plugin/errors.ts';
import { type Denial, deniedWords } from './connect.ts';
import { beginContact } from './contacts.ts';
import { addressOfServer, before } from './resolve.ts';

/** A CAA record (RFC 8659, 4.1). */
export interface CaaSeen {
  readonly critical: boolean;
  /** Lower case: `issue`, `issuewild`. */
  readonly tag: string;
  readonly value: string;
}

/** The values of the kinds of records. */
export interface RecordValues {
  /** The strings of a record are joined. */
  readonly TXT: string;
  readonly CNAME: string;
  readonly NS: string;
  /** The name of the primary server. */
  readonly SOA: string;
  readonly CAA: CaaSeen;
}

/** `none`: a server answered, without such a record. `unknown`: no server gave an answer that counts. */
export type Records<T> =
  | { readonly known: 'some'; readonly records: readonly [T, ...T[]] }
  | { readonly known: 'none' }
  | { readonly known: 'unknown'; readonly reason: string };

/** Throws only when aborted. */
export type AskRecords = <K extends keyof RecordValues>(
  kind: K,
  name: string,
  signal: AbortSignal,
) => Promise<Records<RecordValues[K]>>;

/** Time in ms after which a silent server is asked once more. */
const QUERY_MS = 2000;
const TRIES = 2;
/** Deadline of a question, in ms. */
const MOST_MS = 8000;

const NONE = new Set(['ENODATA', 'ENOTFOUND', 'EBADNAME']);

const REASONS: Readonly<Record<string, string>> = {
  ETIMEOUT: 'did not answer in time',
  ECONNREFUSED: 'cannot be reached',
  EREFUSED: 'refused the question',
  ESERVFAIL: 'failed',
  EBADRESP: 'sent an answer that is not valid',
};

/** A name without the dot at its end, in lower case. */
function plainName(name: string): string {
  return name.replace(/\.$/u, '').toLowerCase();
}

/** The tag and the value are members of the object, by the name of the tag. */
function caaOf(record: Readonly<Record<string, unknown>>): readonly CaaSeen[] {
  return Object.entries(record).flatMap(([tag, value]) =>
    tag === 'critical' || tag === 'type' || typeof value !== 'string'
      ? []
      : [{ critical: record['critical'] !== 0, tag: tag.toLowerCase(), value }],
  );
}

type Query = (resolver: Resolver, name: string) => Promise<readonly unknown[]>;

const QUERIES: Readonly<Record<keyof RecordValues, Query>> = {
  TXT: async (resolver, name) => (await resolver.resolveTxt(name)).map((parts) => parts.join('')),
  CNAME: async (resolver, name) => (await resolver.resolveCname(name)).map(plainName),
  NS: async (resolver, name) => (await resolver.resolveNs(name)).map(plainName),
  SOA: async (resolver, name) => [plainName((await resolver.resolveSoa(name)).nsname)],
  CAA: async (resolver, name) =>
    (await resolver.resolveCaa(name)).flatMap((record) => caaOf(record as unknown as Record<string, unknown>)),
};

/** `192.0.2.53`, or `[2001:db8::53]:5353` with a port. */
export function serverText(address: string, port = 53): string {
  return isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

/**
 * Opens a reader. `servers`: the only servers to ask (`192.0.2.53`, `[2001:db8::53]:5353`); by default those of this
 * machine. Nothing is cached. Throws an InputError if a server is not an address, or is denied.
 */
export function openRecords(servers: readonly string[] | undefined, denial: Denial): AskRecords {
  const open = (): Resolver => {
    const resolver = new Resolver({ timeout: QUERY_MS, tries: TRIES });
    if (servers !== undefined) resolver.setServers(servers);
    return resolver;
  };
  try {
    open();
  } catch {
    throw new InputError(`${servers?.join(', ') ?? ''}: each server must be an address or [address]:port`);
  }
  for (const server of servers ?? []) {
    const network = denial(addressOfServer(server));
    if (network !== undefined) throw new InputError(`the DNS server ${server} ${deniedWords(network)}`);
  }
  const asked = servers === undefined ? 'the resolver of this machine' : `the DNS server ${servers.join(' or ')}`;
  return async (kind, name, signal) => {
    const resolver = open();
    const report = beginContact();
    const search = async (): Promise<Records<never>> => {
      try {
        const [first, ...more] = (await QUERIES[kind](resolver, name)) as never[];
        return first === undefined ? { known: 'none' } : { known: 'some', records: [first, ...more] };
      } catch (error) {
        const code = codeOf(error) ?? 'unknown';
        if (NONE.has(code)) return { known: 'none' };
        return { known: 'unknown', reason: `${asked} ${REASONS[code] ?? `failed (${code})`}` };
      }
    };
    const found = await before(MOST_MS, signal, search, () => resolver.cancel());
    report?.('trace', `asked for ${kind} of ${name}: ${found?.known ?? 'no answer'}`);
    return found ?? { known: 'unknown', reason: `${asked} did not answer in time` };
  };
}
