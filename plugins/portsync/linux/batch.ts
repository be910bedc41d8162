/**
 * Changes by `ip -force -batch -`: callers share a process, and each of them hears the result of its own line.
 *
 * While one process runs, further lines wait, and become the next process: 9,000 changes take as long as one batch. A
 * process is not kept, although that would save 5 ms: it remembers the index of each name, and would change another link
 * after somebody else renamed it (seen with iproute2 6.1). `ip` prints the reasons of a failed line, then
 * `Command failed -:LINE`, all on its standard error.
 * Source: iproute2's lib/utils.c, do_batch, and lib/ll_map.c.
 */

import { OutsideError, shortLine, UnknownOutcomeError } from '#plugin';
import type { Ended } from '#plugin/program';
import { batchLine, type Words } from './batch-line.ts';
import { DEADLINE_MS, failureText, hostText, type IpRun, knownFailure, type LinkHost, runIp } from './ip.ts';

/** Lines of one process, whose errors are within their limit: `ip` prints less than 500 characters for each. */
export const MOST_LINES = 1024;

export interface LinkBatch {
  /**
   * Runs a command. Throws an InputError for words that a batch cannot have, an OutsideError if the kernel refused, and an
   * UnknownOutcomeError if the process did not end.
   */
  readonly change: (words: Words) => Promise<void>;
}

interface Waiting {
  readonly line: string;
  readonly done: PromiseWithResolvers<void>;
}

/** The reasons of failed lines by their number, from 1, by the standard error of a batch. */
export function failuresIn(stderr: string): ReadonlyMap<number, string> {
  const failures = new Map<number, string>();
  let reasons: string[] = [];
  for (const text of stderr.split('\n')) {
    const [, line] = /^Command failed -:(\d+)$/u.exec(text) ?? [];
    if (line === undefined) reasons.push(text);
    else {
      failures.set(Number(line), shortLine(reasons.join(' ')));
      reasons = [];
    }
  }
  return failures;
}

function refusal(host: LinkHost, line: string, reason: string): Error {
  const said = reason === '' ? 'no reason is given' : reason;
  return (
    knownFailure(host, reason) ??
    new OutsideError(`"ip ${shortLine(line)}" failed in ${hostText(host)}: ${said}. Correct the value, or the link`)
  );
}

/** Settles the callers of one process. */
function settle(host: LinkHost, group: readonly Waiting[], ended: Ended): void {
  if (ended.how === 'not-started') {
    const error = new OutsideError(failureText('the result', ended, DEADLINE_MS));
    for (const { done } of group) done.reject(error);
    return;
  }
  if (ended.how !== 'code') {
    const error = new UnknownOutcomeError(failureText(`the result of ${hostText(host)}`, ended, DEADLINE_MS));
    for (const { done } of group) done.reject(error);
    return;
  }
  const { code, stderr } = ended;
  const failures = failuresIn(stderr);
  // Nothing was done: the namespace cannot be entered, or the program does not know the option.
  const isNothingDone = code !== 0 && failures.size === 0;
  group.forEach(({ line, done }, i) => {
    const reason = isNothingDone ? stderr : failures.get(i + 1);
    if (reason === undefined) done.resolve();
    else done.reject(refusal(host, line, isNothingDone ? stderr.trim() : reason));
  });
}

/** A batch for a host. `run` runs `ip`. */
export function openBatch(host: LinkHost, signal: AbortSignal, run: (run: IpRun) => Promise<Ended> = runIp): LinkBatch {
  let waiting: Waiting[] = [];
  let isRunning = false;
  const runAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      const group = waiting.slice(0, MOST_LINES);
      waiting = waiting.slice(MOST_LINES);
      const input = `${group.map(({ line }) => line).join('\n')}\n`;
      try {
        settle(host, group, await run({ host, args: ['-force', '-batch', '-'], input, signal }));
      } catch (error) {
        // The signal ended the process, or ip is not installed.
        const failure = signal.aborted ? new UnknownOutcomeError(error) : error;
        for (const { done } of group) done.reject(failure);
      }
    }
    isRunning = false;
  };
  return {
    change: async (words) => {
      const line = batchLine(words);
      const done = Promise.withResolvers<void>();
      waiting.push({ line, done });
      if (!isRunning) {
        isRunning = true;
        // Callers of the same moment share the first process.
        setImmediate(() => void runAll());
      }
      return done.promise;
    },
  };
}
