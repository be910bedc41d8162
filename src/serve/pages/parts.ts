/** Parts that several pages share. Pure. */

import { counted, type Field, type Fields, instantOf, instantText, spanText } from '#plugin';
import type { Verdict } from '../answers/found.ts';
import type { View } from './frame.ts';
import { html, type Html, type Part, when } from './html.ts';
import { type Query, resourceHref, type Verb } from './paths.ts';

/** `3 min ago` or `in 3 min`, with the exact time as its title; `short`: without, for long lists. */
export function time(at: string | number | undefined, now: number, { short = false } = {}): Part {
  const ms = typeof at === 'string' ? instantOf(at) : at;
  if (ms === undefined || Number.isNaN(ms)) return typeof at === 'string' ? at : undefined;
  const away = now - ms;
  const exact = instantText(ms);
  const text = away >= 0 ? `${spanText(away)} ago` : `in ${spanText(-away)}`;
  return short
    ? html`<time datetime="${exact.slice(0, 16)}Z">${text}</time>`
    : html`<time datetime="${exact}" title="${exact}">${text}</time>`;
}

export function resourceLink({ base }: Pick<View, 'base'>, address: string): Html {
  return html`<a href="${resourceHref(base, address)}">${address}</a>`;
}

const VERDICTS: Readonly<Record<Verdict, readonly [word: string, style: string]>> = {
  reject: ['REJECTED', 'red'],
  defer: ['WAITING', 'amber'],
  accept: ['to apply', 'green'],
};

export function verdictWord(verdict: Verdict): Html {
  const [word, style] = VERDICTS[verdict];
  return html`<span class="word ${style}">${word}</span>`;
}

export interface Column {
  readonly title: string;
  /** Left out on a narrow screen. */
  readonly wide?: true;
}

/** A table whose first cell names the row. `stacked`: on a narrow screen, the cells of a row are below each other. */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Part[])[],
  { stacked = false } = {},
): Part {
  if (rows.length === 0) return html`<p class="quiet">None.</p>`;
  const classes = [
    ...columns.flatMap(({ wide }, i) => (wide === true ? [`wide-${i + 1}`] : [])),
    ...(stacked ? ['stack'] : []),
  ];
  const title = ({ title }: Column): Html => html`<th scope="col">${title}`;
  const row = (cells: readonly Part[]): Html =>
    html`<tr>${cells.map((cell, i) => (i === 0 ? html`<th scope="row">${cell}` : html`<td>${cell}`))}`;
  // Without the end tags that HTML leaves out, a long list is a tenth smaller.
  return html`<table${when(classes.length > 0, () => html` class="${classes.join(' ')}"`)}><caption>${caption}</caption><thead><tr>${columns.map(title)}</thead><tbody>${rows.map(row)}</tbody></table>`;
}

/** Names with their values. */
export function facts(rows: readonly (readonly [name: string, value: Part])[]): Part {
  const given = rows.filter(([, value]) => value !== undefined && value !== '');
  if (given.length === 0) return undefined;
  return html`<table class="facts"><tbody>${given.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)}</tbody></table>`;
}

export interface Count {
  readonly text: string;
  readonly href: string;
  readonly count: number;
}

/** Counts that are links to what they count. */
export function counts(list: readonly Count[]): Html {
  return html`<ul class="counts">${list.map(({ text, href, count }) => html`<li><a href="${href}">${count} ${text}</a></li>`)}</ul>`;
}

interface Choice {
  readonly name: string;
  readonly label: string;
  /** Values to choose from; absent for a text. */
  readonly values?: readonly string[];
}

function choiceField({ name, label, values }: Choice, given: string): Html {
  if (values === undefined) return html`<label>${label} <input name="${name}" value="${given}"></label>`;
  const all = given === '' || values.includes(given) ? values : [given, ...values];
  return html`<label>${label} <select name="${name}"><option value="">all</option>${all.map(
    (value) => html`<option${when(value === given, () => html` selected`)}>${value}</option>`,
  )}</select></label>`;
}

/** A form that puts the filters into the address. */
export function filters(action: string, choices: readonly Choice[], query: Query): Html {
  const isFiltered = choices.some(({ name }) => query[name] !== undefined);
  return html`<form class="filters" method="get" action="${action}" role="search">${choices.map((choice) =>
    choiceField(choice, String(query[choice.name] ?? '')),
  )}<button>Filter</button>${when(isFiltered, () => html`<a href="${action}">Show all</a>`)}</form>`;
}

/** Page and size of a list, for the query of a page. */
export const LISTED = {
  page: { type: 'number', summary: 'Page of the list.', least: 1, most: 100_000, usual: 1 },
  size: { type: 'number', summary: 'Rows of a page.', least: 1, most: 1000, usual: 200 },
} as const satisfies Fields;

export interface Listed<T> {
  readonly rows: readonly T[];
  readonly total: number;
  readonly page: number;
  readonly size: number;
}

/** One page of a list. */
export function pageOf<T>(
  all: readonly T[],
  { page, size }: { readonly page: number; readonly size: number },
): Listed<T> {
  return { rows: all.slice((page - 1) * size, page * size), total: all.length, page, size };
}

/** `201 to 400 of 1,234`, with links to the pages around. */
export function pager({ rows, total, page, size }: Listed<unknown>, href: (page: number) => string): Part {
  if (total <= size && page === 1) return undefined;
  const first = (page - 1) * size + 1;
  const range = rows.length === 0 ? 'no rows' : `${first} to ${first + rows.length - 1}`;
  return html`<nav class="pages" aria-label="Pages of the list"><span>${range} of ${total}</span>${when(
    page > 1,
    () => html`<a href="${href(page - 1)}" rel="prev">Previous page</a>`,
  )}${when(page * size < total, () => html`<a href="${href(page + 1)}" rel="next">Next page</a>`)}</nav>`;
}

export function captionOf({ total }: Listed<unknown>, one: string, more?: string): string {
  return counted(total, one, more);
}

interface Acting {
  readonly verb: Verb;
  readonly label: string;
}

/** A form with a button for each verb, about some ids. Only for a caller who may act. */
export function actions(
  { viewer, here }: View,
  verbs: readonly Acting[],
  { ids = [], about }: { readonly ids?: readonly string[]; readonly about?: string } = {},
): Part {
  if (!viewer.operates || verbs.length === 0) return undefined;
  return html`<form class="act" method="post" action="${here}"><input type="hidden" name="csrf" value="${viewer.csrf}">${ids.map(
    (id) => html`<input type="hidden" name="id" value="${id}">`,
  )}${when(about !== undefined, () => html`<input name="reason" maxlength="500" placeholder="Reason" aria-label="Reason, for ${about}">`)}${verbs.map(
    ({ verb, label }) => html`<button name="action" value="${verb}">${label}</button>`,
  )}</form>`;
}

/** The field that says that an order was given, after its form. */
export const ORDERED = {
  ordered: {
    type: 'text',
    summary: 'Verb of an order that was just given.',
    values: ['ack', 'resolve', 'replay', 'refresh'],
  },
} as const satisfies Readonly<Record<string, Field>>;

const ORDERED_TEXT: Readonly<Record<string, string>> = {
  ack: 'The acknowledgement is durable. The next round records it.',
  resolve: 'The resolution is durable. The next round records it.',
  replay: 'The replay is durable. The next round makes the events due.',
  refresh: 'A round starts. It refreshes every resource.',
};

export function orderedNote(ordered: string | undefined): Part {
  return ordered === undefined ? undefined : html`<p class="note" role="status">${ORDERED_TEXT[ordered]}</p>`;
}
