/** Generated from specs/portsync.yaml by `npm run generate`: do not edit. */

import type { Validator } from '#plugin';

export declare const validators: {
  readonly 'spec:Switch': Validator;
  readonly 'spec:Port': Validator;
  readonly 'memory:Switch': Validator;
  readonly 'memory:Port': Validator;
  readonly 'document:Port': Validator;
  readonly config: Validator;
};
