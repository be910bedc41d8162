/** The address of the API: one to which a token may be sent. */

/** The address in `fettle.yaml` is none that can be used. */
export class EndpointError extends Error {
  override readonly name = 'EndpointError';
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/u;

/** The address without a slash at its end. Throws an EndpointError; a token is never sent in the clear to another machine. */
export function checkedEndpoint(text: string): string {
  if (!URL.canParse(text)) throw new EndpointError('the endpoint of the API is no URL');
  const url = new URL(text);
  const shown = `${url.protocol}//${url.host}${url.pathname}`;
  if (url.username !== '' || url.password !== '')
    throw new EndpointError(`the endpoint ${shown} holds a user or a password: the token says who asks`);
  if (url.search !== '' || url.hash !== '') throw new EndpointError(`the endpoint ${shown} has a query or a fragment`);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.test(url.hostname)))
    throw new EndpointError(`the endpoint ${shown} is not https: the token would be sent in the clear`);
  return url.href.replace(/\/+$/u, '');
}
