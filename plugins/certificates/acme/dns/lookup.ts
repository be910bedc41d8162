/** Finds the name, the zone and the servers that decide about a TXT record. Servers of others answer: each search is bounded. */

import { listed, OutageError } from '#plugin';
import {
  type AskRecords,
  type CheckedAddress,
  checkedAddress,
  type Denial,
  type Names,
  openNames,
  openRecords,
  type Records,
  type Resolved,
} from '#plugin/net';

/** Most CNAMEs that are followed: as many as Let's Encrypt follows. */
const MOST_CNAMES = 10;
/** Most addresses of the servers of a zone that are asked. */
const MOST_SERVERS = 64;
/** Deadline of the addresses of one server, in ms. */
const ADDRESS_MS = 8000;

/** A name as this plugin writes records for: other characters in a name of DNS have a meaning in texts and paths. */
const NAME = /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u;

/** The questions of one solver. */
export interface Dns {
  /** Asks the resolvers. */
  readonly ask: AskRecords;
  readonly names: Names;
  readonly denial: Denial;
  /** Asks one server: `192.0.2.53`, `[2001:db8::53]:5353`. Throws if it is denied. */
  readonly askAt: (server: string) => AskRecords;
}

/** `resolvers`: servers to ask instead of those of this machine. Throws an InputError if one is not valid, or is denied. */
export function openDns(resolvers: readonly string[] | undefined, denial: Denial): Dns {
  return {
    ask: openRecords(resolvers, denial),
    names: openNames(resolvers, denial),
    denial,
    askAt: (server) => openRecords([server], denial),
  };
}

/** A search without an answer that counts, which may have one a moment later. */
export class LookUpError extends OutageError {
  override readonly name = 'LookUpError';
}

/** The error for a name without addresses. */
export function lookUpFailure({ error, reason }: Extract<Resolved, { readonly ok: false }>): Error {
  return error === 'no-answer' ? new LookUpError(reason) : new Error(reason);
}

/** The records of an answer; none if there are none. Throws a LookUpError if no server gave an answer that counts. */
function certain<T>(answer: Records<T>, what: string, remedy = ''): readonly T[] {
  if (answer.known === 'unknown') throw new LookUpError(`${what} cannot be looked up: ${answer.reason}${remedy}`);
  return answer.known === 'none' ? [] : answer.records;
}

/** True for a name that records can be written for: lower case, without a dot at its end. */
export function isWritable(name: string): boolean {
  return NAME.test(name);
}

function checkedName(name: string, from: string): string {
  if (isWritable(name)) return name;
  throw new Error(`the CNAME of ${from} leads to a name that is not valid`);
}

const OTHER_RESOLVERS = '. If this machine must ask other DNS servers, name them in dns01.resolvers of the Issuer';

/** The name at the end of the CNAMEs of a name. */
export async function finalName(ask: AskRecords, name: string, signal: AbortSignal): Promise<string> {
  const seen = [name];
  for (let at = name; ; ) {
    const [to] = certain(await ask('CNAME', at, signal), `the CNAME of ${at}`, OTHER_RESOLVERS);
    if (to === undefined) return at;
    at = checkedName(to, at);
    if (seen.includes(at)) throw new Error(`the CNAMEs of ${name} form a loop: ${listed([...seen, at], 5, ' → ')}`);
    seen.push(at);
    if (seen.length > MOST_CNAMES) throw new Error(`${name} has more than ${MOST_CNAMES} CNAMEs in a row`);
  }
}

/** A name and the names above it: `a.b.test`, `b.test`, `test`. */
export function namesAbove(name: string): readonly string[] {
  const labels = name.split('.');
  return labels.map((_, i) => labels.slice(i).join('.'));
}

/** The zone that has a name: the nearest name above it with a SOA record. */
export async function zoneOf(ask: AskRecords, name: string, signal: AbortSignal): Promise<string> {
  for (const each of namesAbove(name)) {
    // A resolver follows a CNAME, and would answer with the SOA record of another zone.
    if (certain(await ask('CNAME', each, signal), `the zone of ${name}`).length > 0) continue;
    if (certain(await ask('SOA', each, signal), `the zone of ${name}`).length > 0) return each;
  }
  throw new Error(`the zone of ${name} was not found: no name above it has a SOA record`);
}

/** A server of a zone. */
export interface ZoneServer {
  /** Its name in the NS record. */
  readonly name: string;
  readonly address: CheckedAddress;
}

/** The servers of a zone. */
export interface ZoneServers {
  /** Every address of every server. At least one. */
  readonly servers: readonly ZoneServer[];
  /** Servers without an address that may be asked, with the reason: `ns2.example.test (its name does not resolve)`. */
  readonly left: readonly string[];
}

/** The addresses of one server that may be asked, or the reason why there are none. Throws a LookUpError if DNS gives no answer. */
async function addressesOf(
  { names, denial }: Dns,
  name: string,
  signal: AbortSignal,
): Promise<readonly CheckedAddress[] | string> {
  const resolved = await names.addresses(name, ADDRESS_MS, signal);
  // A server that cannot be found now can have an old answer for the authority.
  if (!resolved.ok && resolved.error === 'no-answer') throw new LookUpError(`the server ${resolved.reason}`);
  if (!resolved.ok) return 'its name does not resolve';
  const permitted = resolved.addresses.filter((address) => denial(address) === undefined);
  if (permitted.length === 0) return 'its addresses are denied';
  return permitted.map((address) => checkedAddress(address, denial));
}

/** Every server of a zone. Throws a LookUpError if none has an address that may be asked, or one cannot be looked up. */
export async function serversOf(dns: Dns, zone: string, signal: AbortSignal): Promise<ZoneServers> {
  const all = certain(await dns.ask('NS', zone, signal), `the servers of the zone ${zone}`).slice(0, MOST_SERVERS);
  const found = await Promise.all(all.map(async (name) => ({ name, addresses: await addressesOf(dns, name, signal) })));
  const left = found.flatMap(({ name, addresses }) =>
    typeof addresses === 'string' ? [`${name} (${addresses})`] : [],
  );
  const servers = found
    .flatMap(({ name, addresses }) =>
      typeof addresses === 'string' ? [] : addresses.map((address) => ({ name, address })),
    )
    .slice(0, MOST_SERVERS);
  if (servers.length > 0) return { servers, left };
  const why = left.length === 0 ? '' : `: ${listed(left)}`;
  throw new LookUpError(`the servers of the zone ${zone} have no address that may be asked${why}`);
}
