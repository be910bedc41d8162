/** Addresses to which a token may be sent: a change of `fettle.yaml` alone, as a pull request makes one, sends none elsewhere. */

/** The address is none that can be used. */
export class EndpointError extends Error {
  override readonly name = 'EndpointError';
}

const USUAL = 'https://api.hetzner.cloud/v1';
const FROM_ENV = 'HCLOUD_ENDPOINT';
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/u;

/** Whether a host name or address is this machine's own. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

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

/** The address of the API: of the environment; else as written, where that is the provider's own or on this machine. */
export function endpointOf(written: string, env: Readonly<Record<string, string | undefined>>): string {
  const given = env[FROM_ENV]?.trim() ?? '';
  if (given !== '') return checkedEndpoint(given);
  const endpoint = checkedEndpoint(written);
  if (endpoint !== USUAL && !isLoopback(new URL(endpoint).hostname))
    throw new EndpointError(
      `the endpoint ${endpoint} is neither the provider's nor on this machine: another one comes from the environment variable ${FROM_ENV} alone`,
    );
  return endpoint;
}
