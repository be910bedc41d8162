/** The recorder: one command under strace, as the connections, reads, writes and programs that the kernel saw. */

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cliFile, type Ran, run, temporaryFolder } from './cli.ts';

export interface Trace {
  readonly ran: Ran;
  /**
   * Addresses that a connection or a datagram was sent to: `127.0.0.1:5432`, `[::1]:53`, `unix:/run/x.sock`. Failed
   * attempts count.
   */
  readonly connections: readonly string[];
  /** Real paths of the files that were opened for reading, folders left out. */
  readonly reads: readonly string[];
  /** Calls that change a file, as strace prints them; devices are left out. */
  readonly writes: readonly string[];
  /** Programs that were started, the traced one left out. */
  readonly programs: readonly string[];
  /** Total number of recorded calls. */
  readonly calls: number;
}

const openings = ['open', 'openat', 'openat2', 'creat'];
const changes = [
  'rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir,mknod,mknodat',
  'truncate,ftruncate,fallocate,chmod,fchmod,fchmodat,chown,fchown,fchownat,lchown',
  'utime,utimes,utimensat,futimesat,setxattr,fsetxattr,lsetxattr',
].join();
const connecting = 'connect,sendto,sendmsg,sendmmsg';

/** The address in a line of strace; undefined where the call names none. */
function addressIn(line: string): string | undefined {
  const v4 = /sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]+)"\)/u.exec(line);
  if (v4 !== null) return `${v4[2]}:${v4[1]}`;
  const v6 = /sin6_port=htons\((\d+)\).*?inet_pton\(AF_INET6, "([^"]+)"/u.exec(line);
  if (v6 !== null) return `[${v6[2]}]:${v6[1]}`;
  const unix = /sun_path=@?"([^"]+)"/u.exec(line);
  return unix === null ? undefined : `unix:${unix[1]}`;
}

function isChange(line: string): boolean {
  if (!/\b(?:open(?:at2?)?|creat)\(/u.test(line)) return changes.split(',').some((call) => line.includes(`${call}(`));
  return /\bcreat\(|O_(?:WRONLY|RDWR|CREAT|TRUNC|TMPFILE)/u.test(line);
}

/** One line for each call: strace splits a call that another thread interrupts. One that never ends counts, too. Pure. */
function callsIn(text: string): readonly string[] {
  const begun = new Map<string, string>();
  const whole = text.split('\n').flatMap((line) => {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/u.exec(line) ?? [];
    const start = /^(.*) <unfinished \.\.\.>$/u.exec(rest)?.[1];
    if (start !== undefined) {
      begun.set(thread, start);
      return [];
    }
    const end = /^<\.\.\. \w+ resumed>(.*)$/u.exec(rest)?.[1];
    const before = end === undefined ? undefined : begun.get(thread);
    if (before === undefined) return [line];
    begun.delete(thread);
    return [`${thread} ${before}${end}`];
  });
  return [...whole, ...[...begun].map(([thread, start]) => `${thread} ${start}`)];
}

/** The content of a trace with named files (`-y`), with links followed. Pure. */
function traceOf(text: string, ran: Ran): Trace {
  const lines = callsIn(text).filter((line) => /\w+\(/u.test(line));
  const unique = (items: readonly string[]): readonly string[] => [...new Set(items)].sort();
  const opened = lines.flatMap((line) => {
    if (!/\b(?:open(?:at2?)?)\(/u.test(line) || isChange(line) || line.includes('O_DIRECTORY')) return [];
    return / = \d+<([^>]+)>/u.exec(line)?.[1] ?? [];
  });
  return {
    ran,
    connections: unique(
      lines.flatMap((line) => (/\b(?:connect|send\w*)\(/u.test(line) ? (addressIn(line) ?? []) : [])),
    ),
    reads: unique(opened),
    writes: lines.filter(isChange).filter((line) => !line.includes('"/dev/')),
    programs: unique(
      lines
        .flatMap((line) => /\bexecve\("((?:[^"\\]|\\.)*)".* = 0/u.exec(line)?.[1] ?? [])
        .filter((path) => path !== process.execPath),
    ),
    calls: lines.length,
  };
}

export interface TraceOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** In a network namespace of its own, where `addresses` are on the loopback link, and nothing else can be reached. */
  readonly alone?: { readonly addresses: readonly string[] };
}

/** Runs `fettle` in a folder under the recorder. */
export async function traced(folder: string, args: readonly string[], options: TraceOptions = {}): Promise<Trace> {
  const out = temporaryFolder();
  const file = join(out, 'trace');
  const rules = [
    '-f',
    '--seccomp-bpf',
    '-y',
    '-qq',
    '-s',
    '512',
    '-o',
    file,
    '-e',
    `trace=${[...openings, changes, connecting, 'execve'].join()}`,
  ];
  const command = ['strace', ...rules, process.execPath, cliFile, ...args];
  const links = options.alone?.addresses.map((address) => `ip addr add ${address} dev lo; `).join('') ?? '';
  const isolated = [
    'unshare',
    process.getuid?.() === 0 ? '-n' : '-rn',
    'sh',
    '-c',
    `${links}ip link set lo up; exec "$@"`,
    'sh',
  ];
  const [program = '', ...rest] = options.alone === undefined ? command : [...isolated, ...command];
  try {
    const ran = await run(program, rest, folder, options.env);
    return traceOf(readFileSync(file, 'utf8'), ran);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}
