/** Builds the programs of Kubernetes for the tests: kube-apiserver, kubectl and etcd. `test/support/kubernetes` has the versions. */

import { buildPrograms, hasGo } from '../test/support/kubernetes/programs.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

if (hasGo()) buildPrograms(say);
else {
  say('error: Go is not installed. Install Go 1.21 or newer, for example: apt-get install golang-go');
  process.exitCode = 1;
}
