/** Reads all pages of a list, the second and later ones in parallel, and again if the list changed meanwhile. */

import { pagesShape } from './answers.ts';
import { ApiError, type Client, list, object, type Shape } from '#plugin/http';

/** The maximum page size of the API. */
const PER_PAGE = 50;
/** Maximum number of pages; more is not plausible. */
const MOST_PAGES = 2000;
/** Maximum number of attempts for a list that changes while it is read. */
const MOST_ATTEMPTS = 3;

export interface Listing<T> {
  readonly what: string;
  readonly path: string;
  readonly query?: readonly (readonly [name: string, value: string])[];
  /** The field of the answer that holds the items. */
  readonly member: string;
  readonly item: Shape<T>;
}

interface Page<T> {
  readonly items: readonly T[];
  readonly last: number;
  readonly next: number | undefined;
  readonly total: number | undefined;
}

async function page<T>(client: Client, listing: Listing<T>, number: number, signal: AbortSignal): Promise<Page<T>> {
  const { what, path, query = [], member, item } = listing;
  const shape = object({ [member]: list(item), meta: pagesShape });
  const read = await client.call(
    {
      what: number === 1 ? what : `${what}, page ${number}`,
      method: 'GET',
      path,
      query: [...query, ['page', String(number)], ['per_page', String(PER_PAGE)]],
      shape,
    },
    signal,
  );
  const { pagination } = (read as { readonly meta: { readonly pagination: Pagination } }).meta;
  return {
    items: (read as Readonly<Record<string, readonly T[]>>)[member] ?? [],
    last: pagination.last_page ?? 1,
    next: pagination.next_page ?? undefined,
    total: pagination.total_entries ?? undefined,
  };
}

interface Pagination {
  readonly next_page: number | null;
  readonly last_page: number | null;
  readonly total_entries: number | null;
}

function unreadable(what: string, message: string): ApiError {
  return new ApiError({ what, code: 'bad_answer', fate: 'nothing', message });
}

/** All pages, read once; undefined if they do not belong to one version of the list. */
async function attempt<T extends { readonly id: number }>(
  client: Client,
  listing: Listing<T>,
  signal: AbortSignal,
  onFirst: ((items: readonly T[]) => void) | undefined,
): Promise<readonly T[] | undefined> {
  const first = await page(client, listing, 1, signal);
  onFirst?.(first.items);
  if (first.last > MOST_PAGES)
    throw unreadable(listing.what, `the list has ${first.last} pages; the maximum is ${MOST_PAGES}`);
  const numbers = Array.from({ length: Math.max(0, first.last - 1) }, (_, index) => index + 2);
  const pages = [first, ...(await Promise.all(numbers.map((number) => page(client, listing, number, signal))))];
  // A provider that does not count pages still names the next one.
  for (let next = first.last === 1 ? first.next : undefined; next !== undefined; next = pages.at(-1)?.next) {
    if (pages.length >= MOST_PAGES) throw unreadable(listing.what, `the list has more than ${MOST_PAGES} pages`);
    pages.push(await page(client, listing, next, signal));
  }
  const items = pages.flatMap((each) => each.items);
  const isWhole =
    new Set(items.map((each) => each.id)).size === items.length &&
    pages.every(({ total }) => total === undefined || total === items.length);
  return isWhole ? items : undefined;
}

/**
 * Every item of a list. An item that is created or deleted during the read shifts the others, and one may fall between
 * two pages: a list whose pages disagree is read again, and throws an ApiError after the last attempt. `onFirst`
 * receives the first page as soon as it arrives.
 */
export async function listAll<T extends { readonly id: number }>(
  client: Client,
  listing: Listing<T>,
  signal: AbortSignal,
  onFirst?: (items: readonly T[]) => void,
): Promise<readonly T[]> {
  for (let tries = 0; tries < MOST_ATTEMPTS; tries += 1) {
    const items = await attempt(client, listing, signal, onFirst);
    if (items !== undefined) return items;
  }
  throw unreadable(listing.what, `the list changed ${MOST_ATTEMPTS} times while its pages were read`);
}
