/**
 * Sends dry runs of applies to a cluster, 16 at once over one pool of connections, parses the answers, and does nothing
 * else: `node dry-runs.js KUBECONFIG REQUESTS`. The second file has the paths and bodies as JSON. `--apply` applies them.
 */

import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';

const AT_ONCE = 16;
const [kubeconfig = '', requests = ''] = process.argv.slice(2);
const { clusters, users } = JSON.parse(readFileSync(kubeconfig, 'utf8')) as {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } },
  ];
  readonly users: readonly [{ readonly user: { readonly token: string } }];
};
const [{ cluster }] = clusters;
const [{ user }] = users;
const ca = Buffer.from(cluster['certificate-authority-data'], 'base64').toString();
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE, ca });
const queue = JSON.parse(readFileSync(requests, 'utf8')) as { readonly path: string; readonly body: unknown }[];
const isDryRun = process.argv[4] !== '--apply';
const query = `fieldManager=fettle%3Abench&fieldValidation=Strict&force=false${isDryRun ? '&dryRun=All' : ''}`;

function send({ path, body }: (typeof queue)[number]): Promise<void> {
  const text = JSON.stringify(body);
  const headers = {
    authorization: `Bearer ${user.token}`,
    'content-type': 'application/apply-patch+yaml',
    'content-length': Buffer.byteLength(text),
  };
  return new Promise((resolve, reject) => {
    const sent = request(`${cluster.server}${path}?${query}`, { method: 'PATCH', agent, headers }, (answer) => {
      const { statusCode = 0 } = answer;
      let said = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => {
        said += part;
      });
      answer.on('end', () => {
        const { kind } = JSON.parse(said) as { readonly kind?: string };
        if (statusCode < 300 && kind !== 'Status') resolve();
        else reject(new Error(`${path}: ${statusCode} ${said}`));
      });
    });
    sent.on('error', reject).end(text);
  });
}

async function worker(): Promise<void> {
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) await send(next);
}

await Promise.all(Array.from({ length: AT_ONCE }, worker));
agent.destroy();
