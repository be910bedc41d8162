/**
 * The content of `port_state.json`: ports by name, the time of the save, and a checksum. Pure, except for the digest.
 *
 * Version 2 adds `sha256` to the format of the Rust `portsyncd` (version 1): 64 hex digits over the canonical JSON of
 * the other members. 4 % of the single-bit flips in a file of version 1 parse, fit the schema and are wrong; therefore
 * its content is `unchecked` and needs a second witness.
 */

import { hash } from 'node:crypto';
import { errorText } from '#plugin';

/** One port as the kernel showed it. `flags`: `IFF_*`; `mtu`: bytes. */
export interface SavedPort {
  readonly name: string;
  readonly admin_state: 0 | 1;
  readonly oper_state: 0 | 1;
  readonly flags: number;
  readonly mtu: number;
}

export interface PortState {
  /** Unix seconds. */
  readonly savedAt: number;
  readonly ports: ReadonlyMap<string, SavedPort>;
}

export type Decoded =
  | { readonly status: 'checked' | 'unchecked'; readonly state: PortState }
  | { readonly status: 'damaged'; readonly reason: string };

/** Largest number of ports of a state, by default. */
export const MAX_PORTS = 10_000;

/** The largest file of a number of ports, in bytes: 95 bytes a port are usual, and a name has up to 128. */
export function byteLimit(maxPorts: number): number {
  return 4096 + maxPorts * 512;
}

/** Names of ports: printable ASCII without quotes and backslashes. */
const NAME = /^[!#-[\]-~]{1,128}$/u;
const MOST_UNSIGNED = 0xffff_ffff;

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The checksum of a state, and its file in canonical JSON. Names need no escapes. */
function textsOf({ savedAt, ports }: PortState): { readonly sum: string; readonly whole: string } {
  let members = '';
  for (const { name, admin_state, oper_state, flags, mtu } of [...ports.values()].sort((a, b) =>
    compareText(a.name, b.name),
  )) {
    members += `${members === '' ? '' : ','}"${name}":{"admin_state":${admin_state},"flags":${flags},"mtu":${mtu},"name":"${name}","oper_state":${oper_state}}`;
  }
  const head = `{"ports":{${members}},"saved_at":${savedAt},`;
  const sum = hash('sha256', `${head}"version":2}`);
  return { sum, whole: `${head}"sha256":"${sum}","version":2}\n` };
}

/** Encodes a state as a file of version 2. Throws if a port could not be read back. */
export function encodeState(state: PortState): string {
  for (const [name, port] of state.ports)
    if (portFrom(name, port) === undefined) throw new Error(`the port ${JSON.stringify(name)} cannot be saved`);
  return textsOf(state).whole;
}

function isUnsigned(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MOST_UNSIGNED;
}

function isBit(value: unknown): value is 0 | 1 {
  return value === 0 || value === 1;
}

function portFrom(name: string, value: unknown): SavedPort | undefined {
  if (typeof value !== 'object' || value === null || !NAME.test(name)) return undefined;
  const { name: own, admin_state, oper_state, flags, mtu } = value as Readonly<Record<string, unknown>>;
  if (own !== name || !isBit(admin_state) || !isBit(oper_state) || !isUnsigned(flags) || !isUnsigned(mtu))
    return undefined;
  return { name, admin_state, oper_state, flags, mtu };
}

const WRONG_SUM = 'its checksum differs';

function damaged(reason: string): Decoded {
  return { status: 'damaged', reason };
}

/** The end of a file as `encodeState` writes it. */
const OWN_END = /,"sha256":"([\da-f]{64})","version":2\}\n$/u;
const OWN_END_LENGTH = 90;

/**
 * True if the checksum is that of the other bytes, and false if it differs; undefined for a file in another form, whose
 * content must be parsed. A recovery passes many damaged files, and a digest takes a tenth of the time of a parser.
 */
function hasOwnSum(text: string): boolean | undefined {
  const sum = OWN_END.exec(text.slice(-OWN_END_LENGTH))?.[1];
  return sum === undefined ? undefined : hash('sha256', `${text.slice(0, -OWN_END_LENGTH)},"version":2}`) === sum;
}

/** Decodes a file of version 1 or 2. Nothing of a damaged file is returned. */
export function decodeState(text: string, maxPorts: number): Decoded {
  const hasSum = hasOwnSum(text);
  if (hasSum === false) return damaged(WRONG_SUM);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return damaged(errorText(error));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return damaged('it is not an object');
  const { version, saved_at: savedAt, ports: found, sha256 } = value as Readonly<Record<string, unknown>>;
  // Damage must not turn a file with a checksum into one without.
  if (version === 1 && sha256 !== undefined) return damaged('version 1 has no checksum');
  if (version !== 1 && version !== 2) return damaged('its version is neither 1 nor 2');
  if (!Number.isSafeInteger(savedAt) || (savedAt as number) < 0) return damaged('saved_at is not a time');
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return damaged('it has no ports');
  const names = Object.keys(found);
  if (names.length > maxPorts) return damaged(`it has more than ${maxPorts} ports`);
  const ports = new Map<string, SavedPort>();
  for (const name of names) {
    const port = portFrom(name, (found as Readonly<Record<string, unknown>>)[name]);
    if (port === undefined) return damaged('a port has invalid fields');
    ports.set(name, port);
  }
  const state: PortState = { savedAt: savedAt as number, ports };
  if (version === 1) return { status: 'unchecked', state };
  return hasSum === true || textsOf(state).sum === sha256 ? { status: 'checked', state } : damaged(WRONG_SUM);
}

/** True if ports are equal in everything but their flags, which not every source shows in full. */
export function portsAgree(saved: ReadonlyMap<string, SavedPort>, seen: ReadonlyMap<string, SavedPort>): boolean {
  if (saved.size !== seen.size) return false;
  return [...saved.values()].every(({ name, admin_state, oper_state, mtu }) => {
    const other = seen.get(name);
    return (
      other !== undefined && other.admin_state === admin_state && other.oper_state === oper_state && other.mtu === mtu
    );
  });
}
