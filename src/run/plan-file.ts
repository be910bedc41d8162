/** Saved plans: written whole or not at all, readable by their owner alone, and checked when they are read. */

import { randomBytes } from 'node:crypto';
import { open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { digestOf, errorText, fileProblem, inert, InputError } from '#plugin';
import { PLAN_FORMAT, type Plan, planDigest } from '../formats/plan.ts';

const LARGEST_BYTES = 1 << 30;
const LISTS = new Set([
  'resource_changes',
  'rejected_changes',
  'deferred_changes',
  'resource_drift',
  'checks',
  'suppressed_checks',
  'pending_checks',
  'unmanaged',
]);

/** Yields the JSON of a plan row by row, so that a large plan is never one string. */
export function* planJson(plan: Plan): Generator<string> {
  let first = true;
  yield '{';
  for (const [key, value] of Object.entries(plan)) {
    if (value === undefined) continue;
    yield `${first ? '' : ','}\n  ${JSON.stringify(key)}: `;
    first = false;
    if (LISTS.has(key)) yield* listJson(value as readonly unknown[]);
    else if (key === 'prior_state') {
      yield '{"resources": ';
      yield* listJson((value as Plan['prior_state']).resources);
      yield '}';
    } else yield JSON.stringify(value);
  }
  yield '\n}\n';
}

function* listJson(items: readonly unknown[]): Generator<string> {
  yield '[';
  for (const [i, item] of items.entries()) yield `${i === 0 ? '' : ','}\n    ${JSON.stringify(item)}`;
  yield items.length === 0 ? ']' : '\n  ]';
}

/** Writes the JSON of a plan in pieces of at least 64 KiB. */
export function writePlanJson(plan: Plan, write: (text: string) => void): void {
  let buffer = '';
  for (const piece of planJson(plan)) {
    buffer += piece;
    if (buffer.length < 65_536) continue;
    write(buffer);
    buffer = '';
  }
  write(buffer);
}

function checksumOf(plan: Plan): string {
  const { checksum: _own, ...rest } = plan;
  return digestOf(rest);
}

/** Saves a plan with its checksum, mode 0600. The text is inert, since a CI log may print the file. */
export async function savePlan(file: string, plan: Plan): Promise<void> {
  const temporary = `${file}.tmp-${randomBytes(8).toString('hex')}`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    let buffer = '';
    for (const piece of planJson({ ...plan, checksum: checksumOf(plan) })) {
      buffer += piece;
      if (buffer.length < 65_536) continue;
      await handle.write(inert(buffer));
      buffer = '';
    }
    await handle.write(inert(buffer));
    await handle.sync();
    await handle.close();
    await rename(temporary, file);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

export interface SavedPlan {
  readonly file: string;
  readonly plan: Plan;
  /** True if the checksum does not match the contents: the file is damaged, or was edited. */
  readonly altered: boolean;
  /** True if the digest does not match the rows. */
  readonly misdigested: boolean;
}

/**
 * Reads a saved plan. Throws InputError if the file is not a plan. The checksum detects accidents only: every program
 * that can write the file can write a valid checksum too.
 */
export async function readPlan(file: string): Promise<SavedPlan> {
  let value: unknown;
  try {
    if ((await stat(file)).size > LARGEST_BYTES) throw new InputError(`${file} is larger than a plan can be (1 GiB)`);
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof InputError) throw error;
    if (error instanceof SyntaxError) throw new InputError(`${file} is not a plan: the file is not JSON`);
    throw new InputError(`${file} cannot be read: ${fileProblem(error) ?? errorText(error)}`);
  }
  const format = (value as { readonly format_version?: unknown } | null)?.format_version;
  if (typeof format === 'string' && format.split('.')[0] !== PLAN_FORMAT.split('.')[0])
    throw new InputError(`${file} has format ${format}; this version of fettle reads ${PLAN_FORMAT.split('.')[0]}.x`);
  const { validators } = await import('../formats/generated.validators.js');
  if (!validators.plan(value)) {
    const error = validators.plan.errors?.[0];
    throw new InputError(`${file} is not a plan: ${error?.instancePath ?? ''} ${error?.message ?? ''}`);
  }
  const plan = value as Plan;
  const digest = planDigest(plan.resource_changes, plan.gaps, plan.causes);
  return {
    file,
    plan,
    altered: plan.checksum !== checksumOf(plan),
    misdigested: plan.plan_digest !== undefined && plan.plan_digest !== digest,
  };
}
