/**
 * Names to addresses, under deadlines.
 *
 * The hosts file comes first, then DNS, then the other name services of this machine. Those are asked only if the hosts file
 * and DNS have no answer: they answer two names at a time, and one that never arrives would delay all others.
 */

import { Resolver, lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { type Denial, deniedWords } from './connect.ts';
import { within } from '../plugin/deadline.ts';
import { codeOf } from '../plugin/errors.ts';
import { beginContact } from './contacts.ts';

/** `name-not-resolved`: DNS answered that the name has no addresses. `no-answer`: nothing is known of the name. */
export type Resolved =
  | { readonly ok: true; readonly addresses: readonly string[] }
  | { readonly ok: false; readonly error: 'name-not-resolved' | 'no-answer'; readonly reason: string };

export interface Names {
  /** Every address of a name, each once. `deadline` in ms. Throws when aborted, and when resolution itself fails on this machine. */
  readonly addresses: (name: string, deadline: number, signal: AbortSignal) => Promise<Resolved>;
  /** Texts of the TXT records of a name. Throws if they cannot be queried. */
  readonly texts: (name: string, deadline: number, signal: AbortSignal) => Promise<readonly string[]>;
}

const HOSTS = '/etc/hosts';
const HOSTS_LIMIT = 8 * 1_048_576;
/** Time for which the hosts file counts as unchanged after it was read, in ms. */
const HOSTS_KEPT_MS = 2000;
/** Time in ms after which a silent server is asked once more, with twice the time. */
const QUERY_MS = 2000;
const TRIES = 2;
/** Time of both tries together, as a multiple of the first. */
const ALL_TRIES = 3;

/** Failures of this machine, not of the name. */
const OWN = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EDESTRUCTION', 'EAI_MEMORY', 'EAI_SYSTEM']);
/** The name does not exist. */
const UNKNOWN = 'ENOTFOUND';
/** A server answered and has no such record, or DNS cannot have such a name. */
const NONE = new Set([UNKNOWN, 'ENODATA', 'EBADNAME']);
const LATE = new Set(['ETIMEOUT', 'ETIMEDOUT']);

/** Addresses of each name in a hosts file, names in lower case. */
export function hostsOf(text: string): ReadonlyMap<string, readonly string[]> {
  const hosts = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*$/su, '').trim().split(/\s+/u);
    if (isIP(address) === 0) continue;
    for (const name of names) {
      const known = hosts.get(name.toLowerCase());
      if (known === undefined) hosts.set(name.toLowerCase(), [address]);
      else if (!known.includes(address)) known.push(address);
    }
  }
  return hosts;
}

function hostsFile(): () => Promise<ReadonlyMap<string, readonly string[]>> {
  let read: { readonly at: number; readonly hosts: Promise<ReadonlyMap<string, readonly string[]>> } | undefined;
  return () => {
    if (read !== undefined && performance.now() - read.at < HOSTS_KEPT_MS) return read.hosts;
    const hosts = readFile(HOSTS, 'utf8').then(
      (text) => hostsOf(text.slice(0, HOSTS_LIMIT)),
      () => new Map<string, readonly string[]>(),
    );
    read = { at: performance.now(), hosts };
    return hosts;
  };
}

/** The result of `work`; undefined once the deadline (ms) is over. Throws the signal's reason when aborted; `leave` ends the work then. */
export async function before<T>(
  deadline: number,
  signal: AbortSignal,
  work: () => Promise<T>,
  leave: () => void,
): Promise<T | undefined> {
  const over = new Error('the deadline is over');
  try {
    return await within(deadline, () => over, signal, work);
  } catch (error) {
    if (error === over) return undefined;
    throw error;
  } finally {
    leave();
  }
}

type Asked = { readonly addresses: readonly string[] } | { readonly code: string };

async function ask(query: Promise<readonly string[]>): Promise<Asked> {
  try {
    return { addresses: await query };
  } catch (error) {
    const code = codeOf(error) ?? 'unknown';
    if (OWN.has(code)) throw new Error(`no name can be resolved: ${code}`, { cause: error });
    return { code };
  }
}

const unknownName: Resolved = { ok: false, error: 'name-not-resolved', reason: 'the name does not resolve' };

/** The same failure has the same text each time, however late it came. */
function noAnswer(name: string, why: string): Resolved {
  return { ok: false, error: 'no-answer', reason: `${name} cannot be resolved: ${why}` };
}

/** The reason that DNS gave no answer, by its code. */
function dnsFault(code: string, servers: readonly string[] | undefined): string {
  const asked = servers === undefined ? 'the resolver of this machine' : `the DNS server ${servers.join(' or ')}`;
  if (LATE.has(code)) return `${asked} did not answer in time`;
  return code === 'ECONNREFUSED' ? `${asked} is unreachable (${code})` : `${asked} failed (${code})`;
}

/** Queries both kinds of addresses; a missing answer for one kind does not block the other. */
async function byDns(resolver: Resolver, name: string): Promise<readonly Asked[]> {
  return Promise.all([ask(resolver.resolve4(name)), ask(resolver.resolve6(name))]);
}

function addressesOf(answers: readonly Asked[]): readonly string[] {
  return [...new Set(answers.flatMap((each) => ('addresses' in each ? each.addresses : [])))];
}

function codesOf(answers: readonly Asked[]): readonly string[] {
  return answers.flatMap((each) => ('code' in each ? [each.code] : []));
}

/** `192.0.2.53` of itself and of `192.0.2.53:5353`, `2001:db8::53` of itself and of `[2001:db8::53]:5353`. */
export function addressOfServer(text: string): string {
  return (
    /^\[(?<address>[^\]]*)\]/u.exec(text)?.groups?.['address'] ?? (isIP(text) === 0 ? text.replace(/:\d+$/u, '') : text)
  );
}

/**
 * Makes a resolver. `servers`: the only DNS servers to ask (`192.0.2.53`, `[2001:db8::53]:5353`); by default those of this
 * machine. Throws if one is not an address, or is denied.
 */
export function openNames(servers: readonly string[] | undefined, denial: Denial): Names {
  const hosts = hostsFile();
  const dns = (deadline: number): Resolver => {
    // Both tries end before the deadline: if one kind of address is not answered, the other kind is used.
    const timeout = Math.max(1, Math.floor(Math.min(QUERY_MS, deadline / (ALL_TRIES + 1))));
    const resolver = new Resolver({ timeout, tries: TRIES });
    if (servers !== undefined) resolver.setServers(servers);
    return resolver;
  };
  try {
    dns(QUERY_MS);
  } catch {
    throw new Error(`probe.resolvers: ${servers?.join(', ') ?? ''}: each entry must be an address or [address]:port`);
  }
  for (const server of servers ?? []) {
    const network = denial(addressOfServer(server));
    if (network !== undefined) throw new Error(`probe.resolvers: ${server} ${deniedWords(network)}`);
  }
  const bySystem = async (name: string): Promise<Resolved> => {
    const answer = await ask(lookup(name, { all: true }).then((all) => all.map(({ address }) => address)));
    if ('addresses' in answer) return { ok: true, addresses: addressesOf([answer]) };
    return answer.code === 'EAI_AGAIN' ? noAnswer(name, dnsFault(answer.code, undefined)) : unknownName;
  };
  const find = async (resolver: Resolver, name: string): Promise<Resolved> => {
    // No server is asked: `.invalid` never has addresses (RFC 6761, 6.4).
    if (/(?:^|\.)invalid$/iu.test(name)) return unknownName;
    if (servers === undefined) {
      const written = (await hosts()).get(name.toLowerCase());
      if (written !== undefined) return { ok: true, addresses: written };
    }
    const answers = await byDns(resolver, name);
    const addresses = addressesOf(answers);
    if (addresses.length > 0) return { ok: true, addresses };
    const codes = codesOf(answers);
    const isUnknown = codes.includes(UNKNOWN);
    // A slow resolver would delay the other name services even longer.
    const late = isUnknown ? undefined : codes.find((code) => LATE.has(code));
    if (late !== undefined) return noAnswer(name, dnsFault(late, servers));
    if (servers === undefined) return bySystem(name);
    const fault = isUnknown ? undefined : codes.find((code) => !NONE.has(code));
    return fault === undefined ? unknownName : noAnswer(name, dnsFault(fault, servers));
  };
  return {
    addresses: async (name, deadline, signal) => {
      const resolver = dns(deadline);
      const report = beginContact();
      const search = (): Promise<Resolved> => find(resolver, name);
      const found =
        (await before(deadline, signal, search, () => resolver.cancel())) ??
        noAnswer(name, dnsFault('ETIMEOUT', servers));
      report?.('trace', `resolved ${name}: ${found.ok ? found.addresses.join(', ') : found.error}`);
      return found;
    },
    texts: async (name, deadline, signal) => {
      const resolver = dns(deadline);
      const search = (): Promise<string[][]> =>
        resolver.resolveTxt(name).catch((error: unknown) => {
          const code = codeOf(error) ?? 'unknown';
          if (NONE.has(code)) return [];
          throw new Error(`the TXT records of ${name} cannot be read: ${code}`);
        });
      const found = await before(deadline, signal, search, () => resolver.cancel());
      if (found === undefined) throw new Error(`the TXT records of ${name} cannot be read: no answer in time`);
      return found.map((parts) => parts.join(''));
    },
  };
}
