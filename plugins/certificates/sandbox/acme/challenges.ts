/** Authorizations and challenges of the emulated authority (RFC 8555, 7.5). */

import type { Authority } from './context.ts';
import { type Authz, type Challenge, iso, nameKey, stateOf } from './model.ts';
import { PERSIST } from './persist-record.ts';
import { malformed, RefusalError } from './refusal.ts';
import type { Answer, Asked, ServedEndpoint } from './server.ts';
import { validate } from './validate.ts';

const AUTHORIZATION_MS = 8 * 3_600_000;

export function challengeEndpoints(authority: Authority): readonly ServedEndpoint[] {
  const { options, authorizations, challenges: byChallenge, counts, requests, at, retryAfter } = authority;
  const { now, validation, caaIdentities } = options;

  function challengeBody({ account }: Authz, { id, type, token, status, error }: Challenge): object {
    const persist =
      type === PERSIST ? { 'issuer-domain-names': caaIdentities, accounturi: at(`account/${account.id}`) } : {};
    return { type, url: at(`challenge/${id}`), token, status, error, ...persist };
  }

  function authzAnswer(asked: Asked, id: string): Answer {
    const { account } = requests.byAccount(asked);
    const authz = authorizations.get(id);
    if (authz === undefined || authz.account !== account)
      throw new RefusalError('malformed', 404, 'the authorization does not exist');
    const { type, value, wildcard, challenges } = authz;
    const status = stateOf(authz);
    return {
      headers: status === 'pending' ? retryAfter : {},
      body: {
        status,
        identifier: { type, value },
        ...(wildcard ? { wildcard } : {}),
        expires: iso(now() + AUTHORIZATION_MS),
        challenges: challenges.map((each) => challengeBody(authz, each)),
      },
    };
  }

  function answerChallenge(asked: Asked, id: string): Answer {
    const { account, payload } = requests.byAccount(asked);
    const authz = byChallenge.get(id);
    const challenge = authz?.challenges.find((each) => each.id === id);
    if (authz === undefined || challenge === undefined || authz.account !== account)
      throw new RefusalError('malformed', 404, 'the challenge does not exist');
    if (payload !== undefined) {
      if (challenge.status !== 'pending' || stateOf(authz) !== 'pending')
        throw malformed(`the challenge is ${challenge.status}, not pending`);
      challenge.status = 'processing';
      void settle(authz, challenge);
    }
    return { headers: { link: `<${at(`authz/${authz.id}`)}>;rel="up"` }, body: challengeBody(authz, challenge) };
  }

  async function settle(authz: Authz, challenge: Challenge): Promise<void> {
    const { type, token = '' } = challenge;
    const { value, wildcard, account } = authz;
    const keyAuthorization = `${token}.${account.key.thumbprint}`;
    const permission = { issuers: caaIdentities, accountUri: at(`account/${account.id}`), wildcard, now: now() };
    const problem = await validate({ type, token, value, keyAuthorization, permission }, validation);
    challenge.status = problem === undefined ? 'valid' : 'invalid';
    if (problem === undefined) return;
    challenge.error = problem;
    counts.add('failuresPerName', `${authz.account.id} ${nameKey(authz)}`);
  }

  return [
    { name: 'authz', path: /^\/authz\/(\d+)$/u, post: authzAnswer },
    { name: 'challenge', path: /^\/challenge\/(\d+)$/u, post: answerChallenge },
  ];
}
