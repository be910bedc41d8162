/** The route of pulls: only a peer that its certificate names may pull, and only its own share. */

import type { Answer } from '../answers/question.ts';
import { REQUEST_BYTES } from '../regions/page.ts';
import { pullPath } from '../regions/pull.ts';
import type { Route } from './app.ts';
import { rawBody } from './body.ts';
import { jsonReply, textReply } from './reply.ts';

/** One project that regions replicate. */
export interface ServedRegions {
  readonly project: string;
  /** The answer to the pull of a region. */
  readonly answer: (region: string, body: string) => Promise<Answer>;
}

export function regionRoutes(served: readonly ServedRegions[]): readonly Route[] {
  return served.map(
    ({ project, answer }): Route => ({
      method: 'POST',
      path: pullPath(project),
      role: 'replicate',
      answer: async ({ env }, { name }) => {
        const body = await rawBody(env.incoming, REQUEST_BYTES);
        if (typeof body === 'string')
          return jsonReply(
            413,
            { ok: false, error: 'too_large', message: 'the body is too large' },
            { connection: 'close' },
          );
        const { status, text } = await answer(name, body.toString());
        return textReply(status, 'application/json', `${text}\n`);
      },
    }),
  );
}
