/** Every call of the emulated API is answered in the shape of the reference. */

import { describe, expect, it, test } from 'vitest';
import { CALLS } from '../../../plugins/nodes/sandbox/routes.ts';
import { HOUR_MS, type Up, up } from './emulator-support.ts';
import { hasDescription } from './published.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG2hbGWxVdgTxnhe9nLeQh0E5CT0FXQMQY6nWN+BHOuR test';

async function lookUps({ want }: Up): Promise<void> {
  for (const path of ['locations', 'datacenters', 'server_types', 'isos', 'images']) {
    const body = await want(200, 'GET', `/${path}`);
    await want(200, 'GET', `/${path}/${body[path][0].id}`);
  }
  await want(200, 'GET', '/pricing');
}

/** Creates one object of each kind that a server can be attached to. */
async function surroundings({ want, pass }: Up) {
  const labels = { made: 'by-hand' };
  const key = (await want(201, 'POST', '/ssh_keys', { name: 'key', public_key: KEY, labels })).ssh_key;
  const subnets = [{ type: 'cloud', ip_range: '10.0.1.0/24', network_zone: 'eu-central' }];
  const network = (await want(201, 'POST', '/networks', { name: 'net', ip_range: '10.0.0.0/16', labels, subnets }))
    .network;
  const rules = [{ direction: 'in', protocol: 'tcp', port: '22', source_ips: ['0.0.0.0/0'], description: 'SSH' }];
  const applied = [{ type: 'label_selector', label_selector: { selector: 'pool=web' } }];
  const firewall = (await want(201, 'POST', '/firewalls', { name: 'wall', rules, labels, apply_to: applied })).firewall;
  const volume = (await want(201, 'POST', '/volumes', { name: 'disk', size: 10, location: 'fsn1', format: 'ext4' }))
    .volume;
  const group = (await want(201, 'POST', '/placement_groups', { name: 'apart', type: 'spread', labels }))
    .placement_group;
  const ip = { name: 'ip', type: 'ipv4', assignee_type: 'server', location: 'fsn1' };
  const address = (await want(201, 'POST', '/primary_ips', ip)).primary_ip;
  await pass(HOUR_MS);
  return { key, network, firewall, volume, group, address };
}

type Ids = Awaited<ReturnType<typeof surroundings>>;

async function serverLife(tour: Up, { key, network, firewall, volume, group, address }: Ids): Promise<number> {
  const { want, pass } = tour;
  const made = await want(201, 'POST', '/servers', {
    name: 'web-1',
    server_type: 'cx23',
    image: 'debian-13',
    location: 'fsn1',
    ssh_keys: [key.name],
    networks: [network.id],
    firewalls: [{ firewall: firewall.id }],
    volumes: [volume.id],
    placement_group: group.id,
    user_data: '#cloud-config',
    labels: { pool: 'web' },
    public_net: { enable_ipv4: true, enable_ipv6: true, ipv4: address.id },
  });
  const { id } = made.server;
  await want(200, 'GET', `/actions?id=${made.action.id}&id=${made.next_actions[0].id}`);
  await want(200, 'GET', `/actions/${made.action.id}`);
  await pass(HOUR_MS);
  const act = async (name: string, body?: unknown): Promise<void> => {
    await want(201, 'POST', `/servers/${id}/actions/${name}`, body);
    await want(200, 'GET', `/servers/${id}`);
    await pass(HOUR_MS);
  };
  await want(200, 'PUT', `/servers/${id}`, { name: 'web-2', labels: { pool: 'web', more: '' } });
  await want(200, 'GET', `/servers?name=web-2&label_selector=${encodeURIComponent('pool in (web)')}&sort=name:desc`);
  await want(200, 'GET', `/servers/${id}/metrics?type=cpu,disk&start=2026-11-20T08:00:00Z&end=2026-11-20T09:00:00Z`);
  for (const name of ['reset_password', 'request_console', 'enable_backup']) await act(name);
  await act('create_image', { type: 'backup', description: 'a backup' });
  await act('disable_backup');
  await act('enable_rescue', { type: 'linux64', ssh_keys: [key.id] });
  await act('disable_rescue');
  await act('attach_iso', { iso: 'debian-12.1.0-amd64-netinst.iso' });
  await act('detach_iso');
  await act('change_alias_ips', { network: network.id, alias_ips: ['10.0.1.9'] });
  await act('detach_from_network', { network: network.id });
  await act('attach_to_network', { network: network.id, ip: '10.0.1.7' });
  await act('change_dns_ptr', { ip: address.ip, dns_ptr: 'web.example.test' });
  await act('change_protection', { delete: true, rebuild: true });
  await act('change_protection', { delete: false, rebuild: false });
  for (const name of ['reboot', 'reset', 'shutdown', 'poweron', 'poweroff']) await act(name);
  await act('remove_from_placement_group');
  await act('add_to_placement_group', { placement_group: group.id });
  await act('change_type', { server_type: 'cx33', upgrade_disk: false });
  await act('rebuild', { image: 'ubuntu-24.04' });
  return id;
}

async function otherActions({ want, pass }: Up, server: number, ids: Ids): Promise<void> {
  const { network, firewall, volume, address } = ids;
  const act = async (path: string, body?: unknown): Promise<void> => {
    await want(201, 'POST', path, body);
    await pass(HOUR_MS);
  };
  const networks = `/networks/${network.id}/actions`;
  await act(`${networks}/add_subnet`, { type: 'cloud', ip_range: '10.0.2.0/24', network_zone: 'eu-central' });
  await act(`${networks}/delete_subnet`, { ip_range: '10.0.2.0/24' });
  await act(`${networks}/add_route`, { destination: '10.100.1.0/24', gateway: '10.0.1.1' });
  await want(200, 'GET', `/networks/${network.id}`);
  await act(`${networks}/delete_route`, { destination: '10.100.1.0/24', gateway: '10.0.1.1' });
  await act(`${networks}/change_ip_range`, { ip_range: '10.0.0.0/12' });
  await act(`${networks}/change_protection`, { delete: false });
  const on = [{ type: 'server', server: { id: server } }];
  await act(`/firewalls/${firewall.id}/actions/remove_from_resources`, { remove_from: on });
  await act(`/firewalls/${firewall.id}/actions/apply_to_resources`, { apply_to: on });
  await want(200, 'GET', `/firewalls/${firewall.id}`);
  await act(`/firewalls/${firewall.id}/actions/set_rules`, { rules: [] });
  await act(`/firewalls/${firewall.id}/actions/remove_from_resources`, {
    remove_from: [...on, { type: 'label_selector', label_selector: { selector: 'pool=web' } }],
  });
  const volumes = `/volumes/${volume.id}/actions`;
  await act(`${volumes}/detach`);
  await act(`${volumes}/attach`, { server });
  await act(`${volumes}/resize`, { size: 20 });
  await act(`${volumes}/change_protection`, { delete: false });
  await act(`${volumes}/detach`);
  const addresses = `/primary_ips/${address.id}/actions`;
  await act(`/servers/${server}/actions/poweroff`);
  await act(`${addresses}/unassign`);
  await act(`${addresses}/assign`, { assignee_type: 'server', assignee_id: server });
  await act(`${addresses}/change_dns_ptr`, { ip: address.ip, dns_ptr: null });
  await act(`${addresses}/change_protection`, { delete: false });
}

async function listsAndEnds({ want, pass }: Up, server: number, ids: Ids): Promise<void> {
  const snapshot = (await want(201, 'POST', `/servers/${server}/actions/create_image`, { labels: { of: 'web' } }))
    .image;
  await pass(HOUR_MS);
  await want(200, 'PUT', `/images/${snapshot.id}`, { description: 'kept', labels: {} });
  await want(201, 'POST', `/images/${snapshot.id}/actions/change_protection`, { delete: false });
  for (const [path, id] of [
    ['images', snapshot.id],
    ['servers', server],
    ['networks', ids.network.id],
    ['firewalls', ids.firewall.id],
    ['volumes', ids.volume.id],
    ['primary_ips', ids.address.id],
  ]) {
    const { actions } = await want(200, 'GET', `/${path}/${id}/actions?sort=id:desc&status=success`);
    const all = await want(200, 'GET', `/${path}/actions?per_page=50`);
    const action = (actions[0] ?? all.actions[0]).id;
    await want(200, 'GET', `/${path}/actions/${action}`);
    await want(200, 'GET', `/${path}/${id}/actions/${action}`);
  }
  await pass(HOUR_MS);
  await want(200, 'DELETE', `/servers/${server}`);
  await pass(HOUR_MS);
  await want(404, 'GET', `/servers/${server}`);
  await want(204, 'DELETE', `/images/${snapshot.id}`);
  for (const [path, one] of Object.entries({
    ssh_keys: ids.key,
    networks: ids.network,
    firewalls: ids.firewall,
    volumes: ids.volume,
    placement_groups: ids.group,
    primary_ips: ids.address,
  })) {
    await want(200, 'GET', `/${path}?name=${one.name}`);
    await want(200, 'GET', `/${path}/${one.id}`);
    await want(200, 'PUT', `/${path}/${one.id}`, { name: 'other', labels: { a: 'b' } });
    await want(204, 'DELETE', `/${path}/${one.id}`);
    await want(404, 'DELETE', `/${path}/${one.id}`);
  }
}

describe('the emulated API', () => {
  it('answers every call in the shape of the reference', async () => {
    const tour = await up();
    await lookUps(tour);
    const ids = await surroundings(tour);
    const server = await serverLife(tour, ids);
    await otherActions(tour, server, ids);
    await listsAndEnds(tour, server, ids);
    expect([...tour.answered].toSorted()).toEqual(CALLS.toSorted());
  });

  test.skipIf(hasDescription)(
    'is not compared with the provider’s own description: FETTLE_TEST_HCLOUD_DESCRIPTION is not set',
    () => undefined,
  );
  test.skipIf(!hasDescription)('matches the provider’s own description', () => {
    expect(hasDescription).toBe(true);
  });
});
