/** Agents of a cluster: their reports, without the specifications, which have secrets. */

import type { Refusal } from '../live/answers.ts';
import { secretMembers } from '../objects/content.ts';
import { FABRIC_NAMESPACE } from '../objects/groups.ts';
import type { ClusterReader, ServedKind } from '../world.ts';
import { type AgentReport, readAgent } from './report.ts';

const AGENT_API = 'agent.githedgehog.com/v1beta1';

/** The kind Agent, as the cluster serves it; undefined if it does not. */
export async function agentKind(cluster: ClusterReader, signal: AbortSignal): Promise<ServedKind | undefined> {
  return (await cluster.served(AGENT_API, signal))?.find(({ kind }) => kind === 'Agent');
}

/**
 * Reports of all Agents; undefined if the cluster does not serve them, so that the objects alone show whether it is in
 * sync; a Refusal if it refuses the list.
 */
export async function listAgents(
  cluster: ClusterReader,
  signal: AbortSignal,
): Promise<readonly AgentReport[] | Refusal | undefined> {
  const served = await agentKind(cluster, signal);
  if (served === undefined) return undefined;
  const listed = await cluster.list(served, { namespace: FABRIC_NAMESPACE, omit: secretMembers(served.kind) }, signal);
  if (!('words' in listed)) return listed.map(readAgent);
  return listed.kind === 'not-served' ? undefined : listed;
}
