/** Accounts, orders and certificates of the emulated authority, and the pure rules about them. */

import type { X509Certificate } from 'node:crypto';
import { addressNumber } from '#plugin/net';
import type { problemOf } from './refusal.ts';
import type { ClientKey } from './verify.ts';

export const DAY_MS = 86_400_000;

/** A problem without a status, as objects have it. */
export type Problem = ReturnType<typeof problemOf>;

export interface Identifier {
  readonly type: 'dns' | 'ip';
  readonly value: string;
}

export interface Account {
  readonly id: string;
  key: ClientKey;
  status: 'valid' | 'deactivated';
  contact: readonly string[];
}

export interface Challenge {
  readonly id: string;
  readonly type: string;
  /** Absent for dns-persist-01. */
  readonly token?: string;
  status: 'pending' | 'processing' | 'valid' | 'invalid';
  error?: Problem;
}

export interface Authz {
  readonly id: string;
  readonly account: Account;
  readonly type: Identifier['type'];
  readonly value: string;
  readonly wildcard: boolean;
  readonly challenges: readonly Challenge[];
}

export interface Order {
  readonly id: string;
  /** Time of its creation, epoch ms. */
  readonly at: number;
  readonly account: Account;
  readonly identifiers: readonly Identifier[];
  readonly authorizations: readonly Authz[];
  readonly profile: string;
  readonly replaces?: string;
  readonly expires: number;
  finalized: boolean;
  certificate?: Issued;
  error?: Problem;
}

export interface Issued {
  readonly id: string;
  readonly account: Account;
  readonly leaf: X509Certificate;
  readonly chains: readonly [string, string];
  readonly names: string;
  revoked: boolean;
  replacedBy?: Order;
}

export function iso(at: number): string {
  return new Date(at).toISOString();
}

export function stateOf({ challenges }: Authz): 'pending' | 'valid' | 'invalid' {
  if (challenges.some(({ status }) => status === 'valid')) return 'valid';
  return challenges.some(({ status }) => status === 'invalid') ? 'invalid' : 'pending';
}

export function statusOf(order: Order): 'pending' | 'ready' | 'processing' | 'valid' | 'invalid' {
  if (order.certificate !== undefined) return 'valid';
  const states = order.authorizations.map(stateOf);
  if (order.error !== undefined || states.includes('invalid')) return 'invalid';
  if (order.finalized) return 'processing';
  return states.includes('pending') ? 'pending' : 'ready';
}

/** A name or address in the form in which two are compared. */
export function nameKey({ type, value }: { readonly type: string; readonly value: string }): string {
  return type === 'ip' ? `ip:${addressNumber(value)?.toString(16) ?? ''}` : `dns:${value.toLowerCase()}`;
}

export function setOf(names: readonly string[]): string {
  return [...new Set(names)].sort().join(' ');
}

export function hexAddress(bytes: string): string {
  const number = BigInt(`0x${bytes}`);
  return `ip:${(bytes.length === 8 ? (0xffffn << 32n) | number : number).toString(16)}`;
}
