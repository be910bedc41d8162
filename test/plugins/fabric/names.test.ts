/** Names that a cluster gives: their number and length are bounded, and they have no control characters. */

import { expect, test } from 'vitest';
import type { LiveObject } from '../../../plugins/fabric/objects/content.ts';
import { fieldsOfOthers } from '../../../plugins/fabric/objects/others.ts';
import { objectSighting, objectStanding } from '../../../plugins/fabric/objects/sighting.ts';

const LONG = 'x'.repeat(10_000);
const HOSTILE = `evil\u001b[2J\u202e${LONG}`;

function entry(manager: string, fields: readonly string[]): LiveObject {
  const own = Object.fromEntries(fields.map((field) => [`f:${field}`, {}]));
  return { manager, operation: 'Update', time: HOSTILE, fieldsV1: { 'f:spec': own } };
}

const object: LiveObject = {
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: {
    name: 'a',
    uid: '1',
    finalizers: Array.from({ length: 500 }, (_, i) => `${i}${HOSTILE}`),
    managedFields: [
      entry(
        HOSTILE,
        Array.from({ length: 500 }, (_, i) => `${i}${HOSTILE}`),
      ),
      ...Array.from({ length: 500 }, (_, i) => entry(`manager-${i}`, [])),
    ],
  },
  spec: {},
};

test.each([
  ['set-by-others', object],
  ['deleting', { ...object, metadata: { ...(object['metadata'] as object), deletionTimestamp: 'now' } }],
])('a finding %s has few of them', (code, live) => {
  const manifest = { apiVersion: 'v1', kind: 'Thing', metadata: {} };
  const foreign = fieldsOfOthers(live, manifest, new Set());
  const raw = { isDeclared: true, outcome: 'unchanged', differs: false, kept: [], foreign } as const;
  const ref = { plugin: 'fabric', kind: 'Object', scope: ['prod', 'core', 'Thing', '_'], name: 'a' };
  const seen = objectSighting({ ref, object: live, raw, self: 'fettle:test', admission: undefined, at: 0 });
  const { findings = [] } = objectStanding({ isDeclared: true, isEdited: false }, seen);
  expect(findings.map((each) => each.code)).toEqual([code]);
  const shown = JSON.stringify([seen.facts, findings]);
  expect(shown.length).toBeLessThan(100_000);
  expect(findings[0]?.message.length).toBeLessThan(3000);
  expect(shown).not.toMatch(/\\u001b|\u202e/u);
});
