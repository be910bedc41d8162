/** Writes `src/engine/generated.ts`: the names and tables of the engine itself. */

import { headerOf } from './header.ts';
import { moduleSource } from './module-source.ts';
import { declaration, safetyInputs } from './plugin-source.ts';
import { printUnion, printValue } from './print-value.ts';
import type { EngineSpec } from './spec.ts';

const EXIT_CODE = `/** What an exit code means, and what to do next. */
export interface ExitCode {
  readonly name: ExitCodeName;
  readonly code: number;
  readonly text: string;
  readonly next: string;
}
`;

const ENGINE_RULE_TABLE = `/** A rule of the engine. */
export interface EngineRuleTable {
  readonly id: EngineRuleId;
  readonly overridable: boolean;
  readonly text: string;
}
`;

function constant(name: string, type: string, value: unknown, doc: string): string {
  const head = `export const ${name}: ${type} = `;
  return `/** ${doc} */\n${head}${printValue(value, 0, head.length)};\n`;
}

function textsOf(table: Readonly<Record<string, { readonly text: string }>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(table).map(([name, { text }]) => [name, text]));
}

/** The text of `src/engine/generated.ts`. */
export function engineSource(spec: EngineSpec): string {
  const ruleIds = spec.rules.map(({ id }) => id);
  const exitNames = spec.exitCodes.map(({ name }) => name);
  const body = [
    `/** Rules that hold for every plugin. */\n${printUnion('EngineRuleId', ruleIds)}`,
    `/** Codes of what can be wrong in what the user wrote. */\n${printUnion('ProblemCode', Object.keys(spec.problems))}`,
    `/** Forms of text that a schema can ask for. */\n${printUnion('FormatName', Object.keys(spec.formats))}`,
    `/** Fields of a document, outside of its spec, that are safety inputs. */\n${printUnion(
      'EnvelopeInput',
      safetyInputs(spec.safety).map(({ pointer }) => pointer),
    )}`,
    printUnion('ExitCodeName', exitNames),
    EXIT_CODE,
    ENGINE_RULE_TABLE,
    declaration(
      'DocumentEnvelope',
      spec.document,
      'A document with the defaults of its envelope filled in; a kind with a scope has its parts in `metadata` too.',
    ),
    declaration('FettleConfig', spec.config, '`fettle.yaml`, with the defaults filled in.'),
    constant('engineRuleTables', 'readonly EngineRuleTable[]', spec.rules, 'In the order in which they are asked.'),
    constant('exitCodes', 'readonly ExitCode[]', spec.exitCodes, 'The first that applies is the exit code.'),
    constant('problemTexts', 'Readonly<Record<ProblemCode, string>>', spec.problems, 'What each code stands for.'),
    constant(
      'formatTexts',
      'Readonly<Record<FormatName, string>>',
      textsOf(spec.formats),
      'What a text of each form is, as the end of "it has to be …".',
    ),
    constant(
      'recordTexts',
      'Readonly<Record<RecordKind, string>>',
      textsOf(spec.records),
      'What each kind of record says.',
    ),
  ].join('\n');
  return moduleSource(headerOf('specs/engine.yaml'), body, { Json: '#plugin', RecordKind: '../formats/log-record.ts' });
}
