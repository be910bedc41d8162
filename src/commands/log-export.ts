/** `fettle log export`: writes the records unchanged, so that other programs can verify the chain. */

import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { counted, inert, InputError } from '#plugin';
import { exportLog } from '../run/log.ts';
import { lineOf } from '../store/line.ts';
import { command } from './command.ts';
import { parsedOr, text, where, wholeNumber } from './options.ts';

export const logExport = command({
  name: 'log export',
  summary: 'Write the records of the log unchanged, one per line, with their hashes.',
  options: {
    ...where,
    from: parsedOr('<seq>', wholeNumber(1), 'First record to export.', 1, 'first'),
    to: parsedOr('<seq>', wholeNumber(1), 'Last record to export.', Number.POSITIVE_INFINITY, 'last'),
    out: text('<file>', 'Write to this new file. Default: standard output.', { short: 'o' }),
  },
  call: async ({ flags, path, say, print, shell, openWorkspace }) => {
    const workspace = await openWorkspace();
    const file = flags.out === undefined ? undefined : path(flags.out);
    const stream = file === undefined ? undefined : createWriteStream(file, { flags: 'wx', mode: 0o600 });
    const failed = stream === undefined ? undefined : finished(stream);
    // Awaited below; until then a failure must not count as unhandled.
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
      if (error.code === 'EEXIST') throw new InputError(`${file} already exists and is not overwritten`);
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
