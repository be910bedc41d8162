/** `fettle schema [KIND]`: prints JSON Schemas of what people write, for editors. */

import { schemas } from '../engine/generated.schemas.js';
import { InputError } from '#plugin';
import { command } from './command.ts';
import { optional } from './options.ts';

export const schema = command({
  name: 'schema',
  summary: 'Print the JSON Schema of documents, for editors.',
  words: { kind: optional('such as Certificate, certificates/Certificate, fettle.yaml, plan') },
  options: {},
  call: async ({ words: { kind }, print }) => {
    const names = Object.keys(schemas);
    const name = kind === undefined ? 'document' : names.find((each) => each === kind || each.endsWith(`/${kind}`));
    const found = name === undefined ? undefined : schemas[name];
    if (found === undefined) throw new InputError(`there is no schema of "${kind}"; there is ${names.join(', ')}`);
    print(`${JSON.stringify(found, null, 2)}\n`);
    return 'ok';
  },
});
