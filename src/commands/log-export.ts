/** `fettle log export`: writes the records as they are in the log: anybody can walk the chain again. */

import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { counted, inert, InputError } from '#plugin';
import { exportLog } from '../run/log.ts';
import { openWorkspace } from '../run/project.ts';
import { lineOf } from '../store/line.ts';
import { command } from './command.ts';
import { parsedOr, text, where, wholeNumber } from './options.ts';

export const logExport = command({
  name: 'log export',
  summary: 'Write the records as they are in the log, a line each, with their hashes.',
  options: {
    ...where,
    from: parsedOr('<seq>', wholeNumber(1), 'from this record on', 1, 'the first'),
    to: parsedOr('<seq>', wholeNumber(1), 'up to this record', Number.POSITIVE_INFINITY, 'the last'),
    out: text('<file>', 'into this new file, instead of to standard output', { short: 'o' }),
  },
  call: async ({ flags, host, source, path, say, print, shell }) => {
    const workspace = await openWorkspace(host, source, say);
    const file = flags.out === undefined ? undefined : path(flags.out);
    const stream = file === undefined ? undefined : createWriteStream(file, { flags: 'wx', mode: 0o600 });
    const failed = stream === undefined ? undefined : finished(stream);
    // Awaited below; until then its failure must not be nobody's.
    failed?.catch(() => undefined);
    let count = 0;
    let escaped = 0;
    const ending = await exportLog(workspace, flags, say, (record) => {
      count += 1;
      const line = lineOf(record);
      if (inert(line) !== line) escaped += 1;
      if (stream === undefined) print(line);
      else stream.write(line);
    });
    stream?.end();
    await failed?.catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw new InputError(`${file} exists already: nothing is written over it`);
      throw error;
    });
    if (file !== undefined) shell.stderr.write(`note: ${count} records in ${file}\n`);
    else if (escaped > 0)
      shell.stderr.write(
        `warning: ${counted(escaped, 'line')} of an older log hold invisible characters or commands of CI runners; they are printed as JSON escapes, which their hashes do not cover. Write the exact bytes with --out FILE\n`,
      );
    return ending;
  },
});
