/** Where the tests are, what they need before they start, and how much of the code they have to reach. */

import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The plugins in `examples/` name the package, as they would anywhere else. */
const alias = {
  'fettle/plugin': `${import.meta.dirname}/src/plugin/index.ts`,
  'fettle/conformance': `${import.meta.dirname}/src/conformance/plugin.ts`,
};

/** Files that take half a minute or more, the longest first. */
const LONG = [
  'attack/torture',
  'engine/load/hostile',
  'attack/kill',
  'ci/github',
  'ci/gitlab',
  'certificates/power-loss',
  'store/postgres/lease',
  'attack/approval',
  'store/postgres/damage',
  'store/lease',
  'fabric/whole-fabric',
  'sandbox/sandbox',
  'attack/store-trust',
  'attack/signals',
  'fabric/hedgehog',
];

/** Starts long files first, so that none of them runs alone at the end. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = LONG.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      return place < 0 ? LONG.length : place;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  resolve: { alias },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/setup.ts'],
    setupFiles: ['test/support/clean-up.ts'],
    watch: false,
    sequence: { sequencer: LongFirst },
    // One more than there are processors: many files wait, for a deadline, a lease or a server.
    maxWorkers: availableParallelism() + 1,
    // Some tests kill and start processes by the hundred, on machines that may be slow: a limit for what hangs.
    testTimeout: 240_000,
    hookTimeout: 120_000,
    // Child processes inherit both. A bundle of certificates that no test needs takes time to read; a test that is
    // about CI switches the detection on again, so that all others do the same in CI as on a contributor's machine.
    env: { NODE_EXTRA_CA_CERTS: '', FETTLE_DISABLE_CI_DETECTION: '1' },
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'plugins/**/*.ts'],
      exclude: ['**/generated.*', 'src/codegen/**'],
      reporter: ['text-summary', 'html', 'json-summary'],
      thresholds: { lines: 80, statements: 80, functions: 80, branches: 80 },
    },
  },
});
