/** Admission of a Hedgehog fabric: for each kind, what its webhooks fill in and refuse. */

import type { AdmissionRequest, Cluster, Hook, Judgement } from '../admission.ts';
import type { Tree } from '../value.ts';
import { HEDGEHOG_KINDS } from './definitions.ts';
import * as fill from './fill.ts';
import * as vpc from './judge-vpc.ts';
import * as wiring from './judge-wiring.ts';
import { connectionType, refuse, Refusal } from './specs.ts';

interface Rules {
  readonly fill?: (object: Tree) => Tree;
  /** Rules of an object, whose refusals start with `failure`. */
  readonly check?: (object: Tree, cluster: Cluster) => void;
  readonly failure?: string;
  /** Rules of an update, before those of the object. Their refusals stand alone. */
  readonly change?: (object: Tree, before: Tree) => void;
  /** Rules of an update about objects that use this one, after those of the object. Their refusals stand alone. */
  readonly users?: (object: Tree, cluster: Cluster) => void;
  readonly removal?: (object: Tree, cluster: Cluster) => void;
}

const RULES: Readonly<Record<string, Rules>> = {
  VLANNamespace: {
    fill: fill.fillVlanNamespace,
    check: vpc.checkVlanNamespace,
    failure: 'failed to validate vlannamespace',
    users: vpc.checkVlanUsers,
    removal: vpc.checkVlanRemoval,
  },
  IPv4Namespace: {
    fill: fill.fillIpv4Namespace,
    check: vpc.checkIpv4Namespace,
    failure: 'failed to validate ipv4namespace',
    users: vpc.checkIpv4Users,
    removal: vpc.checkIpv4Removal,
  },
  Switch: {
    fill: fill.fillSwitch,
    check: wiring.checkSwitch,
    failure: 'error validating switch',
    removal: wiring.checkSwitchRemoval,
  },
  SwitchProfile: {
    check: () => wiring.checkSwitchProfile(undefined),
    change: (_object, before) => wiring.checkSwitchProfile(before),
    removal: (object) => wiring.checkSwitchProfile(object),
  },
  Server: { fill: fill.fillServer, removal: wiring.checkServerRemoval },
  Connection: {
    fill: fill.fillConnection,
    check: wiring.checkConnection,
    failure: 'error validating connection',
    change: wiring.checkConnectionChange,
    removal: wiring.checkConnectionRemoval,
  },
  VPC: { fill: fill.fillVpc, check: vpc.checkVpc, failure: 'failed to validate vpc', removal: vpc.checkVpcRemoval },
  VPCAttachment: {
    fill: fill.fillVpcAttachment,
    check: vpc.checkVpcAttachment,
    failure: 'failed to validate vpc attachment',
  },
  VPCPeering: { fill: fill.fillVpcPeering, check: vpc.checkVpcPeering, failure: 'failed to validate vpc peering' },
  External: {
    fill: fill.fillExternal,
    check: vpc.checkExternal,
    failure: 'error validating external',
    removal: vpc.checkExternalRemoval,
  },
  ExternalAttachment: {
    fill: fill.fillExternalAttachment,
    check: vpc.checkExternalAttachment,
    failure: 'failed to validate external attachment',
  },
  ExternalPeering: {
    fill: fill.fillExternalPeering,
    check: vpc.checkExternalPeering,
    failure: 'failed to validate external peering',
  },
};

function prefixed(failure: string | undefined, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (error instanceof Refusal && failure !== undefined) refuse(`${failure}: ${error.message}`);
    throw error;
  }
}

function checkPlace({ namespace }: AdmissionRequest): void {
  if (namespace !== 'default')
    refuse('failed to validate metadata: invalid resource namespace: only default namespace is currently supported');
}

function run(rules: Rules, request: AdmissionRequest, cluster: Cluster): void {
  const { object, before, operation } = request;
  if (operation === 'DELETE') {
    if (before !== undefined) rules.removal?.(before, cluster);
    return;
  }
  if (object === undefined) return;
  if (before !== undefined) rules.change?.(object, before);
  prefixed(rules.failure, () => {
    checkPlace(request);
    rules.check?.(object, cluster);
  });
  if (before !== undefined) rules.users?.(object, cluster);
}

function judge(rules: Rules, request: AdmissionRequest, cluster: Cluster): Judgement {
  if (request.kind === 'Connection' && request.operation !== 'DELETE' && connectionType(request.object) === 'mclag')
    return { warnings: ['MCLAG is deprecated and no longer supported'] };
  try {
    run(rules, request, cluster);
    return {};
  } catch (error) {
    if (error instanceof Refusal) return { refusal: error.message };
    throw error;
  }
}

/** The hooks of a fabric, named as its webhooks. */
export const HEDGEHOG_HOOKS: readonly Hook[] = Object.entries(RULES).map(([kind, rules]) => {
  const { fill: change } = rules;
  const name = `${kind.toLowerCase()}.kb.io`;
  return {
    group: HEDGEHOG_KINDS.get(kind)?.group ?? '',
    kind,
    ...(change === undefined ? {} : { mutating: { name: `m${name}`, change: (object) => change(object) } }),
    validating: {
      name: `v${name}`,
      operations: ['CREATE', 'UPDATE', 'DELETE'],
      judge: (request, cluster) => judge(rules, request, cluster),
    },
  };
});
