/** Network namespaces of the machine's own kernel, each for one test file. They need root. */

import { execFileSync } from 'node:child_process';

/** True if this user can make network namespaces. */
export const hasNamespaces = process.platform === 'linux' && process.getuid?.() === 0;

if (!hasNamespaces) console.warn('skipped: tests of links in network namespaces need Linux and root');

export interface Namespace {
  readonly name: string;
  /** Runs `ip` in it, with the words of a line. Returns its output; throws if it fails. */
  readonly ip: (line: string) => string;
  /** Runs many lines at once. */
  readonly batch: (lines: readonly string[]) => void;
  /** Runs a program in it. */
  readonly run: (file: string, ...args: readonly string[]) => string;
  readonly remove: () => void;
}

let made = 0;

/** A new, empty namespace with its loopback. */
export function makeNamespace(): Namespace {
  made += 1;
  const name = `fettle-test-${process.pid}-${made}`;
  const most = { encoding: 'utf8', maxBuffer: 64 << 20 } as const;
  const ip = (args: readonly string[], input = ''): string => execFileSync('ip', args, { ...most, input });
  ip(['netns', 'add', name]);
  return {
    name,
    ip: (line) => ip(['-n', name, ...line.split(' ')]),
    batch: (lines) => void ip(['-n', name, '-batch', '-'], `${lines.join('\n')}\n`),
    run: (file, ...args) => ip(['netns', 'exec', name, file, ...args]),
    remove: () => void ip(['netns', 'delete', name]),
  };
}
