/** The result of `log verify` as text. */

import type { Damage, VerifyReport } from '../store/store.ts';
import { counted, printable } from '#plugin';
import { textOf } from './text.ts';

/**
 * Returns the damage and its place; most messages begin with the place. `store`: the place of damage without a file.
 */
export function damageText({ message, file, line }: Damage, store = ''): string {
  if (file !== undefined && message.startsWith(file)) return printable(message);
  const place = file === undefined ? store : line === undefined ? file : `${file}:${line}`;
  return printable(place === '' ? message : `${place} ${message}`);
}

function damageLine(damage: Damage): string {
  const { code, message, seq } = damage;
  const record = seq === undefined || message.includes(`record ${seq}`) ? '' : ` (record ${seq})`;
  return `damaged ${code}: ${damageText(damage)}${record}`;
}

/** Returns the result as lines. Ends with a newline. */
export function verifyText(report: VerifyReport): string {
  const lines = [
    ...report.damage.map(damageLine),
    ...(report.torn === undefined
      ? []
      : [`an unfinished record of ${report.torn.bytes} bytes at the end is not part of the log (${report.torn.file})`]),
    ...report.notes,
  ];
  const head = report.head === undefined ? 'none' : `${report.head.seq}:${report.head.hash}`;
  const from = report.from > 1 ? `, complete from ${report.from}` : '';
  const what = `${counted(report.records, 'record')} in ${counted(report.segments, 'segment')}, ${counted(report.checkpoints, 'checkpoint')} verified${from}`;
  const verdict =
    report.status === 'none'
      ? 'the log does not exist yet'
      : report.status === 'sound'
        ? `the log is valid: ${what}`
        : `the log is damaged: ${what} are valid`;
  return textOf([...lines, verdict, `log head ${head}`], false);
}
