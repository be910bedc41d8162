/** A server with its intake for one test. */

import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../../support/cli.ts';
import { type IntakeServer, type IntakeServerOptions, startIntake } from '../../support/intake-server.ts';

/** `atEnd` registers the end; by default, that of the test. */
export async function httpBench(
  options: Partial<IntakeServerOptions> = {},
  atEnd: (close: () => Promise<void>) => void = onTestFinished,
): Promise<IntakeServer> {
  const server = await startIntake({ folder: join(temporaryFolder(), 'store'), ...options });
  atEnd(server.close);
  return server;
}
