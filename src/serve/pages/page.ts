/** A page: what it reads of a project, as JSON, and that as HTML. */

import type { Fields, FieldValues } from '#plugin';
import type { Recorded } from '../answers/recorded.ts';
import type { Standing, View } from './frame.ts';
import type { Part } from './html.ts';
import { PAGES, type PageName } from './paths.ts';

export interface PageRequest<F extends Fields> {
  /** Of a page about one thing: the address of a resource, the id of a run. Empty for others. */
  readonly address: string;
  readonly query: FieldValues<F>;
  /** Epoch ms. */
  readonly now: number;
}

/** Says which resource does not exist. */
export class MissingError extends Error {
  override readonly name = 'MissingError';
}

export interface Page<F extends Fields = Fields, D extends object = object> {
  readonly name: PageName;
  /** The filters in the address. */
  readonly query: F;
  /** The title for some data; by default, that of the page. */
  title(data: D): string;
  /** The content of the JSON twin. Throws a MissingError, or an InputError for a filter that is not valid. */
  load(request: PageRequest<F>, recorded: Recorded): Promise<D>;
  /** Pure. */
  html(data: D, view: View, query: FieldValues<F>): Part;
}

/** Data without the names of the standing, which the JSON twin has too. */
type Apart = { readonly [K in keyof Standing]?: never };

/** Declares a page; the types of query and data follow. */
export function page<const F extends Fields, D extends object & Apart>(
  declared: Omit<Page<F, D>, 'title'> & Partial<Pick<Page<F, D>, 'title'>>,
): Page<F, D> {
  return { title: () => PAGES[declared.name].title, ...declared };
}
