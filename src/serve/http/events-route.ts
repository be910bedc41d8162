/** The routes of events: headers and exact bytes in, the answer of the intake out. */

import type { IncomingMessage } from 'node:http';
import type { EventRequest } from '#plugin';
import type { Intake } from '../intake.ts';
import type { Route } from './app.ts';
import { rawBody } from './body.ts';
import { jsonReply, plainReply } from './reply.ts';

/** By lower-case name. Node's own form joins or drops a header that was sent more than once. */
function headersOf({ rawHeaders }: IncomingMessage): EventRequest['headers'] {
  const headers: Record<string, string | readonly string[]> = Object.create(null) as Record<string, string>;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase() ?? '';
    const value = rawHeaders[i + 1] ?? '';
    const before = headers[name];
    headers[name] = before === undefined ? value : [...[before].flat(), value];
  }
  return headers;
}

async function receive(incoming: IncomingMessage, intake: Intake, plugin: string, limit: number): Promise<Response> {
  const body = await rawBody(incoming, limit);
  if (body === 'gone') return plainReply(400, 'the body is not complete');
  const isWhole = body !== 'too-large';
  const {
    status,
    body: answer,
    retryAfter,
  } = await intake.take(plugin, headersOf(incoming), isWhole ? body : undefined);
  return jsonReply(status, answer, {
    // The rest of a body that was not read is not the next request.
    ...(isWhole ? {} : { connection: 'close' }),
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
  });
}

/** `/v1/domains/cert-events` of a project: `/v1/projects/shop/domains/cert-events`. */
export function projectPath(project: string, path: string): string {
  return `/v1/projects/${project}${path.replace(/^\/v1(?=\/)/u, '')}`;
}

/** The paths of each project, and the plain ones if only one project is served. */
export function eventRoutes(intakes: readonly Intake[]): readonly Route[] {
  return intakes.flatMap((intake) =>
    intake.paths.flatMap(({ path, plugin, bodyLimit }) =>
      [projectPath(intake.project, path), ...(intakes.length === 1 ? [path] : [])].map(
        (each): Route => ({
          method: 'POST',
          path: each,
          answer: ({ env }) => receive(env.incoming, intake, plugin, bodyLimit),
        }),
      ),
    ),
  );
}
