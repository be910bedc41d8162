/** Forms of pages: their token and their fields. `app.ts` refuses a form that a page of another site sent. */

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { rawBody } from './body.ts';

const BODY_LIMIT = 64 * 1024;

/** The tokens of one process. A page from before its start has no valid token. */
export class FormTokens {
  readonly #key = randomBytes(32);

  /** The token of a caller for the forms of a project. */
  of(caller: string, project: string): string {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([caller, project]))
      .digest('base64url');
  }

  isValid(token: string, caller: string, project: string): boolean {
    const [given, right] = [token, this.of(caller, project)].map((each) =>
      createHmac('sha256', this.#key).update(each).digest(),
    );
    return given !== undefined && right !== undefined && timingSafeEqual(given, right);
  }
}

/** The fields of a form; undefined for a body that is not one. */
export async function formIn(incoming: IncomingMessage): Promise<URLSearchParams | undefined> {
  if (!/^application\/x-www-form-urlencoded\b/u.test(incoming.headers['content-type'] ?? '')) return undefined;
  const body = await rawBody(incoming, BODY_LIMIT);
  return typeof body === 'string' ? undefined : new URLSearchParams(body.toString());
}
