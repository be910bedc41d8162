/** Counts of requests to ACME servers and of orders, for metrics. All labels but the host of the directory have few values. Pure. */

import type { Outside } from '#plugin';
import { directoryUrl } from './directories.ts';

/** The parts of the protocol that requests belong to. */
export const ACTIONS = [
  'directory',
  'nonce',
  'account',
  'key-change',
  'order',
  'orders-list',
  'authorization',
  'challenge',
  'finalize',
  'certificate',
  'renewal-info',
  'revocation',
] as const;

export type AcmeAction = (typeof ACTIONS)[number];

/** The statuses that servers use. Any other one counts as `other`, and a request without an answer as `error`. */
export const STATUSES: readonly string[] =
  '200 201 204 301 302 307 308 400 401 403 404 405 409 413 415 429 500 502 503 504 other error'.split(' ');

/** The statuses that count from the start of the daemon: an increase from 0 is seen, and a series that begins at 1 is not. */
export const WATCHED_STATUSES = ['429', 'error'] as const;

/**
 * The ends of steps with an order. `limited`: the authority refused the order for a time; `pending`: the authority has not
 * completed the order.
 */
export const ORDER_OUTCOMES = ['issued', 'failed', 'limited', 'pending'] as const;

export type OrderOutcome = (typeof ORDER_OUTCOMES)[number];

/** The label of a status; undefined stands for no answer. */
export function statusLabel(status: number | undefined): string {
  if (status === undefined) return 'error';
  return STATUSES.includes(String(status)) ? String(status) : 'other';
}

/** The label of a directory: its host, and its port if that is not the usual one. */
export function hostLabel(directory: string): string {
  const url = directoryUrl(directory);
  return URL.canParse(url) ? new URL(url).host : 'other';
}

/** Counts a request, with the status of its answer. */
export type CountRequest = (action: AcmeAction, status: number | undefined) => void;

export function requestCounter(directory: string, count: Outside['count']): CountRequest {
  const host = hostLabel(directory);
  return (action, status) => count?.('fettle_acme_requests_total', { host, action, status: statusLabel(status) });
}

export function countOrder(directory: string, outcome: OrderOutcome, count: Outside['count']): void {
  count?.('fettle_acme_orders_total', { host: hostLabel(directory), outcome });
}
