/** The state after rows that change only the state: the document and the files that their approval covers. */

import { expect, test } from 'vitest';
import { emptyRecall, fold } from '../../src/engine/remember.ts';
import type { RecordBodies } from '../../src/formats/log-record.ts';
import { digestOf, type Memory, type Ref } from '#plugin';

const REF: Ref = { plugin: 'certificates', kind: 'Certificate', name: 'www' };
const ROW = { run: 'run', ref: REF, because: 'a test' } as const;

function after(...rows: readonly RecordBodies['memory'][]): Memory | undefined {
  const recall = emptyRecall();
  for (const [i, body] of rows.entries())
    fold(recall, {
      kind: 'memory',
      body,
      seq: i + 1,
      time: '2026-11-20T12:00:00.000Z',
      actor: 'test',
      prev: '',
      hash: '',
    });
  return recall.resources.get('certificates/Certificate/www');
}

const spec = { reload: { command: ['./reload.sh'] } };
const document = { spec, spec_digest: digestOf(spec) };

test.each(['adopt', 'protect'] as const)('the approval of the row %s covers the files that later steps run', (goal) => {
  const memory = after(
    { ...ROW, goal: 'adopt', digests: { 'other.sh': 'sha256:0' } },
    { ...ROW, goal, digests: { 'reload.sh': 'sha256:1' } },
  );
  expect(memory?.digests).toEqual({ 'other.sh': 'sha256:0', 'reload.sh': 'sha256:1' });
});

test.each(['adopt', 'protect'] as const)('the row %s applies the document that it records', (goal) => {
  expect(after({ ...ROW, goal: 'adopt' }, { ...ROW, goal, ...document })?.applied).toMatchObject({
    spec,
    digest: document.spec_digest,
  });
});

test('a protection without a document keeps the applied one, because a later step applies the new one', () => {
  expect(after({ ...ROW, goal: 'adopt', ...document }, { ...ROW, goal: 'protect' })?.applied).toMatchObject({ spec });
});
