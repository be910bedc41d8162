/** What an approval covers that is another one now, in words. */

import { type Covered, sameJson } from '#plugin';

const PARTS = {
  spec: 'spec',
  lifecycle: 'lifecycle',
  applied: 'last applied spec',
  rules: 'rules',
  limits: 'limits of rules',
  uses: 'spec of a resource that it uses',
  settings: 'settings of its plugin',
  files: 'content of a file that it uses',
  commands: 'command lines',
  values: 'values that its kind names',
} as const satisfies { readonly [Part in keyof Required<Covered>]: string };

/** What an approval covers that is another one now, in words; a plan of an older version covered less. */
export function coverDifference(before: Covered | undefined, after: Covered | undefined): readonly string[] {
  if (before === undefined || after === undefined)
    return before === after ? [] : ['coverage: the plan is of an older version of fettle'];
  return (Object.keys(PARTS) as readonly (keyof Covered)[])
    .filter((part) => !sameJson(before[part], after[part]))
    .map((part) => PARTS[part]);
}
