/** Mistakes in specs, each with its place. */

import { describe, expect, test } from 'vitest';
import { readSpecs } from '../../src/codegen/read-spec.ts';
import { engineText, fabricText } from './specs.ts';

/** The replaced text, its replacement, the text at the place of the problem, and the message. */
type Case = readonly [from: string, to: string, at: string, message: string];

const cases: readonly Case[] = [
  ['version: v1alpha1', 'version: 1', 'version: 1', 'version must be string'],
  ['version: v1alpha1', 'version: one', 'version: one', 'version must match pattern'],
  ['summary: Networks.', 'summary: [', 'parallelism: 4', 'Flow sequence'],
  ['summary: Networks.', 'summery: Networks.', 'summery', 'unknown key summery'],
  ['onRemove: remove', 'onRemove: delete', 'onRemove', 'must be one of remove, release'],
  ['    summary: A network.', '    1: A network.', '1: A', 'a key must be text'],
  ['parallelism: 4', 'parallelism: 4\nparallelism: 5', 'parallelism: 5', 'Map keys must be unique'],
  ['type: string, maxLength: 40', 'type: text, maxLength: 40', 'type: text', 'must be one of string'],
  ['maxLength: 40 }', 'maxLenght: 40 }', 'maxLenght', 'unknown key maxLenght'],
  ['maxLength: 40 }', 'format: cidr }', 'format: cidr', 'unknown format cidr'],
  ['maxLength: 40 }', 'pattern: "(" }', 'pattern: "("', 'must match format "regexp"'],
  ['required: [cidr]', 'required: [cird]', 'required: [cird]', 'required key cird has no schema'],
  ['x-ref: VPC', 'x-ref: Vpc', 'x-ref: Vpc', 'the kind Vpc does not exist'],
  ['fields: [/subnets]', 'fields: [/subnet]', '/subnet]', 'the field /subnet does not exist'],
  ['fields: [/subnets]', 'fields: [/subnets, /subnets]', 'fields: [/subnets, ', 'must NOT have duplicate items'],
  ['releases: true', 'releases: false', 'releases: false', 'must be'],
  ['combine: none', 'combine: least', 'combine: least', 'must be'],
  ['rules:\n', 'inputs: { VPC: { type: object } }\nrules:\n', 'VPC: { type', 'VPC is a kind'],
  ['rules:\n', 'inputs: { Report: { typ: object } }\nrules:\n', 'typ:', 'unknown key typ'],
  [
    'rules:\n',
    'inputs: { Report: { type: object, properties: { at: { x-ref: VPC } } } }\nrules:\n',
    'x-ref: VPC } } }',
    'the kind VPC does not exist',
  ],
  [
    'rules:\n',
    'alerts: [{ class: late, kind: Vpc, severities: [high], text: Late. }]\nrules:\n',
    'kind: Vpc, severities',
    'the kind Vpc does not exist',
  ],
  [
    'rules:\n',
    'alerts: [{ class: late, kind: VPC, severities: [error], text: Late. }]\nrules:\n',
    'error], text',
    'must be one of critical, high',
  ],
  [
    'rules:\n',
    'alerts: [{ class: late, kind: VPC, severities: [low], text: A. }, { class: late, kind: VPC, severities: [high], text: B. }]\nrules:\n',
    'class: late, kind: VPC, severities: [high]',
    'alert late is listed twice',
  ],
  ['scope: [cluster, namespace]', 'scope: [labels]', 'scope:', 'labels has a meaning of its own'],
  ['states: { absent: Not there., ready', 'states: { none: None., ready', 'states: { none', 'state absent is missing'],
  ['edits: [ready]', 'edits: [redy]', 'redy]', 'the state redy does not exist'],
  ['edits: [ready]', 'edits: [absent]', 'absent]', 'an absent resource cannot be edited'],
  ['edits: [ready]', 'edits: [ready, { state: ready }]', '{ state: ready }', 'ready is listed twice'],
  ['{ from: ready, to: absent,', '{ from: raedy, to: absent,', 'from: raedy', 'the state raedy does not exist'],
  ['{ from: ready, to: absent,', '{ from: ready, to: ready,', '{ from: ready, to: ready', 'list ready under edits'],
  ['{ from: ready, to: absent,', '{ from: [ready], to: [ready],', '{ from: [ready]', 'the transition leads nowhere'],
  [
    '{ from: ready, to: absent,',
    '{ from: ready, to: absent, settles: away,',
    'settles: away',
    'the state away does not exist',
  ],
  [
    '{ from: ready, to: absent,',
    '{ from: ready, to: absent, fails: away,',
    'fails: away',
    'the state away does not exist',
  ],
  [
    '{ from: ready, to: absent,',
    '{ from: ready, to: absent, fails: ready,',
    'fails: ready',
    'the move absent>ready by the world does not exist',
  ],
  [
    'trigger: push, by: fettle }',
    'trigger: push, by: fettle, fails: stale }',
    'fails: stale',
    'fails is only for the first machine',
  ],
  [
    'trigger: change, by: world,',
    'trigger: change, by: world, fails: stale,',
    'fails: stale',
    'fails is only for steps by fettle',
  ],
  [
    '{ from: ready, to: absent,',
    '{ from: absent, to: ready,',
    '{ from: absent, to: ready, trigger: remove',
    'absent>ready by fettle is listed twice',
  ],
  [
    'trigger: change, by: world,',
    'trigger: change, by: world, deadlineMs: 5,',
    'deadlineMs: 5',
    'deadlineMs is only for steps by fettle',
  ],
  [
    'trigger: push, by: fettle',
    'trigger: push, by: fettle, withinMs: 5',
    'withinMs: 5 }',
    'withinMs is only for moves by the world',
  ],
  ['"sync:stale>fresh"] }', '"sync:stale>old"] }', 'together:', 'the move sync:stale>old does not exist'],
  ['stale: Old., fresh: New.', 'stale: Old., fresh: New., lost: Lost.', 'lost', 'no transition leads to lost'],
  ['guards: { VPC: ["ready>ready"', 'guards: { Vpc: ["ready>ready"', 'Vpc', 'the kind Vpc does not exist'],
  [
    'guards: { VPC: ["ready>ready"',
    'guards: { VPC: ["fresh>ready"',
    'VPC: ["fresh',
    'fresh>ready does not name a step that fettle takes',
  ],
  ['"sync:stale>fresh"] }\nf', '"sync:fresh>stale"] }\nf', 'VPC: [', 'sync:fresh>stale does not name a step'],
  ['"sync:stale>fresh"] }\nf', '"sync:*>stale"] }\nf', 'VPC: [', 'sync:*>stale does not name a step'],
  ['"sync:stale>fresh"] }\nf', 'disruptive] }\nf', 'VPC: [', 'disruptive does not name a step'],
  ['id: one-at-a-time', 'id: lifecycle', 'id: lifecycle', 'lifecycle is a rule of the engine'],
  [
    'findings: []',
    'findings: [{ code: a, kind: B, severity: info, text: C. }]',
    'kind: B',
    'the kind B does not exist',
  ],
  ['name: fabric', 'name: engine', 'name: engine', 'engine is the name of the engine'],
  [
    'properties: {} }\nkinds',
    'properties: { parallelism: { type: integer } } }\nkinds',
    'parallelism: {',
    'every plugin already has parallelism',
  ],
];

describe('plugins', () => {
  test.each(cases)('%s → %s', (from, to, at, message) => {
    expect(fabricText.text).toContain(from);
    const text = fabricText.text.replace(from, to);
    const { specs, problems } = readSpecs([engineText, { ...fabricText, text }]);
    const found = problems.find((problem) => problem.message.includes(message));
    expect(specs).toBeUndefined();
    expect(problems.map((problem) => problem.message).join('\n')).toContain(message);
    const line = text.split('\n')[(found?.line ?? 0) - 1] ?? '';
    expect(line.slice((found?.column ?? 0) - 1, (found?.column ?? 0) - 1 + at.length)).toBe(at);
    expect(found?.file).toBe('specs/fabric.yaml');
  });

  test.each([
    ['minimum: 1, default: 30', 'minimum: 0', '/lease/days: minimum differs from the setting of the same name'],
    ['maximum: 90, default: 30', 'minimum: 1', '/lease/days: maximum differs from the setting of the same name'],
    ['default: 30', 'default: 31', '/lease/days: the setting of the same name has the default'],
    ['minimum: 1, default: 30', 'minimum: 1', undefined],
  ])('a setting of %s, and a field of the same name of %s: %s', (setting, field, message) => {
    const lease = (bounds: string): string =>
      `lease: { type: object, properties: { days: { type: integer, ${bounds} } } }`;
    const text = fabricText.text
      .replace('properties: {} }', `properties: { ${lease(setting)} } }`)
      .replace('        subnets:\n', `        ${lease(field)}\n        subnets:\n`);
    const { problems } = readSpecs([engineText, { ...fabricText, text }]);
    const found = problems.map((problem) => problem.message).filter((each) => each.includes('of the same name'));
    if (message === undefined) expect(found).toEqual([]);
    else expect(found).toContain(message);
  });

  test('all problems of all files come at once', () => {
    const text = fabricText.text.replace('edits: [ready]', 'edits: [a, b]').replace('x-ref: VPC', 'x-ref: Vpc');
    const other = { file: 'specs/other.yaml', text: 'name: other\n' };
    const { problems } = readSpecs([engineText, { ...fabricText, text }, other]);
    expect(problems.filter(({ file }) => file === 'specs/fabric.yaml').map(({ message }) => message)).toEqual([
      '/subnets/*/peer: the kind Vpc does not exist',
      'the state a does not exist',
      'the state b does not exist',
      'ready>ready does not name a step that fettle takes on a VPC',
    ]);
    expect(problems.filter(({ file }) => file === 'specs/other.yaml').length).toBeGreaterThan(3);
  });
});

describe('the engine', () => {
  test.each([
    ['id: not-owned', 'id: lifecycle', 'rule lifecycle is listed twice'],
    ['name: locked', 'name: error', 'exit code error is listed twice'],
    ['format: address }', 'format: adress }', 'unknown format adress'],
  ])('%s → %s', (from, to, message) => {
    expect(engineText.text).toContain(from);
    const { problems } = readSpecs([{ ...engineText, text: engineText.text.replace(from, to) }, fabricText]);
    expect(problems.map((problem) => problem.message).join('\n')).toContain(message);
  });

  test('is required', () => {
    expect(readSpecs([fabricText]).problems.map(({ file, message }) => `${file} ${message}`)).toEqual([
      'specs/engine.yaml the file is missing',
    ]);
  });
});
