/**
 * `#plugin/http`: a client for the API of a provider. Every call has a deadline and a limit on its answer, none is
 * redirected, and all of a world share one rate limit, one budget of retries and one limit of connections.
 */

export * from './http/api-error.ts';
export * from './http/client.ts';
export * from './http/exchange.ts';
export * from './http/rate.ts';
export * from './http/retry.ts';
export * from './http/shape.ts';
export * from './http/shared-read.ts';
export * from './http/timing.ts';
