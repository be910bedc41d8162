/** `fettle log why ADDRESS`, `export` and `prune`: the story of one resource, the raw log, and its end on purpose. */

import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import type { LogRecord } from '../formats/log-record.ts';
import { formatRef, inert, printable } from '#plugin';
import { storyText } from '../report/story-text.ts';
import { plural } from '../report/text.ts';
import { tell } from './tell.ts';
import type { Shell } from '../shell.ts';
import { lineOf } from '../store/line.ts';
import { mustAgree } from './ask.ts';
import { exitCode } from './ending.ts';
import { type Flags, UsageError, wantsColor } from './flags.ts';
import { warnOfLog } from './looking.ts';
import { aboutAddress, addressesIn } from './records.ts';
import { addressOf, didYouMean } from './selectors.ts';
import { openConfig, openStore, workFolder } from './session.ts';
import { writingLog } from './writing.ts';

export interface LogWhyFlags extends Flags {
  readonly from?: number;
  readonly to?: number;
  readonly keep?: number;
}

/** What was decided and done about one resource, and why; the newest last. */
export async function logWhy(address: string, flags: LogWhyFlags, shell: Shell): Promise<number> {
  const ref = addressOf(address);
  const store = await openStore(await openConfig(flags, shell), shell);
  try {
    const known = formatRef(ref);
    const records: LogRecord[] = [];
    const others = new Set<string>();
    const runs = new Map<string, { readonly command: string; readonly actor: string }>();
    const report = await store.read((record) => {
      if (record.kind === 'run') runs.set(record.body.run, { command: record.body.command, actor: record.actor });
      const about = aboutAddress(record, known);
      if (about !== undefined) records.push(about);
      else if (records.length === 0) for (const each of addressesIn(record)) others.add(each);
    }, 'all');
    warnOfLog(report, store, shell);
    if (flags.format === 'json') for (const record of records) shell.stdout.write(`${JSON.stringify(record)}\n`);
    else shell.stdout.write(storyText(known, records, runs, { color: wantsColor(flags, shell) }));
    if (records.length === 0)
      shell.stderr.write(`the log says nothing of ${printable(known)}${printable(didYouMean(known, others))}\n`);
    return report.status === 'damaged' || records.length === 0 ? exitCode('error') : 0;
  } finally {
    await store.close();
  }
}

/** The records as they stand in the log, a line each: the chain can be walked again by anybody. */
export async function logExport(flags: LogWhyFlags, shell: Shell): Promise<number> {
  const store = await openStore(await openConfig(flags, shell), shell);
  const { from = 1, to = Number.POSITIVE_INFINITY } = flags;
  try {
    const file = flags.out === undefined ? undefined : resolve(workFolder(flags, shell), flags.out);
    const stream = file === undefined ? undefined : createWriteStream(file, { flags: 'wx', mode: 0o600 });
    const failed = stream === undefined ? undefined : finished(stream);
    // Awaited below; until then its failure must not be nobody's.
    failed?.catch(() => undefined);
    let count = 0;
    let escaped = 0;
    const report = await store.read((record) => {
      if (record.seq < from || record.seq > to) return;
      count += 1;
      const line = lineOf(record);
      if (inert(line) !== line) escaped += 1;
      if (stream === undefined) shell.stdout.write(line);
      else stream.write(line);
    }, 'all');
    stream?.end();
    await failed?.catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw new UsageError(`${file} is there already: nothing is written over it`);
      throw error;
    });
    warnOfLog(report, store, shell);
    if (report.status === 'none') shell.stderr.write(`there is no log at ${store.place}\n`);
    else if (file !== undefined) shell.stderr.write(`${count} records in ${file}\n`);
    else if (escaped > 0)
      tell(
        shell,
        'warning',
        `${plural(escaped, 'line')} of an older log hold invisible characters or commands of CI runners; they are printed as JSON escapes, which their hashes do not cover. Write the exact bytes with --out FILE`,
      );
    return report.status === 'damaged' ? exitCode('error') : 0;
  } finally {
    await store.close();
  }
}

export async function logPrune(flags: LogWhyFlags, shell: Shell): Promise<number> {
  const { keep } = flags;
  if (keep === undefined) throw new UsageError('--keep N says how many segments stay');
  const config = await openConfig(flags, shell);
  return writingLog(flags, shell, config, { command: 'log prune' }, async ({ store, fence, signals }) => {
    await mustAgree(
      `Delete all but the newest ${keep} segments of the log of ${store.place}? They cannot be brought back.`,
      flags,
      shell,
      signals.stop,
    );
    const report = await store.prune(keep, fence);
    if (flags.format === 'json') shell.stdout.write(`${JSON.stringify(report)}\n`);
    else {
      for (const name of report.deleted) shell.stdout.write(`  ${printable(name)}\n`);
      shell.stdout.write(
        report.last === undefined
          ? 'nothing was deleted: no more segments are there\n'
          : `deleted: ${report.deleted.length}; the last record that is gone is ${report.last.seq}:${report.last.hash}\nthe log is complete from record ${report.from}\n`,
      );
    }
    return { exit: 'ok', counts: { deleted: report.deleted.length } };
  });
}
