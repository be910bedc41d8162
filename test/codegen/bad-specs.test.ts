/** Mistakes in specs, each with its place. */

import { describe, expect, test } from 'vitest';
import { readSpecs } from '../../src/codegen/read-spec.ts';
import { engineText, fabricText } from './specs.ts';

/** What is replaced, by what, where the problem is (a text of that line, and the column), and what is said. */
type Case = readonly [from: string, to: string, line: string, column: number, message: string];

const cases: readonly Case[] = [
  ['version: v1alpha1', 'version: 1', 'version: 1', 1, 'version must be string'],
  ['version: v1alpha1', 'version: one', 'version: one', 1, 'version must match pattern'],
  ['summary: Networks.', 'summary: [', 'version', 1, ''],
  ['summary: Networks.', 'summery: Networks.', 'summery', 1, 'unknown key summery'],
  ['onRemove: remove', 'onRemove: delete', 'onRemove', 5, 'must be one of remove, release'],
  ['    summary: A network.', '    1: A network.', '    1:', 5, 'a key has to be text'],
  ['parallelism: 4', 'parallelism: 4\nparallelism: 5', 'parallelism: 5', 1, 'Map keys must be unique'],
  ['type: string, maxLength: 40', 'type: text, maxLength: 40', 'cidr:', 23, 'must be one of string'],
  ['maxLength: 40 }', 'maxLenght: 40 }', 'maxLenght', 37, 'unknown key maxLenght'],
  ['maxLength: 40 }', 'format: cidr }', 'cidr:', 37, 'unknown format cidr'],
  ['maxLength: 40 }', 'pattern: "(" }', 'cidr:', 37, 'must match format "regexp"'],
  ['required: [cidr]', 'required: [cird]', 'required: [cird]', 13, 'required key cird has no schema'],
  ['x-ref: VPC', 'x-ref: Vpc', 'x-ref: Vpc', 55, 'there is no kind Vpc'],
  ['scope: [cluster, namespace]', 'scope: [labels]', 'scope:', 5, 'labels has a meaning of its own'],
  ['states: { absent: Not there., ready', 'states: { gone: Not there., ready', 'gone', 9, 'state absent is missing'],
  ['edits: [ready]', 'edits: [redy]', 'edits: [redy]', 17, 'there is no state redy'],
  ['edits: [ready]', 'edits: [absent]', 'edits: [absent]', 17, 'what is absent cannot be edited'],
  ['edits: [ready]', 'edits: [ready, { state: ready }]', 'edits: [ready, {', 24, 'ready is there twice'],
  ['{ from: ready, to: absent,', '{ from: raedy, to: absent,', 'raedy', 15, 'there is no state raedy'],
  ['{ from: ready, to: absent,', '{ from: ready, to: ready,', 'to: ready,', 13, 'write ready under edits'],
  ['{ from: ready, to: absent,', '{ from: ready, to: absent, settles: away,', 'away', 40, 'there is no state away'],
  ['{ from: ready, to: absent,', '{ from: absent, to: ready,', 'destructive', 13, 'absent>ready by fettle is there twice'],
  ['trigger: change, by: world,', 'trigger: change, by: world, deadlineMs: 5,', 'deadlineMs: 5', 65, 'deadlineMs is for steps by fettle'],
  ['trigger: push, by: fettle', 'trigger: push, by: fettle, withinMs: 5', 'withinMs: 5 }', 66, 'withinMs is for moves by the world'],
  ['"sync:stale>fresh"] }', '"sync:stale>old"] }', 'sync:stale>old', 65, 'there is no move sync:stale>old'],
  ['stale: Old., fresh: New.', 'stale: Old., fresh: New., lost: Gone.', 'lost', 43, 'no transition leads to lost'],
  ['guards: { VPC: ["ready>ready"', 'guards: { Vpc: ["ready>ready"', 'Vpc', 15, 'there is no kind Vpc'],
  ['guards: { VPC: ["ready>ready"', 'guards: { VPC: ["fresh>ready"', 'fresh>ready', 15, 'fresh>ready is no step that fettle takes'],
  ['"sync:stale>fresh"] }\nf', '"sync:fresh>stale"] }\nf', 'sync:fresh>stale', 15, 'sync:fresh>stale is no step'],
  ['id: one-at-a-time', 'id: lifecycle', 'id: lifecycle', 5, 'lifecycle is a rule of the engine'],
  ['findings: []', 'findings: [{ code: a, kind: B, severity: info, text: C. }]', 'code: a', 23, 'there is no kind B'],
  ['name: fabric', 'name: engine', 'name: engine', 1, 'engine is the name of the engine'],
  [
    'properties: {} }\nkinds',
    'properties: { parallelism: { type: integer } } }\nkinds',
    'config:',
    66,
    'every plugin has parallelism already',
  ],
];

describe('plugins', () => {
  test.each(cases)('%s → %s', (from, to, line, column, message) => {
    expect(fabricText.text).toContain(from);
    const text = fabricText.text.replace(from, to);
    const { specs, problems } = readSpecs([engineText, { ...fabricText, text }]);
    const [first] = problems;
    expect(specs).toBeUndefined();
    expect(first?.message).toContain(message);
    expect(text.split('\n')[(first?.line ?? 0) - 1]).toContain(line);
    expect(first?.column).toBe(column);
    expect(first?.file).toBe('specs/fabric.yaml');
  });

  test('all problems of all files come at once', () => {
    const text = fabricText.text.replace('edits: [ready]', 'edits: [a, b]').replace('x-ref: VPC', 'x-ref: Vpc');
    const other = { file: 'specs/other.yaml', text: 'name: other\n' };
    const { problems } = readSpecs([engineText, { ...fabricText, text }, other]);
    expect(problems.filter(({ file }) => file === 'specs/fabric.yaml').map(({ message }) => message)).toEqual([
      '/subnets/*/peer: there is no kind Vpc',
      'there is no state a',
      'there is no state b',
    ]);
    expect(problems.filter(({ file }) => file === 'specs/other.yaml').length).toBeGreaterThan(3);
  });
});

describe('the engine', () => {
  test.each([
    ['code: 143', 'code: 130', 'exit code 130 is there twice'],
    ['id: not-owned', 'id: lifecycle', 'rule lifecycle is there twice'],
    ['name: locked', 'name: error', 'exit code error is there twice'],
    ['format: address }', 'format: adress }', 'unknown format adress'],
  ])('%s → %s', (from, to, message) => {
    expect(engineText.text).toContain(from);
    const { problems } = readSpecs([{ ...engineText, text: engineText.text.replace(from, to) }, fabricText]);
    expect(problems.map((problem) => problem.message).join('\n')).toContain(message);
  });

  test('it has to be there', () => {
    expect(readSpecs([fabricText]).problems.map(({ file, message }) => `${file} ${message}`)).toEqual([
      'specs/engine.yaml it is missing',
    ]);
  });
});
