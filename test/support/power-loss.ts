/**
 * The possible states of a folder after a power loss: the system calls of a program, from strace, and the disk states
 * that follow from them.
 *
 * Only synced changes are certain: the data and attributes of a file by an fsync of that file, a name in a folder by an
 * fsync of that folder, each begun after the change had ended. Any other change may be on the disk or not, independent
 * of later ones. A rename is one change, and data may be partial.
 */

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';

interface Inode {
  readonly kind: 'file' | 'folder' | 'link';
  text: string;
  mode: number;
  uid: number;
  gid: number;
  /** Of a folder. */
  readonly names: Map<string, number>;
}

/** A folder as inodes; number 0 is the folder itself. */
interface Disk {
  readonly inodes: Map<number, Inode>;
}

/** One change, to names or to the content of one inode. */
type Effect =
  | {
      readonly kind: 'names';
      readonly changes: readonly { readonly folder: number; readonly name: string; readonly to: number | undefined }[];
    }
  | { readonly kind: 'data'; readonly inode: number; readonly text: string }
  | {
      readonly kind: 'attributes';
      readonly inode: number;
      readonly mode?: number;
      readonly uid?: number;
      readonly gid?: number;
    };

interface Change {
  readonly effect: Effect;
  /** Line at which the call ended. */
  readonly at: number;
  readonly text: string;
}

interface Sync {
  readonly inode: number;
  readonly from: number;
  readonly at: number;
}

export interface Recorded {
  readonly before: Disk;
  /** Inodes at creation: empty, with their initial mode. */
  readonly made: ReadonlyMap<number, Inode>;
  readonly changes: readonly Change[];
  readonly syncs: readonly Sync[];
}

function readDisk(root: string): Disk {
  const inodes = new Map<number, Inode>();
  const read = (path: string): number => {
    const found = lstatSync(path);
    const number = inodes.size;
    const kind = found.isSymbolicLink() ? 'link' : found.isDirectory() ? 'folder' : 'file';
    const inode: Inode = {
      kind,
      text: kind === 'file' ? readFileSync(path, 'latin1') : kind === 'link' ? readlinkSync(path) : '',
      mode: found.mode & 0o7777,
      uid: found.uid,
      gid: found.gid,
      names: new Map(),
    };
    inodes.set(number, inode);
    if (kind === 'folder') for (const name of readdirSync(path)) inode.names.set(name, read(join(path, name)));
    return number;
  };
  read(root);
  return { inodes };
}

function copyOf({ inodes }: Disk): Disk {
  return { inodes: new Map([...inodes].map(([number, inode]) => [number, { ...inode, names: new Map(inode.names) }])) };
}

function apply({ inodes }: Disk, effect: Effect, text?: string): void {
  if (effect.kind === 'names') {
    for (const { folder, name, to } of effect.changes) {
      const names = inodes.get(folder)?.names;
      if (to === undefined) names?.delete(name);
      else names?.set(name, to);
    }
    return;
  }
  const inode = inodes.get(effect.inode);
  if (inode === undefined) return;
  if (effect.kind === 'data') inode.text += text ?? effect.text;
  else {
    inode.mode = effect.mode ?? inode.mode;
    inode.uid = effect.uid ?? inode.uid;
    inode.gid = effect.gid ?? inode.gid;
  }
}

const CALLS =
  'openat open creat close write pwrite64 fsync fdatasync rename renameat renameat2 unlink unlinkat mkdir mkdirat ' +
  'rmdir symlink symlinkat link linkat chmod fchmod fchmodat chown fchown ftruncate writev pwritev copy_file_range sendfile';
/** Calls that no program here makes: one of them would be an untracked change. */
const UNKNOWN = new Set(['creat', 'writev', 'pwritev', 'ftruncate', 'copy_file_range', 'sendfile', 'renameat2']);

interface Call {
  readonly name: string;
  readonly args: readonly string[];
  readonly result: number;
  readonly from: number;
  readonly at: number;
}

/** Arguments as strace prints them: texts with C's escapes, and words. */
function argumentsOf(text: string): readonly string[] {
  const args: string[] = [];
  for (const [, quoted, word] of text.matchAll(/"((?:[^"\\]|\\.)*)"(?:\.\.\.)?|([^,\s"][^,]*)/gu)) {
    if (quoted === undefined) {
      args.push((word ?? '').trim());
      continue;
    }
    const plain = quoted.replaceAll(/\\(?:([0-7]{1,3})|(.))/gu, (_all, octal: string | undefined, letter: string) =>
      octal === undefined
        ? ({ n: '\n', t: '\t', r: '\r', v: '\v', f: '\f' }[letter] ?? letter)
        : String.fromCharCode(Number.parseInt(octal, 8)),
    );
    args.push(plain);
  }
  return args;
}

function callsOf(trace: string): readonly Call[] {
  const calls: Call[] = [];
  const begun = new Map<string, { readonly text: string; readonly at: number }>();
  trace.split('\n').forEach((line, at) => {
    const whole = /^(?<thread>\d+) +(?<rest>.*)$/u.exec(line)?.groups;
    if (whole === undefined) return;
    const { thread = '', rest = '' } = whole;
    const unfinished = /^(?<text>.*) <unfinished \.\.\.>$/u.exec(rest)?.groups?.['text'];
    if (unfinished !== undefined) {
      begun.set(thread, { text: unfinished, at });
      return;
    }
    const resumed = /^<\.\.\. \w+ resumed>(?<text>.*)$/u.exec(rest)?.groups?.['text'];
    const before = resumed === undefined ? undefined : begun.get(thread);
    const text = before === undefined ? rest : before.text + (resumed ?? '');
    const parts = /^(?<name>\w+)\((?<args>.*)\)\s+= (?<result>-?\d+)/u.exec(text)?.groups;
    if (parts === undefined) return;
    const { name = '', args = '', result = '' } = parts;
    calls.push({ name, args: argumentsOf(args), result: Number(result), from: before?.at ?? at, at });
  });
  return calls;
}

/** Follows calls on a folder, and ignores everything outside it. */
function follow(root: string, before: Disk, calls: readonly Call[]): Recorded {
  const disk = copyOf(before);
  const made = new Map<number, Inode>();
  const changes: Change[] = [];
  const syncs: Sync[] = [];
  const open = new Map<string, number | undefined>();
  let next = disk.inodes.size;

  const inside = (path: string): readonly string[] | undefined => {
    const found = relative(root, path);
    return found.startsWith('..') ? undefined : found === '' ? [] : found.split('/');
  };
  /** The inode of a path. Follows links on the way, and the last part only with `last`. */
  const find = (path: string, last: boolean, depth = 0): number | undefined => {
    const parts = inside(path);
    if (parts === undefined || depth > 8) return undefined;
    let at = 0;
    for (const [i, part] of parts.entries()) {
      const number = disk.inodes.get(at)?.names.get(part);
      if (number === undefined) return undefined;
      const inode = disk.inodes.get(number);
      if (inode?.kind === 'link' && (last || i < parts.length - 1)) {
        const folder = join(root, ...parts.slice(0, i));
        return find(join(folder, inode.text, ...parts.slice(i + 1)), last, depth + 1);
      }
      at = number;
    }
    return at;
  };
  const place = (path: string): { readonly folder: number; readonly name: string } | undefined => {
    const folder = inside(path) === undefined ? undefined : find(dirname(path), true);
    return folder === undefined ? undefined : { folder, name: path.split('/').at(-1) ?? '' };
  };
  const change = (effect: Effect, call: Call): void => {
    apply(disk, effect);
    changes.push({ effect, at: call.at, text: `${call.name} ${call.args.slice(0, 2).join(' ').slice(0, 120)}` });
  };
  const make = (path: string, kind: Inode['kind'], mode: number, text: string, call: Call): number | undefined => {
    const at = place(path);
    if (at === undefined) return undefined;
    const number = next++;
    const inode: Inode = {
      kind,
      text,
      mode,
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
      names: new Map(),
    };
    made.set(number, { ...inode, names: new Map() });
    disk.inodes.set(number, inode);
    change({ kind: 'names', changes: [{ ...at, to: number }] }, call);
    return number;
  };
  const octal = (text: string | undefined): number => Number.parseInt(text ?? '', 8);

  for (const call of calls) {
    const { name, result } = call;
    // Calls that take a folder to start from are only ever given whole paths here.
    const args = /at2?$/u.test(name) && name !== 'openat' ? call.args.filter((each) => each !== 'AT_FDCWD') : call.args;
    if (result < 0) continue;
    const [first = '', second = '', third = ''] = args;
    if (UNKNOWN.has(name) && [first, second].some((path) => path.startsWith('/') && inside(path) !== undefined))
      throw new Error(`${name} of ${first} is a call that is not followed`);
    if (UNKNOWN.has(name) && open.get(first) !== undefined)
      throw new Error(`${name} of ${first} is a call that is not followed`);
    switch (name) {
      case 'open':
      case 'openat': {
        const [path, flags, mode] = name === 'open' ? [first, second, third] : [second, third, args[3]];
        const known = find(path, true);
        const isNew = known === undefined && flags.includes('O_CREAT');
        open.set(String(result), isNew ? make(path, 'file', octal(mode) & ~0o022, '', call) : known);
        break;
      }
      case 'close':
        open.delete(first);
        break;
      case 'write':
      case 'pwrite64': {
        const inode = open.get(first);
        if (inode !== undefined) change({ kind: 'data', inode, text: second.slice(0, result) }, call);
        break;
      }
      case 'fsync':
      case 'fdatasync': {
        const inode = open.get(first);
        if (inode !== undefined) syncs.push({ inode, from: call.from, at: call.at });
        break;
      }
      case 'link':
      case 'linkat': {
        const to = place(second);
        const linked = find(first, false);
        if (to !== undefined && linked !== undefined) change({ kind: 'names', changes: [{ ...to, to: linked }] }, call);
        break;
      }
      case 'rename':
      case 'renameat': {
        const from = place(first);
        const to = place(second);
        const moved = find(first, false);
        if (from === undefined || to === undefined || moved === undefined) break;
        change(
          {
            kind: 'names',
            changes: [
              { ...from, to: undefined },
              { ...to, to: moved },
            ],
          },
          call,
        );
        break;
      }
      case 'unlink':
      case 'unlinkat':
      case 'rmdir': {
        const at = place(first);
        if (at !== undefined) change({ kind: 'names', changes: [{ ...at, to: undefined }] }, call);
        break;
      }
      case 'mkdir':
      case 'mkdirat':
        make(first, 'folder', octal(second) & ~0o022, '', call);
        break;
      case 'symlink':
      case 'symlinkat':
        make(second, 'link', 0o777, first, call);
        break;
      case 'chmod':
      case 'fchmodat': {
        const inode = find(first, true);
        if (inode !== undefined) change({ kind: 'attributes', inode, mode: octal(second) }, call);
        break;
      }
      case 'fchmod': {
        const inode = open.get(first);
        if (inode !== undefined) change({ kind: 'attributes', inode, mode: octal(second) }, call);
        break;
      }
      case 'fchown': {
        const inode = open.get(first);
        if (inode !== undefined) change({ kind: 'attributes', inode, uid: Number(second), gid: Number(third) }, call);
        break;
      }
      default:
        break;
    }
  }
  return { before, made, changes, syncs };
}

/**
 * Runs a program under strace, and follows its changes of a folder, with a umask of 022. Throws if the program fails.
 */
export function record(root: string, command: readonly string[], cwd: string): Recorded {
  const before = readDisk(root);
  const trace = join(cwd, `trace-${process.pid}-${before.inodes.size}.txt`);
  const strace = [
    '-f',
    '--seccomp-bpf',
    '-qq',
    '-s',
    '200000',
    '-o',
    trace,
    '-e',
    `trace=${CALLS.replaceAll(' ', ',')}`,
  ];
  const ran = spawnSync('strace', [...strace, 'sh', '-c', 'umask 022; exec "$@"', 'sh', ...command], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (ran.status !== 0) throw new Error(`${command.join(' ')} failed: ${ran.stderr}`);
  return follow(root, before, callsOf(readFileSync(trace, 'latin1')));
}

/** One state of the disk after a loss of power. */
export interface Remains {
  /** Number of changes that had ended. */
  readonly after: number;
  /** The change that ended last. */
  readonly text: string;
  /** True if every ended change is on the disk, which is also a reader's view at that moment. */
  readonly whole: boolean;
  readonly disk: Disk;
}

function isDurable({ effect, at }: Change, syncs: readonly Sync[], until: number): boolean {
  const synced = (inode: number): boolean =>
    syncs.some((sync) => sync.inode === inode && sync.from > at && sync.at <= until);
  return effect.kind === 'names' ? effect.changes.every(({ folder }) => synced(folder)) : synced(effect.inode);
}

/** Every choice of few changes; of many, all, none, and a number of others: a single one, all but one, or any. */
function choicesOf(count: number, most: number, random: () => number): readonly (readonly boolean[])[] {
  const every = (of: (i: number) => boolean): readonly boolean[] => Array.from({ length: count }, (_, i) => of(i));
  if (2 ** count <= most + 2)
    return Array.from({ length: 2 ** count }, (_, bits) => every((i) => ((bits >> i) & 1) === 1));
  const some = Array.from({ length: most }, (_, n) => {
    const chosen = Math.floor(random() * count);
    if (n % 4 === 0) return every((i) => i === chosen);
    return n % 4 === 1 ? every((i) => i !== chosen) : every(() => random() < 0.5);
  });
  return [every(() => true), every(() => false), ...some];
}

/** All possible states after a power loss at each point, or a random choice of `most` of them; no state twice. */
export function remainsOf(
  { before, made, changes, syncs }: Recorded,
  most: number,
  random: () => number,
): readonly Remains[] {
  const seen = new Set<string>();
  const remains: Remains[] = [];
  for (let after = 0; after <= changes.length; after++) {
    const done = changes.slice(0, after);
    // Right before the next change ends: everything synced until then is on the disk.
    const until = (changes[after]?.at ?? Number.MAX_SAFE_INTEGER) - 1;
    const open = done.flatMap((change, i) => (isDurable(change, syncs, until) ? [] : [i]));
    for (const choice of choicesOf(open.length, most, random)) {
      const lost = new Set(open.filter((_, i) => choice[i] !== true));
      // Owner and mode of a file are written together: a later one implies every earlier one.
      const kept = new Set<number>();
      for (const [i, { effect }] of [...done.entries()].toReversed()) {
        if (effect.kind !== 'attributes') continue;
        if (kept.has(effect.inode)) lost.delete(i);
        else if (!lost.has(i)) kept.add(effect.inode);
      }
      const disk = copyOf(before);
      for (const [number, inode] of made) disk.inodes.set(number, { ...inode, names: new Map() });
      done.forEach(({ effect }, i) => {
        if (!lost.has(i)) apply(disk, effect);
        // Data that is not synced may be partial.
        else if (effect.kind === 'data' && random() < 0.5)
          apply(disk, effect, effect.text.slice(0, Math.floor(random() * effect.text.length)));
      });
      const key = JSON.stringify(treeOf(disk, 0));
      if (seen.has(key)) continue;
      seen.add(key);
      remains.push({ after, text: done.at(-1)?.text ?? 'nothing', whole: lost.size === 0, disk });
    }
  }
  return remains;
}

function treeOf({ inodes }: Disk, number: number, depth = 0): unknown {
  const inode = inodes.get(number);
  if (inode === undefined || depth > 20) return null;
  const { kind, text, mode, uid, gid, names } = inode;
  const below = [...names]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, to]) => [name, treeOf({ inodes }, to, depth + 1)]);
  return [kind, text, mode, uid, gid, below];
}

/** Puts a state of the disk into an empty folder. */
export function putInto(folder: string, { disk }: Remains): void {
  const put = (path: string, number: number): void => {
    const inode = disk.inodes.get(number);
    if (inode === undefined) return;
    if (inode.kind === 'link') symlinkSync(inode.text, path);
    else {
      if (inode.kind === 'file') writeFileSync(path, inode.text, 'latin1');
      else if (number !== 0) mkdirSync(path);
      if (process.getuid?.() === 0) chownSync(path, inode.uid, inode.gid);
      if (number !== 0) chmodSync(path, inode.mode);
    }
    for (const [name, to] of inode.names) put(join(path, name), to);
  };
  put(folder, 0);
}

export interface FileLeft {
  /** Relative to the folder. */
  readonly path: string;
  readonly text: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** All files of a state, in any folder. */
export function filesIn({ disk }: Remains): readonly FileLeft[] {
  const files: FileLeft[] = [];
  const look = (path: string, number: number): void => {
    const inode = disk.inodes.get(number);
    if (inode === undefined) return;
    if (inode.kind === 'file') files.push({ path, text: inode.text, mode: inode.mode, uid: inode.uid, gid: inode.gid });
    for (const [name, to] of inode.names) look(path === '' ? name : `${path}/${name}`, to);
  };
  look('', 0);
  return files;
}
