/** Alerts about a Switch: the rules that fire in the daemon of this machine. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { switchAlerts } from '../../../../plugins/portsync/alerts.ts';
import { firingRules } from '../../../../plugins/portsync/daemon/firing.ts';
import { lockFolder } from '../../../../plugins/portsync/daemon/process-lock.ts';
import { portsync } from '../../../../plugins/portsync/plugin.ts';
import { kindIn } from '../../../../src/engine/match.ts';
import { type Facts, type Resource, resourceOf } from '#plugin';
import { temporaryFolder } from '../../../support/cli.ts';
import { alertRound } from '../../../support/scene.ts';

it('firing rules are read from the status of a daemon that runs, without suppressed ones', async () => {
  const path = temporaryFolder();
  const env = { FETTLE_PORTSYNC_STATE: path };
  expect(await firingRules(env)).toEqual([]);
  const rule = (name: string, status: string) => ({ name, severity: 'critical', status });
  const alerts = [rule('restart-rate', 'firing'), rule('corruption', 'firing'), rule('cold-starts', 'suppressed')];
  writeFileSync(join(path, 'status.json'), JSON.stringify({ phase: 'x', health: {}, alerts }), { mode: 0o600 });
  // The status of a daemon that has ended is old.
  expect(await firingRules(env)).toEqual([]);
  const lock = await lockFolder(path);
  expect(await firingRules(env)).toEqual(['corruption', 'restart-rate']);
  await lock[Symbol.asyncDispose]();
  expect(await firingRules(env)).toEqual([]);
});

it('each firing rule of the spec is an alert with its severity; others are of a later version', () => {
  const known = kindIn(portsync, 'Switch');
  if (known === undefined) throw new Error('no kind Switch');
  const ref = { plugin: 'portsync', kind: 'Switch', name: 'leaf' };
  const switchWith = (signals: Facts): Resource =>
    resourceOf({
      ref,
      ...known,
      desired: undefined,
      memory: undefined,
      sight: { is: 'seen', observed: { ref, state: 'ready', facts: {}, findings: [], at: 0, signals } },
    });
  const alerts = switchAlerts(
    alertRound([switchWith({ firing_rules: ['corruption', 'no-backups', 'later'] }), switchWith({})]),
  );
  expect(alerts.map(({ class: named, severity, route, message }) => [named, severity, route, message])).toEqual([
    ['corruption', 'critical', 'page', 'leaf: The daemon found more than 5 damaged state files'],
    ['no-backups', 'info', 'ticket', 'leaf: The daemon has no backup of its state'],
  ]);
});
