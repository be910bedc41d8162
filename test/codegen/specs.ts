/** The specs of this project, and small ones of other shapes, for the tests of generation. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSpecs, type Specs, type SpecText } from '../../src/codegen/read-spec.ts';

export const root = join(import.meta.dirname, '..', '..');

export function specTexts(): readonly SpecText[] {
  return readdirSync(join(root, 'specs'))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({ file: `specs/${name}`, text: readFileSync(join(root, 'specs', name), 'utf8') }));
}

export function specsOf(texts: readonly SpecText[]): Specs {
  const { specs, problems } = readSpecs(texts);
  if (specs === undefined) throw new Error(JSON.stringify(problems));
  return specs;
}

export const engineText: SpecText = {
  file: 'specs/engine.yaml',
  text: readFileSync(join(root, 'specs/engine.yaml'), 'utf8'),
};

/** A kind with a scope of two parts, two machines, and lists of objects. */
export const fabricText: SpecText = {
  file: 'specs/fabric.yaml',
  text: `name: fabric
version: v1alpha1
summary: Networks.
parallelism: 4
config: { type: object, additionalProperties: false, properties: {} }
kinds:
  VPC:
    summary: A network.
    scope: [cluster, namespace]
    onRemove: remove
    spec:
      type: object
      additionalProperties: false
      required: [subnets]
      properties:
        subnets:
          type: array
          maxItems: 10
          uniqueItems: true
          items:
            type: object
            additionalProperties: false
            required: [cidr]
            properties:
              cidr: { type: string, maxLength: 40 }
              peer: { type: string, maxLength: 253, x-ref: VPC }
              mtu: { type: integer, default: 1500 }
    safety:
      - { fields: [/subnets], combine: none, releases: true, text: A subnet is a row of its own. }
    memory: { version: 2, properties: {} }
    machines:
      presence:
        states: { absent: Not there., ready: There. }
        edits: [ready]
        transitions:
          - { from: absent, to: ready, trigger: create, by: fettle, together: ["sync:stale>fresh"] }
          - { from: ready, to: absent, trigger: remove, by: fettle, destructive: true, deadlineMs: 90000 }
      sync:
        states: { stale: Old., fresh: New. }
        edits: []
        transitions:
          - { from: stale, to: fresh, trigger: push, by: fettle }
          - { from: fresh, to: stale, trigger: change, by: world, withinMs: 5000 }
rules:
  - id: one-at-a-time
    text: Another one is changing.
    overridable: true
    group: cluster
    guards: { VPC: ["ready>ready", "sync:stale>fresh"] }
findings: []
`,
};
