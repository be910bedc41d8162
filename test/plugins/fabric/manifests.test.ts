/** Manifests: which Fabric takes them, their addresses, their references, and the mistakes in them. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { load } from '../../../src/engine/load/load.ts';
import { builtinPlugins } from '../../../src/plugins.ts';
import { formatRef } from '#plugin';
import { temporaryFolder } from '../../support/cli.ts';

const fabric = (name: string, more = ''): string =>
  `apiVersion: fabric/v1\nkind: Fabric\nmetadata: { name: ${name} }\nspec: { context: a${more} }\n`;
const vpc = (metadata: string, rest = 'spec: {}\n'): string =>
  `apiVersion: vpc.githedgehog.com/v1beta1\nkind: VPC\nmetadata: ${metadata}\n${rest}`;

async function loadFiles(files: Readonly<Record<string, string>>) {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const { desired, problems } = await load({ folder, paths: ['.'], plugins: builtinPlugins });
  const shown = problems.map(
    ({ at, code, severity }) =>
      `${at?.file}:${at?.line}:${at?.column} ${severity === 'warning' ? 'warning ' : ''}${code}`,
  );
  return { desired, problems, shown, addresses: desired.map(({ ref }) => formatRef(ref)) };
}

describe('a manifest', () => {
  it('belongs to the Fabrics whose paths and groups contain it, and becomes an object of each', async () => {
    const { addresses, shown } = await loadFiles({
      'prod/fabric.yaml': fabric('prod', ', manifests: [., ../shared/]'),
      'test/fabric.yaml': fabric('test', ', manifests: [., ../shared/b.yaml], groups: [things.example.com, ""]'),
      'prod/a.yaml': vpc('{ name: a }'),
      'shared/b.yaml': vpc('{ name: b, namespace: default }'),
      'test/c.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: apps }\n',
      'test/d.yaml': 'apiVersion: things.example.com/v1\nkind: Thing\nmetadata: { name: d, namespace: apps }\n',
    });
    expect(shown).toEqual([]);
    expect(addresses).toEqual([
      'fabric/Fabric/prod',
      'fabric/Fabric/test',
      'fabric/Object/test/core/Namespace/_/apps',
      'fabric/Object/test/things.example.com/Thing/apps/d',
      'fabric/VPC/prod/default/a',
      'fabric/VPC/prod/default/b',
      'fabric/VPC/test/default/b',
    ]);
  });

  it.each([
    ['no Fabric', { 'a.yaml': vpc('{ name: a }') }, 'a.yaml:1:13 unknown-api-version'],
    [
      'another group',
      { 'f.yaml': fabric('prod'), 'a.yaml': 'apiVersion: x.example.com/v1\nkind: X\nmetadata: { name: a }\n' },
      'a.yaml:1:13 unknown-api-version',
    ],
    [
      'another folder',
      { 'prod/f.yaml': fabric('prod'), 'a.yaml': vpc('{ name: a }') },
      'a.yaml:1:13 unknown-api-version',
    ],
    [
      'an object of the controllers',
      {
        'f.yaml': fabric('prod'),
        'a.yaml': 'apiVersion: agent.githedgehog.com/v1beta1\nkind: Agent\nmetadata: { name: a }\n',
      },
      'a.yaml:2:7 wrong-value',
    ],
    [
      'a name that Kubernetes does not allow',
      { 'f.yaml': fabric('prod'), 'a.yaml': vpc('{ name: A_b }') },
      'a.yaml:3:19 wrong-value',
    ],
    [
      'a generated name',
      { 'f.yaml': fabric('prod'), 'a.yaml': vpc('{ generateName: a- }') },
      'a.yaml:3:27 wrong-value',
    ],
    [
      'a secret value',
      {
        'f.yaml': fabric('prod', ', groups: [""]'),
        'a.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: { name: a, namespace: b }\nstringData: { c: d }\n',
      },
      'a.yaml:4:13 secret-not-allowed',
    ],
    [
      'a secret value at a pointer of the Fabric',
      {
        'f.yaml': fabric('prod', ', secrets: [{ kind: VPC, pointer: /spec/password }]'),
        'a.yaml': vpc('{ name: a }', 'spec: { password: x }\n'),
      },
      'a.yaml:4:19 secret-not-allowed',
    ],
    [
      'a label that is not a text',
      { 'f.yaml': fabric('prod'), 'a.yaml': vpc('{ name: a, labels: { b: 1 } }') },
      'a.yaml:3:35 wrong-value',
    ],
    [
      'a misspelt annotation',
      { 'f.yaml': fabric('prod'), 'a.yaml': vpc('{ name: a, annotations: { fettle.dev/protct: "true" } }') },
      'a.yaml:3:56 unknown-key',
    ],
    [
      'an unknown dependency',
      {
        'f.yaml': fabric('prod'),
        'a.yaml': vpc('{ name: a, annotations: { fettle.dev/dependsOn: fabric/VPC/prod/default/b } }'),
      },
      'a.yaml:3:59 unknown-reference',
    ],
    [
      'the same object twice',
      { 'f.yaml': fabric('prod'), 'a.yaml': `${vpc('{ name: a }')}---\n${vpc('{ name: a, namespace: default }')}` },
      'a.yaml:8:19 duplicate-name',
    ],
    [
      'a document of the plugin instead',
      {
        'f.yaml': fabric('prod'),
        'a.yaml': 'apiVersion: fabric/v1\nkind: VPC\nmetadata: { name: a }\nspec: {}\n',
      },
      'a.yaml:2:7 unknown-kind',
    ],
    [
      'a Fabric without a cluster',
      { 'f.yaml': 'apiVersion: fabric/v1\nkind: Fabric\nmetadata: { name: a }\nspec: {}\n' },
      'f.yaml:4:7 missing-key',
    ],
  ] as const)('is refused: %s', async (_name, files, expected) => {
    expect((await loadFiles(files)).shown).toEqual([expected]);
  });

  it('loses the noise of an export, with a warning for each part', async () => {
    const { desired, shown } = await loadFiles({
      'f.yaml': fabric('prod'),
      'a.yaml': vpc(
        '{ name: a, uid: x, resourceVersion: "1", labels: { team: net, fabric.githedgehog.com/vpc: a } }',
        'spec: { b: 1 }\nstatus: {}\n',
      ),
    });
    expect(shown).toEqual([
      'a.yaml:3:27 warning ignored-field',
      'a.yaml:3:47 warning ignored-field',
      'a.yaml:3:101 warning ignored-field',
      'a.yaml:5:9 warning ignored-field',
    ]);
    expect(desired[1]?.spec).toEqual({
      apiVersion: 'vpc.githedgehog.com/v1beta1',
      kind: 'VPC',
      metadata: { labels: { team: 'net' } },
      spec: { b: 1 },
    });
  });

  it('has its settings of fettle in annotations, which are not sent', async () => {
    const { desired } = await loadFiles({
      'f.yaml': fabric('prod'),
      'a.yaml': vpc(
        '{ name: a, annotations: { a: b, fettle.dev/protect: "true", fettle.dev/onRemove: release, fettle.dev/hold: audit, fettle.dev/ignore: "/spec/x, /spec/y" } }',
      ),
    });
    expect(desired[1]?.meta.lifecycle).toEqual({
      protect: true,
      onRemove: 'release',
      hold: 'audit',
      ignore: ['/spec/spec/x', '/spec/spec/y'],
    });
    expect(desired[1]?.spec).toMatchObject({ metadata: { annotations: { a: 'b' } } });
  });

  it('needs what it refers to, as far as documents declare it', async () => {
    const { desired } = await loadFiles({
      'f.yaml': fabric('prod'),
      'a.yaml': `${vpc('{ name: a }')}---
apiVersion: vpc.githedgehog.com/v1beta1
kind: VPCAttachment
metadata: { name: one }
spec: { subnet: a, connection: leaf-1 }
---
apiVersion: wiring.githedgehog.com/v1beta1
kind: Connection
metadata: { name: leaf-1 }
spec: { unbundled: { link: { server: { port: server-1/e1 }, switch: { port: leaf-1/E1/1 } } } }
---
apiVersion: wiring.githedgehog.com/v1beta1
kind: Switch
metadata: { name: leaf-1 }
spec: { redundancy: { group: g } }
---
apiVersion: wiring.githedgehog.com/v1beta1
kind: Server
metadata: { name: server-1 }
`,
    });
    const needs = Object.fromEntries(desired.map(({ ref, needs: own }) => [formatRef(ref), own.map(formatRef)]));
    expect(needs['fabric/VPCAttachment/prod/default/one']).toEqual([
      'fabric/Connection/prod/default/leaf-1',
      'fabric/Fabric/prod',
      'fabric/VPC/prod/default/a',
    ]);
    expect(needs['fabric/Connection/prod/default/leaf-1']).toEqual([
      'fabric/Fabric/prod',
      'fabric/Server/prod/default/server-1',
      'fabric/Switch/prod/default/leaf-1',
    ]);
  });
});
