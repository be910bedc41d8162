/** The formats of `specs/engine.yaml` as regular expressions. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { EngineSpec } from '../../src/codegen/spec.ts';

const spec = parse(readFileSync(join(import.meta.dirname, '../../specs/engine.yaml'), 'utf8')) as EngineSpec;

export const formatPatterns: Readonly<Record<string, RegExp>> = Object.fromEntries(
  Object.entries(spec.formats).map(([name, { pattern }]) => [name, new RegExp(pattern, 'u')]),
);
