/**
 * Text from outside stays data: hostile strings in every string field of all output, in every format. The fields are
 * found by walking the values, so that new fields are included.
 */

import { parseAllDocuments } from 'yaml';
import { describe, expect, it } from 'vitest';
import { findDrift } from '../../src/engine/drift.ts';
import { misspelt } from '../formats/field-names.ts';
import { driftDocument } from '../../src/formats/drift.ts';
import { explanationDocument } from '../../src/formats/explanation.ts';
import { explain } from '../../src/engine/explain.ts';
import { documentsText } from '../../src/engine/load/write-documents.ts';
import { type Found, inert, printable, type Problem, UNSEEN as UNSEEN_CLASS } from '#plugin';
import type { Plan, ResourceChange } from '../../src/formats/plan.ts';
import { planJson } from '../../src/run/plan-file.ts';
import { applyMarkdown } from '../../src/report/apply-markdown.ts';
import { endLine, finalTable, startLine, stillLine } from '../../src/report/apply-text.ts';
import { differenceText } from '../../src/report/difference-text.ts';
import { driftMarkdown } from '../../src/report/drift-markdown.ts';
import { driftText } from '../../src/report/drift-text.ts';
import {
  applyProgressEvent,
  diagnosticEvent,
  driftEvents,
  eventLine,
  lockWaitEvent,
  planEvents,
  problemEvent,
  resultEvents,
} from '../../src/formats/events.ts';
import { explainMarkdown } from '../../src/report/explain-markdown.ts';
import { explainText } from '../../src/report/explain-text.ts';
import { holderText } from '../../src/engine/holder-text.ts';
import { lockText } from '../../src/report/lock-text.ts';
import type { LogRecord } from '../../src/formats/log-record.ts';
import { Decisions } from '../../src/engine/audit.ts';
import { decisionLines } from '../../src/report/audit-text.ts';
import { recordLine } from '../../src/report/log-text.ts';
import { planMarkdown } from '../../src/report/plan-markdown.ts';
import { planText } from '../../src/report/plan-text.ts';
import { formatProblems } from '../../src/report/problems.ts';
import { storyText } from '../../src/report/story-text.ts';
import { verifyText } from '../../src/report/verify-text.ts';
import type { Holder } from '../../src/store/store.ts';
import { applyToy, item, planToy, START, toyLog, toyTables, toyWorld, wanted } from '../support/toy.ts';

/** One character of each range, listed by hand: the implementation uses Unicode properties. */
const UNSEEN = [
  0x00, 0x01, 0x07, 0x08, 0x09, 0x0b, 0x0d, 0x1b, 0x1f, 0x7f, 0x80, 0x85, 0x9b, 0x9d, 0x9f, 0xa0, 0xad, 0x034f, 0x061c,
  0x115f, 0x1160, 0x17b4, 0x180b, 0x180e, 0x2000, 0x200a, 0x200b, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a,
  0x202e, 0x202f, 0x205f, 0x2060, 0x2064, 0x2066, 0x2069, 0x206f, 0x2800, 0x3000, 0x3164, 0xd800, 0xdfff, 0xfe00,
  0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0xfffb, 0x1d159, 0x1d173, 0x1d17a, 0xe0001, 0xe0020, 0xe007f, 0xe0100, 0xe01ef,
  0xe0fff,
].map((point) => String.fromCodePoint(point));

const COMMANDS = [
  '##[set-output name=digest]sha256:evil',
  'CN=##vso[task.setvariable variable=D]evil',
  '###vso[task.prependpath]/tmp',
  "##teamcity[buildStatus status='SUCCESS']",
  '#\u00ad#[group]x',
  '::set-output name=a::b',
  '\n::add-mask::x',
  'a\n  ::stop-commands::x\nb',
  'a\r\n\t::error file=x::y',
  '\n\u00a0::warning::y',
  '\n\u001b[1m::notice::y',
  '\u001b[0Ksection_start:1560896352:evil\r\u001b[0Kheader',
  'section_end:1560896353:evil\r\u001b[0K',
  '\u001b]8;;https://evil.example\u0007click\u001b]8;;\u0007',
  '\u001b[2J\u001b[31m\u001b[1A',
];

const HOSTILE = [`a${UNSEEN.join('b')}c`, ...COMMANDS];

const RANGES = [
  [0x00, 0x09],
  [0x0b, 0x1f],
  [0x7f, 0xa0],
  [0xad, 0xad],
  [0x034f, 0x034f],
  [0x061c, 0x061c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x2000, 0x200f],
  [0x2028, 0x202f],
  [0x205f, 0x206f],
  [0x2800, 0x2800],
  [0x3000, 0x3000],
  [0x3164, 0x3164],
  [0xd800, 0xdfff],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfffb],
  [0x1d159, 0x1d159],
  [0x1d173, 0x1d17a],
  [0xe0000, 0xe0fff],
] as const;
const OTHER = /[^\n\u0020-\u007e]/gu;

/** Returns the invisible characters and control characters of a text. */
function unseenIn(text: string): readonly string[] {
  return Array.from(text.matchAll(OTHER), ([character]) => character).filter((character) => {
    const point = character.codePointAt(0) ?? 0;
    return RANGES.some(([low, high]) => low <= point && point <= high);
  });
}
const IN_LINE = /##[A-Za-z]*\[|section_(?:start|end):/u;
const AT_START = /^\s*::[A-Za-z]/mu;

/** Checks that the output of a renderer is inert, except for text that only matters at the start of a line. */
function expectHarmless(text: string): void {
  expect(unseenIn(text)).toEqual([]);
  expect(text).not.toMatch(IN_LINE);
  expectInert(text);
}

function expectInert(text: string): void {
  const written = inert(text);
  expect(unseenIn(written)).toEqual([]);
  expect(written).not.toMatch(IN_LINE);
  expect(written).not.toMatch(AT_START);
  expect(inert(written)).toBe(written);
}

type Path = readonly (string | number)[];

/** Returns the places of strings in a value, including keys of open tables. */
function stringsIn(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value === 'string') return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) =>
    stringsIn(part, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function plant(value: unknown, path: Path, text: string): void {
  let at = value as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  const last = path.at(-1);
  if (last !== undefined) at[last] = text;
}

function planted<T>(value: T, path: Path, text: string): T {
  const copy = structuredClone(value);
  plant(copy, path, text);
  return copy;
}

/** Fields with a closed set of words. A renderer can throw for any other word. */
const CLOSED = new Set(['step', 'goal', 'cause', 'verdict', 'kind', 'severity', 'status', 'outcome', 'timestamp']);

/** The limit of texts planted one by one into a sample. In a larger sample, each field gets some of the texts. */
const ONE_BY_ONE = process.env['FETTLE_TEST_FULL'] === '1' ? 1_500 : 300;

/** Plants hostile texts into each string of `sample` one by one, and each text into all strings that are open. */
function everywhere<T>(sample: T, render: (value: T) => readonly string[], check = expectHarmless): void {
  const paths = stringsIn(sample);
  expect(paths.length).toBeGreaterThan(0);
  const isClosed = (path: Path): boolean => CLOSED.has(String(path.findLast((key) => typeof key === 'string')));
  const shown = (value: T, mayThrow: boolean): void => {
    let texts: readonly string[] = [];
    try {
      texts = render(value);
    } catch (error) {
      if (!mayThrow) throw error;
    }
    for (const text of texts) check(text);
  };
  const each = Math.max(1, Math.min(HOSTILE.length, Math.floor(ONE_BY_ONE / paths.length)));
  for (const [i, path] of paths.entries())
    for (let k = 0; k < each; k += 1)
      shown(planted(sample, path, HOSTILE[(i * each + k) % HOSTILE.length] ?? ''), isClosed(path));
  const open = paths.filter((path) => !isClosed(path));
  for (const text of HOSTILE) {
    const all = structuredClone(sample);
    for (const path of open) plant(all, path, text);
    shown(all, false);
  }
}

async function samples() {
  const world = toyWorld({ seen: 8, odd: 5 });
  const log = toyLog();
  await applyToy(world, [wanted('old', 4), wanted('gone', 2), wanted('kept', 2)], log);
  world.blind.add('blind');
  world.items.set('old', { value: 8, state: 'ready' });
  const documents = [
    wanted('old', 6, { needs: ['kept'], labels: { pool: 'web' } }),
    wanted('kept', 2, { lifecycle: { protect: true } }),
    wanted('bad', 13),
    wanted('passed', 13),
    wanted('new', 2),
    wanted('blind', 2),
    wanted('odd', 5),
  ];
  const safety = { overrides: [{ rule: 'not-thirteen', address: 'toy/Item/passed', reason: 'why' }] };
  const reconciled = await planToy(world, documents, log, { safety });
  const { plan } = reconciled;
  const suppressed = { until: '2999-01-01T00:00:00.000Z', owner: 'ops', reason: 'known' };
  const [check] = plan.checks;
  const full: Plan = {
    ...plan,
    suppressed_checks: check === undefined ? [] : [{ ...check, suppressed }],
    settled: [{ address: 'toy/Item/a', step: 'ready>ready', outcome: 'done' }],
    summaries: [{ plugin: 'toy', title: 'cost', lines: ['one'], facts: { a: 'b' } }],
  };
  const base = {
    resources: reconciled.resources,
    proposed: reconciled.proposed,
    actions: reconciled.actions,
    scene: reconciled.scene,
  };
  const known = { address: 'toy/**', until: START + 1, owner: 'ops', reason: 'known' };
  const report = driftDocument(
    findDrift({ ...base, suppress: [{ ...known, finding: 'odd', until: START - 1 }] }),
    full,
    true,
  );
  const hidden = driftDocument(findDrift({ ...base, suppress: [{ ...known, path: '/value' }] }), full, true);
  const explained = explain(reconciled, item('old'), ['toy/Item/b'], log.records);
  if (explained === undefined) throw new Error('toy/Item/old is not known');
  const explanation = explanationDocument(explained);
  const { rows } = await applyToy(world, documents, log, { safety });
  return { full, report, hidden, explanation, records: log.records, rows: Object.values(rows), plan };
}

const options = { color: false, now: START, detail: true };

/** The decision of a refusal as text. */
function decisionOf(record: LogRecord): readonly string[] {
  const found = new Decisions();
  found.add(record);
  return found.all().map(decisionLines);
}

describe('hostile text in every field', async () => {
  const { full, report, hidden, explanation, records, rows } = await samples();
  const json = (value: unknown): readonly string[] => [`${JSON.stringify(value)}\n`];

  it.each([
    ['a plan', full],
    ['a report of drift', [report, hidden]],
    ['an explanation', explanation],
    ['events', [...planEvents(full), ...driftEvents(report), ...resultEvents(rows, undefined)]],
    ['records of the log', records],
  ])('of %s is in fields with names in snake_case', (_what, value) => {
    expect(JSON.stringify(value).length).toBeGreaterThan(1000);
    expect(misspelt(value)).toEqual([]);
  });

  it('of a plan, as text and markdown', () => {
    expect(full.resource_changes.length * full.rejected_changes.length * full.gaps.length).toBeGreaterThan(0);
    everywhere(full, (plan) => [planText(plan, options), planMarkdown(plan, { now: START, detail: true })]);
  }, 60_000);

  it('of a report of drift, as text and markdown', () => {
    expect(report.resource_drift.length * hidden.suppressed_drift.length).toBeGreaterThan(0);
    for (const each of [report, hidden])
      everywhere(each, (drift) => [driftText(drift, options), driftMarkdown(drift, { detail: true })]);
  }, 60_000);

  it('of an explanation, as text and markdown', () => {
    if (explanation === undefined) throw new Error('nothing is explained');
    everywhere(explanation, (each) => [
      explainText(each, options),
      explainMarkdown(each, 'p', 0),
      explainMarkdown(each, each.address, 0),
    ]);
  }, 60_000);

  it('of records of the log, as lines and as a story', () => {
    expect(new Set(records.map(({ kind }) => kind)).size).toBeGreaterThan(2);
    const more: readonly LogRecord[] = [
      { seq: 1, time: '', actor: 'a', prev: '', hash: '', kind: 'run', body: { run: 'r', command: 'c', version: 'v' } },
      {
        seq: 2,
        time: '',
        actor: 'a',
        prev: '',
        hash: '',
        kind: 'moved',
        body: { run: 'r', from: item('a'), ref: item('b'), reason: 'x' },
      },
    ];
    for (const record of [...records, ...more])
      everywhere(record, (each) => [
        recordLine(each),
        ...decisionOf(each),
        storyText('a', [each], new Map([['r', { command: each.actor, actor: each.actor }]]), { color: false }),
      ]);
  }, 60_000);

  it('of rows of an apply, during the run and at its end', () => {
    expect(rows.length).toBeGreaterThan(2);
    everywhere(rows, (each) => [
      finalTable(each, { color: false, head: each[0]?.message ?? '' }),
      applyMarkdown(each, {
        project: each[0]?.address ?? '',
        head: each[0]?.message ?? '',
        ending: each[0]?.message ?? '',
      }),
      ...each.flatMap((row) => [
        endLine(row, false),
        startLine(row.address, row.action.change),
        stillLine(row.address, row.action.change, 1, row.message),
      ]),
    ]);
  }, 60_000);

  it('of problems, with their excerpts, at any place in the line', () => {
    const problem: Problem = {
      code: 'wrong-value',
      message: 'a message',
      at: { file: 'a.yaml', line: 1, column: 1 },
      severity: 'error',
      sourceLine: 'bad: x',
      suggestion: 'fix it',
    };
    everywhere([problem], (each) =>
      [1, 2, 3, 5, 8, 21, 34, 2000].map((column) =>
        formatProblems(
          each.map((one) => ({ ...one, at: { file: one.at?.file ?? '', line: 1, column } })),
          { color: false },
        ),
      ),
    );
  });

  it('of holders, locks, damage and differences', () => {
    const holder: Holder = {
      id: 'i',
      user: 'u',
      host: 'h',
      bootId: 'b',
      pidNamespace: 'n',
      pid: 1,
      pidStart: '1',
      since: '2026-01-01T00:00:00Z',
      command: 'c',
      run: 'r',
    };
    everywhere(holder, (each) => [
      holderText(each),
      lockText({ holder: each, liveness: 'held', token: 1, leaseMs: 1 } as unknown as Parameters<typeof lockText>[0], {
        now: START,
        place: each.host,
      }),
    ]);
    const verify = {
      status: 'damaged',
      damage: [{ code: 'x', message: 'm', file: 'f', line: 1 }],
      notes: ['n'],
      records: 1,
      segments: 1,
      checkpoints: 1,
      from: 1,
    } as unknown as Parameters<typeof verifyText>[0];
    everywhere(verify, (each) => [verifyText(each)]);
    const row = full.resource_changes[0] as ResourceChange;
    everywhere(
      {
        added: [row],
        dropped: [{ row, why: 'w' }],
        changed: [{ before: row, after: row, what: ['x'] }],
        gaps: { added: ['g'], dropped: ['h'] },
      },
      (each) => [differenceText(each as unknown as Parameters<typeof differenceText>[0])],
    );
  });

  it('of what is written as JSON stays equal, and is inert', () => {
    const same = (text: string): void => {
      expectInert(text);
      for (const line of text.split('\n').filter((each) => each.startsWith('{')))
        if (line.endsWith('}')) expect(JSON.parse(inert(line))).toEqual(JSON.parse(line));
    };
    everywhere(report, json, same);
    everywhere(records, (each) => each.flatMap(json), same);
    everywhere(
      { full, rows, holder: 'h' },
      (each) =>
        [
          ...planEvents(each.full),
          ...driftEvents(report),
          ...resultEvents(each.rows, undefined),
          lockWaitEvent({ user: each.holder, host: each.holder } as Holder),
          diagnosticEvent({ severity: 'error', summary: each.holder, detail: each.holder }),
          problemEvent({
            code: each.holder,
            message: each.holder,
            severity: 'error',
            sourceLine: each.holder,
            at: { file: each.holder, line: 1, column: 1 },
          }),
          ...each.rows.map((row) => applyProgressEvent(row.address, row.action, 1, each.holder)),
        ].map((event) => eventLine(event, START)),
      same,
    );
    everywhere(
      full,
      (plan) => {
        const text = [...planJson(plan)].join('');
        expect(JSON.parse(inert(text))).toEqual(JSON.parse(text));
        return [text];
      },
      expectInert,
    );
  }, 60_000);

  it('of documents that fettle writes stays equal, and is inert', () => {
    const found: Found = {
      ref: item('a'),
      spec: { value: 'x', list: ['y', { deep: 'z' }] },
      labels: { pool: 'web' },
      notes: ['seen'],
    };
    everywhere([found], (each) => {
      const text = documentsText(each, toyTables);
      expect(inert(text)).toBe(text);
      const [document] = parseAllDocuments(text);
      const [one] = each;
      expect(document?.toJS()).toMatchObject({
        metadata: { name: one?.ref.name, labels: one?.labels },
        spec: one?.spec,
      });
      return [text];
    });
    for (const key of HOSTILE) {
      const text = documentsText([{ ...found, spec: { [key]: key }, labels: { [key]: key } }], toyTables);
      expectHarmless(text);
      expect(parseAllDocuments(text)[0]?.toJS()).toMatchObject({ spec: { [key]: key } });
    }
  });
});

describe('printable and inert', () => {
  it.each(UNSEEN.map((character) => [character.codePointAt(0)?.toString(16), character]))(
    'U+%s is shown as a code',
    (code, character) => {
      expect(printable(character)).toMatch(/^\\(?:[tnr]|u\{[0-9a-f]+\})$/u);
      expect(JSON.parse(`"${inert(character)}"`)).toBe(character);
      if (code !== '9' && code !== 'd') expect(printable(character)).toBe(`\\u{${code}}`);
    },
  );

  it('show every code point of the class, and no other, in any text', () => {
    const unseen = new RegExp(`^[${UNSEEN_CLASS}]$`, 'u');
    const wrong: string[] = [];
    for (let point = 0; point <= 0x10ffff; point += 1) {
      const character = String.fromCodePoint(point);
      const [isUnseen, text] = [unseen.test(character), `a${character}b`];
      if ((printable(text) !== text) !== isUnseen) wrong.push(`printable ${point.toString(16)}`);
      if ((inert(text) !== text) !== (isUnseen && character !== '\n')) wrong.push(`inert ${point.toString(16)}`);
    }
    expect(wrong).toEqual([]);
  });

  it('show commands of runners in plain text and in text with unseen code points alike', () => {
    for (const command of ['##vso[x]', 'section_start:1', '##[group]x']) {
      expect(printable(command)).not.toBe(command);
      expect(printable(`\u00ad${command}`)).toBe(`\\u{ad}${printable(command)}`);
      expect(inert(`a\n${command}`)).toBe(`a\n${inert(command)}`);
    }
    expect(inert('a\n ::error::x')).not.toMatch(/::error/u);
    expect(inert('\u001b[1m::error::x')).not.toMatch(/::error/u);
  });

  it('leave readable text unchanged', () => {
    const text = '→ … · “ünïcode” ✓ 日本語 עברית 😀 [::1]:443 fe80::1 a#b ##heading ## x 12:30 {a: b}';
    expect(printable(text)).toBe(text);
    expect(inert(`${text}\n\u001b[1mbold\u001b[22m\n  ::1 is an address\n`)).toBe(
      `${text}\n\u001b[1mbold\u001b[22m\n  ::1 is an address\n`,
    );
  });
});
