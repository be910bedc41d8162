/** The report of a round that found nothing. */

import type { RoundReport } from '../../src/formats/round.ts';

export function emptyRound(project: string): RoundReport {
  return {
    project,
    refreshed_at: Date.now(),
    recorded: true,
    standing: {},
    resources: [],
    rows: [],
    findings: [],
    alerts: [],
    gaps: [],
    drifted: 0,
    actions: [],
    metrics: [],
    measured: [],
    targets: {},
  };
}
