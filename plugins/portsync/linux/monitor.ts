/**
 * Events of links: a resident `ip -o monitor link`, which prints a line for each message of the kernel.
 *
 * Without `-d`, it does not print aliases, which could have line breaks. Messages of bridges come on the same group: they
 * have no `qdisc`. If its buffer in the kernel is full, it says so on its standard error, and goes on: events are lost.
 * After it has subscribed, it reads the list of links on the same socket, and drops the events that come meanwhile.
 * Sources: iproute2's ip/ipmonitor.c, ip/ipaddress.c and lib/libnetlink.c, and observed output of iproute2 6.1.
 */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, defined, OutsideError, shortLine } from '#plugin';
import { hostText, IP_ENVIRONMENT, ipArguments, ipProgram, knownFailure, type LinkHost } from './ip.ts';
import { statesOf, type UpDown } from './link.ts';
import type { RawLink } from './netlink.ts';

/** The state of a link in a line. The kind, limits, alias and counters of a link are not in a line. */
export interface LinkLine {
  readonly index: number;
  /** The name, or `name@lower`: a name may contain "@" too. */
  readonly label: string;
  readonly mtu: number;
  readonly admin: UpDown;
  readonly oper: UpDown;
  readonly operState: string;
  readonly master?: string;
  readonly group?: string;
  readonly address?: string;
}

export type MonitorEvent =
  | { readonly what: 'seen'; readonly line: LinkLine }
  /** A message of the kernel about a link, with all of its fields. */
  | { readonly what: 'message'; readonly link: RawLink }
  /** The link was deleted, or moved to another namespace. */
  | { readonly what: 'removed'; readonly index: number }
  /** Events are missing: the links have to be read again. */
  | { readonly what: 'lost'; readonly why: string }
  /** The monitor ended by itself: it has to be started again. */
  | { readonly what: 'ended'; readonly why: string };

const TOO_LONG: MonitorEvent = { what: 'lost', why: 'a line was too long' };

/** Limit of one line, in characters: a link has at most a few alternative names of 127 bytes. */
export const LONGEST_LINE = 65_536;

const HEAD =
  /^(?<deleted>Deleted )?(?<index>\d+): (?<label>[^\s:]+): <(?<flags>[^\s>]*)> mtu (?<mtu>\d+) qdisc \S+ (?:master (?<master>\S+) )?state (?<operState>\S+)/u;

/** The event in a line of `ip -o monitor link`; undefined for messages of bridges and for other lines. */
export function eventIn(text: string): MonitorEvent | undefined {
  const found = HEAD.exec(text);
  const { deleted, index, label = '', flags = '', mtu, master, operState = '' } = found?.groups ?? {};
  if (found === null) return undefined;
  const rest = text.slice(found[0].length);
  if (deleted !== undefined) return master === undefined ? { what: 'removed', index: Number(index) } : undefined;
  const line = defined<LinkLine>({
    index: Number(index),
    label,
    mtu: Number(mtu),
    ...statesOf(flags.split(',')),
    operState,
    master,
    group: / group (\S+)/u.exec(rest)?.[1],
    address: /\\ {4}link\/\S+ (\S+)/u.exec(rest)?.[1],
  });
  return { what: 'seen', line };
}

/** Splits chunks of text into lines. A line of more than `most` characters is reported, and left out. */
export function lineSplitter(most: number, onLine: (line: string) => void, onTooLong: () => void) {
  let kept = '';
  let isSkipping = false;
  return (chunk: string): void => {
    const pieces = (kept + chunk).split('\n');
    kept = pieces.pop() ?? '';
    for (const piece of pieces) {
      if (isSkipping) isSkipping = false;
      else if (piece.length > most) onTooLong();
      else onLine(piece);
    }
    if (isSkipping) kept = '';
    else if (kept.length > most) {
      isSkipping = true;
      kept = '';
      onTooLong();
    }
  };
}

/** Time in which a monitor subscribes. */
const START_MS = 10_000;
const POLL_MS = 2;
/** Group of link messages, as a bit: RTMGRP_LINK of linux/rtnetlink.h. */
const LINK_GROUP = 1;

/**
 * True if a process is subscribed to messages about links, and has opened `sockets` of rtnetlink.
 * Source: net/netlink/af_netlink.c, netlink_seq_show.
 */
function isSubscribed(pid: number, sockets: number): boolean {
  try {
    const folder = `/proc/${pid}`;
    const own = new Set(
      readdirSync(`${folder}/fd`).map((fd) => /^socket:\[(\d+)\]$/u.exec(readlinkSync(`${folder}/fd/${fd}`))?.[1]),
    );
    const rows = readFileSync(`${folder}/net/netlink`, 'utf8').split('\n').slice(1);
    const groupsOfEach = rows.flatMap((row) => {
      const [, protocol, , groups = '0', , , , , , inode] = row.trim().split(/\s+/u);
      return protocol === '0' && own.has(inode) ? [Number.parseInt(groups, 16)] : [];
    });
    return groupsOfEach.length >= sockets && groupsOfEach.some((groups) => (groups & LINK_GROUP) !== 0);
  } catch {
    return false;
  }
}

export interface Monitor {
  /** Ends it; no event comes afterwards. */
  readonly stop: () => void;
}

/** A program whose output is events. */
export interface Listener {
  readonly file: string;
  readonly args: readonly string[];
  /** Sockets of rtnetlink that it has open once it reports every event. */
  readonly sockets: number;
  /** Takes each chunk of its output. */
  readonly hear: (chunk: Buffer, say: (event: MonitorEvent) => void) => void;
}

/** The program `ip monitor`. */
function ipListener(host: LinkHost): Listener {
  const decoder = new StringDecoder('utf8');
  let say: (event: MonitorEvent) => void = () => {};
  const split = lineSplitter(
    LONGEST_LINE,
    (line) => {
      const event = eventIn(line);
      if (event !== undefined) say(event);
    },
    () => say(TOO_LONG),
  );
  return {
    file: ipProgram(),
    args: ipArguments(host, ['-o', 'monitor', 'link']),
    // Opens the second one after it has read the list of links.
    sockets: 2,
    hear: (chunk, sayNow) => {
      say = sayNow;
      split(decoder.write(chunk));
    },
  };
}

/**
 * Starts a monitor, and waits until it is subscribed: every later change of a link is an event. Throws if it cannot be
 * started. `onEvent` is called for each event in their order, already before this function returns.
 */
export async function startMonitor(
  host: LinkHost,
  onEvent: (event: MonitorEvent) => void,
  signal: AbortSignal,
  listener = ipListener(host),
): Promise<Monitor> {
  signal.throwIfAborted();
  const { file, args } = listener;
  // A process group of its own: a Ctrl-C of the terminal ends fettle, which then ends it.
  const child = spawn(file, args, { cwd: '/', env: IP_ENVIRONMENT, detached: true });
  child.stdin.end();
  let isOver = false;
  const say = (event: MonitorEvent): void => {
    if (!isOver) onEvent(event);
  };
  const stop = (): void => {
    isOver = true;
    signal.removeEventListener('abort', stop);
    process.off('exit', stop);
    child.kill('SIGKILL');
  };
  signal.addEventListener('abort', stop, { once: true });
  // An orphan would only end at its next event.
  process.on('exit', stop);
  const { last, whenEnded } = hear(child, listener, say);
  const ended = { is: false };
  let isStarted = false;
  void whenEnded.then((why) => {
    ended.is = true;
    // One that has not started is reported by its caller.
    if (isStarted) say({ what: 'ended', why });
    stop();
  });
  const deadline = Date.now() + START_MS;
  while (ended.is || !isSubscribed(child.pid ?? 0, listener.sockets)) {
    signal.throwIfAborted();
    const isLate = Date.now() > deadline;
    // Another version of the program may need no second socket.
    if (isLate && !ended.is && isSubscribed(child.pid ?? 0, 1)) break;
    if (ended.is || isLate) {
      stop();
      throw notStarted(host, last());
    }
    await sleep(POLL_MS);
  }
  isStarted = true;
  return { stop };
}

function notStarted(host: LinkHost, said: string): Error {
  const what = `the events of links of ${hostText(host)} cannot be read: `;
  return (
    knownFailure(host, said) ??
    new OutsideError(`${what}the monitor does not start${said === '' ? '' : ` (${shortLine(said)})`}. Run it by hand`)
  );
}

/** Reads both outputs of a monitor. `last` is the last line of its standard error. */
function hear(child: ChildProcessWithoutNullStreams, listener: Listener, say: (event: MonitorEvent) => void) {
  let last = '';
  child.stdout.on('data', (chunk: Buffer) => listener.hear(chunk, say));
  const onError = (line: string): void => {
    last = line;
    if (line.includes('No buffer space'))
      say({ what: 'lost', why: 'the kernel had more events than its buffer holds' });
  };
  child.stderr.setEncoding('utf8').on(
    'data',
    lineSplitter(LONGEST_LINE, onError, () => say(TOO_LONG)),
  );
  const { promise, resolve } = Promise.withResolvers<string>();
  child.on('error', (error) => resolve(`it cannot be started (${codeOf(error) ?? 'unknown'})`));
  child.on('close', (code, by) => resolve(by === null ? `it ended with code ${code}` : `it was ended by ${by}`));
  return { last: () => last, whenEnded: promise };
}
