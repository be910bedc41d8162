/** Hostile data: strings for plans and rows, and whole plans built from them. */

import { NOTHING_COVERED } from '../support/covers.ts';
import type { Row, RowStatus } from '../../src/engine/action.ts';
import type { Plan, RefusedChange, ResourceChange } from '../../src/formats/plan.ts';
import { START } from '../support/toy.ts';
import fc from '../support/property.ts';

const ATTACKS = [
  '</details>',
  '</code></summary><script>alert(1)</script>',
  '```',
  '~~~~',
  '<!-- fettle plan: other -->',
  '-->',
  '@team/owners',
  'user@example.com',
  '[click](https://evil.example)',
  '![x](http://evil.example/x.png)',
  'https://evil.example/',
  'www.evil.example',
  '<https://evil.example>',
  'closes #12',
  'GH-12',
  '!7 ~bug %"m" $3 &4',
  '| a | b |\n| --- | --- |',
  '# heading\n\n- item',
  '$x$ **bold** _it_ ~~gone~~ `code` \\',
  '&lt;b&gt; &#60;',
  ':tada:',
  '\u202egnp.exe',
  '\ud83d',
  '😀'.repeat(40),
  '\r\n\u2028\u0000\u001b[2J',
];

export const hostile: fc.Arbitrary<string> = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...ATTACKS) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc.string({ unit: fc.constantFrom('@', '`', '<', '|', '\ud83d', '😀', 'a'), maxLength: 900 }),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.string({ maxLength: 9 }), fc.constantFrom(...ATTACKS)).map(([a, b]) => `${a}${b}`),
  },
);

const json = fc.dictionary(hostile, fc.oneof(hostile, fc.integer(), fc.constant(null)), { maxKeys: 5 });
const step = fc.constantFrom('absent>ready', 'ready>ready', 'ready>absent', 'ready>draining', 'sync:OUT>IN' as const);
const goal = fc.constantFrom('create', 'update', 'replace', 'remove', 'adopt', 'protect', 'release' as const);

const valueChange: fc.Arbitrary<ResourceChange['change']> = fc.record({
  actions: fc.constantFrom(['update'], ['delete'], ['create'], ['delete', 'create'] as const),
  before: json,
  after: json,
  before_sensitive: fc.constantFrom({}, { token: true }),
  after_sensitive: fc.constantFrom({}, { token: true }),
});

const change: fc.Arbitrary<ResourceChange> = fc.record({
  address: hostile,
  type: hostile,
  name: hostile,
  provider_name: hostile,
  change: valueChange,
  step,
  goal,
  cause: fc.constantFrom('new', 'edit', 'drift', 'orphan', 'time', 'progress', 'policy' as const),
  because: hostile,
  reversible: fc.constant('yes' as const),
  proven: fc.boolean(),
  basis: fc.constant('sha256:0'),
  warnings: fc.array(hostile, { maxLength: 2 }),
  overrides: fc.array(fc.record({ rule: hostile, reason: hostile }), { maxLength: 1 }),
});

const refused: fc.Arbitrary<RefusedChange> = fc.record({
  reason: hostile,
  resource_change: change,
  reasons: fc.array(
    fc.record(
      {
        rule: hostile,
        message: hostile,
        facts: fc.constant({}),
        observed_at: fc.constant('2026-01-01T00:00:00Z'),
        clears_at: hostile,
        remedy: fc.record({ set: fc.record({ path: hostile, value: hostile }), outside: hostile }),
        overridable: fc.boolean(),
      },
      { requiredKeys: ['rule', 'message', 'facts', 'observed_at', 'overridable'] },
    ),
    { minLength: 1, maxLength: 7 },
  ),
});

/** Repeats a few generated rows, so that a large plan is generated as fast as a small one. */
function rows<T>(item: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> {
  return fc
    .tuple(fc.array(item, { maxLength: 4 }), fc.constantFrom(1, 1, 3, 60, 400))
    .map(([few, times]) => Array.from({ length: times }, () => few).flat());
}

const count = fc.nat({ max: 1_000_000 });

export const hostilePlan: fc.Arbitrary<Plan> = fc.record({
  format_version: fc.constant('1.0'),
  fettle_version: fc.constant('0.0.0'),
  timestamp: fc.constant(new Date(START).toISOString()),
  project: hostile.map((name) => (name === '' ? 'p' : name)),
  complete: fc.boolean(),
  targeted: fc.boolean(),
  applyable: fc.boolean(),
  errored: fc.constant(false),
  resource_changes: rows(change),
  rejected_changes: rows(refused),
  deferred_changes: rows(refused),
  prior_state: fc.constant({ resources: [] }),
  resource_drift: rows(fc.record({ address: hostile, change: valueChange })),
  checks: rows(
    fc.record({
      address: hostile,
      code: hostile,
      severity: fc.constantFrom('critical', 'error', 'warning', 'info' as const),
      message: hostile,
      facts: fc.constant({}),
    }),
  ),
  gaps: rows(fc.record({ plugin: hostile, scope: hostile, message: hostile })),
  unmanaged: rows(hostile),
  settled: rows(fc.record({ address: hostile, step, outcome: hostile })),
  summary: fc.record({
    resources: count,
    plugins: count,
    add: count,
    change: count,
    step: count,
    remove: count,
    rejected: count,
    deferred: count,
    findings: count,
    unchanged: count,
    unread: count,
  }),
  summaries: fc.array(
    fc.record({
      plugin: hostile,
      title: hostile,
      lines: fc.array(hostile, { maxLength: 3 }),
      facts: fc.constant({}),
    }),
    { maxLength: 3 },
  ),
  plan_digest: hostile,
  log_head: fc.record({ seq: count, hash: hostile }),
});

const row: fc.Arbitrary<Row> = fc.record({
  address: hostile,
  action: fc.record({
    change: fc.record({
      ref: fc.constant({ plugin: 'toy', kind: 'Item', name: 'a' }),
      step,
      goal,
      fields: fc.constant([]),
      because: hostile,
      cause: fc.constant('edit' as const),
      from: hostile,
      to: hostile,
      effect: fc.constant({ destructive: false, disruptive: false, reversible: 'yes' as const }),
    }),
    verdict: fc.constant('accept' as const),
    judgements: fc.constant([]),
    covers: fc.constant(NOTHING_COVERED),
    basis: fc.constant(''),
    after: fc.constant([]),
  }),
  status: fc.constantFrom<RowStatus[]>('done', 'failed', 'unknown', 'stale', 'not-attempted', 'rejected', 'deferred'),
  message: hostile,
  elapsedMs: count,
});

export const hostileRows: fc.Arbitrary<readonly Row[]> = rows(row);
