/**
 * The effects that the approval of a row covers: fields of a new resource, edits without a difference, command lines,
 * files.
 */

import type { ResourceChange } from '../formats/plan.ts';
import { isMemoryOnly, type Json, leavesOf, printable, unescapePointer, valueAt } from '#plugin';
import { approvedText, VALUE_LENGTH, valueText } from './fields.ts';
import { shortDigests } from './text.ts';

/** One covered effect and its printable text. `later runs`: a later step runs the command line, without an edit. */
export interface CoverLine {
  readonly label: 'with' | 'document' | 'runs' | 'later runs' | 'sends' | 'reads';
  readonly texts: readonly string[];
}

function nameOf(pointer: string): string {
  return printable(unescapePointer(pointer.slice(1).replaceAll('/', '.')));
}

/** A command line as a user would type it: words with unusual characters are quoted. */
export function commandLine(words: readonly string[]): string {
  return printable(words.map((word) => (/^[\w./:=@%+,-]+$/u.test(word) ? word : JSON.stringify(word))).join(' '));
}

function fieldsOf({ goal, covers, written }: ResourceChange, length: number): readonly string[] {
  if ((goal !== 'create' && goal !== 'adopt') || covers?.spec === undefined) return [];
  // Known defaults are left out.
  const pointers = (written ?? leavesOf(covers.spec)).filter((pointer) => pointer !== '');
  return pointers.flatMap((pointer) => {
    const value = valueAt(covers.spec, pointer);
    return value === undefined ? [] : [`${nameOf(pointer)}: ${approvedText(value, length)}`];
  });
}

function lifecycleOf({ goal, covers }: ResourceChange): readonly string[] {
  if ((goal !== 'create' && goal !== 'adopt') || covers === undefined) return [];
  const { protect, onRemove, ignore } = covers.lifecycle as { readonly [key: string]: Json };
  return [
    ...(protect === true ? ['lifecycle.protect: true'] : []),
    `lifecycle.onRemove: ${valueText(onRemove)}`,
    ...(Array.isArray(ignore) && ignore.length > 0 ? [`lifecycle.ignore: ${approvedText(ignore)}`] : []),
  ];
}

/** Returns the lines in reading order, without empty ones. `detail`: values are not shortened. */
export function coverLines(change: ResourceChange, detail: boolean): readonly CoverLine[] {
  const length = detail ? Number.POSITIVE_INFINITY : VALUE_LENGTH;
  const files = (uses: readonly string[]): readonly string[] =>
    (change.covers?.files ?? [])
      .filter(({ use }) => uses.includes(use))
      .map(({ path, digest, problem }) => printable(`${path} ${shortDigests(digest ?? problem ?? '')}`));
  const lines: readonly CoverLine[] = [
    { label: 'with', texts: [...fieldsOf(change, length), ...lifecycleOf(change)] },
    {
      label: 'document',
      texts: (change.edits ?? []).map(
        ({ path, before, after }) =>
          `${nameOf(path)}: ${approvedText(before, length)} → ${approvedText(after, length)}`,
      ),
    },
    ...(change.covers?.commands ?? []).map(
      (words): CoverLine => ({ label: isMemoryOnly(change) ? 'later runs' : 'runs', texts: [commandLine(words)] }),
    ),
    { label: 'sends', texts: files(['send']) },
    { label: 'reads', texts: files(['read', 'run']) },
  ];
  return lines.filter(({ texts }) => texts.length > 0);
}
