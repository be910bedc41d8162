/** Requests to an API server of Kubernetes, emulated or real, over one pool of connections. */

import { Agent, request } from 'node:https';
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { encode, isTree, parseValue, type Tree, type Value } from '../../../plugins/fabric/sandbox/value.ts';

/** Address and credentials of an API server. */
export interface ApiServer {
  readonly url: string;
  /** PEM. */
  readonly ca: string;
  /** Bearer tokens by user: `admin` may do everything. */
  readonly tokens: Readonly<Record<string, string>>;
  /** A kubeconfig for a user's token. */
  readonly kubeconfig: (user: string) => string;
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
      const all = {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': type }),
        'user-agent': 'tests/1',
        ...headers,
      };
      const sent = request(`${url}${path}`, { method, agent, headers: all }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ code: answer.statusCode ?? 0, body: valueOf(text), text, headers: answer.headers });
        });
      });
      sent.on('error', reject).end(body === undefined ? undefined : typeof body === 'string' ? body : encode(body));
    });
  return {
    send,
    apply: (path, object, manager = 'fettle') =>
      send(`${path}${path.includes('?') ? '&' : '?'}fieldManager=${manager}`, {
        method: 'PATCH',
        type: 'application/apply-patch+yaml',
        body: object,
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
