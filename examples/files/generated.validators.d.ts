/** Generated from files.yaml by `fettle-spec`: do not edit. */

import type { Validator } from 'fettle/plugin';

export declare const validators: {
  readonly 'spec:File': Validator;
  readonly 'memory:File': Validator;
  readonly config: Validator;
};
