/** Emulated services on real sockets: Hetzner's API of zones, and a server of acme-dns. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Readonly<Record<string, unknown>>;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

async function bodyOf(request: IncomingMessage): Promise<Asked['body']> {
  let text = '';
  for await (const part of request.setEncoding('utf8') as AsyncIterable<string>) text += part;
  return text === '' ? {} : (JSON.parse(text) as Asked['body']);
}

async function serving(answer: (asked: Asked) => Reply): Promise<string> {
  const reply = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '', headers } = request;
    const { status, body } = answer({ method, path: url, headers, body: await bodyOf(request) });
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const server = createServer((request, response) => void reply(request, response));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface EmulatedAction {
  readonly id: number;
  polls: number;
}

export interface EmulatedZones {
  readonly endpoint: string;
  readonly token: string;
  /** Values of the TXT records by full name. */
  readonly texts: Map<string, string[]>;
  readonly ttls: Map<string, number>;
  readonly asked: readonly Asked[];
  /** Answers the next matching request instead. */
  readonly fault: (match: RegExp, reply: Reply, before?: () => void) => void;
  /** Ends the following actions with this error. */
  failActions: string | undefined;
}

const refusal = (status: number, code: string, message: string): Reply => ({
  status,
  body: { error: { code, message, details: null } },
});

/** Polls after which an action has ended. */
const POLLS = 2;

/** Zones with TXT records. An action that adds or removes records runs until it was asked for twice. */
export async function hetznerZones(zones: readonly string[]): Promise<EmulatedZones> {
  const token = 'test-token';
  const texts = new Map<string, string[]>();
  const ttls = new Map<string, number>();
  const asked: Asked[] = [];
  const faults: { match: RegExp; reply: Reply; before: () => void }[] = [];
  const actions: EmulatedAction[] = [];
  const shownAction = ({ id, polls }: EmulatedAction): object => {
    const failed = emulated.failActions;
    const status = polls > 0 ? 'running' : failed === undefined ? 'success' : 'error';
    const error = status === 'error' ? { code: 'action_failed', message: failed } : null;
    return { id, command: 'add_rrset_records', status, progress: 0, error };
  };
  const begin = (): Reply => {
    const action = { id: actions.length + 1, polls: POLLS };
    actions.push(action);
    return { status: 201, body: { action: shownAction(action) } };
  };
  const change = (name: string, verb: string, body: Asked['body']): Reply => {
    const values = (body['records'] as readonly { readonly value: string }[]).map(({ value }) => value);
    const there = texts.get(name) ?? [];
    if (!values.every((value) => /^"[^"\\]{1,255}"$/u.test(value)))
      return refusal(422, 'invalid_input', 'invalid TXT value');
    if (verb === 'add') {
      if (values.some((value) => there.includes(value)))
        return refusal(409, 'uniqueness_error', 'record already exists');
      const ttl = body['ttl'] as number | undefined;
      if (ttl !== undefined && ttls.has(name) && ttls.get(name) !== ttl) return refusal(409, 'conflict', 'other ttl');
      ttls.set(name, ttl ?? ttls.get(name) ?? 3600);
      texts.set(name, [...there, ...values]);
      return begin();
    }
    if (values.some((value) => !there.includes(value))) return refusal(422, 'invalid_input', 'record not found');
    const left = there.filter((value) => !values.includes(value));
    if (left.length > 0) texts.set(name, left);
    else {
      texts.delete(name);
      ttls.delete(name);
    }
    return begin();
  };
  const answer = (request: Asked): Reply => {
    asked.push(request);
    const { method, path, headers, body } = request;
    if (headers.authorization !== `Bearer ${token}`) return refusal(401, 'unauthorized', 'unable to authenticate');
    const index = faults.findIndex(({ match }) => match.test(`${method} ${path}`));
    const [fault] = index < 0 ? [] : faults.splice(index, 1);
    if (fault !== undefined) {
      fault.before();
      return fault.reply;
    }
    const [, zone = ''] = /^\/v1\/zones\/([^/]+)/u.exec(path) ?? [];
    const [, set = '', verb] = /\/rrsets\/([^/]+)\/TXT(?:\/actions\/(add|remove)_records)?$/u.exec(path) ?? [];
    const id = /^\/v1\/actions\?id=(\d+)$/u.exec(path)?.[1];
    if (id !== undefined) {
      const action = actions.find((each) => each.id === Number(id));
      if (action !== undefined && action.polls > 0) action.polls -= 1;
      return { status: 200, body: { actions: action === undefined ? [] : [shownAction(action)] } };
    }
    if (!zones.includes(zone)) return refusal(404, 'not_found', 'zone not found');
    if (set === '') return { status: 200, body: { zone: { id: 42, name: zone } } };
    const name = set === '%40' ? zone : `${set}.${zone}`;
    if (method === 'POST') return change(name, verb ?? '', body);
    const records = texts.get(name)?.map((value) => ({ value, comment: '' }));
    if (records === undefined) return refusal(404, 'not_found', 'rrset not found');
    return {
      status: 200,
      body: { rrset: { id: `${set}/TXT`, name: set, type: 'TXT', ttl: ttls.get(name) ?? null, records } },
    };
  };
  const endpoint = `${await serving(answer)}/v1`;
  const fault: EmulatedZones['fault'] = (match, reply, before = () => {}) => void faults.push({ match, reply, before });
  const emulated: EmulatedZones = { endpoint, token, texts, ttls, asked, fault, failActions: undefined };
  return emulated;
}

export interface EmulatedAcmeDns {
  readonly url: string;
  readonly account: { readonly username: string; readonly password: string; readonly subdomain: string };
  /** The two last values. */
  readonly values: string[];
  reply: Reply | undefined;
}

/** A server of acme-dns with one account. Answers and headers are those of its README. */
export async function acmeDnsServer(): Promise<EmulatedAcmeDns> {
  const account = {
    username: 'c36f50e8-4632-44f0-83fe-e070fef28a10',
    password: 'htB9mR9DYgcu9bX_afHF62erXaH2TS7bg9KW3F7Z',
    subdomain: '8e5700ea-a4bf-41c7-8a77-e990661dcc6a',
  };
  const values: string[] = [];
  const url = await serving(({ method, path, headers, body }) => {
    if (emulated.reply !== undefined) return emulated.reply;
    if (method !== 'POST' || path !== '/update') return { status: 404, body: {} };
    const isOwn =
      headers['x-api-user'] === account.username &&
      headers['x-api-key'] === account.password &&
      body['subdomain'] === account.subdomain;
    if (!isOwn) return { status: 401, body: { error: 'forbidden' } };
    const { txt } = body;
    if (typeof txt !== 'string' || !/^[A-Za-z0-9_-]{43}$/u.test(txt))
      return { status: 400, body: { error: 'bad_txt' } };
    values.push(txt);
    if (values.length > 2) values.shift();
    return { status: 200, body: { txt } };
  });
  const emulated: EmulatedAcmeDns = { url, account, values, reply: undefined };
  return emulated;
}
