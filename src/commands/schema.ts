/** `fettle schema [KIND]`: prints the JSON Schemas of documents and configuration, for editors. */

import { schemas } from '../engine/generated.schemas.js';
import { InputError } from '#plugin';
import { command } from './command.ts';
import { optional } from './options.ts';

export const schema = command({
  name: 'schema',
  summary: 'Print the JSON Schema of a kind of document or file, for editors.',
  words: { kind: optional('Kind or file, for example Certificate, certificates/Certificate, fettle.yaml or plan.') },
  options: {},
  call: async ({ words: { kind }, print }) => {
    const names = Object.keys(schemas);
    const name = kind === undefined ? 'document' : names.find((each) => each === kind || each.endsWith(`/${kind}`));
    const found = name === undefined ? undefined : schemas[name];
    if (found === undefined) throw new InputError(`Unknown schema "${kind}". Schemas: ${names.join(', ')}`);
    print(`${JSON.stringify(found, null, 2)}\n`);
    return 'ok';
  },
});
