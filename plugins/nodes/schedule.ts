/** The schedule of a Node: its readiness probe, the last error of that probe, and the deadline of its start. */

import { defined, type Facts, instantOf, instantText, seenFacts, seenSignals, seenState } from '#plugin';
import type { NodeFacts, NodeResource, NodeSignals } from './facts.ts';
import { ms, type Settings, type Way } from './settings.ts';

/** `tcp 203.0.113.5:22`, or the label or age that a readiness asks for. */
function probeText({ tcp, http, label, after }: Way, host: string): string {
  const { port, network } = tcp ?? http ?? {};
  const place = network === undefined ? host : `the node's address in ${network}`;
  if (tcp !== undefined) return `tcp ${place}:${port}`;
  if (http !== undefined) return `http ${place}:${port}${http.path}`;
  if (label !== undefined) return `label ${label}`;
  return after === undefined ? 'none' : `age of ${after}`;
}

function hostOf({ address }: Settings, facts: NodeFacts | undefined): string {
  return address ?? facts?.ipv4?.ip ?? facts?.ipv6?.ip ?? 'the node';
}

const WAITING: ReadonlySet<string> = new Set(['provisioning', 'initializing', 'unhealthy']);

export function nodeSchedule(resource: NodeResource): Facts {
  const { memory, sight } = resource;
  const settings = resource.policy as Settings;
  const facts = seenFacts(resource);
  const signals = seenSignals(resource) as unknown as NodeSignals | undefined;
  const { provisioned_at: provisionedAt, initialized_at: initializedAt } = signals?.life ?? memory?.kept ?? {};
  const state = seenState(resource) ?? memory?.state ?? '';
  const texts = [...new Set(settings.ways.map((way) => probeText(way, hostOf(settings, facts))))];
  const probe = texts.join(' and ');
  const error = signals?.probe === 'failed' ? (signals.probe_message ?? 'failed') : undefined;
  const status = signals?.status;
  const isStarting = status !== undefined && status !== 'running';
  const deadline =
    initializedAt === undefined && provisionedAt !== undefined
      ? instantText(instantOf(provisionedAt) + ms(settings.startDeadline))
      : undefined;
  return defined<Facts>({
    readiness_probe: probe,
    probe_result: signals?.probe,
    last_probe_error: error,
    probe_failures: signals?.life.probe_failures ?? memory?.kept.probe_failures ?? 0,
    last_checked_at: sight.is === 'seen' ? instantText(sight.observed.at) : undefined,
    start_deadline_at: deadline,
    waiting_for: !WAITING.has(state)
      ? undefined
      : error !== undefined
        ? `the readiness probe ${probe}, whose last error is: ${error}`
        : isStarting
          ? `the server, whose status is ${status}`
          : undefined,
  });
}
