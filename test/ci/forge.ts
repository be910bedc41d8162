/** A server that speaks what the workflows use of the APIs of GitHub and GitLab, over a real socket. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface User {
  readonly id: number;
  readonly login: string;
  /** A read-only token, as for a pull request from a fork. */
  readonly readOnly?: true;
}

export interface Comment {
  readonly id: number;
  readonly user: User;
  body: string;
}

export interface Status {
  readonly id: number;
  readonly sha: string;
  readonly user: User;
  readonly name: string;
  readonly state: string;
  readonly description: string;
}

/** A request for a merge that was merged. */
export interface Merged {
  readonly merge: string;
  readonly head: string;
  /** The repository that it came from. */
  readonly from: string;
}

export interface Forge {
  readonly address: string;
  readonly tokens: Map<string, User>;
  readonly comments: Comment[];
  readonly statuses: Status[];
  readonly merged: Merged[];
  /** Method and path of each request that was answered, and what did not fit: nothing that the workflows send. */
  readonly requests: string[];
  readonly close: () => void;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

type Handle = (match: readonly string[], user: User, body: Record<string, string>, url: URL) => Answer;

const ok = (body: unknown, status = 200): Answer => ({ status, body });

function page<T>(items: readonly T[], url: URL): readonly T[] {
  const size = Number(url.searchParams.get('per_page') ?? 20);
  const number = Number(url.searchParams.get('page') ?? 1);
  return items.slice((number - 1) * size, number * size);
}

function githubRoutes(forge: Forge): readonly (readonly [string, RegExp, Handle])[] {
  const repo = '^/repos/shop/infra';
  const shown = ({ id, user, body }: Comment) => ({ id, body, user: { login: user.login } });
  return [
    ['GET', new RegExp(`${repo}/issues/7/comments$`), (_m, _u, _b, url) => ok(page(forge.comments, url).map(shown))],
    [
      'POST',
      new RegExp(`${repo}/issues/7/comments$`),
      (_m, user, { body = '' }) => ok(shown(comment(forge, user, body)), 201),
    ],
    [
      'PATCH',
      new RegExp(`${repo}/issues/comments/(\\d+)$`),
      ([, id], user, { body = '' }) => edit(forge, Number(id), user, body),
    ],
    [
      'POST',
      new RegExp(`${repo}/statuses/([0-9a-f]{40})$`),
      ([, sha = ''], user, { context = '', state = '', description = '' }) =>
        description.length > 140
          ? ok({ message: 'description is too long' }, 422)
          : ok(status(forge, { sha, user, name: context, state, description }), 201),
    ],
    [
      'GET',
      new RegExp(`${repo}/commits/([0-9a-f]{40})/statuses$`),
      ([, sha], _u, _b, url) =>
        ok(
          page(forge.statuses.filter((each) => each.sha === sha).toReversed(), url).map((each) => ({
            context: each.name,
            state: each.state,
            description: each.description,
            creator: { login: each.user.login, type: each.user.login.endsWith('[bot]') ? 'Bot' : 'User' },
          })),
        ),
    ],
    [
      'GET',
      new RegExp(`${repo}/commits/([0-9a-f]{40})/pulls$`),
      ([, sha]) =>
        ok(
          forge.merged
            .filter(({ merge, head }) => merge === sha || head === sha)
            .map(({ merge, head, from }) => ({
              number: 7,
              merged_at: '2026-01-01T00:00:00Z',
              merge_commit_sha: merge,
              base: { ref: 'main' },
              head: { sha: head, repo: { full_name: from } },
            })),
        ),
    ],
  ];
}

function gitlabRoutes(forge: Forge): readonly (readonly [string, RegExp, Handle])[] {
  const project = '^/projects/42';
  const shown = ({ id, user, body }: Comment) => ({ id, body, author: { id: user.id } });
  return [
    ['GET', /^\/user$/, (_m, { id, login }) => ok({ id, username: login })],
    [
      'GET',
      new RegExp(`${project}/merge_requests/7/notes$`),
      (_m, _u, _b, url) => ok(page(forge.comments, url).map(shown)),
    ],
    [
      'POST',
      new RegExp(`${project}/merge_requests/7/notes$`),
      (_m, user, { body = '' }) => ok(shown(comment(forge, user, body)), 201),
    ],
    [
      'PUT',
      new RegExp(`${project}/merge_requests/7/notes/(\\d+)$`),
      ([, id], user, { body = '' }) => edit(forge, Number(id), user, body),
    ],
    [
      'POST',
      new RegExp(`${project}/statuses/([0-9a-f]{40})$`),
      ([, sha = ''], user, { name = '', state = '', description = '' }) =>
        ok(status(forge, { sha, user, name, state, description }), 201),
    ],
    [
      'GET',
      new RegExp(`${project}/repository/commits/([0-9a-f]{40})/statuses$`),
      ([, sha], _u, _b, url) =>
        ok(
          page(
            forge.statuses.filter((each) => each.sha === sha && each.name === url.searchParams.get('name')),
            url,
          ).map(({ id, name, state, description, user }) => ({
            id,
            name,
            status: state,
            description,
            author: { id: user.id },
          })),
        ),
    ],
    [
      'GET',
      new RegExp(`${project}/repository/commits/([0-9a-f]{40})/merge_requests$`),
      ([, sha]) =>
        ok(
          forge.merged
            .filter(({ merge, head }) => merge === sha || head === sha)
            .map(({ merge, head, from }) => ({
              iid: 7,
              state: 'merged',
              merge_commit_sha: merge,
              squash_commit_sha: null,
              sha: head,
              target_branch: 'main',
              source_project_id: Number(from),
            })),
        ),
    ],
  ];
}

function comment({ comments }: Forge, user: User, body: string): Comment {
  const made = { id: comments.length + 1, user, body };
  comments.push(made);
  return made;
}

function edit({ comments }: Forge, id: number, user: User, body: string): Answer {
  const found = comments.find((each) => each.id === id);
  if (found === undefined) return ok({ message: 'Not Found' }, 404);
  if (found.user.id !== user.id) return ok({ message: 'Forbidden' }, 403);
  found.body = body;
  return ok({ id });
}

function status({ statuses }: Forge, made: Omit<Status, 'id'>): Status {
  const all = { id: statuses.length + 1, ...made };
  statuses.push(all);
  return all;
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** Starts one of the two. */
export async function startForge(kind: 'github' | 'gitlab'): Promise<Forge> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://forge.test');
    const token =
      kind === 'github' ? request.headers.authorization?.replace(/^Bearer /u, '') : request.headers['private-token'];
    const user = forge.tokens.get(String(token));
    const text = await textOf(request);
    forge.requests.push(`${request.method} ${url.pathname}`);
    const send = ({ status: code, body }: Answer): void => {
      response.writeHead(code, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    };
    if (user === undefined) return send(ok({ message: 'Unauthorized' }, 401));
    if (request.method !== 'GET' && user.readOnly === true) return send(ok({ message: 'Forbidden' }, 403));
    const routes = kind === 'github' ? githubRoutes(forge) : gitlabRoutes(forge);
    for (const [method, pattern, handle] of routes) {
      const match = method === request.method ? pattern.exec(url.pathname) : null;
      if (match !== null)
        return send(handle([...match], user, text === '' ? {} : (JSON.parse(text) as Record<string, string>), url));
    }
    return send(ok({ message: 'Not Found' }, 404));
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const forge: Forge = {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokens: new Map(),
    comments: [],
    statuses: [],
    merged: [],
    requests: [],
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return forge;
}
