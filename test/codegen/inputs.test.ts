/** Inputs of plugins: their types, validators and published schemas are generated from the spec. */

import { expect, test } from 'vitest';
import { outputsOf } from '../../src/codegen/outputs.ts';
import { validators } from '../../plugins/nodes/generated.validators.js';
import { engineText, fabricText, specsOf } from './specs.ts';

const inputs = `inputs:
  Report:
    type: object
    required: [name]
    description: A report of another program.
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
    '/** A report of another program. */\nexport interface Report {\n  /** Of what. */\n  readonly name: string;\n  readonly count: number;\n}',
  );
  expect(made.get('plugins/fabric/generated.validators.d.ts')).toContain("readonly 'input:Report': Validator;");
  const schema = JSON.parse(made.get('schemas/fabric/Report.json') ?? '') as { readonly properties: object };
  expect(schema).toMatchObject({ title: 'Report for fabric', required: ['name'] });
  expect(JSON.stringify(schema)).not.toContain('format');
  expect(made.get('plugins/fabric/README.md')).toContain('### Report');
});

test('an input is not a document, and the printed schemas have it once', () => {
  const made = outputs();
  expect(made.get('schemas/document.json')).not.toContain('Report');
  const module = made.get('src/engine/generated.schemas.js') ?? '';
  expect(module.split("'fabric/Report'")).toHaveLength(2);
});

test('the answer of a workload source is validated, and its defaults are filled in', () => {
  const validate = validators['input:Workloads'];
  const answer = { nodes: [{ name: 'a', containers: [{ id: 'c' }], more: 'is ignored' }] };
  expect(validate(answer)).toBe(true);
  expect(answer).toMatchObject({ queue: [], nodes: [{ containers: [{ mb: 0 }] }] });
  expect(validate({ nodes: [{ name: 'a' }] })).toBe(false);
  expect(validate({ nodes: [{ name: 'a', containers: [], emptySince: 'yesterday' }] })).toBe(false);
});
