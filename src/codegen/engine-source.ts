/** Writes `src/engine/generated.ts`: the names and tables of the engine itself. */

import { headerOf } from './header.ts';
import { moduleSource } from './module-source.ts';
import { declaration, safetyInputs } from './plugin-source.ts';
import { printUnion, printValue } from './print-value.ts';
import type { EngineSpec } from './spec.ts';

const EXIT_CODE = `/** The meaning of an exit code, and the next step. */
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
    `/** Codes of problems in documents and configuration. */\n${printUnion('ProblemCode', Object.keys(spec.problems))}`,
    `/** Text formats that a schema can require. */\n${printUnion('FormatName', Object.keys(spec.formats))}`,
    `/** Fields of a document outside its spec that are safety inputs. */\n${printUnion(
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
    declaration('ServeHost', spec.serve, 'The file of `--serve-config`, with the defaults filled in.'),
    constant('engineRuleTables', 'readonly EngineRuleTable[]', spec.rules, 'In the order of evaluation.'),
    constant('exitCodes', 'readonly ExitCode[]', spec.exitCodes, 'The first that applies is the exit code.'),
    constant('problemTexts', 'Readonly<Record<ProblemCode, string>>', spec.problems, 'The meaning of each code.'),
    constant(
      'formatTexts',
      'Readonly<Record<FormatName, string>>',
      textsOf(spec.formats),
      'The description of each format, as the end of "must be …".',
    ),
    constant(
      'recordTexts',
      'Readonly<Record<RecordKind, string>>',
      textsOf(spec.records),
      'The meaning of each kind of record.',
    ),
  ].join('\n');
  return moduleSource(headerOf('specs/engine.yaml'), body, { Json: '#plugin', RecordKind: '../formats/log-record.ts' });
}
