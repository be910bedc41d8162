/** Requests to an API server of Kubernetes, emulated or real, over one pool of connections. */

import { Agent, request } from 'node:https';
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { encode, isTree, parseValue, textAt, type Tree, type Value } from '../../../plugins/fabric/sandbox/value.ts';

/** Address and credentials of an API server. */
export interface ApiServer {
  readonly url: string;
  /** PEM. */
  readonly ca: string;
  /** Bearer tokens by user: `admin` may do everything. */
  readonly tokens: Readonly<Record<string, string>>;
  /** A kubeconfig for a user's token. */
  readonly kubeconfig: (user: string) => string;
  /** Forgets all changes up to now: lists and watches cannot start before them. */
  readonly compact: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface ApiAnswer {
  readonly code: number;
  /** The parsed body; null for text that is not JSON. */
  readonly body: Value;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface ApiRequest {
  readonly method?: string;
  readonly body?: Value | string;
  readonly type?: string;
  readonly user?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Api {
  readonly send: (path: string, request?: ApiRequest) => Promise<ApiAnswer>;
  readonly apply: (path: string, object: Tree, manager?: string) => Promise<ApiAnswer>;
  /** Reads a stream until `take` returns true, its end, or a time in ms. Answers other than 200 have no chunks. */
  readonly stream: (path: string, ms: number, take: (chunk: string) => boolean) => Promise<void>;
  readonly close: () => void;
}

function valueOf(text: string): Value {
  try {
    return parseValue(text);
  } catch {
    return null;
  }
}

export function openApi({ url, ca, tokens }: Pick<ApiServer, 'url' | 'ca' | 'tokens'>): Api {
  const agent = new Agent({ keepAlive: true, maxSockets: 16, ca });
  const send: Api['send'] = (
    path,
    { method = 'GET', body, type = 'application/json', user = 'admin', headers = {} } = {},
  ) =>
    new Promise((resolve, reject) => {
      const token = tokens[user];
      // Node.js would send a body of DELETE without its length.
      const text = body === undefined ? '' : typeof body === 'string' ? body : encode(body);
      const all = {
        'content-length': String(Buffer.byteLength(text)),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': type }),
        'user-agent': 'tests/1',
        ...headers,
      };
      const sent = request(`${url}${path}`, { method, agent, headers: all }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
        answer.on('end', () => {
          const received = Buffer.concat(chunks).toString();
          resolve({ code: answer.statusCode ?? 0, body: valueOf(received), text: received, headers: answer.headers });
        });
      });
      sent.on('error', reject).end(text);
    });
  return {
    send,
    apply: (path, object, manager = 'fettle') =>
      send(`${path}${path.includes('?') ? '&' : '?'}fieldManager=${manager}`, {
        method: 'PATCH',
        type: 'application/apply-patch+yaml',
        body: object,
      }),
    stream: (path, ms, take) =>
      new Promise((resolve, reject) => {
        const headers = { authorization: `Bearer ${tokens['admin'] ?? ''}` };
        const sent = request(`${url}${path}`, { ca, headers }, (answer) => {
          answer.setEncoding('utf8');
          answer.on('error', () => resolve()).on('end', () => resolve());
          answer.on('data', (chunk: string) => {
            if (answer.statusCode === 200 && take(chunk)) sent.destroy();
          });
        });
        const timer = setTimeout(() => sent.destroy(), ms);
        sent.on('close', () => {
          clearTimeout(timer);
          resolve();
        });
        sent.on('error', (error) => (sent.destroyed ? resolve() : reject(error)));
        sent.end();
      }),
    close: () => agent.destroy(),
  };
}

/** The objects of a file of YAML documents. */
export function objectsIn(file: string): readonly Tree[] {
  return parseAllDocuments(readFileSync(file, 'utf8'), { version: '1.1' })
    .map((document) => document.toJS() as unknown)
    .filter(isTree);
}

/** One line of a watch. */
export interface WatchLine {
  readonly type: string;
  readonly object: Value;
}

/** Reads a watch up to a number of lines, its end, or a time in ms. */
export async function watchLines(api: Api, path: string, count: number, ms: number): Promise<readonly WatchLine[]> {
  const lines: WatchLine[] = [];
  const isDone = (): boolean => lines.length >= count;
  let rest = '';
  await api.stream(path, ms, (chunk) => {
    const parts = `${rest}${chunk}`.split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const line = parseValue(part);
      if (isTree(line)) lines.push({ type: textAt(line, 'type'), object: line['object'] ?? null });
    }
    return isDone();
  });
  return lines.slice(0, count);
}
