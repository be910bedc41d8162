/** Option words as users of other tools type them: before the command, with one dash, with `=true` and `=false`. */

import { describe, expect, it } from 'vitest';
import { plan } from '../../src/commands/plan.ts';
import { apply } from '../../src/commands/apply.ts';
import { logList } from '../../src/commands/log-list.ts';
import { lineOf } from '../../src/commands/habits.ts';
import { commandTable } from '../../src/commands/command-line.ts';

const table = commandTable({
  plan: () => Promise.resolve(plan),
  apply: () => Promise.resolve(apply),
  'log list': () => Promise.resolve(logList),
});

const groupOf = (word: string): string => (word === 'audit' ? 'log' : word);

const parsed = async (line: string): Promise<string> => {
  const { command, words } = await lineOf(line.split(' '), table, groupOf);
  return `${command?.name ?? 'none'}: ${words.join(' ')}`;
};

describe('a command line', () => {
  it.each([
    // Before the command.
    ['--chdir shop plan', 'plan: plan --chdir shop'],
    ['--chdir=shop plan --detail', 'plan: plan --chdir=shop --detail'],
    ['-chdir=shop plan', 'plan: plan --chdir=shop'],
    ['--chdir plan plan', 'plan: plan --chdir plan'],
    ['--chdir plan apply', 'apply: apply --chdir plan'],
    ['-y apply', 'apply: apply --yes'],
    ['--format json log list', 'log list: log list --format json'],
    ['log --format json list', 'log list: log list --format json'],
    ['--chdir shop audit list --last 3', 'log list: log list --chdir shop --last 3'],
    // With one dash.
    ['plan -out=plan.json -detailed-exitcode', 'plan: plan --out=plan.json --detailed-exitcode'],
    ['plan -out plan.json -target toy/*', 'plan: plan --out plan.json --target toy/*'],
    ['plan -o plan.json', 'plan: plan --out plan.json'],
    ['plan -no-color', 'plan: plan --no-color'],
    ['apply -auto-approve -lock-timeout=5m', 'apply: apply --yes --lock-timeout=5m'],
    ['plan -help', 'plan: plan --help'],
    // Values of switches.
    ['apply --auto-approve=true', 'apply: apply --yes'],
    ['apply -auto-approve=false', 'apply: apply'],
    ['plan -json=true', 'plan: plan --json'],
    // Every command takes --input, also one that never asks.
    ['plan -input=false', 'plan: plan --input=false'],
    ['--input false plan', 'plan: plan --input false'],
    // A value that looks like an option stays a value, and so do words after `--`.
    ['apply --reason -target', 'apply: apply --reason -target'],
    ['apply -- -out=x', 'apply: apply -- -out=x'],
    // Unknown options and commands are left to the parser and its suggestions.
    ['plan -outt=x', 'plan: plan -outt=x'],
    ['--chdr shop plan', 'none: --chdr shop plan'],
    ['--yes plan', 'none: --yes plan'],
    ['-help', 'none: --help'],
    ['paln --out x', 'none: paln --out x'],
  ])('%s', async (line, expected) => {
    expect(await parsed(line)).toBe(expected);
  });
});
