/** The routes of pages, their forms, their stream of changes, and what they load. The process that reads renders them. */

import type { Caller } from '../access.ts';
import { MOST_TEXT } from '../answers/fields.ts';
import { FAVICON, STYLE } from '../pages/style.ts';
import { messagePage, projectsPage } from '../pages/frame.ts';
import { type Base, isItem, isVerb, PAGES, type PageName, type Verb } from '../pages/paths.ts';
import { SCRIPT } from '../pages/script.ts';
import type { ServedApi } from './api-routes.ts';
import type { Route, RouteContext } from './app.ts';
import { FormTokens, formIn } from './forms.ts';
import { assetReply, pageReply, seeOther, textReply } from './reply.ts';
import { streamReply } from './stream.ts';

interface Site {
  readonly api: ServedApi;
  readonly base: Base;
  readonly tokens: FormTokens;
}

function searchOf({ env }: RouteContext): string {
  const { url = '' } = env.incoming;
  const at = url.indexOf('?');
  return at === -1 ? '' : url.slice(at);
}

/** The path alone: a request may name another origin before it. */
function pathOf({ env }: RouteContext): string {
  return URL.parse(env.incoming.url ?? '', 'http://localhost')?.pathname ?? '/';
}

/** JSON for a path that ends with `.json`, and for a caller that asks for JSON alone. */
function formatOf(context: RouteContext): 'html' | 'json' {
  if (pathOf(context).endsWith('.json')) return 'json';
  const accept = context.req.header('accept') ?? '';
  return accept.includes('application/json') && !accept.includes('text/html') ? 'json' : 'html';
}

/** The address in a path: without the ending of its JSON. */
function addressOf(context: RouteContext): string {
  const address = context.req.param('address') ?? '';
  return pathOf(context).endsWith('.json') ? address.slice(0, -'.json'.length) : address;
}

async function pageAnswer(
  { api, base, tokens }: Site,
  page: PageName,
  context: RouteContext,
  caller: Caller,
): Promise<Response> {
  const format = formatOf(context);
  const { name, roles } = caller;
  const viewer = { name, operates: roles.has('operate'), csrf: tokens.of(name, api.project) };
  const { status, text, html } = await api.ask({
    page,
    address: addressOf(context),
    search: searchOf(context),
    format,
    base,
    viewer,
  });
  if (format === 'json') return textReply(status, 'application/json', `${text}\n`);
  if (html === true) return pageReply(status, text);
  return pageReply(status, messagePage('No answer', `${messageIn(text)}.`, { base, project: api.project }));
}

/** The message of an answer that is not a page. */
function messageIn(text: string): string {
  const { message } = JSON.parse(text) as { readonly message?: string };
  return message ?? 'the answer failed';
}

function refused({ api, base }: Site, status: number, message: string): Response {
  const title = 'The form was not accepted';
  return pageReply(status, messagePage(title, `${message}.`, { base, project: api.project }), { connection: 'close' });
}

function notDurable(site: Site): Response {
  return refused(site, 503, 'the order could not be made durable. Send the form again');
}

/** The address of the page that sent a form, with the verb of its order. */
function backTo(context: RouteContext, verb: Verb): string {
  const query = new URLSearchParams(searchOf(context));
  query.set('ordered', verb);
  return `${pathOf(context)}?${query.toString()}`;
}

async function formAnswer(site: Site, context: RouteContext, { name }: Caller): Promise<Response> {
  const { api, tokens } = site;
  const { incoming } = context.env;
  const form = await formIn(incoming);
  if (form === undefined) return refused(site, 400, 'the request is not a form of this page');
  if (!tokens.isValid(form.get('csrf') ?? '', name, api.project))
    return refused(
      site,
      403,
      'the token of the form is not valid, because the daemon has been started again. Load the page again',
    );
  const verb = form.get('action');
  if (!isVerb(verb)) return refused(site, 400, 'the form does not name a decision');
  if (verb === 'refresh') {
    if ((await api.refresh(name)) !== 'deposited') return notDurable(site);
    return seeOther(backTo(context, verb));
  }
  const reason = form.get('reason')?.trim() ?? '';
  if (reason.length > MOST_TEXT) return refused(site, 400, `the reason has more than ${MOST_TEXT} characters`);
  const asked = { verb, ids: form.getAll('id'), by: name, ...(reason === '' ? {} : { reason }) };
  const { status, text, order } = await api.ask({ form: asked });
  if (status !== 202) return refused(site, status, messageIn(text));
  if (order !== undefined && (await api.order(order, name)) !== 'deposited') return notDurable(site);
  return seeOther(backTo(context, verb));
}

/** Pages with forms. */
const ACTING: ReadonlySet<PageName> = new Set(['events', 'incidents', 'runs', 'resource']);

function siteRoutes(site: Site): readonly Route[] {
  const { api, base } = site;
  return [
    ...(Object.keys(PAGES) as PageName[]).flatMap((name): readonly Route[] => {
      const { path } = PAGES[name];
      const paths = isItem(name)
        ? [`${base}${path}/:address{.+}`]
        : [`${base}${path}`, `${base}${name === 'fleet' ? '/fleet' : path}.json`];
      const acted = ACTING.has(name) ? paths.slice(0, 1) : [];
      return [
        ...paths.map(
          (each): Route => ({
            method: 'GET',
            path: each,
            role: 'read',
            answer: (context, caller) => pageAnswer(site, name, context, caller),
          }),
        ),
        ...acted.map(
          (each): Route => ({
            method: 'POST',
            path: each,
            role: 'operate',
            answer: (context, caller) => formAnswer(site, context, caller),
          }),
        ),
      ];
    }),
    { method: 'GET', path: `${base}/stream`, role: 'read', answer: ({ req }) => streamReply(api.changes, req.method) },
  ];
}

function assetRoute(path: string, type: string, text: string): Route {
  return { method: 'GET', path, role: 'read', answer: () => assetReply(type, text) };
}

/** The pages of each project below `/p/NAME`, and on the plain paths if only one project is served. */
export function pageRoutes(apis: readonly ServedApi[]): readonly Route[] {
  const tokens = new FormTokens();
  const projects: Route = {
    method: 'GET',
    path: '/',
    role: 'read',
    answer: () =>
      pageReply(200, projectsPage(apis.map(({ project, lastRound }) => ({ name: project, text: lastRound })))),
  };
  return [
    assetRoute('/style.css', 'text/css; charset=utf-8', STYLE),
    assetRoute('/app.js', 'text/javascript; charset=utf-8', SCRIPT),
    assetRoute('/favicon.svg', 'image/svg+xml', FAVICON),
    ...(apis.length > 1 ? [projects] : []),
    ...apis.flatMap((api) =>
      [`/p/${api.project}`, ...(apis.length === 1 ? [''] : [])].flatMap((base) => siteRoutes({ api, base, tokens })),
    ),
  ];
}
