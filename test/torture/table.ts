/** Every torture test, loaded when it is run. */

import type { Torture } from './torture.ts';

export const tortures: Readonly<Record<string, () => Promise<{ readonly torture: Torture }>>> = {
  'random-kill': () => import('./random-kill.ts'),
  concurrent: () => import('./concurrent.ts'),
  'concurrent-postgres': async () => ({ torture: (await import('./concurrent.ts')).overPostgres }),
  paused: () => import('./paused.ts'),
  'paused-postgres': async () => ({ torture: (await import('./paused.ts')).overPostgres }),
  inbox: () => import('./inbox.ts'),
  'inbox-postgres': async () => ({ torture: (await import('./inbox.ts')).overPostgres }),
  intake: () => import('./intake.ts'),
  events: () => import('./events.ts'),
  'events-postgres': async () => ({ torture: (await import('./events.ts')).overPostgres }),
  'bit-flips': () => import('./bit-flips.ts'),
  rollback: () => import('./rollback.ts'),
  'kill-points': async () => ({ torture: (await import('./failing-disk.ts')).killPoints }),
  'failing-disk': () => import('./failing-disk.ts'),
  clock: () => import('./clock.ts'),
  'hostile-yaml': () => import('./hostile-yaml.ts'),
  'rubbish-plugin': () => import('./rubbish-plugin.ts'),
  safety: () => import('./safety.ts'),
  secrets: () => import('./secrets.ts'),
  audit: () => import('./audit.ts'),
  'acme-renewals': () => import('./acme-renewals.ts'),
};
