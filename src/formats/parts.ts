/** Parts that several published shapes share, each defined once. */

import {
  type Facts,
  type Finding,
  formatRef,
  instantText,
  type Judgement,
  type Labels,
  type Position,
  type Severity,
} from '#plugin';
import type { PendingFinding, Progress } from '../engine/confirm.ts';
import type { Suppression } from '../engine/load/config.ts';
import type { SuppressedFinding } from '../engine/suppress.ts';
import type { Head } from '../store/store.ts';

/** The end of the log; `hash` is `sha256:` and 64 hex digits. */
export interface LogHead {
  readonly seq: number;
  readonly hash: string;
}

export function logHead({ seq, hash }: Head): LogHead {
  return { seq, hash: `sha256:${hash}` };
}

/** A place in a document; lines and columns count from 1. */
export interface Source {
  readonly filename: string;
  readonly start: { readonly line: number; readonly column: number };
}

export function sourceOf({ file, line, column }: Position): Source {
  return { filename: file, start: { line, column } };
}

/** The ways to unblock a step; `wait` is a time: ISO 8601. */
export type PublishedRemedy = NonNullable<Judgement['remedy']> & { readonly wait?: string };

/** The ways in which a judgement clears: on its own at a time (ISO 8601), or by a remedy. */
export interface Clearing {
  readonly clears_at?: string;
  readonly remedy?: PublishedRemedy;
}

export function clearingOf({ clearsAt, remedy }: Pick<Judgement, 'clearsAt' | 'remedy'>): Clearing {
  if (clearsAt === undefined) return remedy === undefined ? {} : { remedy };
  const wait = instantText(clearsAt);
  return { clears_at: wait, remedy: { wait, ...remedy } };
}

/** Returns `clears_at`; `at` is in epoch ms. */
export function clearsAtOf(at: number | undefined): { readonly clears_at?: string } {
  return at === undefined ? {} : { clears_at: instantText(at) };
}

/** A finding. */
export interface Check {
  readonly address: string;
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly facts: Facts;
  /** Labels of the resource; absent without any. */
  readonly labels?: Labels;
  /** The time at which an apply first recorded it: ISO 8601; absent if no apply has recorded it yet. */
  readonly since?: string;
}

/** Reports whether a finding is an error, or graver. */
export function isGrave({ severity }: Pick<Check, 'severity'>): boolean {
  return severity === 'critical' || severity === 'error';
}

export function checkOf({ ref, code, severity, message, facts, labels, since }: Finding): Check {
  return {
    address: formatRef(ref),
    code,
    severity,
    message,
    facts,
    ...(labels === undefined ? {} : { labels }),
    ...(since === undefined ? {} : { since: instantText(since) }),
  };
}

/** A suppression: its end (ISO 8601), its owner, and its reason. */
export interface Suppressed {
  readonly until: string;
  readonly owner: string;
  readonly reason: string;
}

export function suppressedBy({ until, owner, reason }: Suppression): Suppressed {
  return { until: instantText(until), owner, reason };
}

/** A finding that does not count yet, by `drift.confirm`. */
export interface PendingCheck extends Check {
  readonly pending: Progress;
}

export function pendingCheck({ finding, seen, after }: PendingFinding): PendingCheck {
  return { ...checkOf(finding), pending: { seen, after } };
}

export interface SuppressedCheck extends Check {
  readonly suppressed: Suppressed;
}

export function suppressedCheck({ finding, by }: SuppressedFinding): SuppressedCheck {
  return { ...checkOf(finding), suppressed: suppressedBy(by) };
}
