/** Signed requests to the emulated authority: their account or key, their nonce, and their payload. */

import type { Account } from './model.ts';
import { malformed, RefusalError } from './refusal.ts';
import type { Asked } from './server.ts';
import { type ClientKey, clientKeyOf, jsonOf, jwsOf, verifyJws } from './verify.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** A signed request whose signature is verified. */
export interface Signed {
  readonly url: string;
  readonly key: ClientKey;
  readonly account: Account | undefined;
  /** Undefined for a POST-as-GET. */
  readonly payload: Fields | undefined;
}

/** A request by an account. */
export interface ByAccount {
  readonly account: Account;
  /** Undefined for a POST-as-GET. */
  readonly payload: Fields | undefined;
}

export interface Requests {
  /** Verifies a request. `by`: the form of the key that it must have. */
  readonly signedBy: (asked: Asked, by: 'jwk' | 'kid' | 'either') => Signed;
  readonly byAccount: (asked: Asked) => ByAccount;
}

export function openRequests(
  accounts: ReadonlyMap<string, Account>,
  at: (path: string) => string,
  takeNonce: (nonce: unknown) => void,
): Requests {
  function accountBy(kid: unknown): Account {
    const account = typeof kid === 'string' ? accounts.get(kid.slice(at('account/').length)) : undefined;
    if (account === undefined || kid !== at(`account/${account.id}`))
      throw new RefusalError('accountDoesNotExist', 400, 'the account does not exist');
    return account;
  }

  function signedBy(asked: Asked, by: 'jwk' | 'kid' | 'either'): Signed {
    if (asked.contentType !== 'application/jose+json') throw malformed('the content type is not application/jose+json');
    const jws = jwsOf(jsonOf(asked.body, 'the body'));
    const { header, payload } = jws;
    const { jwk, kid } = header;
    const isForm = by === 'either' || (by === 'jwk') === (jwk !== undefined);
    if (!isForm || (jwk === undefined) === (kid === undefined))
      throw malformed(`the header must have the member ${by}`);
    const account = jwk === undefined ? accountBy(kid) : undefined;
    const key = account?.key ?? clientKeyOf(jwk);
    verifyJws(jws, key);
    takeNonce(header['nonce']);
    const url = at(asked.path.slice(1));
    if (header['url'] !== url) throw new RefusalError('unauthorized', 403, 'the header has the URL of another request');
    if (account?.status === 'deactivated') throw new RefusalError('unauthorized', 403, 'the account is deactivated');
    const fields = payload.length === 0 ? undefined : jsonOf(payload.toString(), 'the payload');
    return { url, key, account, payload: fields };
  }

  function byAccount(asked: Asked): ByAccount {
    const { account, payload } = signedBy(asked, 'kid');
    if (account === undefined) throw malformed('the request has no account');
    return { account, payload };
  }

  return { signedBy, byAccount };
}
