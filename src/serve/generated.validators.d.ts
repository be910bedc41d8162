/** Generated from specs/engine.yaml by `npm run generate`: do not edit. */

import type { Validator } from '#plugin';

export declare const validators: {
  readonly serve: Validator;
};
