/** Addresses to which the token of the API may be sent: a change of `fettle.yaml` alone, as a pull request makes one, sends it nowhere else. */

import { isLoopback, sendingMistake } from '#plugin';

/** The address is none that can be used. */
export class EndpointError extends Error {
  override readonly name = 'EndpointError';
}

const USUAL = 'https://api.hetzner.cloud/v1';
const FROM_ENV = 'HCLOUD_ENDPOINT';
/** Lists the origins to which credentials of providers, and of the workload source, may be sent. */
export const PROVIDER_ORIGINS = 'FETTLE_PROVIDER_ORIGINS';

/** The address without a slash at its end. Throws an EndpointError; a token is never sent in the clear to another machine. */
export function checkedEndpoint(text: string): string {
  if (!URL.canParse(text)) throw new EndpointError('the endpoint of the API is no URL');
  const url = new URL(text);
  const shown = `${url.protocol}//${url.host}${url.pathname}`;
  if (url.username !== '' || url.password !== '')
    throw new EndpointError(`the endpoint ${shown} holds a user or a password: the token says who asks`);
  if (url.search !== '' || url.hash !== '') throw new EndpointError(`the endpoint ${shown} has a query or a fragment`);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname)))
    throw new EndpointError(`the endpoint ${shown} is not https: the token would be sent in the clear`);
  return url.href.replace(/\/+$/u, '');
}

/** The address of the API: of the environment; else as written, where that is the provider's own, or the environment lets the token go there. */
export function endpointOf(written: string, token: string, env: Readonly<Record<string, string | undefined>>): string {
  const given = env[FROM_ENV]?.trim() ?? '';
  if (given !== '') return checkedEndpoint(given);
  const endpoint = checkedEndpoint(written);
  const to = new URL(endpoint);
  if (to.origin === new URL(USUAL).origin) return endpoint;
  const mistake = sendingMistake({ secret: token, variable: 'HCLOUD_TOKEN', to }, PROVIDER_ORIGINS, env);
  if (mistake !== undefined) throw new EndpointError(`the token ${mistake}, or set ${FROM_ENV} to the address`);
  return endpoint;
}
