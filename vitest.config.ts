/** Where the tests are, what they need before they start, and how much of the code they have to reach. */

import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type Reporter, type TestModule, type TestSpecification } from 'vitest/node';

/** The plugins in `examples/` name the package, as they would anywhere else. */
const alias = {
  'fettle/plugin': `${import.meta.dirname}/src/plugin/index.ts`,
  'fettle/conformance': `${import.meta.dirname}/src/conformance/plugin.ts`,
};

/** Files that take long, the longest first. */
const LONG = [
  'serve/watchers',
  'serve/clock',
  'serve/regions',
  'serve/watcher-process',
  'serve/pages',
  'serve/regions-hostile',
  'serve/outages',
  'postgres/lease',
  'serve/serve',
  'serve/heal',
  'attack/torture',
  'acme/refusals',
  'acme/issuance',
  'sandbox/sandbox',
  'daemon/user-mode-linux',
  'acme/authorities',
  'postgres/damage',
  'certificates/reload',
  'postgres/connection',
  'confirm/hold',
  'fabric/in-effect',
  'conformance/certificates',
  'acme/kills',
  'fabric/sandbox',
  'linux/take-back',
  'fabric/whole-fabric',
  'confirm/timer',
  'serve/pages-browser',
  'certificates/power-loss',
  'serve/openapi',
  'live/both-writers',
  'store/postgres',
  'fabric/watch',
  'serve/gaps',
  'path/user-mode-linux',
  'http/slow-clients',
  'fabric/faults',
  'serve/give-way',
  'attack/store-secrets',
  'store/lease',
  'serve/api',
  'serve/kill',
  'certificates/foreign-files',
  'monitoring/rules',
  'serve/followed-log',
  'engine/load/hostile',
  'conformance/portsync',
  'ci/gitlab',
  'package/clone',
  'ci/github',
  'attack/kill',
  'docs/tutorial',
  'attack/exit-codes',
  'package/entry',
  'package/plugin',
];

/** Runs with the checks. */
const ARCHITECTURE = 'test/architecture.test.ts';

/** Files whose tests compute, or talk to servers of their own: they share processes, which load the code once. */
const SHARED = [
  'test/{codegen,commands,formats,net,plugin,report,run,scenarios}/*.test.ts',
  'test/{docs/examples,docs/links,language,monitoring/files,packaging/docs}.test.ts',
  'test/attack/{approval,approval-mutations,outside-text,places,store-trust}.test.ts',
  'test/conformance/{fabric,files,nodes,toy}.test.ts',
  'test/engine/*.test.ts',
  'test/engine/load/!(hostile).test.ts',
  'test/plugins/certificates/!(foreign-files|power-loss|reload).test.ts',
  'test/plugins/fabric/!(fault-property|faults|in-effect|sandbox|watch|whole-fabric).test.ts',
  'test/plugins/fabric/watch-{kinds,property}.test.ts',
  'test/plugins/nodes/*.test.ts',
  'test/plugins/certificates/events/*.test.ts',
  'test/plugins/certificates/acme/{answers,caa,emulated,http-01,persist,problems,propagation,proven}.test.ts',
  'test/plugins/certificates/acme/{providers,renewal-window,request,rfc2136,wire}.test.ts',
  'test/plugins/certificates/handover/*.test.ts',
  'test/plugins/portsync/{model,port,redis,sandbox,sonic,switch}/*.test.ts',
  'test/plugins/portsync/{daemon,linux,path}/!(take-back|user-mode-linux).test.ts',
  'test/plugins/portsync/{confirm/check,confirm/redis-hold,confirm/surroundings,confirm/take-back,live/sonic}.test.ts',
  'test/serve/{alertmanager,cert-variables,deliveries,delivery-counts,edited-*,events-desk,exposition}.test.ts',
  'test/serve/{metric-values,metrics,paced,page-*,raised,raised-nodes,reader-pages,redacted-entry}.test.ts',
  'test/serve/{regions-feed,regions-peering,regions-settings,round-*,rounds,watcher}.test.ts',
  'test/serve/http/!(slow-clients).test.ts',
  'test/store/{file-store,git-index,inbox,torn-tail}.test.ts',
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

/** Names the tests that passed at the second try. */
class SecondTries implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const names = tests
      .filter((test) => test.diagnostic()?.flaky === true)
      .map((test) => `  ${test.module.moduleId} > ${test.fullName}\n`);
    if (names.length > 0) process.stdout.write(`Passed at the second try:\n${names.join('')}`);
  }
}

export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      { extends: true, test: { name: 'architecture', include: [ARCHITECTURE] } },
      {
        extends: true,
        test: { name: 'own process', include: ['test/**/*.test.ts'], exclude: [ARCHITECTURE, ...SHARED] },
      },
      { extends: true, test: { name: 'shared process', include: SHARED, isolate: false } },
    ],
    globalSetup: ['test/support/setup.ts'],
    setupFiles: ['test/support/clean-up.ts'],
    watch: false,
    sequence: { sequencer: LongFirst },
    // More than there are processors: files wait half of their time, for a deadline, a lease or a server.
    maxWorkers: availableParallelism() + 6,
    // Some tests kill and start processes by the hundred, on machines that may be slow: a limit for what hangs.
    testTimeout: 240_000,
    // A poll waits for what must happen: its usual limit of a second is short on a busy machine.
    expect: { poll: { timeout: 60_000 } },
    // A machine of CI may stop for seconds. A second try that passes is named at the end: such a test is a fault, too.
    retry: process.env['CI'] === undefined ? 0 : 1,
    reporters: ['default', new SecondTries()],
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
