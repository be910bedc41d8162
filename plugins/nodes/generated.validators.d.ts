/** Generated from specs/nodes.yaml by `npm run generate`: do not edit. */

import type { Validator } from '#plugin';

export declare const validators: {
  readonly 'spec:Node': Validator;
  readonly 'spec:NodePool': Validator;
  readonly 'spec:Container': Validator;
  readonly 'memory:Node': Validator;
  readonly 'memory:NodePool': Validator;
  readonly 'memory:Container': Validator;
  readonly 'input:Workloads': Validator;
  readonly config: Validator;
};
