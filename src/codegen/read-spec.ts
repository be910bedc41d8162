/** Reads the files of `specs/`. Returns mistakes as problems with file, line and column. */

import { pointerKeys } from '#plugin';
import { Ajv, type ErrorObject } from 'ajv';
import { type Document, isMap, isNode, isPair, LineCounter, parseDocument, visit } from 'yaml';
import { engineMistakes, pluginMistakes, type SpecMistake } from './consistency.ts';
import { type EngineSpec, engineSpecSchema, type PluginSpec, pluginSpecSchema } from './spec.ts';

/** A mistake in a spec, at a place; lines and columns count from 1. */
export interface SpecProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface Specs {
  readonly engine: EngineSpec;
  readonly plugins: readonly PluginSpec[];
}

/** One file of `specs/`. */
export interface SpecText {
  readonly file: string;
  readonly text: string;
}

interface Parsed {
  readonly file: string;
  readonly value: unknown;
  readonly problems: readonly SpecProblem[];
  readonly at: (path: readonly string[]) => SpecProblem;
}

function isRegexp(text: string): boolean {
  try {
    new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
}

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strictTypes: false, formats: { regexp: isRegexp } });
const isEngineSpec = ajv.compile(engineSpecSchema);
const isPluginSpec = ajv.compile(pluginSpecSchema);

function placeOf(document: Document, lines: LineCounter, path: readonly string[]): { line: number; column: number } {
  let node: unknown = document.contents;
  let offset = 0;
  for (const [depth, key] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isNode(item.key) && String(item.key) === key);
      if (pair === undefined) break;
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else {
      node = document.getIn(path.slice(0, depth + 1), true);
      if (isNode(node)) offset = node.range?.[0] ?? offset;
    }
  }
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function parse({ file, text }: SpecText): Parsed {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const problem = (offset: number, message: string): SpecProblem => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col, message };
  };
  const problems = [...document.errors, ...document.warnings].map((error) =>
    problem(error.pos[0], error.message.replace(/ at line \d+, column \d+:[^]*$/u, '')),
  );
  visit(document, {
    Pair(_key, pair) {
      if (isPair(pair) && isNode(pair.key) && typeof (pair.key as { value?: unknown }).value !== 'string')
        problems.push(problem(pair.key.range?.[0] ?? 0, 'a key must be text: put it in quotes'));
    },
  });
  return {
    file,
    value: problems.length === 0 ? document.toJS() : undefined,
    problems,
    at: (path) => ({ file, message: '', ...placeOf(document, lines, path) }),
  };
}

function pathOf(error: ErrorObject): readonly string[] {
  const path = pointerKeys(error.instancePath);
  const key: unknown = error.params['additionalProperty'] ?? error.params['propertyName'];
  return typeof key === 'string' ? [...path, key] : path;
}

function messageOf(error: ErrorObject): string {
  const where = error.instancePath === '' ? '' : `${error.instancePath.slice(1)} `;
  if (error.keyword === 'additionalProperties') return `unknown key ${String(error.params['additionalProperty'])}`;
  if (error.keyword === 'enum')
    return `${where}must be one of ${(error.params['allowedValues'] as readonly unknown[]).map(String).join(', ')}`;
  return `${where}${error.message ?? error.keyword}`;
}

function schemaProblems(parsed: Parsed, errors: readonly ErrorObject[]): readonly SpecProblem[] {
  // A name that is not allowed is reported by its pattern.
  const telling = errors.filter(({ keyword }) => keyword !== 'propertyNames');
  return telling.map((error) => ({ ...parsed.at(pathOf(error)), message: messageOf(error) }));
}

function located(parsed: Parsed, mistakes: readonly SpecMistake[]): readonly SpecProblem[] {
  return mistakes.map(({ path, message }) => ({ ...parsed.at(path), message }));
}

/** Reads `engine.yaml` and the specs of the plugins. Without problems, the result is complete. */
export function readSpecs(texts: readonly SpecText[]): {
  readonly specs?: Specs;
  readonly problems: readonly SpecProblem[];
} {
  const parsed = texts.map(parse);
  const problems = parsed.flatMap((each) => each.problems);
  const engines: { readonly spec: EngineSpec; readonly parsed: Parsed }[] = [];
  const plugins: { readonly spec: PluginSpec; readonly parsed: Parsed }[] = [];
  for (const each of parsed) {
    if (each.problems.length > 0) continue;
    const isEngine = /(^|\/)engine\.yaml$/u.test(each.file);
    const check = isEngine ? isEngineSpec : isPluginSpec;
    if (!check(each.value)) problems.push(...schemaProblems(each, check.errors ?? []));
    else if (isEngine) engines.push({ spec: each.value as EngineSpec, parsed: each });
    else plugins.push({ spec: each.value as PluginSpec, parsed: each });
  }
  const [engine] = engines;
  if (engine !== undefined) {
    problems.push(...located(engine.parsed, engineMistakes(engine.spec)));
    for (const plugin of plugins) problems.push(...located(plugin.parsed, pluginMistakes(plugin.spec, engine.spec)));
  } else if (problems.length === 0) {
    problems.push({ file: 'specs/engine.yaml', line: 1, column: 1, message: 'the file is missing' });
  }
  if (problems.length > 0 || engine === undefined) return { problems };
  const byName = plugins.map(({ spec }) => spec).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { specs: { engine: engine.spec, plugins: byName }, problems };
}
