/**
 * Runs `ip` of iproute2, the only way to links, addresses and routes: Node.js has no netlink sockets.
 *
 * Its path is one of a fixed list, its arguments are a list, and its environment has nothing but the language of its
 * messages. A network namespace is named, and never given as a path.
 */

import { accessSync, constants } from 'node:fs';
import { InputError, OutsideError, shortLine } from '#plugin';
import { type Ended, runProgram } from '#plugin/program';

/** Paths of the program, in the order of the search. */
const PATHS = ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip', '/bin/ip'] as const;

/** The environment of every `ip`: messages in English. */
export const IP_ENVIRONMENT: Readonly<Record<string, string>> = { LC_ALL: 'C' };

/** Deadline of one `ip`. A dump of 9,000 links takes 0.3 s. */
export const DEADLINE_MS = 30_000;
/** Limit of the output: about 30,000 links. */
export const MOST_BYTES = 64 * 1024 * 1024;

/** Number of characters kept of the errors of `ip`. */
export const MOST_ERRORS = 1024 * 1024;

/** The links of a host: those of a network namespace, by default of the one in which fettle runs. */
export interface LinkHost {
  /** A name that `ip netns add` takes. */
  readonly namespace?: string;
}

/** One run of `ip`. `input` has the lines for `-batch -`. */
export interface IpRun {
  readonly host: LinkHost;
  readonly args: readonly string[];
  readonly input?: string;
  readonly signal: AbortSignal;
  readonly deadlineMs?: number;
  readonly mostBytes?: number;
}

/** The reason why a text cannot be the name of a network namespace; undefined if it can. */
export function namespaceMistake(name: string): string | undefined {
  if (/^[A-Za-z0-9][\w.@:-]{0,254}$/u.test(name)) return undefined;
  return 'is not the name of a network namespace: it starts with a letter or digit, and has only letters, digits, ".", "-", "_", "@" and ":"';
}

/** The first path of a program that this user may run; undefined if there is none. */
export function firstProgram(paths: readonly string[]): string | undefined {
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The path of `ip`. Throws an InputError if it is not installed. `paths` are those where it may be. */
export function ipProgram(paths: readonly string[] = PATHS): string {
  const found = firstProgram(paths);
  if (found === undefined)
    throw new InputError(
      `the links of this host cannot be read: the program ip is not installed (${paths.join(', ')}). Install iproute2`,
    );
  return found;
}

/** The arguments of `ip` for a host. Throws an InputError for a name that is not valid. */
export function ipArguments({ namespace }: LinkHost, args: readonly string[]): readonly string[] {
  if (namespace === undefined) return args;
  const mistake = namespaceMistake(namespace);
  if (mistake !== undefined) throw new InputError(`${shortLine(JSON.stringify(namespace))} ${mistake}`);
  return ['-n', namespace, ...args];
}

/** A host as the object of a sentence: `the network namespace x`, `this host`. */
export function hostText({ namespace }: LinkHost): string {
  return namespace === undefined ? 'this host' : `the network namespace ${namespace}`;
}

/** The sentence about a known failure of `ip`: what happened, why, what to do; undefined for others. */
export function knownFailure(host: LinkHost, stderr: string): Error | undefined {
  const where = hostText(host);
  if (/^Cannot open network namespace .*: No such file or directory/mu.test(stderr))
    return new OutsideError(
      `${where} does not exist. Create it with "ip netns add", or correct the name of the namespace`,
    );
  if (
    /^(?:setting the network|Cannot open network) namespace .*(?:Operation not permitted|Permission denied)/mu.test(
      stderr,
    )
  )
    return new OutsideError(
      `${where} cannot be entered: this user does not have permission. Run fettle as root, or with CAP_SYS_ADMIN and CAP_NET_ADMIN`,
    );
  if (/^(?:RTNETLINK answers|Error|netlink[^:]*): .*(?:Operation not permitted|Permission denied)/mu.test(stderr))
    return new OutsideError(
      `${where} does not permit the change: this user lacks CAP_NET_ADMIN. Run fettle as root, or with that capability`,
    );
  if (/^Cannot open netlink socket: (?:Protocol|Address family) not supported/mu.test(stderr))
    return new OutsideError(`${where} does not have netlink sockets. Run fettle on Linux, outside of such a sandbox`);
  return undefined;
}

/** The sentence about a failure of `ip` that is not known. `what` is the subject: `the links of this host`. */
export function failureText(what: string, ended: Exclude<Ended, { readonly how: 'code' }>, deadlineMs: number): string {
  if (ended.how === 'late') return `${what} did not arrive: ip took longer than ${deadlineMs / 1000} s. Try again`;
  if (ended.how === 'too-much') return `${what} did not arrive: ip printed more than fettle reads. Use a namespace`;
  if (ended.how === 'signal') return `${what} did not arrive: ip was ended by ${ended.by}. Try again`;
  return `${what} did not arrive: ip cannot be started (${ended.code}). Check the installation of iproute2`;
}

/** Runs `ip` to its end, with any exit code. */
export async function runIp(run: IpRun): Promise<Ended> {
  const { host, args, input = '', signal, deadlineMs = DEADLINE_MS, mostBytes = MOST_BYTES } = run;
  return runProgram({
    file: ipProgram(),
    args: ipArguments(host, args),
    folder: '/',
    env: IP_ENVIRONMENT,
    input,
    deadlineMs,
    mostBytes,
    mostErrors: MOST_ERRORS,
    signal,
  });
}

/** The output of an `ip` that ends with 0. Throws an OutsideError otherwise. `what`: `the links`. */
export async function readIp(what: string, run: IpRun): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const subject = `${what} of ${hostText(run.host)}`;
  const ended = await runIp(run);
  if (ended.how !== 'code') throw new OutsideError(failureText(subject, ended, run.deadlineMs ?? DEADLINE_MS));
  const { code, stdout, stderr } = ended;
  if (code === 0) return { stdout, stderr };
  throw (
    knownFailure(run.host, stderr) ??
    new OutsideError(`${subject} did not arrive: ip ended with code ${code}: ${shortLine(stderr)}. Run ip by hand`)
  );
}

/**
 * The values that `ip -j` printed, each a mapping. `ip` does not escape all control characters of an alias, and prints
 * none between values; it prints an empty mapping for what it leaves out. Throws an OutsideError for other output.
 */
export function ipValues(what: string, text: string): readonly Readonly<Record<string, unknown>>[] {
  const body = text.trim();
  if (body === '') return [];
  const odd = (): OutsideError =>
    new OutsideError(`${what} cannot be read: ip did not print a list in JSON. Install iproute2 6.1 or newer`);
  let values: unknown;
  try {
    values = JSON.parse(body);
  } catch {
    try {
      values = JSON.parse(escaped(body));
    } catch {
      throw odd();
    }
  }
  if (!Array.isArray(values)) throw odd();
  return values.filter((value): value is Readonly<Record<string, unknown>> => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw odd();
    return Object.keys(value).length > 0;
  });
}

function escaped(text: string): string {
  return text.replace(/\p{Cc}/gu, (each) => `\\u${(each.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
}
