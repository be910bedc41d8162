/**
 * Events of links as the kernel sends them, through `socat` where it is installed.
 *
 * Messages are complete, unlike lines of `ip monitor`: no dump has to follow for an alias, a master or a counter, and no
 * text can be taken for another event. A full buffer ends `socat`, which is an event as well.
 * Sources: socat(1), SOCKET-DATAGRAM and setsockopt; linux/netlink.h, struct sockaddr_nl; socket(7), SO_RCVBUFFORCE.
 */

import { endianness } from 'node:os';
import { firstProgram, ipArguments, ipProgram, type LinkHost } from './ip.ts';
import { type Listener, type Monitor, type MonitorEvent, startMonitor } from './monitor.ts';
import { decodeMessages, NetlinkError, type NetlinkMessage } from './netlink.ts';

/** Paths of the program, in the order of the search. */
const PATHS = ['/usr/bin/socat', '/bin/socat', '/usr/local/bin/socat'] as const;

/** Size of the buffer in the kernel, in bytes: that of portsyncd. It holds 9,000 events. */
const BUFFER_BYTES = 16 * 1024 * 1024;
/** More than the longest datagram of the kernel: a longer one would be cut. */
const BLOCK_BYTES = 65_536;

const AF_NETLINK = 16;
const SOCK_RAW = 3;

/** The path of `socat`; undefined if it is not installed. */
export function socatProgram(): string | undefined {
  return firstProgram(PATHS);
}

/** A 32-bit number in hexadecimal digits, in the byte order of this machine. */
function hex32(value: number): string {
  const bytes = Buffer.alloc(4);
  if (endianness() === 'LE') bytes.writeUInt32LE(value);
  else bytes.writeUInt32BE(value);
  return bytes.toString('hex');
}

/** Padding, the process (0: any) and the groups of a `sockaddr_nl`, without its family. */
function socketAddress(groups: number): string {
  return `x0000${hex32(0)}${hex32(groups)}`;
}

function eventOf(message: NetlinkMessage): MonitorEvent | undefined {
  if (message.what !== 'link' && message.what !== 'removed') return undefined;
  const { link } = message;
  // Messages of a bridge about its port, and of other parts of the kernel, which have no MTU.
  if (link.family !== 0 || link.mtu === undefined) return undefined;
  if (message.what === 'link') return { what: 'message', link };
  return link.master === undefined ? { what: 'removed', index: link.index } : undefined;
}

/** Makes events of chunks of bytes. Bytes that are not messages are lost events. */
export function messageSplitter(say: (event: MonitorEvent) => void): (chunk: Uint8Array) => void {
  let rest: Uint8Array = new Uint8Array();
  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    try {
      const { messages, used } = decodeMessages(bytes);
      rest = bytes.subarray(used);
      for (const message of messages) {
        const event = eventOf(message);
        if (event !== undefined) say(event);
      }
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error;
      rest = new Uint8Array();
      say({ what: 'lost', why: error.message });
    }
  };
}

function socatListener(host: LinkHost, socat: string): Listener {
  const options = [
    `bind=${socketAddress(1)}`,
    // SOL_SOCKET, SO_RCVBUFFORCE: more than the limit of the system.
    `setsockopt-int=1:33:${BUFFER_BYTES}`,
  ];
  const source = `SOCKET-DATAGRAM:${AF_NETLINK}:${SOCK_RAW}:0:${socketAddress(0)},${options.join(',')}`;
  const words = ['-u', '-b', String(BLOCK_BYTES), source, '-'];
  const { namespace } = host;
  // Checks the name of the namespace.
  ipArguments(host, []);
  let split: ((chunk: Uint8Array) => void) | undefined;
  return {
    file: namespace === undefined ? socat : ipProgram(),
    args: namespace === undefined ? words : ['netns', 'exec', namespace, socat, ...words],
    sockets: 1,
    hear: (chunk, say) => {
      split ??= messageSplitter(say);
      split(chunk);
    },
  };
}

/** Like `startMonitor`, with messages instead of lines. `socat` is its path. */
export async function startRawMonitor(
  host: LinkHost,
  socat: string,
  onEvent: (event: MonitorEvent) => void,
  signal: AbortSignal,
): Promise<Monitor> {
  return startMonitor(host, onEvent, signal, socatListener(host, socat));
}
