/** Generated from specs/fabric.yaml by `npm run generate`: do not edit. */

import type { Validator } from '#plugin';

export declare const validators: {
  readonly 'spec:Fabric': Validator;
  readonly 'spec:GitRepository': Validator;
  readonly 'spec:Object': Validator;
  readonly 'memory:Fabric': Validator;
  readonly 'memory:GitRepository': Validator;
  readonly 'memory:Object': Validator;
  readonly 'document:Object': Validator;
  readonly config: Validator;
};
