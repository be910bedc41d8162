/** `/firewalls`: rules, and the servers that they apply to, by id or by labels. */

import type { Json } from '#plugin';
import { ApiError, invalidInput } from './errors.ts';
import { parseSelector } from './labels.ts';
import { presentAction, presentFirewall } from './present.ts';
import {
  type Answer,
  act,
  type Body,
  type Call,
  type Handler,
  labelsIn,
  needed,
  objectIn,
  objectsIn,
  textIn,
  textsIn,
  wholeIn,
} from './request.ts';
import { type ActionRow, type FirewallRow, type FirewallRule, patchRow, takeId } from './state.ts';
import { checkLimit, checkNameOf, type Kind, thingOf } from './things.ts';

const PROTOCOLS = ['tcp', 'udp', 'icmp', 'esp', 'gre'];
const RULES_MAX = 50;
/** `80`, `80-85`, `any`. */
const PORT = /^(any|\d{1,5}(-\d{1,5})?)$/;

function ruleIn(body: Body): FirewallRule {
  const direction = needed(textIn(body, 'direction'), 'rules.direction');
  if (direction !== 'in' && direction !== 'out') throw invalidInput('rules.direction', 'must be in or out');
  const protocol = needed(textIn(body, 'protocol'), 'rules.protocol');
  if (!PROTOCOLS.includes(protocol)) throw invalidInput('rules.protocol', `must be one of ${PROTOCOLS.join(', ')}`);
  const port = textIn(body, 'port') ?? null;
  const hasPort = protocol === 'tcp' || protocol === 'udp';
  if (hasPort !== (port !== null))
    throw invalidInput('rules.port', 'is required for tcp and udp, and not allowed otherwise');
  if (port !== null && !PORT.test(port)) throw invalidInput('rules.port', `'${port}' is not a port or a range`);
  const sourceIps = textsIn(body, 'source_ips');
  const destinationIps = textsIn(body, 'destination_ips');
  if ((direction === 'in' ? sourceIps : destinationIps).length === 0)
    throw invalidInput(direction === 'in' ? 'rules.source_ips' : 'rules.destination_ips', 'is required');
  return { description: textIn(body, 'description') ?? null, direction, sourceIps, destinationIps, protocol, port };
}

function rulesIn(body: Body): readonly FirewallRule[] {
  const rules = objectsIn(body, 'rules').map(ruleIn);
  if (rules.length > RULES_MAX) throw invalidInput('rules', `must not be more than ${RULES_MAX}`);
  return rules;
}

type Target = { readonly server: number } | { readonly selector: string };

function targetIn(call: Call, body: Body): Target {
  const type = needed(textIn(body, 'type'), 'type');
  if (type === 'server') {
    const server = needed(wholeIn(objectIn(body, 'server') ?? {}, 'id'), 'server.id');
    if (!call.cloud.servers.has(server))
      throw new ApiError('firewall_resource_not_found', `server ${server} not found`);
    return { server };
  }
  if (type !== 'label_selector') throw invalidInput('type', 'must be server or label_selector');
  const selector = needed(textIn(objectIn(body, 'label_selector') ?? {}, 'selector'), 'label_selector.selector');
  parseSelector(selector);
  return { selector };
}

function holds(row: FirewallRow, target: Target): boolean {
  return 'server' in target
    ? row.servers.some(({ id }) => id === target.server)
    : row.selectors.includes(target.selector);
}

function apply(call: Call, firewall: number, target: Target): ActionRow {
  const row = call.cloud.firewalls.get(firewall);
  if (row === undefined || holds(row, target))
    throw new ApiError('firewall_already_applied', 'firewall is already applied to that resource');
  if ('selector' in target) {
    patchRow(call.cloud.firewalls, firewall, { selectors: [...row.selectors, target.selector] });
    return act(call, { command: 'apply_firewall', resources: own(firewall), takes: call.conduct.times.other });
  }
  const { server } = target;
  patchRow(call.cloud.firewalls, firewall, { servers: [...row.servers, { id: server, applied: false }] });
  return act(call, {
    command: 'apply_firewall',
    resources: [...own(firewall), { id: server, type: 'server' }],
    takes: call.conduct.times.other,
    effects: [{ do: 'firewall-applied', firewall, server }],
  });
}

function own(firewall: number): ActionRow['resources'] {
  return [{ id: firewall, type: 'firewall' }];
}

function take(call: Call, firewall: number, target: Target): ActionRow {
  const row = call.cloud.firewalls.get(firewall);
  if (row === undefined || !holds(row, target))
    throw new ApiError('firewall_already_removed', 'firewall is not applied to that resource');
  const isServer = 'server' in target;
  patchRow(
    call.cloud.firewalls,
    firewall,
    isServer
      ? { servers: row.servers.filter(({ id }) => id !== target.server) }
      : { selectors: row.selectors.filter((selector) => selector !== target.selector) },
  );
  const resources = [...own(firewall), ...(isServer ? [{ id: target.server, type: 'server' }] : [])];
  return act(call, { command: 'remove_firewall', resources, takes: call.conduct.times.other });
}

function actionsAnswer(call: Call, actions: readonly ActionRow[], more: Body = {}): Answer {
  const shown: Json = actions.map((action) => presentAction(action, call.now));
  return { status: 201, body: { ...more, actions: shown } };
}

export const FIREWALLS: Kind<FirewallRow> = {
  many: 'firewalls',
  one: 'firewall',
  type: 'firewall',
  table: ({ firewalls }) => firewalls,
  present: presentFirewall,
  checkRemoval: (_call, row) => {
    if (row.servers.length + row.selectors.length > 0)
      throw new ApiError('resource_in_use', 'the firewall is still applied');
  },
  create: (call) => {
    const { cloud, body, conduct } = call;
    const name = checkNameOf(call, FIREWALLS, needed(textIn(body, 'name'), 'name'));
    const rules = rulesIn(body);
    const labels = labelsIn(body) ?? {};
    const targets = objectsIn(body, 'apply_to').map((one) => targetIn(call, one));
    checkLimit(cloud.firewalls.size, conduct.limits.firewalls, 'firewall');
    const id = takeId(cloud);
    cloud.firewalls.set(id, { id, name, labels, created: call.now, rules, servers: [], selectors: [] });
    const actions = targets.map((target) => apply(call, id, target));
    const row = cloud.firewalls.get(id);
    return actionsAnswer(call, actions, { firewall: row === undefined ? null : presentFirewall(cloud, row) });
  },
};

function onTargets(field: string, change: (call: Call, firewall: number, target: Target) => ActionRow): Handler {
  return (call) => {
    const { id } = thingOf(call, FIREWALLS);
    const targets = objectsIn(call.body, field).map((one) => targetIn(call, one));
    if (targets.length === 0) throw invalidInput(field, 'is required');
    return actionsAnswer(
      call,
      targets.map((target) => change(call, id, target)),
    );
  };
}

export const FIREWALL_ACTIONS: Readonly<Record<string, Handler>> = {
  apply_to_resources: onTargets('apply_to', apply),
  remove_from_resources: onTargets('remove_from', take),
  set_rules: (call) => {
    const { id } = thingOf(call, FIREWALLS);
    needed(call.body['rules'], 'rules');
    patchRow(call.cloud.firewalls, id, { rules: rulesIn(call.body) });
    return actionsAnswer(call, [
      act(call, { command: 'set_firewall_rules', resources: own(id), takes: call.conduct.times.other }),
    ]);
  },
};
