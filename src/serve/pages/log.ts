/** Records of the log, the newest first. */

import { recordTexts } from '../../engine/generated.ts';
import type { Fields } from '#plugin';
import type { LogRecord } from '../../formats/log-record.ts';
import { bodyText } from '../../report/log-text.ts';
import { shortDigests } from '../../report/text.ts';
import { addressesIn } from '../../run/records.ts';
import { OUTCOMES } from '../../run/log.ts';
import type { View } from './frame.ts';
import { html, type Part, when } from './html.ts';
import { MissingError, page } from './page.ts';
import { filters, resourceLink, table, time } from './parts.ts';
import { pageHref } from './paths.ts';

const KINDS = Object.keys(recordTexts);

const query = {
  address: { type: 'text', summary: 'Address of a resource.' },
  run: { type: 'text', summary: 'Id of a run.' },
  kind: { type: 'text', summary: 'Kind of the records.' },
  step: { type: 'text', summary: 'Step, for example `ready>absent`.' },
  actor: { type: 'text', summary: 'Actor of the records.' },
  outcome: { type: 'text', summary: 'Outcome of the records.' },
  before: { type: 'number', summary: 'Sequence number below which the list begins.', least: 0, most: 1e15, usual: 0 },
  size: { type: 'number', summary: 'Number of records.', least: 1, most: 1000, usual: 100 },
} as const satisfies Fields;

interface LogData {
  /** The newest first. */
  readonly records: readonly LogRecord[];
  /** Sequence number for `before`, for the records before these; null if there are none. */
  readonly next: number | null;
}

/** The text of a record. The address with which it begins is a link. */
function textPart(text: string, address: string | undefined, view: View): Part {
  return address !== undefined && text.startsWith(address)
    ? html`${resourceLink(view, address)}${text.slice(address.length)}`
    : text;
}

/** One record as the cells of a row. */
export function recordCells(record: LogRecord, view: View): readonly Part[] {
  const [address] = record.kind === 'seen' ? [] : addressesIn(record);
  return [
    record.seq,
    time(record.time, view.now),
    record.kind,
    textPart(shortDigests(bodyText(record)), address, view),
    record.actor,
  ];
}

export const RECORD_COLUMNS = [
  { title: 'Number' },
  { title: 'Time', wide: true },
  { title: 'Kind', wide: true },
  { title: 'Record' },
  { title: 'Actor', wide: true },
] as const;

export const log = page({
  name: 'log',
  query,
  load: async ({ query: { kind, outcome, before, size, ...filter } }, recorded): Promise<LogData> => {
    const { records, unknown } = await recorded.records.list(
      {
        ...filter,
        kind: kind === undefined ? undefined : [kind],
        outcome: outcome === undefined ? undefined : [outcome],
        before: before === 0 ? undefined : before,
      },
      size + 1,
    );
    if (unknown !== undefined) throw new MissingError(unknown);
    const shown = records.slice(-size);
    const next = records.length > size ? (shown[0]?.seq ?? null) : null;
    return { records: shown.toReversed(), next };
  },
  html: ({ records, next }, view, { size, before, ...given }) => {
    const sized = { ...given, size: size === query.size.usual ? undefined : size };
    return html`${filters(
      pageHref(view.base, 'log'),
      [
        { name: 'address', label: 'Address' },
        { name: 'kind', label: 'Kind', values: KINDS },
        { name: 'outcome', label: 'Outcome', values: OUTCOMES },
        { name: 'step', label: 'Step' },
        { name: 'actor', label: 'Actor' },
        { name: 'run', label: 'Run' },
      ],
      given,
    )}${table(
      before === 0 ? 'The newest records' : `Records before ${before}`,
      RECORD_COLUMNS,
      records.map((record) => recordCells(record, view)),
    )}${when(next !== null, () => html`<nav class="pages" aria-label="Pages of the list"><a href="${pageHref(view.base, 'log', { ...sized, before: next ?? undefined })}" rel="next">Older records</a></nav>`)}`;
  },
});
