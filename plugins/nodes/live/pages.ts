/** Lists: every page of one, the second and later ones in parallel, and again where the list changed meanwhile. */

import { pagesShape } from './answers.ts';
import { ApiError, type Client, list, object, type Shape } from '#plugin/http';

/** The most that the API gives. */
const PER_PAGE = 50;
/** More would be no account of this world. */
const MOST_PAGES = 2000;
/** How often a list that changes while it is read is begun again. */
const MOST_ATTEMPTS = 3;

export interface Listing<T> {
  readonly what: string;
  readonly path: string;
  readonly query?: readonly (readonly [name: string, value: string])[];
  /** Member of the answer that holds the items. */
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

/** All pages once; undefined where they do not belong to one list. */
async function attempt<T extends { readonly id: number }>(
  client: Client,
  listing: Listing<T>,
  signal: AbortSignal,
  onFirst: ((items: readonly T[]) => void) | undefined,
): Promise<readonly T[] | undefined> {
  const first = await page(client, listing, 1, signal);
  onFirst?.(first.items);
  if (first.last > MOST_PAGES) throw unreadable(listing.what, `it has ${first.last} pages, more than can be read`);
  const numbers = Array.from({ length: Math.max(0, first.last - 1) }, (_, index) => index + 2);
  const pages = [first, ...(await Promise.all(numbers.map((number) => page(client, listing, number, signal))))];
  // A provider that counts no pages still says which comes next.
  for (let next = first.last === 1 ? first.next : undefined; next !== undefined; next = pages.at(-1)?.next) {
    if (pages.length >= MOST_PAGES) throw unreadable(listing.what, `it has more than ${MOST_PAGES} pages`);
    pages.push(await page(client, listing, next, signal));
  }
  const items = pages.flatMap((each) => each.items);
  const isWhole =
    new Set(items.map((each) => each.id)).size === items.length &&
    pages.every(({ total }) => total === undefined || total === items.length);
  return isWhole ? items : undefined;
}

/**
 * Every item of a list. What is made or deleted while its pages are read shifts the others, and one may fall between
 * two pages: a list whose pages disagree is read again, and one that does so each time throws an ApiError. `onFirst`
 * gets the first page as soon as it is there.
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
  throw unreadable(listing.what, `it changed ${MOST_ATTEMPTS} times while its pages were read`);
}
