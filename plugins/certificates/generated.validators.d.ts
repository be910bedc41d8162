/** Generated from specs/certificates.yaml by `npm run generate`: do not edit. */

import type { Validator } from '#plugin';

export declare const validators: {
  readonly 'spec:Issuer': Validator;
  readonly 'spec:Certificate': Validator;
  readonly 'spec:Domain': Validator;
  readonly 'memory:Issuer': Validator;
  readonly 'memory:Certificate': Validator;
  readonly 'memory:Domain': Validator;
  readonly 'input:CertEvent': Validator;
  readonly config: Validator;
};
