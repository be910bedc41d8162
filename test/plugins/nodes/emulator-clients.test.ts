/** Independent clients work against the emulated provider: Hetzner's command line, and its Python library. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runningClock } from '../../../plugins/nodes/sandbox/clock.ts';
import { type Emulator, startEmulator } from '../../../plugins/nodes/sandbox/emulator.ts';
import { run } from '../../support/cli.ts';
import { START } from './emulator-support.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG2hbGWxVdgTxnhe9nLeQh0E5CT0FXQMQY6nWN+BHOuR test';
/** The speed of the emulated time, relative to the machine's clock. */
const SPEED = 200;

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startEmulator({ clock: runningClock(START, SPEED) });
});
afterEach(() => emulator.stop());

interface Done {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `words` are separated by spaces; more arguments are passed unchanged. */
function hcloud(words: string, ...more: readonly string[]): Promise<Done> {
  return run('hcloud', ['--poll-interval', '20ms', ...words.split(' '), ...more], '/', {
    HCLOUD_TOKEN: emulator.tokens.readWrite,
    HCLOUD_ENDPOINT: emulator.endpoint,
  });
}

async function done(words: string, ...more: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await hcloud(words, ...more);
  expect([code, stderr], words).toEqual([0, '']);
  return stdout;
}

async function names(...args: readonly string[]): Promise<readonly string[]> {
  const printed = await done('server list -o noheader -o columns=name', ...args);
  return printed.split('\n').filter((line) => line !== '');
}

describe('hcloud-cli', () => {
  it('manages a server through its life', async () => {
    await done('ssh-key create --name key --public-key', KEY);
    const created = await done(
      'server create --name web --type cx23 --image debian-13 --location fsn1 --ssh-key key --label pool=web',
    );
    expect(created).toMatch(/Server \d+ created/);
    expect(created).toContain('IPv4: 127.64.');
    expect(created).not.toContain('Root password');
    expect(emulator.server('web')).toMatchObject({ status: 'running', labels: { pool: 'web' } });

    await done('server poweroff web');
    expect(emulator.server('web').status).toBe('off');
    await done('server change-type --keep-disk web cx33');
    expect(emulator.server('web')).toMatchObject({ type: 103, disk: 40 });

    await done('server add-label web tier=front');
    await done('server remove-label web pool');
    expect(emulator.server('web').labels).toEqual({ tier: 'front' });

    await done('server enable-protection web delete rebuild');
    const refused = await hcloud('server delete web');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('protected')]);
    await done('server disable-protection web delete rebuild');
    await done('server enable-backup web');
    await done('server create-image --type backup web');
    expect(await done('image list --type backup -o noheader')).toContain('backup');
    await done('server disable-backup web');
    await done('server rebuild --image ubuntu-24.04 web');
    expect(await done('server describe web -o format={{.Image.Name}}')).toBe('ubuntu-24.04\n');
    await done('server delete web');
    await expect.poll(() => names()).toEqual([]);
  });

  it('lists over several pages, by labels and sorted', async () => {
    for (let index = 0; index < 130; index += 1)
      emulator.seed({ name: `n-${index}`, labels: { pool: index % 2 === 0 ? 'even' : 'odd', [`n${index}`]: '' } });
    expect(await names()).toHaveLength(130);
    expect(await names('-l', 'pool=even')).toHaveLength(65);
    expect(await names('-l', 'pool notin (even), !n1')).toHaveLength(64);
    expect((await names('--sort', 'name:desc')).slice(0, 3)).toEqual(['n-99', 'n-98', 'n-97']);
    const pages = emulator.requests().filter(({ path, query }) => path === '/servers' && !query.includes('label'));
    expect(pages.map(({ query }) => new URLSearchParams(query).get('page'))).toEqual(['1', '2', '3', '1', '2', '3']);
  });

  it('attaches networks, volumes, firewalls, groups and addresses', async () => {
    emulator.seed({ name: 'web', location: 'fsn1' });
    await done('network create --name net --ip-range 10.0.0.0/16');
    await done('network add-subnet net --type cloud --network-zone eu-central --ip-range 10.0.1.0/24');
    await done('server attach-to-network web --network net --ip 10.0.1.5');
    expect(emulator.server('web').privateNets.map(({ ip }) => ip)).toEqual(['10.0.1.5']);
    await done('volume create --name disk --size 10 --server web');
    expect([...emulator.cloud().volumes.values()].map(({ server }) => server)).toEqual([emulator.server('web').id]);
    await done('volume detach disk');
    await done('volume resize disk --size 30');
    await done('firewall create --name wall');
    await done('firewall add-rule wall --direction in --protocol tcp --port 22 --source-ips 0.0.0.0/0');
    await done('firewall apply-to-resource wall --type server --server web');
    expect(await done('firewall describe wall')).toContain(String(emulator.server('web').id));
    await done('placement-group create --name apart --type spread');
    await done('server poweroff web');
    await done('server add-to-placement-group web --placement-group apart');
    expect(emulator.server('web').placementGroup).not.toBeNull();
    await done('primary-ip create --name ip --type ipv4 --datacenter fsn1-dc1');
    expect(await done('primary-ip list')).toContain('127.64.');
  });

  it('reports an invalid token', async () => {
    const asked = (token: string) =>
      run('hcloud', ['server', 'create', '--name', 'a', '--type', 'cx23', '--image', 'debian-13'], '/', {
        HCLOUD_TOKEN: token,
        HCLOUD_ENDPOINT: emulator.endpoint,
      });
    expect((await asked('wrong')).stderr).toContain('unauthorized');
    expect((await asked(emulator.tokens.readOnly)).stderr).toContain('token_readonly');
  });
});

const PYTHON = `
import json, os, time
from hcloud import Client, APIException
from hcloud.images.domain import Image
from hcloud.locations.domain import Location
from hcloud.server_types.domain import ServerType

client = Client(token=os.environ["TOKEN"], api_endpoint=os.environ["ENDPOINT"], poll_interval=0.02)
seen = {}

def finish(action):
    action.wait_until_finished(max_retries=500)

def refusal(call):
    try:
        call()
    except APIException as error:
        return [error.code, error.message]

made = client.servers.create(
    name="web", server_type=ServerType(name="cx23"), image=Image(name="debian-13"),
    location=Location(name="nbg1"), labels={"pool": "web"},
)
finish(made.action)
for action in made.next_actions:
    finish(action)
server = client.servers.get_by_name("web")
seen["running"] = [server.status, server.server_type.name, server.image.name, server.labels, server.datacenter.location.name]
seen["password"] = made.root_password is not None

finish(server.power_off())
seen["off"] = client.servers.get_by_id(server.id).status
finish(server.change_type(ServerType(name="cx33"), upgrade_disk=True))
seen["type"] = client.servers.get_by_id(server.id).server_type.name
server = server.update(name="web-2", labels={"pool": "other"})
seen["renamed"] = [server.name, server.labels]
finish(server.change_protection(delete=True, rebuild=True))
seen["protected"] = refusal(server.delete)
finish(server.change_protection(delete=False, rebuild=False))
seen["uniqueness"] = refusal(lambda: client.servers.create(
    name="web-2", server_type=ServerType(name="cx23"), image=Image(name="debian-13")))
finish(server.delete())
seen["gone"] = refusal(lambda: client.servers.get_by_id(server.id))[0]

seen["all"] = len(client.servers.get_all())
seen["even"] = len(client.servers.get_all(label_selector="pool in (even)"))
page, meta = client.servers.get_list(page=2, per_page=50)
seen["page"] = [len(page), meta.pagination.next_page, meta.pagination.last_page, meta.pagination.total_entries]
seen["types"] = [one.name for one in client.server_types.get_all() if one.name.startswith("cax")]
seen["locations"] = [one.name for one in client.locations.get_all()]
print(json.dumps(seen))
`;

describe('python3-hcloud', () => {
  it('manages a server through its life, and lists over several pages', async () => {
    for (let index = 0; index < 120; index += 1)
      emulator.seed({ name: `n-${index}`, labels: { pool: index % 2 === 0 ? 'even' : 'odd' } });
    const { code, stdout, stderr } = await run('/usr/bin/python3', ['-c', PYTHON], '/', {
      TOKEN: emulator.tokens.readWrite,
      ENDPOINT: emulator.endpoint,
    });
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual({
      running: ['running', 'cx23', 'debian-13', { pool: 'web' }, 'nbg1'],
      password: true,
      off: 'off',
      type: 'cx33',
      renamed: ['web-2', { pool: 'other' }],
      protected: ['protected', 'server deletion is protected'],
      uniqueness: ['uniqueness_error', 'server name is already used'],
      gone: 'not_found',
      all: 120,
      even: 60,
      page: [50, 3, 3, 120],
      types: ['cax11', 'cax21'],
      locations: ['fsn1', 'nbg1', 'hel1', 'ash', 'hil', 'sin'],
    });
  });
});
