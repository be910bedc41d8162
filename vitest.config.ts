/** Where the tests are, what they need before they start, and how much of the code they have to reach. */

import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** The plugins in `examples/` name the package, as they would anywhere else. */
const alias = {
  'fettle/plugin': `${import.meta.dirname}/src/plugin/index.ts`,
  'fettle/conformance': `${import.meta.dirname}/src/conformance/plugin.ts`,
};

export default defineConfig({
  resolve: { alias },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/setup.ts'],
    setupFiles: ['test/support/clean-up.ts'],
    watch: false,
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
