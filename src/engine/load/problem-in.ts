/** Makes Problems from mistakes: the text of one file, its lines, and its name for messages. */

import type { Node } from 'yaml';
import { compareText, maskPatterns, type Position, type Problem, defined } from '#plugin';
import { offsetAt } from './documents.ts';
import type { PointerMistake } from './explain.ts';
import { lineStarts, lineText, placeAt, upTo } from './lines.ts';
import type { TextMistake } from './mistake.ts';

export interface Source {
  /** The name of the file for messages. */
  readonly file: string;
  readonly text: string;
  /** The text for quotes, without anything like a secret, such as a private key in the place of a document. */
  readonly quoted: string;
  readonly starts: readonly number[];
}

export function sourceOf(file: string, text: string): Source {
  const quoted = text.includes('PRIVATE KEY-----') ? maskPatterns(text) : text;
  return { file, text, quoted, starts: lineStarts(text) };
}

export function positionAt({ file, starts }: Source, offset: number): Position {
  return { file, ...placeAt(starts, offset) };
}

/** A mistake in the text as a Problem. */
export function problemAt(source: Source, mistake: TextMistake): Problem {
  const at = positionAt(source, mistake.offset);
  const other = mistake.other === undefined ? undefined : placeAt(source.starts, mistake.other);
  return defined({
    code: mistake.code,
    message: `${maskPatterns(mistake.message)}${other === undefined ? '' : `: first at ${source.file}:${other.line}:${other.column}`}`,
    at,
    // A copy: a slice would keep the whole file in memory for as long as the problem lives.
    sourceLine: Buffer.from(maskPatterns(lineText(source.quoted, source.starts, at.line))).toString(),
    suggestion: mistake.suggestion,
    severity: mistake.severity ?? 'error',
  });
}

/** A mistake at which reading stops: only the lines before it are counted. */
export function problemOfText(file: string, text: string, mistake: TextMistake): Problem {
  return problemAt(sourceOf(file, upTo(text, mistake.offset)), mistake);
}

/** A mistake at a JSON pointer as one at an offset. */
export function located(root: Node | null, start: number, mistake: PointerMistake): TextMistake {
  return defined({
    code: mistake.code,
    message: mistake.message,
    offset: offsetAt(root, mistake.pointer, mistake.at) ?? start,
    suggestion: mistake.suggestion,
    severity: mistake.severity,
  });
}

/** Sorts problems by place and drops duplicates. Problems without a place come first. */
export function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const keyed = problems.map((problem) => ({
    problem,
    file: problem.at?.file ?? '',
    line: problem.at?.line ?? 0,
    column: problem.at?.column ?? 0,
  }));
  keyed.sort(
    (a, b) =>
      compareText(a.file, b.file) ||
      a.line - b.line ||
      a.column - b.column ||
      compareText(a.problem.code, b.problem.code) ||
      compareText(a.problem.message, b.problem.message),
  );
  return keyed
    .filter(({ problem, file, line, column }, index) => {
      const before = keyed[index - 1];
      return !(
        before !== undefined &&
        before.file === file &&
        before.line === line &&
        before.column === column &&
        before.problem.message === problem.message
      );
    })
    .map(({ problem }) => problem);
}
