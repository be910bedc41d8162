/** All pages. */

import { drift } from './drift.ts';
import { events } from './events.ts';
import { fleet } from './fleet.ts';
import { health } from './health.ts';
import { incidents } from './incidents.ts';
import { log } from './log.ts';
import type { Page } from './page.ts';
import type { PageName } from './paths.ts';
import { plan } from './plan.ts';
import { regions } from './regions.ts';
import { resource } from './resource.ts';
import { run } from './run.ts';
import { runs } from './runs.ts';

// The parts of a page agree with each other; a reader of the table calls them with their own values.
export const pages = {
  fleet,
  plan,
  drift,
  events,
  incidents,
  regions,
  runs,
  log,
  health,
  resource,
  run,
} as unknown as Readonly<Record<PageName, Page>>;
