/** Answers requests for pages, in the process that reads. */

import { errorText, InputError } from '#plugin';
import { logHead } from '../../formats/parts.ts';
import { FieldsError, fieldValues, queryFields } from './fields.ts';
import { framed, messagePage, type Standing, type View } from '../pages/frame.ts';
import { pages } from '../pages/index.ts';
import { MissingError } from '../pages/page.ts';
import { isItem, itemHref, PAGES } from '../pages/paths.ts';
import { type Answer, type PageQuestion, refusal } from './question.ts';
import type { Recorded } from './recorded.ts';

/** The parameters of a query without the empty ones, which forms send for fields that are not filled in. */
function filledIn(search: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(queryFields(new URLSearchParams(search))).filter(([, value]) => value !== ''),
  );
}

async function standingOf(recorded: Recorded): Promise<Standing> {
  const [{ recall, head, isDamaged }, lock] = await Promise.all([
    recorded.log(),
    recorded.store().then((store) => store.lockStatus()),
  ]);
  const refreshes = [
    recall.refreshedAt ?? 0,
    ...recall.refreshedBy.values(),
    ...recorded.snapshot.rounds.map(({ refreshed_at: at = 0 }) => at),
  ];
  const last = Math.max(...refreshes);
  return {
    refreshed_at: last === 0 ? null : last,
    log_head: head === undefined ? null : logHead(head),
    log_damaged: isDamaged,
    lock:
      lock === undefined
        ? null
        : { by: `${lock.holder.user}@${lock.holder.host}`, command: lock.holder.command, run: lock.holder.run ?? null },
  };
}

/** The addresses of a page and of its JSON. */
function addressesOf({ base, page, address, search }: PageQuestion): Pick<View, 'here' | 'json'> {
  const path = isItem(page) ? itemHref(base, page, address) : `${base}${PAGES[page].path}`;
  const json = page === 'fleet' ? `${base}/fleet.json` : `${path}.json`;
  return { here: `${path}${search}`, json: `${json}${search}` };
}

const FAULTS = [
  { type: FieldsError, status: 400, error: 'field', title: 'The address has a filter that is not valid' },
  { type: InputError, status: 400, error: 'field', title: 'The address has a filter that is not valid' },
  { type: MissingError, status: 404, error: 'not_found', title: 'Not found' },
] as const;

export async function answerPage(question: PageQuestion, recorded: Recorded): Promise<Answer> {
  const { page: name, address, search, format, base, viewer } = question;
  const page = pages[name];
  const project = recorded.workspace.config.name;
  const now = recorded.workspace.host.now();
  try {
    const query = fieldValues(page.query, filledIn(search));
    const head = await recorded.head();
    const [data, standing] = await Promise.all([page.load({ address, query, now }, recorded), standingOf(recorded)]);
    if (format === 'json') return { status: 200, text: JSON.stringify({ ok: true, project, ...standing, ...data }) };
    const view: View = { project, base, viewer, now, standing, head, ...addressesOf(question) };
    return { status: 200, text: framed(name, page.title(data), view, page.html(data, view, query)), html: true };
  } catch (error) {
    const fault = FAULTS.find(({ type }) => error instanceof type);
    if (fault === undefined) throw error;
    const message = errorText(error);
    return format === 'json'
      ? refusal(fault.status, fault.error, message)
      : { status: fault.status, text: messagePage(fault.title, `${message}.`, { base, project }), html: true };
  }
}
