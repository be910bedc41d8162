/** The routes of endpoints: the process that reads answers them, and an order is durable before its answer is sent. */

import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { type Endpoint, type EndpointOrder, errorText, type Json } from '#plugin';
import type { Caller } from '../access.ts';
import { type Announced, endpointName } from '../answers/answerer.ts';
import type { Answer, EndpointQuestion, Question } from '../answers/question.ts';
import type { Changes } from '../changes.ts';
import { fieldValues, queryFields } from '../answers/fields.ts';
import { planForm, roundsForm } from '../answers/daemon-forms.ts';
import type { Deposited } from '../deposits.ts';
import type { Route, RouteContext } from './app.ts';
import { rawBody } from './body.ts';
import { projectPath } from './events-route.ts';
import { bytesReply, jsonReply, textReply } from './reply.ts';

/** One project, for its routes. */
export interface ServedApi {
  readonly project: string;
  readonly ask: (question: Question) => Promise<Answer>;
  /** The plan of the last round: JSON, by gzip. Undefined without one. */
  readonly plan: () => Uint8Array<ArrayBuffer> | undefined;
  /** Deposits an order of a caller, and wakes a round. */
  readonly order: (order: EndpointOrder, by: string) => Promise<Deposited>;
  /** Records that a caller starts a round that refreshes every resource, and starts it. */
  readonly refresh: (by: string) => Promise<Deposited>;
  readonly changes: Changes;
  /** The line about the last round. */
  readonly lastRound: string | undefined;
}

const BODY_LIMIT = 16 * 1024;

/** The parsed body; `undefined` for an empty one. Throws for text that is not JSON. */
async function bodyOf(incoming: IncomingMessage): Promise<Json | undefined> {
  const body = await rawBody(incoming, BODY_LIMIT);
  if (typeof body === 'string')
    throw new Error(body === 'gone' ? 'the body is not complete' : `the body is larger than ${BODY_LIMIT} bytes`);
  const text = body.toString().trim();
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new Error('the body is not valid JSON');
  }
}

function mistake(error: unknown): Response {
  return jsonReply(400, { ok: false, error: 'field', message: errorText(error) }, { connection: 'close' });
}

const DEPOSIT_STATUS: Readonly<Record<Exclude<Deposited, 'deposited'>, number>> = {
  too_large: 413,
  inbox_full: 503,
  busy: 503,
  failed: 503,
};

function notDurable(deposited: Exclude<Deposited, 'deposited'>): Response {
  return jsonReply(
    DEPOSIT_STATUS[deposited],
    { ok: false, error: deposited, message: 'the order could not be made durable. Send it again' },
    { 'retry-after': '5' },
  );
}

/** The parsed query and body, or the answer to a request with a mistake in one of them. */
async function givenIn(
  context: RouteContext,
  method: Announced['method'],
): Promise<Pick<EndpointQuestion, 'query' | 'body'> | Response> {
  try {
    const body = method === 'GET' ? undefined : await bodyOf(context.env.incoming);
    return { query: queryFields(new URL(context.req.url).searchParams), body };
  } catch (error) {
    return mistake(error);
  }
}

async function answered(
  api: ServedApi,
  announced: Announced,
  context: RouteContext,
  { name }: Caller,
): Promise<Response> {
  const given = await givenIn(context, announced.method);
  if (given instanceof Response) return given;
  const question: EndpointQuestion = { endpoint: endpointName(announced), params: context.req.param(), ...given };
  const { status, text, order } = await api.ask(question);
  if (order !== undefined) {
    // The endpoint asks for the role, and a process that answers must not give an order by itself.
    if (announced.role !== 'operate') throw new Error(`${question.endpoint} gives an order without the role operate`);
    const deposited = await api.order(order, name);
    if (deposited !== 'deposited') return notDurable(deposited);
  }
  return textReply(status, 'application/json', `${text}\n`);
}

/** The answer to a request with a mistake, for an endpoint that the daemon answers by itself; undefined without one. */
async function mistakeIn(
  context: RouteContext,
  { method, query, body }: Pick<Endpoint, 'method' | 'query' | 'body'>,
): Promise<Response | undefined> {
  const given = await givenIn(context, method);
  if (given instanceof Response) return given;
  try {
    fieldValues(query, given.query);
    fieldValues(body, given.body === undefined ? {} : given.body);
    return undefined;
  } catch (error) {
    return mistake(error);
  }
}

async function refreshed(api: ServedApi, context: RouteContext, { name }: Caller): Promise<Response> {
  const wrong = await mistakeIn(context, roundsForm);
  if (wrong !== undefined) return wrong;
  const deposited = await api.refresh(name);
  return deposited === 'deposited' ? jsonReply(202, { ok: true, status: 'ordered' }) : notDurable(deposited);
}

const unzipped = promisify(gunzip);

/** The plan as the round packed it. The daemon does not parse it: the plan of a large project would hold up everything else. */
async function planned(api: Pick<ServedApi, 'plan'>, context: RouteContext): Promise<Response> {
  const wrong = await mistakeIn(context, planForm);
  if (wrong !== undefined) return wrong;
  const packed = api.plan();
  if (packed === undefined)
    return jsonReply(404, { ok: false, error: 'not_found', message: 'the project has not been refreshed yet' });
  const headers = { 'content-type': 'application/json', vary: 'accept-encoding' };
  return /\bgzip\b/u.test(context.req.header('accept-encoding') ?? '')
    ? bytesReply(packed, { ...headers, 'content-encoding': 'gzip' })
    : bytesReply(new Uint8Array(await unzipped(packed)), headers);
}

/** The paths of each project, and the plain ones if only one project is served. */
export function apiRoutes(apis: readonly ServedApi[], endpoints: readonly Announced[]): readonly Route[] {
  const paths = (project: string, path: string): readonly string[] => [
    projectPath(project, path),
    ...(apis.length === 1 ? [path] : []),
  ];
  return apis.flatMap((api) => [
    ...endpoints.flatMap((announced) =>
      paths(api.project, announced.path).map(
        (path): Route => ({
          method: announced.method,
          path,
          role: announced.role,
          answer: (context, caller) => answered(api, announced, context, caller),
        }),
      ),
    ),
    ...paths(api.project, planForm.path).map(
      (path): Route => ({
        method: planForm.method,
        path,
        role: planForm.role,
        answer: (context) => planned(api, context),
      }),
    ),
    ...paths(api.project, roundsForm.path).map(
      (path): Route => ({
        method: roundsForm.method,
        path,
        role: roundsForm.role,
        answer: (context, caller) => refreshed(api, context, caller),
      }),
    ),
  ]);
}
