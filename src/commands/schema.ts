/** `fettle schema [KIND]`: JSON Schemas of what people write, for editors. */

import { schemas } from '../engine/generated.schemas.js';
import type { Shell } from '../shell.ts';
import { UsageError } from './flags.ts';

/** Without a kind: the schema of any document. */
export async function schema(kind: string | undefined, shell: Shell): Promise<number> {
  const names = Object.keys(schemas);
  const name = kind === undefined ? 'document' : names.find((each) => each === kind || each.endsWith(`/${kind}`));
  const found = name === undefined ? undefined : schemas[name];
  if (found === undefined) throw new UsageError(`there is no schema of "${kind}"; there is ${names.join(', ')}`);
  shell.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
  return 0;
}
