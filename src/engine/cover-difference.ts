/** Differences between the inputs of an approval and the present ones, in words. */

import { type Covered, sameJson } from '#plugin';

const PARTS = {
  spec: 'spec',
  lifecycle: 'lifecycle',
  applied: 'last applied spec',
  rules: 'rules',
  limits: 'limits of rules',
  uses: 'spec of a used resource',
  settings: 'settings of the plugin',
  files: 'content of a used file',
  commands: 'command lines',
  values: 'values of the kind',
} as const satisfies { readonly [Part in keyof Required<Covered>]: string };

/** The names of the inputs of an approval that differ now. A plan of an older version covers fewer inputs. */
export function coverDifference(before: Covered | undefined, after: Covered | undefined): readonly string[] {
  if (before === undefined || after === undefined)
    return before === after ? [] : ['coverage (the plan is of an older version of fettle)'];
  return (Object.keys(PARTS) as readonly (keyof Covered)[])
    .filter((part) => !sameJson(before[part], after[part]))
    .map((part) => PARTS[part]);
}
