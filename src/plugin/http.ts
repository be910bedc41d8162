/**
 * `#plugin/http`: a client for the API of a provider. Every call has a deadline and a size limit, and does not follow
 * redirects. All calls of a world share one rate limit, one retry budget and one connection limit.
 */

export * from './http/api-error.ts';
export * from './http/client.ts';
export * from './http/exchange.ts';
export * from './http/rate.ts';
export * from './http/retry.ts';
export * from './http/shape.ts';
export * from './http/shared-read.ts';
export * from './http/timing.ts';
export * from './http/user-agent.ts';
