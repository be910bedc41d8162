/** Builds the programs of Kubernetes for the tests: kube-apiserver, kubectl and etcd. `test/support/kubernetes` has the versions. */

import { cachedPrograms, hasGo, preparePrograms } from '../test/support/kubernetes/programs.ts';

if (cachedPrograms() !== undefined || hasGo()) preparePrograms();
else {
  process.stderr.write(
    'error: Go is not installed. Install Go 1.21 or newer, for example: apt-get install golang-go\n',
  );
  process.exitCode = 1;
}
