/**
 * Errors have three kinds. An `InputError` is one that the user can fix: usage, documents, configuration. An `OutsideError`
 * is a failure of the network, a database or the file system. Everything else is a bug.
 *
 * Beside them: the errors by which a handler says more than that its step failed, and the codes of system errors.
 */

import { errorText } from './error-text.ts';
import type { Facts } from './types.ts';

/** Thrown for a mistake that the user can fix. The message says what is wrong and what to do. */
export class InputError extends Error {
  override readonly name: string = 'InputError';
}

/** Thrown where the network, a database or the file system failed. */
export class OutsideError extends Error {
  override readonly name: string = 'OutsideError';
}

export type ErrorKind = 'input' | 'outside' | 'bug';

/** A failed system call of Node.js names the call and its number; errors of Node.js about wrong arguments have a code alone. */
function isSystemError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { errno, syscall } = error as NodeJS.ErrnoException;
  return typeof errno === 'number' && typeof syscall === 'string';
}

/** Tells the three kinds of errors apart. */
export function errorKind(error: unknown): ErrorKind {
  if (error instanceof InputError) return 'input';
  return error instanceof OutsideError || isSystemError(error) ? 'outside' : 'bug';
}

/**
 * Thrown by a handler: the step failed, and what was done of it before is remembered all the same. What it was to
 * create is ours, where a look shows it.
 */
export class PartlyDoneError extends Error {
  override readonly name = 'PartlyDoneError';
  readonly kept: Facts;

  constructor(message: string, kept: Facts, options?: ErrorOptions) {
    super(message, options);
    this.kept = kept;
  }
}

/** Thrown by a handler that cannot say whether its step was taken: the intent stays open, and the next look settles it. */
export class UnknownOutcomeError extends Error {
  override readonly name = 'UnknownOutcomeError';

  constructor(cause: unknown) {
    super(errorText(cause), { cause });
  }
}

/**
 * Whether a handler threw a PartlyDoneError. By name, not by class: a plugin of another package brings its own copy of
 * this module.
 */
export function isPartlyDone(error: unknown): error is PartlyDoneError {
  return (
    Error.isError(error) && error.name === 'PartlyDoneError' && typeof (error as PartlyDoneError).kept === 'object'
  );
}

/** Whether a handler threw an UnknownOutcomeError; by name too. */
export function isUnknownOutcome(error: unknown): error is UnknownOutcomeError {
  return Error.isError(error) && error.name === 'UnknownOutcomeError';
}

/** `ECONNREFUSED` and the like; undefined where there is none. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}
