/** Builds the programs of Kubernetes, for `preparePrograms`, which starts it under the lock. */

import { buildPrograms } from './programs.ts';

buildPrograms((line) => void process.stderr.write(`${line}\n`));
