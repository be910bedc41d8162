/** The history of a simulated fleet of ACME certificates, and the promises that it must keep. */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export const PROFILES = {
  classic: { description: '90 days', validitySeconds: 90 * 86_400 },
  tlsserver: { description: '45 days', validitySeconds: 45 * 86_400 },
  shortlived: { description: '160 hours', validitySeconds: 160 * 3600 },
} as const;

/** The profile of a certificate of the fleet. */
export function profileOf(at: number): keyof typeof PROFILES {
  const place = at % 10;
  return place === 0 ? 'shortlived' : place < 4 ? 'tlsserver' : 'classic';
}

/** The registered domain of a certificate: some have more certificates than the authority issues at once. */
export function domainOf(at: number, count: number): string {
  const place = ((at * 7919) % count) / count;
  if (count < 200) return place < 0.9 ? 'large.example' : 'small.example';
  if (place < 0.2) return 'large.example';
  return place < 0.32 ? 'medium.example' : `shop-${at % 20}.example`;
}

/** An order at the authority. */
export interface Ordered {
  readonly name: string;
  /** Epoch ms, as all times. */
  readonly at: number;
  readonly status: string;
  readonly replaces?: string;
  /** Identifier of its certificate, with the validity. */
  readonly certificate?: string;
  readonly notBefore: number;
  readonly notAfter: number;
}

/** A renewal window that the authority has moved. */
export interface Suggestion {
  readonly certificate: string;
  readonly at: number;
  readonly start: number;
  readonly end: number;
}

/** A change of the names in a document. */
export interface Edit {
  readonly name: string;
  readonly at: number;
}

export interface Trouble {
  /** The requests that the authority refuses. */
  readonly what: 'ari' | '429' | '503';
  readonly from: number;
  readonly to: number;
}

/** A row of a run, or its refusal. */
export interface RowSeen {
  readonly run: number;
  readonly name: string;
  readonly is: 'planned' | 'refused' | 'failed';
  /** The reason in the row. */
  readonly text: string;
}

export interface History {
  readonly certificates: number;
  /** Times of the runs. */
  readonly times: readonly number[];
  readonly rows: readonly RowSeen[];
  readonly orders: readonly Ordered[];
  readonly suggestions: readonly Suggestion[];
  readonly edits: readonly Edit[];
  readonly troubles: readonly Trouble[];
  /** Orders that the authority refused for one of its limits. */
  readonly limited: number;
  /** Questions for renewal windows. */
  readonly asked: number;
  /** CPU time of a run in the last tenth of the history, in ms. */
  readonly cpuMs: number;
}

/** The reasons for a time of a renewal. */
export const REASONS = [
  'in the window',
  'at the first run after the window',
  'after a withdrawal',
  'after a freeze',
  'refused for a time',
  'one issuance a day',
  'after an edit',
  'by its lifetime in an outage',
] as const;
export type Reason = (typeof REASONS)[number];

/** The window that the authority suggests by itself. */
function usualWindow({ notBefore, notAfter }: Ordered): { readonly start: number; readonly end: number } {
  const third = (notAfter - notBefore) / 3;
  const spread = Math.min(DAY, third / 10);
  return { start: notAfter - third - spread, end: notAfter - third + spread };
}

interface Renewal {
  readonly before: Ordered;
  readonly after: Ordered;
}

/** A history by certificate. */
interface Read {
  readonly orders: ReadonlyMap<string, readonly Ordered[]>;
  readonly rows: ReadonlyMap<string, readonly RowSeen[]>;
  readonly renewals: readonly Renewal[];
}

function read(history: History): Read {
  const byName = <T extends { readonly name: string }>(all: readonly T[]): Map<string, T[]> =>
    Map.groupBy(all, ({ name }) => name);
  const orders = byName(history.orders);
  const renewals = [...orders.values()].flatMap((list) =>
    list.slice(1).flatMap((after, i): readonly Renewal[] => {
      const before = list[i];
      return before === undefined ? [] : [{ before, after }];
    }),
  );
  return { orders, rows: byName(history.rows), renewals };
}

/** The reason for the time of a renewal; undefined without a recorded one. */
function reasonOf({ before, after }: Renewal, history: History, rows: readonly RowSeen[]): Reason | undefined {
  const { times, suggestions, troubles } = history;
  const { at } = after;
  const moved = suggestions.findLast((each) => each.certificate === before.certificate && each.at <= at);
  // An authority in an outage says nothing.
  const isHidden = troubles.some(({ what, from, to }) => what === 'ari' && from <= (moved?.at ?? 0) && to >= at);
  const { start, end } = moved === undefined || isHidden ? usualWindow(before) : moved;
  if (start <= at && at <= end) return 'in the window';
  const since = rows.filter(({ run }) => (times[run] ?? 0) > before.at && (times[run] ?? 0) <= at);
  const planned = since.findLast(({ is }) => is === 'planned')?.text ?? '';
  const isEdited = history.edits.some((edit) => edit.name === after.name && before.at < edit.at && edit.at <= at);
  if (isEdited && planned.includes('the DNS names')) return 'after an edit';
  const isOutage = troubles.some(({ what, from, to }) => what === 'ari' && from < at && to > before.at);
  if (!planned.includes('the authority suggests')) return isOutage ? 'by its lifetime in an outage' : undefined;
  if (at < start) return undefined;
  const refused = since.filter(({ is }) => is === 'refused').map(({ text }) => text);
  if (refused.some((text) => text.includes('freeze:'))) return 'after a freeze';
  if (refused.some((text) => text.includes('acme-budget:'))) return 'refused for a time';
  if (refused.some((text) => text.includes('renewal-loop:'))) return 'one issuance a day';
  if (moved !== undefined && !isHidden) {
    // The authority is asked at the next run after six hours, and runs are eight hours apart.
    const isSoon = at - moved.at <= 17 * HOUR || isOutage;
    return planned.includes('letsencrypt.org/incidents/') && isSoon ? 'after a withdrawal' : undefined;
  }
  const run = times.indexOf(at);
  return run > 0 && (times[run - 1] ?? 0) <= end ? 'at the first run after the window' : undefined;
}

const dated = (at: number): string => new Date(at).toISOString();

/** Certificates of one profile that were issued at one run, whose window has several runs, and that nothing disturbed. */
function* cohorts(renewals: readonly (Renewal & { readonly reason: Reason | undefined })[]) {
  const calm = renewals.filter(
    ({ reason }) => reason === 'in the window' || reason === 'at the first run after the window',
  );
  const groups = Map.groupBy(calm, ({ before }) => `${before.notAfter - before.notBefore} ${before.at}`);
  for (const group of groups.values()) {
    const [{ before } = {}] = group;
    if (group.length >= 20 && before !== undefined && before.notAfter - before.notBefore > 10 * DAY) yield group;
  }
}

export interface Verdict {
  readonly faults: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

/** The promises that a history breaks, and its figures. */
export function judge(history: History): Verdict {
  const { times, certificates, limited, asked, cpuMs } = history;
  const { orders, rows, renewals } = read(history);
  const ended = times.at(-1) ?? 0;
  const faults: string[] = [];
  if (orders.size !== certificates) faults.push(`${certificates - orders.size} certificates were never issued`);
  if (limited > 0) faults.push(`the authority refused ${limited} orders for its limits`);
  for (const { name, at, status } of history.orders)
    if (status !== 'valid') faults.push(`${name}: the order of ${dated(at)} is ${status}`);
  for (const [name, list] of orders) {
    const last = list.at(-1);
    if (last !== undefined && last.notAfter < ended) faults.push(`${name} expired at ${dated(last.notAfter)}`);
  }
  for (const row of history.rows)
    if (row.is === 'failed') faults.push(`${row.name}: failed at ${dated(times[row.run] ?? 0)}: ${row.text}`);
  const judged = renewals.map((renewal) => ({
    ...renewal,
    reason: reasonOf(renewal, history, rows.get(renewal.after.name) ?? []),
  }));
  let least = 1;
  let alone = 0;
  for (const { before, after, reason } of judged) {
    const left = (before.notAfter - after.at) / (before.notAfter - before.notBefore);
    least = Math.min(least, left);
    const what = `${after.name}, valid until ${dated(before.notAfter)}, was renewed at ${dated(after.at)}`;
    if (left <= 0) faults.push(`${what}: it had expired`);
    if (reason === undefined) faults.push(`${what}: outside its window, without a reason`);
    if (after.replaces === before.certificate) continue;
    // fettle names the predecessor once the authority has said that it has windows for it.
    const since = (rows.get(after.name) ?? []).filter(
      ({ run, is }) => is === 'planned' && (times[run] ?? 0) <= after.at,
    );
    if (since.at(-1)?.text.includes('the authority suggests') === true)
      faults.push(`${what}: the order does not replace it`);
    else alone += 1;
  }
  for (const group of cohorts(judged)) {
    const runs = Map.groupBy(group, ({ after }) => after.at);
    const most = Math.max(...[...runs.values()].map(({ length }) => length));
    if (most > group.length / 2) faults.push(`${most} of ${group.length} renewals are in one run`);
  }
  const renewed = Map.groupBy(judged, ({ after }) => after.at);
  const reasons = Object.fromEntries(
    REASONS.map((reason) => [reason, judged.filter((each) => each.reason === reason).length]),
  );
  return {
    faults,
    counts: {
      certificates,
      runs: times.length,
      'first orders': orders.size,
      'first orders that waited': [...orders].filter(
        ([name, [first]]) =>
          first !== undefined &&
          (rows.get(name) ?? []).some(
            ({ run, is, text }) => is === 'refused' && text.includes('acme-budget:') && (times[run] ?? 0) < first.at,
          ),
      ).length,
      renewals: renewals.length,
      ...reasons,
      'renewals that name no predecessor, in an outage': alone,
      'most renewals in a run': Math.max(0, ...[...renewed.values()].map(({ length }) => length)),
      'percent of the lifetime left at the latest renewal': Math.floor(least * 100),
      'questions for windows': asked,
      'ms of CPU for a run at the end': Math.round(cpuMs),
    },
  };
}
