/** Addresses of the APIs of providers that may receive a token. A change of `fettle.yaml` alone, as in a pull request, cannot add one. */

import { isLoopback } from './origin.ts';
import { missingReason, sendingMistake } from './secret.ts';

/** The address cannot be used. */
class EndpointError extends Error {
  override readonly name = 'EndpointError';
}

/** The address without a trailing slash. Throws an EndpointError, for example for plain http to another machine. */
export function checkedEndpoint(text: string): string {
  if (!URL.canParse(text)) throw new EndpointError('the endpoint of the API is not a URL');
  const url = new URL(text);
  const shown = `${url.protocol}//${url.host}${url.pathname}`;
  if (url.username !== '' || url.password !== '')
    throw new EndpointError(
      `the endpoint ${shown} contains a user or a password; remove them, the token authenticates the request`,
    );
  if (url.search !== '' || url.hash !== '') throw new EndpointError(`the endpoint ${shown} has a query or a fragment`);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname)))
    throw new EndpointError(`the endpoint ${shown} does not use https; the token would be sent in the clear`);
  return url.href.replace(/\/+$/u, '');
}

export interface ProviderEndpoint {
  /** The address in the configuration. */
  readonly written: string;
  /** The provider's own address, which needs no permission. */
  readonly usual: string;
  /** The variable that replaces the address. */
  readonly override: string;
  readonly token: { readonly value: string; readonly variable: string };
  /** The variable that names the permitted origins. */
  readonly list: string;
}

/** The API address: of the environment; else as configured, if it is the provider's own or the environment allows it. */
export function providerEndpoint(
  { written, usual, override, token, list }: ProviderEndpoint,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const reason = missingReason(token.value);
  if (reason !== undefined) throw new EndpointError(`the token is missing: ${reason}`);
  const given = env[override]?.trim() ?? '';
  if (given !== '') return checkedEndpoint(given);
  const endpoint = checkedEndpoint(written);
  const to = new URL(endpoint);
  if (to.origin === new URL(usual).origin) return endpoint;
  const mistake = sendingMistake({ secret: token.value, variable: token.variable, to }, list, env);
  if (mistake !== undefined) throw new EndpointError(`the token ${mistake}, or set ${override} to the address`);
  return endpoint;
}
