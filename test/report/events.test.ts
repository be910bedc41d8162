/** Events: one JSON object per line, with the types and members that programs rely on. */

import { describe, expect, it } from 'vitest';

import { InputError, PostponedError, type Problem } from '#plugin';
import type { ApplyEvent } from '../../src/engine/action.ts';
import { type Reporter, streamReporter, textReporter } from '../../src/commands/reporters.ts';
import { runningActions } from '../../src/run/running-actions.ts';
import { ProblemsError } from '../../src/run/project.ts';
import type { Output } from '../../src/output.ts';
import { type Event, type EventBody, eventLine, planEvents, resultEvents } from '../../src/formats/events.ts';
import type { Shell } from '../../src/shell.ts';
import type { Holder } from '../../src/store/store.ts';
import { version } from '../../src/version.ts';
import { applyToy, planToy, START, toyLog, toyWorld, wanted } from '../support/toy.ts';
import { hostilePlan, hostileRows } from './hostile.ts';
import fc from '../support/property.ts';

const TYPES: ReadonlySet<string> = new Set([
  'version',
  'log',
  'diagnostic',
  'refresh_start',
  'refresh_complete',
  'resource_drift',
  'planned_change',
  'planned_rejection',
  'planned_deferral',
  'finding',
  'plugin_summary',
  'change_summary',
  'lock_wait',
  'apply_start',
  'apply_progress',
  'apply_complete',
  'apply_errored',
  'log_head',
]);

function output(): Output & { readonly text: () => string } {
  let text = '';
  return {
    isTTY: true,
    columns: () => 80,
    write: (more) => {
      text += more;
    },
    failure: () => undefined,
    text: () => text,
  };
}

function shellOf(): {
  readonly shell: Shell;
  readonly stdout: ReturnType<typeof output>;
  readonly stderr: ReturnType<typeof output>;
} {
  const stdout = output();
  const stderr = output();
  const shell: Shell = {
    stdout,
    stderr,
    stdin: () => {
      throw new Error('standard input was opened');
    },
    env: {},
    cwd: () => '/',
    now: () => START,
    onSignal: () => () => undefined,
    exit: (code) => {
      throw new Error(`exit ${code}`);
    },
  };
  return { shell, stdout, stderr };
}

function read(text: string): readonly Event[] {
  expect(text.endsWith('\n')).toBe(true);
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
}

function onlyOf(bodies: Iterable<EventBody>, type: EventBody['type']): readonly EventBody[] {
  return [...bodies].filter((body) => body.type === type);
}

describe('a line', () => {
  it('of anything is one object with level, message, module, time and a known type, in this order', () => {
    fc.assert(
      fc.property(hostilePlan, hostileRows, (plan, rows) => {
        for (const body of [...planEvents(plan), ...resultEvents(rows, plan.log_head)]) {
          const line = eventLine(body, START);
          expect(line.indexOf('\n')).toBe(line.length - 1);
          const event = JSON.parse(line) as Event;
          expect(Object.keys(event).slice(0, 5)).toEqual(['@level', '@message', '@module', '@timestamp', 'type']);
          expect(TYPES.has(event.type)).toBe(true);
          expect(event['@message']).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe('events of a plan', () => {
  it('hold every row, finding and gap once', () => {
    fc.assert(
      fc.property(hostilePlan, (plan) => {
        const all = [...planEvents(plan)];
        const count = (type: EventBody['type']) => all.filter((body) => body.type === type).length;
        expect(count('planned_change')).toBe(plan.resource_changes.length);
        expect(count('planned_rejection')).toBe(plan.rejected_changes.length);
        expect(count('planned_deferral')).toBe(plan.deferred_changes.length);
        expect(count('resource_drift')).toBe(plan.resource_drift.length);
        expect(count('finding')).toBe(plan.checks.length);
        expect(count('diagnostic')).toBe(plan.gaps.length);
        expect(count('plugin_summary')).toBe(plan.summaries?.length);
        expect(all.slice(-2).map(({ type }) => type)).toEqual(['change_summary', 'log_head']);
      }),
      { numRuns: 20 },
    );
  });

  it('have the members that readers of such streams rely on', async () => {
    const world = toyWorld({ adopted: 2 });
    const log = toyLog();
    await applyToy(
      world,
      [wanted('gone', 2), wanted('kept', 2, { lifecycle: { protect: true } }), wanted('moved', 4)],
      log,
    );
    world.items.set('moved', { value: 7, state: 'ready' });
    world.blind.add('blind');
    const documents = [
      wanted('adopted', 2),
      wanted('moved', 4),
      wanted('new', 2),
      wanted('bad', 13),
      wanted('waits', 2, { needs: ['bad'] }),
      wanted('blind', 2),
    ];
    const { plan } = await planToy(world, documents, log);
    const events = [...planEvents(plan)];
    const changes = onlyOf(events, 'planned_change');
    expect(changes.map((body) => 'change' in body && [body.change.resource.resource_name, body.change.action])).toEqual(
      [
        ['gone', 'delete'],
        ['adopted', 'import'],
        ['moved', 'update'],
        ['new', 'create'],
      ],
    );
    expect(events.find((body) => body['@message'] === 'toy/Item/new: Plan to create')).toEqual({
      '@level': 'info',
      '@message': 'toy/Item/new: Plan to create',
      type: 'planned_change',
      change: {
        resource: {
          addr: 'toy/Item/new',
          module: '',
          resource: 'toy/Item/new',
          implied_provider: 'toy',
          resource_type: 'toy/Item',
          resource_name: 'new',
          resource_key: null,
        },
        action: 'create',
        reason: 'new',
        step: 'absent>ready',
        goal: 'create',
        because: 'it does not exist',
      },
    });
    expect(onlyOf(events, 'resource_drift')).toMatchObject([
      { change: { resource: { addr: 'toy/Item/moved' }, action: 'update' } },
    ]);
    expect(onlyOf(events, 'planned_rejection')).toMatchObject([
      {
        '@level': 'warn',
        change: { resource: { addr: 'toy/Item/kept' }, action: 'delete', reason: 'orphan' },
        rejection: { reason: 'protected', reasons: [{ rule: 'protected', overridable: true }] },
      },
      { change: { resource: { addr: 'toy/Item/bad' }, action: 'create' }, rejection: { reason: 'not-thirteen' } },
    ]);
    expect(onlyOf(events, 'planned_deferral')).toMatchObject([
      { change: { resource: { addr: 'toy/Item/waits' } }, deferral: { reason: 'dependency' } },
    ]);
    expect(onlyOf(events, 'finding')).toMatchObject([
      { '@level': 'warn', finding: { address: 'toy/Item/moved', code: 'odd', severity: 'warning' } },
    ]);
    expect(onlyOf(events, 'diagnostic')).toMatchObject([
      {
        '@level': 'error',
        diagnostic: {
          severity: 'error',
          summary: 'toy/Item/blind could not be read',
          detail: 'it does not answer',
          address: 'toy/Item/blind',
        },
      },
    ]);
    const { rejected, deferred, findings, unchanged, unread } = plan.summary;
    expect(onlyOf(events, 'change_summary')).toMatchObject([
      {
        plan_digest: plan.plan_digest,
        changes: {
          add: 1,
          change: 1,
          remove: 1,
          import: 1,
          operation: 'plan',
          rejected,
          deferred,
          findings,
          unchanged,
          unread,
        },
      },
    ]);
    expect(onlyOf(events, 'log_head')).toEqual([
      { '@level': 'info', '@message': 'log head none', type: 'log_head', log_head: null },
    ]);
  });
});

describe('events of an apply', () => {
  it('follow each action from its start to its end; failed actions are repeated as diagnostics', async () => {
    const { shell, stdout } = shellOf();
    const { say } = await streamReporter(shell);
    const running = runningActions({ elapsed: () => 0 }, say);
    const world = toyWorld();
    world.faults.set('absent>ready a', async () => {
      throw new Error('no room');
    });
    world.faults.set('absent>ready e', async () => {
      throw new PostponedError('the provider is busy', {});
    });
    const reported: ApplyEvent[] = [];
    const { rows } = await applyToy(
      world,
      [wanted('a', 2), wanted('b', 2), wanted('c', 13), wanted('d', 2, { needs: ['a'] }), wanted('e', 2)],
      toyLog(),
      {
        on: (event) => {
          reported.push(event);
          running.on(event);
        },
      },
    );
    running.close();
    const applied = {
      ending: 'incomplete',
      project: 'toy',
      rows: Object.values(rows),
      head: { seq: 7, hash: 'abc' },
    } as const;
    say({ type: 'applied', applied });
    const events = read(stdout.text());
    const of = (name: string) =>
      events.flatMap((event) =>
        'hook' in event && 'resource' in event.hook && event.hook.resource.resource_name === name ? [event] : [],
      );
    expect(of('a').map(({ type }) => type)).toEqual(['apply_start', 'apply_errored']);
    expect(of('a')).toMatchObject([
      { hook: { action: 'create', step: 'absent>ready' } },
      { '@level': 'error', hook: { action: 'create', status: 'failed', message: 'no room', elapsed_seconds: 0 } },
    ]);
    expect(of('b').map(({ type }) => type)).toEqual(['apply_start', 'apply_complete']);
    expect(of('c')).toEqual([]);
    expect(of('e').map(({ type }) => type)).toEqual(['apply_start', 'apply_errored']);
    expect(of('e')[1]).toMatchObject({
      '@level': 'info',
      hook: { status: 'deferred', message: 'the provider is busy' },
    });
    expect(of('d')).toMatchObject([{ type: 'apply_errored', '@level': 'warn', hook: { status: 'not-attempted' } }]);
    expect(reported.some((event) => event.type === 'end' && event.row.status === 'rejected')).toBe(true);
    const end = events.slice(-4);
    expect(end).toMatchObject([
      {
        type: 'diagnostic',
        diagnostic: {
          severity: 'error',
          summary: 'toy/Item/a: failed',
          detail: 'no room',
          address: 'toy/Item/a',
          range: { filename: 'items.yaml', start: { line: 1, column: 1 } },
        },
      },
      { type: 'diagnostic', diagnostic: { severity: 'warning', address: 'toy/Item/d' } },
      {
        type: 'change_summary',
        changes: {
          add: 1,
          change: 0,
          remove: 0,
          import: 0,
          operation: 'apply',
          done: 1,
          failed: 1,
          unknown: 0,
          stale: 0,
          not_attempted: 1,
          rejected: 1,
          deferred: 1,
        },
      },
      { type: 'log_head', log_head: { seq: 7, hash: 'sha256:abc' } },
    ]);
  });
});

const holder: Holder = {
  id: '1',
  user: 'alice',
  host: 'laptop',
  bootId: 'b',
  pidNamespace: '1',
  pid: 42,
  pidStart: '7',
  since: '2026-01-01T00:00:00Z',
  command: 'apply',
};

const problem: Problem = {
  code: 'unknown-key',
  message: 'no such key',
  severity: 'error',
  at: { file: 'a.yaml', line: 3, column: 5 },
  sourceLine: '    colour: red',
  suggestion: 'did you mean color?',
};

function reportAll({ say, failed, ended }: Reporter): void {
  say({ type: 'store-doubted', message: 'take care' });
  say({ type: 'problems', problems: [{ code: 'odd-key', message: 'odd', severity: 'warning' }] });
  say({ type: 'log-torn', bytes: 7 });
  say({ type: 'lock-wait', holder });
  say({ type: 'lock-held', holder });
  ended('locked');
  failed(new InputError('first mistake\nsecond mistake'));
}

describe('the stream', () => {
  it('begins with the version, and has nothing but events on standard output', async () => {
    const { shell, stdout, stderr } = shellOf();
    reportAll(await streamReporter(shell));
    expect(stderr.text()).toBe('');
    expect(read(stdout.text())).toMatchObject([
      { type: 'version', fettle: version, ui: '1.0', '@timestamp': '2026-01-01T00:00:00.000Z', '@module': 'fettle' },
      { type: 'diagnostic', '@level': 'warn', diagnostic: { severity: 'warning', summary: 'take care', detail: '' } },
      { type: 'diagnostic', '@level': 'warn', diagnostic: { code: 'odd-key', summary: 'odd' } },
      { type: 'log', '@message': '7 bytes of an unfinished record at the end of the log are ignored' },
      { type: 'lock_wait', lock: { user: 'alice', pid: 42 }, '@message': expect.stringContaining('alice@laptop') },
      { type: 'diagnostic', diagnostic: { severity: 'error', summary: expect.stringContaining('locked by alice@') } },
      { type: 'log', '@level': 'error', exit: { code: 5, name: 'locked' }, '@message': expect.stringContaining('5') },
      { type: 'diagnostic', '@level': 'error', '@message': 'Error: first mistake' },
      { type: 'diagnostic', '@level': 'error', '@message': 'Error: second mistake' },
      { type: 'log', '@level': 'error', exit: { code: 1, name: 'error' } },
    ]);
  });

  it('reports each problem of the documents with its place, and then the end', async () => {
    const { shell, stdout } = shellOf();
    (await streamReporter(shell)).failed(new ProblemsError([problem]));
    expect(read(stdout.text()).slice(1)).toMatchObject([
      {
        type: 'diagnostic',
        diagnostic: {
          severity: 'error',
          summary: 'no such key',
          detail: 'did you mean color?',
          code: 'unknown-key',
          range: { filename: 'a.yaml', start: { line: 3, column: 5 } },
          snippet: { code: '    colour: red', start_line: 3 },
        },
      },
      { type: 'log', exit: { code: 1 } },
    ]);
  });

  it('reports the refresh of each plugin, with the numbers of resources and gaps', async () => {
    const { shell, stdout } = shellOf();
    const { say } = await streamReporter(shell);
    say({ type: 'refresh-started', plugins: ['other', 'toy'] });
    say({ type: 'refresh-progress', progress: new Map(), elapsedMs: 400 });
    say({
      type: 'refresh-ended',
      plugins: [
        { plugin: 'other', seen: 0, gaps: 0 },
        { plugin: 'toy', seen: 2, gaps: 1 },
      ],
      elapsedMs: 500,
    });
    expect(
      read(stdout.text())
        .slice(1)
        .map((event) => [event.type, 'hook' in event ? event.hook : undefined]),
    ).toEqual([
      ['refresh_start', { plugin: 'other' }],
      ['refresh_start', { plugin: 'toy' }],
      ['refresh_complete', { plugin: 'other', seen: 0, gaps: 0, elapsed_seconds: 0.5 }],
      ['refresh_complete', { plugin: 'toy', seen: 2, gaps: 1, elapsed_seconds: 0.5 }],
    ]);
  });
});

describe('without a stream', () => {
  it('the same is text on standard error', () => {
    const { shell, stdout, stderr } = shellOf();
    reportAll(textReporter(shell, false, () => undefined));
    expect(stdout.text()).toBe('');
    expect(stderr.text()).toMatch(
      /^warning: take care\nwarning odd-key: odd\n\n1 warning\.\nnote: 7 bytes .*\nnote: waiting for the lock: alice@.*\nerror: locked by alice@.*\nexit 5: .*\nerror: first mistake\nerror: second mistake\n$/u,
    );
  });

  it('reports a bug with its stack and the address for reports', () => {
    const { shell, stderr } = shellOf();
    textReporter(shell, false, () => undefined).failed(
      Object.assign(new TypeError('ours'), { code: 'ERR_INVALID_ARG_TYPE' }),
    );
    expect(stderr.text()).toMatch(/^error: internal error: TypeError: ours\n +at .*[\s\S]*Report it .*https:/u);
  });
});
