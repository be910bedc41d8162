/** Writes `src/engine/generated.ts`: the names and tables of the engine itself. */

import { Project, VariableDeclarationKind } from 'ts-morph';
import { declaration, withHeader } from './plugin-source.ts';
import { printUnion, printValue } from './print-value.ts';
import type { EngineSpec } from './spec.ts';

/** The text of `src/engine/generated.ts`. */
export function engineSource(spec: EngineSpec): string {
  const project = new Project({ useInMemoryFileSystem: true, skipLoadingLibFiles: true });
  const texts = Object.fromEntries(Object.entries(spec.formats).map(([name, { text }]) => [name, text]));
  const records = Object.fromEntries(Object.entries(spec.records).map(([kind, { text }]) => [kind, text]));
  const types = [
    `/** Rules that hold for every plugin. */\nexport type EngineRuleId = ${printUnion(spec.rules.map(({ id }) => id))};\n`,
    `/** Codes of what can be wrong in what the user wrote. */\nexport type ProblemCode = ${printUnion(Object.keys(spec.problems))};\n`,
    `/** Forms of text that a schema can ask for. */\nexport type FormatName = ${printUnion(Object.keys(spec.formats))};\n`,
    `export type ExitCodeName = ${printUnion(spec.exitCodes.map(({ name }) => name))};\n`,
    '/** What an exit code means, and what to do next. */\nexport interface ExitCode {\n  readonly name: ExitCodeName;\n  readonly code: number;\n  readonly text: string;\n  readonly next: string;\n}\n',
    '/** A rule of the engine. */\nexport interface EngineRuleTable {\n  readonly id: EngineRuleId;\n  readonly overridable: boolean;\n  readonly text: string;\n}\n',
    declaration('DocumentEnvelope', spec.document, 'A document with the defaults of its envelope filled in; a kind with a scope has its parts in `metadata` too.'),
    declaration('FettleConfig', spec.config, '`fettle.yaml`, with the defaults filled in.'),
  ].join('\n');
  const file = project.createSourceFile('generated.ts', types);
  const constants = [
    { name: 'engineRuleTables', type: 'readonly EngineRuleTable[]', value: spec.rules, doc: 'In the order in which they are asked.' },
    { name: 'exitCodes', type: 'readonly ExitCode[]', value: spec.exitCodes, doc: 'The first that applies is the exit code.' },
    { name: 'problemTexts', type: 'Readonly<Record<ProblemCode, string>>', value: spec.problems, doc: 'What each code stands for.' },
    { name: 'formatTexts', type: 'Readonly<Record<FormatName, string>>', value: texts, doc: 'What a text of the form is: "it has to be …".' },
    { name: 'recordTexts', type: 'Readonly<Record<RecordKind, string>>', value: records, doc: 'What each kind of record says.' },
  ];
  for (const { name, type, value, doc } of constants) {
    file.addVariableStatement({
      docs: [doc],
      isExported: true,
      declarationKind: VariableDeclarationKind.Const,
      declarations: [{ name, type, initializer: printValue(value, 0, `export const ${name}: ${type} = `.length) }],
      leadingTrivia: '\n',
    });
  }
  file.insertImportDeclaration(0, { isTypeOnly: true, namedImports: ['RecordKind'], moduleSpecifier: './record.ts' });
  return withHeader('specs/engine.yaml', file.getFullText(), './types.ts');
}
