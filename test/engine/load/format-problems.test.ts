/** Problems as text: place, source line, caret, suggestion, and a summary line. */

import { describe, expect, it } from 'vitest';
import type { Problem } from '#plugin';
import { formatProblems } from '../../../src/report/problems.ts';

function problem(line: number, column: number, sourceLine: string, more: Partial<Problem> = {}): Problem {
  return {
    code: 'unknown-key',
    message: 'unknown key `prot`',
    at: { file: 'desired/www.yaml', line, column },
    sourceLine,
    severity: 'error',
    ...more,
  };
}

function format(...problems: readonly Problem[]): string {
  return formatProblems(problems, { color: false });
}

/** The text above the caret. */
function pointed(text: string): string {
  const lines = text.split('\n');
  const index = lines.findIndex((line) => /^\s*\| *\^$/u.test(line));
  return (lines[index - 1] ?? '').slice(lines[index]?.indexOf('^'));
}

describe('problems', () => {
  it('look like those of a compiler', () => {
    expect(format(problem(7, 3, '  prot: 443', { suggestion: 'did you mean `port`?' }))).toBe(
      [
        'desired/www.yaml:7:3 error unknown-key: unknown key `prot`',
        '  7 |   prot: 443',
        '    |   ^',
        '  did you mean `port`?',
        '',
        '1 error in 1 file.',
        '',
      ].join('\n'),
    );
  });

  it('are empty if there are none', () => {
    expect(format()).toBe('');
  });

  it('can have no place', () => {
    expect(format({ code: 'no-files', message: '`x` matches no file', severity: 'error' })).toBe(
      'error no-files: `x` matches no file\n\n1 error.\n',
    );
  });

  it('are counted by severity and file', () => {
    const text = format(
      problem(1, 1, 'a'),
      problem(2, 1, 'b', { severity: 'warning' }),
      problem(3, 1, 'c', { at: { file: 'x', line: 3, column: 1 } }),
    );
    expect(text).toContain('desired/www.yaml:2:1 warning unknown-key');
    expect(text.trimEnd().split('\n').at(-1)).toBe('2 errors and 1 warning in 2 files.');
  });

  it('count a tab as the columns before it', () => {
    expect(pointed(format(problem(1, 3, '\t\tprot: 1')))).toBe('prot: 1');
  });

  it('point through wide and combining characters', () => {
    // Two columns each on a terminal, one character in the text.
    expect(pointed(format(problem(1, 6, '日本😀 x')))).toMatch(/^.?.?.?$/u);
    expect(format(problem(1, 6, '日本😀 x'))).toContain(`    | ${' '.repeat(7)}^`);
    expect(format(problem(1, 3, 'e\u0301 x'))).toContain(`    | ${' '.repeat(1)}^`);
  });

  it('show the part of a long line around the place', () => {
    const text = format(problem(1, 501, `${'a'.repeat(500)}X${'b'.repeat(500)}`));
    expect(pointed(text).startsWith('Xbb')).toBe(true);
    for (const line of text.split('\n')) expect(line.length).toBeLessThan(140);
    expect(text).toMatch(/…a+Xb+…/u);
  });

  it('show no caret for a place behind the kept part of a line', () => {
    const text = format(problem(1, 5_000, 'a'.repeat(1_000)));
    expect(text).toContain('aaa…');
    expect(text).not.toContain('^');
  });

  it('show a caret behind the end of a line', () => {
    expect(format(problem(2, 5, 'a: ['))).toContain('    |     ^');
  });

  it('escape terminal control characters', () => {
    const text = format(
      problem(1, 1, '\u001b[2J\u009b1m\u202e', {
        message: 'a\u001b]0;x\u0007',
        at: { file: 'a\u001b[1mb.yaml', line: 1, column: 1 },
      }),
    );
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/u);
  });

  it('have colours on request', () => {
    const text = formatProblems([problem(7, 3, '  prot: 443', { suggestion: 'did you mean `port`?' })], {
      color: true,
    });
    expect(text).toContain('\u001b[31merror unknown-key\u001b[39m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escapes are what is removed.
    expect(text.replace(/\u001b\[\d+m/gu, '')).toBe(
      format(problem(7, 3, '  prot: 443', { suggestion: 'did you mean `port`?' })),
    );
  });

  it('are printed up to 100 per file and 1,000 in all; the rest is counted', () => {
    const of = (file: string, count: number): readonly Problem[] =>
      Array.from({ length: count }, (_, i) => problem(i + 1, 1, 'a', { at: { file, line: i + 1, column: 1 } }));
    const one = format(...of('a', 150));
    expect(one.match(/error unknown-key/gu)).toHaveLength(100);
    expect(one.trimEnd().split('\n').at(-1)).toBe('150 errors in 1 file; 50 more problems not shown.');
    const many = format(...Array.from({ length: 20 }, (_, i) => of(`f${i}`, 101)).flat());
    expect(many.match(/error unknown-key/gu)).toHaveLength(1_000);
    expect(many.trimEnd().split('\n').at(-1)).toBe('2,020 errors in 20 files; 1,020 more problems not shown.');
  });
});
