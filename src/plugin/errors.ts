/**
 * Errors have three classes. An `InputError` is one that the user can fix: usage, documents, configuration. An
 * `OutsideError` is a failure of the network, a database or the file system. Every other error is a bug.
 *
 * This module also has the errors by which a handler reports a partial or unknown outcome, and codes of system errors.
 */

import { errorText } from './error-text.ts';
import type { Facts } from './types.ts';

/** Thrown for a mistake that the user can fix. The message says what is wrong, and what to do. */
export class InputError extends Error {
  override readonly name: string = 'InputError';
}

/** Thrown if the network, a database or the file system failed. */
export class OutsideError extends Error {
  override readonly name: string = 'OutsideError';
}

export type ErrorKind = 'input' | 'outside' | 'bug';

/** In Node.js, a failed system call has a name and a number; errors about wrong arguments have only a code. */
function isSystemError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { errno, syscall } = error as NodeJS.ErrnoException;
  return typeof errno === 'number' && typeof syscall === 'string';
}

/** The class of an error. */
export function errorKind(error: unknown): ErrorKind {
  if (isInputError(error)) return 'input';
  return error instanceof OutsideError || isSystemError(error) ? 'outside' : 'bug';
}

/**
 * Thrown by a handler if the step failed after a part of it was done. `kept` is still recorded. If a refresh shows the
 * resource that the step was to create, the resource is owned.
 */
export class PartlyDoneError extends Error {
  override readonly name = 'PartlyDoneError';
  readonly kept: Facts;

  constructor(message: string, kept: Facts, options?: ErrorOptions) {
    super(message, options);
    this.kept = kept;
  }
}

/**
 * Thrown by a handler if the step changed nothing and has to wait, such as for a limit of a provider. This is not a
 * failure. `kept` is recorded, and a rule of the kind defers the step by it.
 */
export class PostponedError extends Error {
  override readonly name = 'PostponedError';
  readonly kept: Facts;

  constructor(message: string, kept: Facts, options?: ErrorOptions) {
    super(message, options);
    this.kept = kept;
  }
}

/**
 * Thrown by a handler if the network or a server failed, so that nothing judged the step. The step has failed and follows its
 * backoff, but does not count towards a maximum of attempts: it may succeed later without a change.
 */
export class OutageError extends Error {
  override readonly name: string = 'OutageError';
}

/** Thrown by a handler if the outcome of its step is unknown: the intent stays open until a refresh settles it. */
export class UnknownOutcomeError extends Error {
  override readonly name = 'UnknownOutcomeError';

  constructor(cause: unknown) {
    super(errorText(cause), { cause });
  }
}

/** True for an InputError and its subclasses, and by its name for one of another package. */
export function isInputError(error: unknown): error is InputError {
  return error instanceof InputError || (Error.isError(error) && error.name === 'InputError');
}

/**
 * True for a PartlyDoneError. Compares the name, not the class: a plugin of another package brings its own copy of this
 * module.
 */
export function isPartlyDone(error: unknown): error is PartlyDoneError {
  return (
    Error.isError(error) && error.name === 'PartlyDoneError' && typeof (error as PartlyDoneError).kept === 'object'
  );
}

/** True for a PostponedError; compares the name. */
export function isPostponed(error: unknown): error is PostponedError {
  return Error.isError(error) && error.name === 'PostponedError' && typeof (error as PostponedError).kept === 'object';
}

/** True for an OutageError; compares the name. */
export function isOutage(error: unknown): boolean {
  return Error.isError(error) && error.name === 'OutageError';
}

/** True for an UnknownOutcomeError; compares the name. */
export function isUnknownOutcome(error: unknown): error is UnknownOutcomeError {
  return Error.isError(error) && error.name === 'UnknownOutcomeError';
}

/** The code of a system error (`ECONNREFUSED`); undefined for other errors. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}
