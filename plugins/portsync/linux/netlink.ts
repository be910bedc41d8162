/**
 * Messages of rtnetlink about links: bytes to values and back, in the byte order of this machine.
 *
 * A message is a header of 16 bytes (length, type, flags, sequence, sender) and, for a link, 16 bytes of `ifinfomsg` and
 * attributes (length, type, value), each padded to 4 bytes. Only the attributes that portsync knows are read.
 * Sources: linux/netlink.h, linux/rtnetlink.h, linux/if_link.h; RFC 3549.
 */

import { endianness } from 'node:os';
import { OutsideError } from '#plugin';

/** A text of bytes that is not a message of netlink. */
export class NetlinkError extends OutsideError {
  override readonly name = 'NetlinkError';
}

/** A link as the kernel writes it: indexes instead of names, numbers instead of words. */
export interface RawLink {
  /** The family: 0 for links, 7 for a message of a bridge about its port. */
  readonly family: number;
  /** The hardware type: 1 for Ethernet, 772 for the loopback. */
  readonly hardware: number;
  readonly index: number;
  readonly flags: number;
  /** Flags that changed; 0 in a dump, on every real kernel. */
  readonly change: number;
  readonly name?: string;
  readonly altnames?: readonly string[];
  readonly alias?: string;
  readonly mtu?: number;
  readonly minMtu?: number;
  readonly maxMtu?: number;
  readonly operState?: number;
  /** Index of the bond, team, bridge or VRF. */
  readonly master?: number;
  /** Index of the link below or of the peer, in the namespace `lowerNamespace` if there is one. */
  readonly lower?: number;
  readonly lowerNamespace?: number;
  /** In hexadecimal digits. */
  readonly address?: string;
  readonly group?: number;
  readonly queueLength?: number;
  readonly carrierChanges?: number;
  readonly kind?: string;
  readonly masterKind?: string;
}

interface Head {
  /** The number of the request that it answers; 0 for an event. */
  readonly sequence: number;
  /** A part of a dump. */
  readonly isPart: boolean;
  /** Links came or went during the dump. */
  readonly isInterrupted: boolean;
}

export type NetlinkMessage =
  | (Head & { readonly what: 'link' | 'removed'; readonly link: RawLink })
  /** The end of a dump. `code`: 0, or a negated error number. */
  | (Head & { readonly what: 'done'; readonly code: number })
  /** The end of a request. `code`: 0, or a negated error number. */
  | (Head & { readonly what: 'error'; readonly code: number })
  | (Head & { readonly what: 'other'; readonly type: number });

const TYPES = { link: 16, removed: 17, error: 2, done: 3 } as const;
const FLAG_PART = 0x2;
const FLAG_INTERRUPTED = 0x10;

/** Flags of a link: IFF_UP and IFF_RUNNING of linux/if.h. */
export const FLAG_UP = 0x1;
export const FLAG_RUNNING = 0x40;

const HEADER = 16;
const LINK_HEADER = 16;
const ATTRIBUTE_HEADER = 4;
/** Limit of one message: the kernel sends at most 32 KiB for a link. */
export const LONGEST_MESSAGE = 1024 * 1024;

/** Attributes by their number: IFLA_* of linux/if_link.h. */
const NUMBERS: Readonly<
  Record<
    number,
    'mtu' | 'lower' | 'master' | 'queueLength' | 'group' | 'carrierChanges' | 'lowerNamespace' | 'minMtu' | 'maxMtu'
  >
> = {
  4: 'mtu',
  5: 'lower',
  10: 'master',
  13: 'queueLength',
  27: 'group',
  35: 'carrierChanges',
  37: 'lowerNamespace',
  50: 'minMtu',
  51: 'maxMtu',
};
const ADDRESS = 1;
const NAME = 3;
const OPER_STATE = 16;
const LINK_INFO = 18;
const ALIAS = 20;
const PROPERTIES = 52;
const ALTNAME = 53;
const INFO_KIND = 1;
const INFO_MASTER_KIND = 4;
/** Bits of an attribute's type that are not its number: NLA_F_NESTED, NLA_F_NET_BYTEORDER. */
const TYPE_BITS = 0x3fff;
const NESTED = 0x8000;

const isLittle = endianness() === 'LE';

function padded(length: number): number {
  return (length + 3) & ~3;
}

interface Attribute {
  readonly type: number;
  readonly value: DataView;
}

function part(view: DataView, start: number, length: number): DataView {
  return new DataView(view.buffer, view.byteOffset + start, length);
}

function attributesIn(view: DataView): readonly Attribute[] {
  const found: Attribute[] = [];
  let at = 0;
  while (at + ATTRIBUTE_HEADER <= view.byteLength) {
    const length = view.getUint16(at, isLittle);
    if (length < ATTRIBUTE_HEADER || at + length > view.byteLength)
      throw new NetlinkError('an attribute of a link is longer than its message. Read the links again');
    const type = view.getUint16(at + 2, isLittle) & TYPE_BITS;
    found.push({ type, value: part(view, at + ATTRIBUTE_HEADER, length - ATTRIBUTE_HEADER) });
    at += padded(length);
  }
  return found;
}

const decoder = new TextDecoder();

/** A text without its final NUL. */
function textOf(value: DataView): string {
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  const end = bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function numberOf(value: DataView): number {
  if (value.byteLength < 4) throw new NetlinkError('an attribute of a link is too short. Read the links again');
  return value.getUint32(0, isLittle);
}

function hexOf(value: DataView): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex');
}

function linkOf(view: DataView): RawLink {
  if (view.byteLength < LINK_HEADER)
    throw new NetlinkError('a message about a link is too short. Read the links again');
  const link: { -readonly [K in keyof RawLink]: RawLink[K] } = {
    family: view.getUint8(0),
    hardware: view.getUint16(2, isLittle),
    index: view.getInt32(4, isLittle),
    flags: view.getUint32(8, isLittle),
    change: view.getUint32(12, isLittle),
  };
  for (const { type, value } of attributesIn(part(view, LINK_HEADER, view.byteLength - LINK_HEADER))) {
    const number = NUMBERS[type];
    if (number !== undefined) link[number] = numberOf(value);
    else if (type === NAME) link.name = textOf(value);
    else if (type === ALIAS) link.alias = textOf(value);
    else if (type === ADDRESS) link.address = hexOf(value);
    else if (type === OPER_STATE && value.byteLength > 0) link.operState = value.getUint8(0);
    // A bridge writes these attributes in another form.
    else if (type === LINK_INFO && link.family === 0)
      for (const info of attributesIn(value)) {
        if (info.type === INFO_KIND) link.kind = textOf(info.value);
        if (info.type === INFO_MASTER_KIND) link.masterKind = textOf(info.value);
      }
    else if (type === PROPERTIES)
      link.altnames = attributesIn(value)
        .filter((each) => each.type === ALTNAME)
        .map((each) => textOf(each.value));
  }
  return link;
}

function messageOf(view: DataView): NetlinkMessage {
  const type = view.getUint16(4, isLittle);
  const flags = view.getUint16(6, isLittle);
  const head: Head = {
    sequence: view.getUint32(8, isLittle),
    isPart: (flags & FLAG_PART) !== 0,
    isInterrupted: (flags & FLAG_INTERRUPTED) !== 0,
  };
  const body = part(view, HEADER, view.byteLength - HEADER);
  if (type === TYPES.link || type === TYPES.removed)
    return { ...head, what: type === TYPES.link ? 'link' : 'removed', link: linkOf(body) };
  if (type !== TYPES.done && type !== TYPES.error) return { ...head, what: 'other', type };
  if (body.byteLength < 4) throw new NetlinkError('the end of a request is too short. Read the links again');
  return { ...head, what: type === TYPES.done ? 'done' : 'error', code: body.getInt32(0, isLittle) };
}

/** Messages at the start of bytes. `used` is the number of their bytes: the rest is the start of another message. */
export interface Decoded {
  readonly messages: readonly NetlinkMessage[];
  readonly used: number;
}

/** Decodes whole messages. Throws a NetlinkError for bytes that cannot be messages. */
export function decodeMessages(bytes: Uint8Array): Decoded {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const messages: NetlinkMessage[] = [];
  let at = 0;
  while (at + HEADER <= bytes.length) {
    const length = view.getUint32(at, isLittle);
    if (length < HEADER || length > LONGEST_MESSAGE)
      throw new NetlinkError(`a message of ${length} bytes is not one of netlink. Read the links again`);
    if (at + length > bytes.length) break;
    messages.push(messageOf(part(view, at, length)));
    // The padding of the last message may be missing.
    at = Math.min(at + padded(length), bytes.length);
  }
  return { messages, used: at };
}

function attribute(type: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(padded(ATTRIBUTE_HEADER + value.length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, ATTRIBUTE_HEADER + value.length, isLittle);
  view.setUint16(2, type, isLittle);
  bytes.set(value, ATTRIBUTE_HEADER);
  return bytes;
}

function textAttribute(type: number, text: string | undefined): readonly Uint8Array[] {
  return text === undefined ? [] : [attribute(type, Buffer.from(`${text}\0`))];
}

function number32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, isLittle);
  return bytes;
}

function linkBytes(link: RawLink): Uint8Array {
  const head = new Uint8Array(LINK_HEADER);
  const view = new DataView(head.buffer);
  view.setUint8(0, link.family);
  view.setUint16(2, link.hardware, isLittle);
  view.setInt32(4, link.index, isLittle);
  view.setUint32(8, link.flags, isLittle);
  view.setUint32(12, link.change, isLittle);
  const info = [...textAttribute(INFO_KIND, link.kind), ...textAttribute(INFO_MASTER_KIND, link.masterKind)];
  const numbers = Object.entries(NUMBERS).flatMap(([type, key]) => {
    const value = link[key];
    return value === undefined ? [] : [attribute(Number(type), number32(value))];
  });
  return Buffer.concat([
    head,
    ...textAttribute(NAME, link.name),
    ...textAttribute(ALIAS, link.alias),
    ...numbers,
    ...(link.address === undefined ? [] : [attribute(ADDRESS, Buffer.from(link.address, 'hex'))]),
    ...(link.operState === undefined ? [] : [attribute(OPER_STATE, Uint8Array.of(link.operState))]),
    ...(info.length === 0 ? [] : [attribute(LINK_INFO, Buffer.concat(info))]),
    ...(link.altnames === undefined
      ? []
      : [attribute(PROPERTIES | NESTED, Buffer.concat(link.altnames.flatMap((name) => textAttribute(ALTNAME, name))))]),
  ]);
}

function bodyOf(message: NetlinkMessage): Uint8Array {
  switch (message.what) {
    case 'link':
    case 'removed':
      return linkBytes(message.link);
    case 'done':
    case 'error':
      return number32(message.code >>> 0);
    default:
      return new Uint8Array();
  }
}

/** Encodes one message. */
export function encodeMessage(message: NetlinkMessage): Uint8Array {
  const body = bodyOf(message);
  const bytes = new Uint8Array(padded(HEADER + body.length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, HEADER + body.length, isLittle);
  view.setUint16(4, message.what === 'other' ? message.type : TYPES[message.what], isLittle);
  const flags = (message.isPart ? FLAG_PART : 0) | (message.isInterrupted ? FLAG_INTERRUPTED : 0);
  view.setUint16(6, flags, isLittle);
  view.setUint32(8, message.sequence, isLittle);
  bytes.set(body, HEADER);
  return bytes;
}

/** Names of the operational states by their number: IF_OPER_* of linux/if.h. */
const OPER_STATES = ['UNKNOWN', 'NOTPRESENT', 'DOWN', 'LOWERLAYERDOWN', 'TESTING', 'DORMANT', 'UP'];

/** The name of an operational state, as `ip` prints it. */
export function operStateText(state: number | undefined): string {
  return OPER_STATES[state ?? 0] ?? 'UNKNOWN';
}

/** A hardware address with colons, as `ip` prints it. */
export function addressText(hex: string): string {
  return hex.replace(/(?<=[0-9a-f]{2})(?=(?:[0-9a-f]{2})+$)/gu, ':');
}
