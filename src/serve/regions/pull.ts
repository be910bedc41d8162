/** The client of a pull: one request to the server of a peer, over TLS with certificates on both sides. */

import { errorText } from '#plugin';
import { exchange, type Request } from '#plugin/http';
import { openHttp, usualDenial } from '#plugin/net';
import { readTls } from '../tls.ts';
import { ANSWER_BYTES, type PullPage, pullPageIn, type PullRequest } from './page.ts';
import type { Peer } from './settings.ts';

/** Longest time of a pull, in ms. */
const PULL_MS = 15_000;

/** The status of an answer to a pull with another list of regions. */
export const OTHER_REGIONS = 409;

/** Thrown for an answer that is not a page. */
export class PullError extends Error {
  override readonly name = 'PullError';
}

export type Pull = (peer: Peer, request: PullRequest, signal: AbortSignal) => Promise<PullPage>;

/** The path of pulls of a project. */
export function pullPath(project: string): string {
  return `/v1/projects/${project}/replication`;
}

/** A client for a project. The files of TLS are read for each pull, so that they can be replaced. Redirects are answers. */
export function pullOf(project: string, env: Readonly<Record<string, string | undefined>>): Pull {
  const denial = usualDenial(env);
  return async ({ name, url, files }, body, signal) => {
    const send = openHttp(denial, await readTls(files));
    const request: Request = {
      method: 'POST',
      url: new URL(pullPath(project), url),
      headers: { 'content-type': 'application/json', 'user-agent': 'fettle' },
      body: JSON.stringify(body),
    };
    const { status, body: text } = await exchange(send, request, { ms: PULL_MS, bytes: ANSWER_BYTES }, signal);
    if (status === OTHER_REGIONS)
      throw new PullError(
        'it has another CERT_REPLICATION_TARGET_REGIONS. Set the same names in the same order in every region',
      );
    if (status !== 200) throw new PullError(`the answer has the status ${status}`);
    const page = pullPageIn(text);
    if (page === undefined) throw new PullError('the answer is not a page of records');
    if (page.region !== name) throw new PullError(`the answer is from the region ${page.region}`);
    return page;
  };
}

export function pullProblem(error: unknown): string {
  return errorText(error);
}
