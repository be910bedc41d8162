/** A small DNS server (RFC 1035) for invented names: answers from a table that can change at any time. */

import { createSocket } from 'node:dgram';

/** Records of one name; `silent` names are never answered. */
export interface Zone {
  readonly a?: readonly string[];
  readonly aaaa?: readonly string[];
  readonly txt?: readonly (readonly string[])[];
  /** Tag and value of each record (RFC 8659), without flags. */
  readonly caa?: readonly (readonly [tag: string, value: string])[];
  readonly silent?: boolean | 'a' | 'aaaa';
  /** Answered with SERVFAIL. */
  readonly broken?: true;
}

export interface DnsServer {
  /** The address in the format of `probe.resolvers`. */
  readonly address: string;
  readonly names: Map<string, Zone>;
  /** The questions so far: `A www.example.test`. */
  readonly asked: readonly string[];
  readonly stop: () => void;
}

const TYPES: Readonly<Record<number, 'A' | 'TXT' | 'AAAA' | 'CAA'>> = { 1: 'A', 16: 'TXT', 28: 'AAAA', 257: 'CAA' };
const NXDOMAIN = 3;
const SERVFAIL = 2;
/** Maximum number of recorded questions. */
const MOST_ASKED = 10_000;

function questionOf(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function ipv6Bytes(text: string): Buffer {
  const [head = '', tail = ''] = text.split('::');
  const groups = (part: string): readonly string[] => (part === '' ? [] : part.split(':'));
  const zeros = Array.from({ length: 8 - groups(head).length - groups(tail).length }, () => '0');
  const all = text.includes('::') ? [...groups(head), ...zeros, ...groups(tail)] : groups(text);
  return Buffer.from(all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]));
}

function dataOf(type: number, zone: Zone): readonly Buffer[] {
  switch (TYPES[type]) {
    case 'A':
      return (zone.a ?? []).map((text) => Buffer.from(text.split('.').map(Number)));
    case 'AAAA':
      return (zone.aaaa ?? []).map(ipv6Bytes);
    case 'TXT':
      return (zone.txt ?? []).map((parts) =>
        Buffer.concat(parts.flatMap((part) => [Buffer.from([Buffer.byteLength(part)]), Buffer.from(part)])),
      );
    case 'CAA':
      return (zone.caa ?? []).map(([tag, value]) =>
        Buffer.concat([Buffer.from([0, tag.length]), Buffer.from(tag), Buffer.from(value)]),
      );
    default:
      return [];
  }
}

function answerTo(query: Buffer, zone: Zone | undefined): Buffer {
  const { type, end } = questionOf(query);
  const records = zone === undefined || zone.broken === true ? [] : dataOf(type, zone);
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  const code = zone === undefined ? NXDOMAIN : zone.broken === true ? SERVFAIL : 0;
  // An answer, with recursion desired and available.
  header.writeUInt16BE(0x8180 | code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  const answers = records.flatMap((data) => {
    const record = Buffer.alloc(12);
    // A pointer to the name of the question.
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(type, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(0, 6);
    record.writeUInt16BE(data.length, 10);
    return [record, data];
  });
  return Buffer.concat([header, query.subarray(12, end), ...answers]);
}

/** Answers on a free port of 127.0.0.1 until it is stopped. */
export async function startDns(names: Readonly<Record<string, Zone>>): Promise<DnsServer> {
  const socket = createSocket('udp4');
  const zones = new Map(Object.entries(names));
  const asked: string[] = [];
  socket.on('message', (query, from) => {
    try {
      const { name, type } = questionOf(query);
      if (asked.length < MOST_ASKED) asked.push(`${TYPES[type] ?? type} ${name}`);
      const zone = zones.get(name);
      const { silent = false } = zone ?? {};
      if (silent === true || silent === TYPES[type]?.toLowerCase()) return;
      socket.send(answerTo(query, zone), from.port, from.address);
    } catch {
      // An invalid question gets no answer.
    }
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject).bind(0, '127.0.0.1', resolve);
  });
  const stop = (): void => void socket.close();
  return { address: `127.0.0.1:${socket.address().port}`, names: zones, asked, stop };
}
