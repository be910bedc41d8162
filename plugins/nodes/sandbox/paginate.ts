/** Lists of the API: filtered by name, labels and status, sorted, in pages, with `meta` and a `Link` header. */

import type { Json } from '#plugin';
import { invalidInput } from './errors.ts';
import { type Labels, parseSelector } from './labels.ts';

const PER_PAGE = 25;
const PER_PAGE_MAX = 50;

function wholeNumber(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name);
  if (text === null || text === '') return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1) throw invalidInput(name, 'must be a whole number greater than 0');
  return value;
}

type Value = string | number | boolean | null | undefined;

/** The sort fields of a list, with their values in a row. */
export type SortFields<R> = Readonly<Record<string, (row: R) => Value>>;

function compare(a: Value, b: Value): number {
  if (a === b) return 0;
  return (a ?? '') < (b ?? '') ? -1 : 1;
}

/** `sort=field[:asc|:desc]`, repeatable: the first field that differs decides. */
export function sorted<R>(rows: readonly R[], query: URLSearchParams, fields: SortFields<R>): readonly R[] {
  const orders = query.getAll('sort').map((text) => {
    const [name = '', direction = 'asc', ...rest] = text.split(':');
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined || !['asc', 'desc'].includes(direction) || rest.length > 0)
      throw invalidInput('sort', `cannot sort by '${text}'`);
    return (a: R, b: R): number => compare(field(a), field(b)) * (direction === 'asc' ? 1 : -1);
  });
  if (orders.length === 0) return rows;
  return [...rows].sort((a, b) => {
    for (const order of orders) {
      const result = order(a, b);
      if (result !== 0) return result;
    }
    return 0;
  });
}

/** Keeps rows with one of the values of a repeatable filter; all rows without the filter. */
export function filtered<R>(
  rows: readonly R[],
  query: URLSearchParams,
  name: string,
  field: (row: R) => string,
  allowed?: readonly string[],
): readonly R[] {
  const values = query.getAll(name);
  const wrong = values.find((value) => allowed !== undefined && !allowed.includes(value));
  if (wrong !== undefined) throw invalidInput(name, `'${wrong}' is not one of ${allowed?.join(', ')}`);
  return values.length === 0 ? rows : rows.filter((row) => values.includes(field(row)));
}

/** Keeps rows that `label_selector` selects. */
export function selected<R extends { readonly labels: Labels }>(
  rows: readonly R[],
  query: URLSearchParams,
): readonly R[] {
  const selector = query.get('label_selector');
  if (selector === null || selector === '') return rows;
  const matches = parseSelector(selector);
  return rows.filter(({ labels }) => matches(labels));
}

export interface Page<R> {
  readonly rows: readonly R[];
  readonly meta: Json;
  /** Value of the `Link` header. */
  readonly link: string;
}

/** Returns one page of at most 50 items; `url` is the complete address of the request. */
export function paged<R>(rows: readonly R[], url: URL): Page<R> {
  const page = wholeNumber(url.searchParams, 'page', 1);
  const perPage = Math.min(wholeNumber(url.searchParams, 'per_page', PER_PAGE), PER_PAGE_MAX);
  const last = Math.max(1, Math.ceil(rows.length / perPage));
  const previous = page > 1 ? Math.min(page - 1, last) : null;
  const next = page < last ? page + 1 : null;
  const to = (relation: string, target: number | null): readonly string[] => {
    if (target === null) return [];
    const address = new URL(url);
    address.searchParams.set('page', String(target));
    address.searchParams.set('per_page', String(perPage));
    return [`<${address.href}>; rel="${relation}"`];
  };
  return {
    rows: rows.slice((page - 1) * perPage, page * perPage),
    meta: {
      pagination: {
        page,
        per_page: perPage,
        previous_page: previous,
        next_page: next,
        last_page: last,
        total_entries: rows.length,
      },
    },
    link: [...to('first', 1), ...to('prev', previous), ...to('next', next), ...to('last', last)].join(', '),
  };
}
