/** The parts of a step that orders a certificate, and its deadline. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { STEP_LIMITS_MS } from '../../../../plugins/certificates/acme/step-limits.ts';
import { tables } from '../../../../plugins/certificates/generated.ts';

type Schema = { readonly [name: string]: Schema } & { readonly maximum?: number };
const specs = parse(readFileSync('specs/certificates.yaml', 'utf8')) as Schema;
const certificate = specs['kinds']?.['Certificate']?.['spec']?.['properties'];

/** The largest value of a member of a Certificate, in ms. */
function mostMs(...path: readonly string[]): number {
  const schema = path.reduce<Schema | undefined>((at, name) => at?.['properties']?.[name], {
    properties: certificate,
  } as unknown as Schema);
  if (schema?.maximum === undefined) throw new Error(`${path.join('.')} has no maximum`);
  return schema.maximum * 1000;
}

/** Time for single requests, their retries and DNS. */
const REQUESTS_MS = 5 * 60_000;

test('the longest times of all parts are shorter than the deadline of each step that orders', () => {
  const { presenting, validation, issuance, removal } = STEP_LIMITS_MS;
  // Values of an earlier order are removed before, those of this one afterwards.
  const order = presenting + validation + issuance + 2 * removal;
  const delivery =
    mostMs('deploy', 'timeoutSeconds') + mostMs('reload', 'timeoutSeconds') + mostMs('served', 'withinSeconds');
  const { edits, transitions } = tables.kinds.Certificate.machines.certificate;
  const steps = [...edits, ...transitions.filter(({ to }) => to === 'renewing' || to === 'recovering')];
  const deadlines = [...steps, ...transitions.filter(({ from, by }) => from === 'absent' && by === 'fettle')].flatMap(
    (each) => ('deadlineMs' in each ? [each.deadlineMs] : []),
  );
  expect(deadlines.length).toBe(6);
  for (const deadline of deadlines) expect(deadline).toBeGreaterThanOrEqual(order + delivery + REQUESTS_MS);
});

test('values of challenges can propagate for as long as a document declares', () => {
  expect(STEP_LIMITS_MS.presenting).toBeGreaterThan(STEP_LIMITS_MS.propagation);
});
