/**
 * Messages, help, docs, comments and names use the field's terms: a table of phrases that a reader would have to translate.
 *
 * `REVISED` has the parts of the tree that have been revised; the others follow, and no revised part falls back.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** A phrase, and the wording to use instead. */
const PHRASES: readonly (readonly [phrase: RegExp, instead: string])[] = [
  [/\bnobody\b/iu, 'name the subject, or "not … by anyone"'],
  [/\bso many\b/iu, 'the number, or "that number of"'],
  [/\bany more\b/iu, '"no longer"'],
  [/(?<![.`])\bbeside\b(?![`:])/iu, '"next to", "in addition to" or "other than"'],
  [/\bmend(?:s|ed|ing)?\b/iu, '"fix" or "repair"'],
  [/\bought\b/iu, '"should"'],
  [/\b(?:whatever|whoever|whichever)\b/iu, 'name the subject'],
  [/\b(?:told|tells)\b/iu, '"reported", "shows" or "says"'],
  [/(?<!there )\b(?:is|are|was|were) none\b/iu, '"is not a …"'],
  [/\b(?:take|takes|taken|taking|took) away\b/iu, '"remove"'],
  [/\b(?:a|the|this|that|last|next|every|each|one|fresh) look\b/iu, '"refresh"'],
  [/\blook(?:s|ed|ing)? at again\b|\blooked at\b/iu, '"refreshed" or "read"'],
  [/\b(?:is|are|was|were) not there\b/iu, '"does not exist" or "is not found"'],
  [/\b(?:is|are|was|were|be|been) gone\b/iu, '"removed" or "no longer exists"'],
  [/\ball the same\b/iu, '"still" or "anyway"'],
  [
    /\b(?:is|are|was|were) no (?!longer\b|more than\b|later than\b|less than\b)[a-z]+/iu,
    'negate the verb: "is not a …"',
  ],
  [/\bwritten nor\b|\bas written\b|\bneither written\b/iu, '"declared"'],
  [/\bstands? (?:there|in the)\b/iu, '"is"'],
];

/** The first word of a comment that names no subject. */
const HEAD = /(?:\/\*\*|^\s*\/\/|^\s*\*) (What|Whatever|Who|Whoever|Whether|How|Which|It|Whose)\b/u;

interface Fault {
  readonly place: string;
  readonly text: string;
  readonly instead: string;
}

function faultsIn(file: string, text: string): readonly Fault[] {
  return text.split('\n').flatMap((line, i) => {
    const fault = (instead: string, found: string): Fault => ({ place: `${file}:${i + 1}`, text: found, instead });
    const head = file.endsWith('.ts') && !/^\s*\* /u.test(line) ? HEAD.exec(line) : null;
    return [
      ...(head === null ? [] : [fault('start the comment with a noun or a verb', head[0].trim())]),
      ...PHRASES.flatMap(([phrase, instead]) => {
        const found = phrase.exec(line);
        return found === null ? [] : [fault(instead, found[0])];
      }),
    ];
  });
}

/** The revised parts of the tree. */
const REVISED: readonly RegExp[] = [/^(?:src|plugins|specs|examples|templates|docs|scripts|test)\//u, /^[A-Z]+\.md$/u];

/** Text that quotes input of users or other programs, or that this test itself is made of. */
const QUOTES = /^(?:test\/language\.test\.ts|LICENSE|package-lock\.json)$/u;
const READ = /\.(?:ts|yaml|md|txt|json)$/u;

const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\0')
  .filter(
    (file) =>
      READ.test(file) &&
      REVISED.some((part) => part.test(file)) &&
      !QUOTES.test(file) &&
      !/(?:^|\/)generated\./u.test(file),
  )
  .sort();

describe('the language of the field', () => {
  test('is used in every file', () => {
    expect(files.length).toBeGreaterThan(300);
    const faults = files.flatMap((file) => faultsIn(file, readFileSync(join(root, file), 'utf8')));
    expect(faults.map(({ place, text, instead }) => `${place} "${text}": write ${instead}`)).toEqual([]);
  });

  test.each([
    ['/** What a plugin is. */', 'start the comment with a noun or a verb'],
    ["'foo is no address'", 'negate the verb: "is not a …"'],
    ['nobody is asked', 'name the subject, or "not … by anyone"'],
    ['the last look', '"refresh"'],
  ])('%s is a fault', (line, instead) => {
    expect(faultsIn('a.ts', line).map((fault) => fault.instead)).toEqual([instead]);
  });

  test('a plain sentence has no fault', () => {
    expect(faultsIn('a.ts', '/** Refreshes one resource. The lease is no longer valid. */')).toEqual([]);
  });
});
