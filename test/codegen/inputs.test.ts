/** What plugins read from others: its type, its validator and its published schema come from the spec. */

import { expect, test } from 'vitest';
import { outputsOf } from '../../src/codegen/outputs.ts';
import { validators } from '../../plugins/nodes/generated.validators.js';
import { engineText, fabricText, specsOf } from './specs.ts';

const inputs = `inputs:
  Told:
    type: object
    required: [name]
    description: What somebody tells.
    properties:
      name: { type: string, maxLength: 40, format: plain-text, description: Of what. }
      count: { type: integer, default: 1 }
rules:
`;

function outputs(): ReadonlyMap<string, string> {
  const text = { ...fabricText, text: fabricText.text.replace('rules:\n', inputs) };
  const readme = '<!-- generated:begin -->\n<!-- generated:end -->\n';
  return new Map(outputsOf(specsOf([engineText, text]), () => readme).map(({ path, text: made }) => [path, made]));
}

test('an input has a type, a validator, a schema for others, and a part of the README', () => {
  const made = outputs();
  expect(made.get('plugins/fabric/generated.ts')).toContain(
    '/** What somebody tells. */\nexport interface Told {\n  /** Of what. */\n  readonly name: string;\n  readonly count: number;\n}',
  );
  expect(made.get('plugins/fabric/generated.validators.d.ts')).toContain("readonly 'input:Told': Validator;");
  const schema = JSON.parse(made.get('schemas/fabric/Told.json') ?? '') as { readonly properties: object };
  expect(schema).toMatchObject({ title: 'Told for fabric', required: ['name'] });
  expect(JSON.stringify(schema)).not.toContain('format');
  expect(made.get('plugins/fabric/README.md')).toContain('### Told');
});

test('no document is of an input, and the schemas that are printed have it once', () => {
  const made = outputs();
  expect(made.get('schemas/document.json')).not.toContain('Told');
  const module = made.get('src/engine/generated.schemas.js') ?? '';
  expect(module.split("'fabric/Told'")).toHaveLength(2);
});

test('what a workload source says is checked, and what it leaves out is filled in', () => {
  const validate = validators['input:Workloads'];
  const told = { nodes: [{ name: 'a', containers: [{ id: 'c' }], more: 'is not looked at' }] };
  expect(validate(told)).toBe(true);
  expect(told).toMatchObject({ queue: [], nodes: [{ containers: [{ mb: 0 }] }] });
  expect(validate({ nodes: [{ name: 'a' }] })).toBe(false);
  expect(validate({ nodes: [{ name: 'a', containers: [], emptySince: 'yesterday' }] })).toBe(false);
});
