/**
 * Validators as source code, made by ajv when the specs change, so that nothing compiles a schema at run time.
 *
 * What ajv would load from its own package comes from the plugin API instead, so the code runs from source and
 * in a bundle alike, and ajv itself is not needed there.
 */

import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { printKey } from './print-value.ts';
import { mapSchema, type Schema } from './schema.ts';
import type { FormatSpec } from './spec.ts';

/** ajv's own helpers, and what stands in for them. */
const RUNTIME: Readonly<Record<string, string>> = {
  'ajv/dist/runtime/ucs2length': 'codePoints',
  'ajv/dist/runtime/equal': 'sameJson',
};

export interface ValidatorInput {
  /** Schemas by the names under which their validators are exported. */
  readonly schemas: Readonly<Record<string, Schema>>;
  readonly formats: Readonly<Record<string, FormatSpec>>;
  /** The module of the plugin API: `#plugin`, or `fettle/plugin` in another package. */
  readonly api: string;
  readonly header: string;
}

/** What only people read is not loaded at every start; `description` stays for messages. */
function withoutNotes({ title: _title, examples: _examples, ...schema }: Schema): Schema {
  return schema;
}

/** The module: `validators`, each of which fills in defaults and leaves its errors on itself. */
export function validatorsSource({ schemas: given, formats, api, header }: ValidatorInput): string {
  const schemas = Object.fromEntries(
    Object.entries(given).map(([name, schema]) => [name, mapSchema(schema, withoutNotes)]),
  );
  const ajv = new Ajv({
    allErrors: true,
    useDefaults: true,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    allowUnionTypes: true,
    verbose: false,
    inlineRefs: false,
    addUsedSchema: false,
    formats: Object.fromEntries(Object.entries(formats).map(([name, { pattern }]) => [name, new RegExp(pattern, 'u')])),
    code: { source: true, esm: true, lines: true, optimize: 2 },
  });
  ajv.addVocabulary(['x-ref', 'x-path', 'x-secret', 'x-decides']);
  const names = Object.keys(schemas);
  const ids = Object.fromEntries(names.map((name, index) => [`validator${index}`, name]));
  for (const [id, name] of Object.entries(ids)) ajv.addSchema(schemas[name] as object, id);
  const make = (
    standalone as unknown as { readonly default: (instance: Ajv, refs: Readonly<Record<string, string>>) => string }
  ).default;
  const code = make(ajv, Object.fromEntries(Object.keys(ids).map((id) => [id, id])));
  const used = new Set<string>();
  const members: string[] = [];
  const body = code
    .replace('"use strict";', '')
    // ajv writes a validator's schema right behind its export.
    .replace(
      /^export const (validator\d+) = (validate\d+);\s*(?=const (schema\d+) = )/gmu,
      (_all, id: string, validate: string, schema: string) => {
        const name = ids[id] ?? id;
        const hasRefs = JSON.stringify(schemas[name]).includes('"$ref"');
        members.push(`  ${printKey(name)}: ${hasRefs ? validate : `withSchemas(${validate}, ${schema})`},\n`);
        return '';
      },
    )
    .replace(/= require\("([^"]+)"\)\.default;/gu, (_all, module: string) => {
      const name = RUNTIME[module];
      if (name === undefined) throw new Error(`generated validators need ${module}: give it a place in RUNTIME`);
      used.add(name);
      return `= ${name};`;
    })
    // Half of the code would be this.
    .replace(
      /if\(vErrors === null\)\{\nvErrors = \[(err\d+)\];\n\}\nelse \{\nvErrors\.push\(\1\);\n\}/gu,
      '(vErrors ??= []).push($1);',
    )
    .replace(/^\s*\n/gmu, '');
  if (members.length !== names.length) throw new Error('the code that ajv makes has another form than expected');
  const runtime = ['codePoints', 'sameJson', 'withSchemas'].filter((name) => name === 'withSchemas' || used.has(name));
  const imports = `import { ${runtime.join(', ')} } from '${api}';`;
  return `${header}\n\n${imports}\n\n${body.trimEnd()}\n\nexport const validators = {\n${members.join('')}};\n`;
}

/** Types of the module that `validatorsSource` makes. */
export function validatorTypesSource(names: readonly string[], api: string, header: string): string {
  const members = names.map((name) => `  readonly ${printKey(name)}: Validator;\n`).join('');
  return `${header}\n\nimport type { Validator } from '${api}';\n\nexport declare const validators: {\n${members}};\n`;
}
