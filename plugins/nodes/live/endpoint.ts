/** Addresses that may receive the API token. A change of `fettle.yaml` alone, as in a pull request, cannot add one. */

import { isLoopback, sendingMistake } from '#plugin';

/** The address cannot be used. */
class EndpointError extends Error {
  override readonly name = 'EndpointError';
}

const USUAL = 'https://api.hetzner.cloud/v1';
const FROM_ENV = 'HCLOUD_ENDPOINT';
/** Lists the origins that may receive credentials of providers and of the workload source. */
export const PROVIDER_ORIGINS = 'FETTLE_PROVIDER_ORIGINS';

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

/** The API address: of the environment; else as configured, if it is the provider's own or the environment allows it. */
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
