/** What a walk of the log found, for people. */

import type { Damage, VerifyReport } from '../store/store.ts';
import { plural, printable } from './text.ts';

function damageLine({ code, message, file, line, seq }: Damage): string {
  const place = [file ?? '', ...(line === undefined ? [] : [String(line)])].join(':');
  const record = seq === undefined ? '' : ` (record ${seq})`;
  return printable(`damaged ${code}: ${place === '' ? '' : `${place} `}${message}${record}`);
}

/** Ends with a newline. */
export function verifyText(report: VerifyReport): string {
  const lines = [
    ...report.damage.map(damageLine),
    ...(report.torn === undefined
      ? []
      : [`an unfinished record of ${report.torn.bytes} bytes at the end is not part of the log (${report.torn.file})`]),
    ...report.notes.map(printable),
  ];
  const head = report.head === undefined ? 'none' : `${report.head.seq}:${report.head.hash}`;
  const from = report.from > 1 ? `, complete from ${report.from}` : '';
  const what = `${plural(report.records, 'record')} in ${plural(report.segments, 'segment')}, ${plural(report.checkpoints, 'checkpoint')} folded again${from}`;
  const verdict =
    report.status === 'none'
      ? 'there is no log yet'
      : report.status === 'sound'
        ? `the log is sound: ${what}`
        : `the log is damaged: ${what} are sound`;
  return `${[...lines, verdict, `log head ${head}`].join('\n')}\n`;
}
