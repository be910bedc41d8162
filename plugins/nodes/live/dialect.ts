/** Conventions of the provider's API: headers and errors. */

import { type Dialect, readShape } from '#plugin/http';
import { faultShape } from './answers.ts';
import type { Token } from './token.ts';

/** The fields that the API names in an error: `details.fields[{name, messages}]`. */
function fieldsIn(body: unknown): string {
  const details = (body as { readonly error?: { readonly details?: { readonly fields?: unknown } } }).error?.details;
  const fields = Array.isArray(details?.fields) ? (details.fields as readonly unknown[]) : [];
  const named = fields.slice(0, 10).flatMap((field) => {
    const { name, messages } = (field ?? {}) as { readonly name?: unknown; readonly messages?: unknown };
    if (typeof name !== 'string') return typeof field === 'string' ? [field] : [];
    const said = Array.isArray(messages) ? messages.filter((each) => typeof each === 'string').join(', ') : '';
    return [said === '' ? name : `${name}: ${said}`];
  });
  return named.length === 0 ? '' : `; ${named.join('; ')}`;
}

function meaningOf(code: string, said: string, token: Token): string {
  if (code === 'unauthorized') return `the API does not accept the token of ${token.source} (unauthorized)`;
  if (code === 'token_readonly')
    return `the token of ${token.source} is read-only; use a token with read and write access (token_readonly)`;
  if (code === 'forbidden') return `the token of ${token.source} is not allowed to do this (forbidden): ${said}`;
  if (code === 'maintenance') return `the API is under maintenance, try again later: ${said}`;
  return `${said} (${code})`;
}

/** Describes an authentication error by the source of the token. */
export function dialectFor(token: Token): Dialect {
  return {
    headers: { limit: 'ratelimit-limit', remaining: 'ratelimit-remaining', correlation: 'x-correlation-id' },
    refusal: (body) => {
      try {
        const { error } = readShape(faultShape, body);
        return { code: error.code, message: `${error.message}${fieldsIn(body)}` };
      } catch {
        return undefined;
      }
    },
    meaning: (code, said) => meaningOf(code, said, token),
  };
}
