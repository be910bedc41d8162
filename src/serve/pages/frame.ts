/** The frame of every page: title, navigation, the standing of the project, and the content. Pure. */

import { counted, instantText, spanText } from '#plugin';
import { headText } from '../../report/plan-text.ts';
import { version } from '../../version.ts';
import { html, type Html, type Part, when } from './html.ts';
import { type Base, isItem, PAGES, type PageName, pageHref } from './paths.ts';

/** The caller for whom a page is rendered. */
export interface Viewer {
  readonly name: string;
  /** True if the caller may act: the page then has forms. */
  readonly operates: boolean;
  /** The token of its forms. */
  readonly csrf: string;
}

/** The standing of a project, for the line under each title. */
export interface Standing {
  readonly refreshed_at: number | null;
  readonly log_head: { readonly seq: number; readonly hash: string } | null;
  readonly log_damaged: boolean;
  /** The holder of the lock; null if it is free. */
  readonly lock: { readonly by: string; readonly command: string; readonly run: string | null } | null;
}

export interface View {
  readonly project: string;
  readonly base: Base;
  readonly viewer: Viewer;
  /** Epoch ms. */
  readonly now: number;
  readonly standing: Standing;
  /** The end of the log and of the last round, as the stream of changes names it. */
  readonly head: string;
  /** The address of the page, with its query. */
  readonly here: string;
  /** The address of its JSON. */
  readonly json: string;
}

/** A link to another server, if the address is one: a file of the lock or the log has it. */
export function outsideLink(address: string, text: string): Part {
  return /^https?:\/\//u.test(address) ? html`<a href="${address}" rel="noreferrer">${text}</a>` : undefined;
}

function lockPart({ base, standing: { lock } }: View): Html {
  if (lock === null) return html`lock free`;
  const run = lock.run === null ? undefined : outsideLink(lock.run, 'its CI run');
  return html`<a href="${pageHref(base, 'runs')}">lock held</a> by ${lock.by} (${lock.command}${run === undefined ? undefined : html`, ${run}`})`;
}

function standingPart(view: View): Html {
  const { standing, now } = view;
  const { refreshed_at: at, log_head: head, log_damaged: isDamaged } = standing;
  const refreshed =
    at === null
      ? html`not refreshed yet`
      : html`refreshed <time datetime="${instantText(at)}">${spanText(now - at)} ago</time>`;
  const [seq = '', hash = ''] = headText(head ?? undefined).split(':');
  return html`<p class="standing">${refreshed} &middot; log head ${head === null ? 'none' : `${seq}:${hash.slice(0, 4)}`} &middot; ${lockPart(view)}${when(isDamaged, () => html` &middot; <strong class="red">the log is damaged</strong>`)}</p>`;
}

function navigation(base: Base, current: PageName | undefined): Html {
  const names = (Object.keys(PAGES) as PageName[]).filter((name) => !isItem(name));
  return html`<nav aria-label="Pages"><ul>${names.map(
    (name) =>
      html`<li><a href="${pageHref(base, name)}"${when(name === current || (name === 'runs' && current === 'run'), () => html` aria-current="page"`)}>${PAGES[name].title}</a></li>`,
  )}</ul></nav>`;
}

interface Outer {
  readonly title: string;
  readonly project?: string | undefined;
  readonly base: Base;
  readonly current?: PageName | undefined;
  /** Absent: the page has no stream of changes. */
  readonly head?: string;
  readonly json?: string;
  readonly content: Part;
}

export function documentOf({ title, project, base, current, head, json, content }: Outer): string {
  const named = project === undefined ? title : `${title} - ${project}`;
  const body = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${named} - fettle</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
<script src="/app.js" defer></script>
</head>
<body${when(head !== undefined, () => html` data-stream="${base}/stream" data-head="${head}"`)}>
<a class="skip" href="#main">Skip to the content</a>
<header><p><a href="${base}/">${project ?? 'fettle'}</a></p>${when(project !== undefined, () => navigation(base, current))}</header>
<main id="main" tabindex="-1">${content}</main>
<footer>fettle ${version}${json === undefined ? undefined : html` &middot; <a href="${json}">JSON of this page</a>`}</footer>
</body>
</html>
`;
  return body.toString();
}

/** A page of a project. */
export function framed(name: PageName, title: string, view: View, content: Part): string {
  return documentOf({
    title,
    project: view.project,
    base: view.base,
    current: name,
    head: view.head,
    json: view.json,
    content: html`<h1>${title}</h1>${standingPart(view)}${content}`,
  });
}

/** A page with a message in place of its content. */
export function messagePage(
  title: string,
  message: string,
  at: { readonly base: Base; readonly project?: string } = { base: '' },
): string {
  return documentOf({ title, ...at, content: html`<h1>${title}</h1><p>${message}</p>` });
}

export interface ProjectLine {
  readonly name: string;
  /** The line about its last round. */
  readonly text: string | undefined;
}

/** The list of the served projects. */
export function projectsPage(projects: readonly ProjectLine[]): string {
  const rows = projects.map(
    ({ name, text }) =>
      html`<tr><th scope="row"><a href="/p/${encodeURIComponent(name)}/">${name}</a></th><td>${text ?? 'no round has ended yet'}</td></tr>`,
  );
  return documentOf({
    title: 'Projects',
    base: '',
    content: html`<h1>Projects</h1><p class="standing">${counted(projects.length, 'project')}</p><table><thead><tr><th scope="col">Project</th><th scope="col">Last round</th></tr></thead><tbody>${rows}</tbody></table>`,
  });
}
