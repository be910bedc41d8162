/** Accounts of the emulated authority (RFC 8555, 7.3). */

import type { Authority } from './context.ts';
import type { Account } from './model.ts';
import { malformed, RefusalError } from './refusal.ts';
import type { Answer, Asked, ServedEndpoint } from './server.ts';
import { clientKeyOf, jsonOf, jwsOf, verifyBinding, verifyJws } from './verify.ts';

export function accountEndpoints({ options, accounts, at, requests, nextId }: Authority): readonly ServedEndpoint[] {
  const { externalAccounts } = options;

  function contactOf(value: unknown): readonly string[] {
    if (!Array.isArray(value)) throw malformed('contact is not a list');
    return value.map((each: unknown) => {
      if (typeof each !== 'string') throw malformed('a contact is not a text');
      if (!each.startsWith('mailto:'))
        throw new RefusalError('unsupportedContact', 400, 'only mailto: contacts are supported');
      if (!/^mailto:[^@\s]+@[^@\s]+\.[^@\s]+$/u.test(each))
        throw new RefusalError('invalidContact', 400, 'a contact is not an address');
      return each;
    });
  }

  function accountAnswer({ id, status, contact }: Account, code: number): Answer {
    const headers = { location: at(`account/${id}`) };
    return { status: code, headers, body: { status, contact, orders: at(`account/${id}/orders`) } };
  }

  function newAccount(asked: Asked): Answer {
    const { key, payload = {}, url } = requests.signedBy(asked, 'jwk');
    const known = [...accounts.values()].find((each) => each.key.thumbprint === key.thumbprint);
    if (known?.status === 'deactivated') throw new RefusalError('unauthorized', 403, 'the account is deactivated');
    if (known !== undefined) return accountAnswer(known, 200);
    if (payload['onlyReturnExisting'] === true)
      throw new RefusalError('accountDoesNotExist', 400, 'no account has this key');
    const contact = contactOf(payload['contact'] ?? []);
    if (payload['termsOfServiceAgreed'] !== true)
      throw new RefusalError('userActionRequired', 403, 'the terms of service must be agreed to');
    if (externalAccounts !== undefined) {
      const binding = payload['externalAccountBinding'];
      if (binding === undefined)
        throw new RefusalError('externalAccountRequired', 403, 'the account must be bound to an external one');
      verifyBinding(binding, key, url, externalAccounts);
    }
    const made: Account = { id: nextId(), key, status: 'valid', contact };
    accounts.set(made.id, made);
    return accountAnswer(made, 201);
  }

  function changeAccount(asked: Asked, id: string): Answer {
    const { account, payload = {} } = requests.byAccount(asked);
    if (account.id !== id) throw new RefusalError('unauthorized', 403, 'the account is another one');
    if (payload['contact'] !== undefined) account.contact = contactOf(payload['contact']);
    if (payload['status'] === 'deactivated') account.status = 'deactivated';
    return accountAnswer(account, 200);
  }

  function changeKey(asked: Asked): Answer {
    const { account, payload = {} } = requests.byAccount(asked);
    const inner = jwsOf(payload);
    const key = clientKeyOf(inner.header['jwk']);
    verifyJws(inner, key);
    const { account: named, oldKey } = jsonOf(inner.payload.toString(), 'the inner payload');
    if (inner.header['url'] !== at('key-change') || 'nonce' in inner.header)
      throw malformed('the inner header is not valid');
    if (named !== at(`account/${account.id}`) || clientKeyOf(oldKey).thumbprint !== account.key.thumbprint)
      throw malformed('the inner payload names another account or key');
    const taken = [...accounts.values()].find((each) => each.key.thumbprint === key.thumbprint);
    if (taken !== undefined)
      throw new RefusalError('malformed', 409, 'another account has this key', {
        headers: { location: at(`account/${taken.id}`) },
      });
    account.key = key;
    return accountAnswer(account, 200);
  }

  return [
    { name: 'new-account', path: /^\/new-account$/u, post: newAccount },
    { name: 'account', path: /^\/account\/(\d+)$/u, post: changeAccount },
    { name: 'key-change', path: /^\/key-change$/u, post: changeKey },
  ];
}
