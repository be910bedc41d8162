/** Files of other systems that declare resources, on the ports of a switch. */

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { load, type Loaded } from '../../../src/engine/load/load.ts';
import { builtinPlugins } from '../../../src/plugins.ts';
import { formatRef } from '#plugin';
import { temporaryFolder } from '../../support/cli.ts';

const SWITCH = (file: string): string =>
  `apiVersion: portsync/v1\nkind: Switch\nmetadata: { name: leaf-1 }\nspec:\n  sonic: { local: true }\n  configDb: { file: ${file} }\n`;

async function loaded(
  files: Readonly<Record<string, string>>,
  more: (folder: string) => void = () => {},
  roots: readonly string[] = [],
): Promise<Loaded> {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  more(folder);
  return await load({
    folder,
    root: folder,
    fileRoots: [folder, ...roots],
    paths: ['desired/'],
    plugins: builtinPlugins,
  });
}

function problems({ problems: found }: Loaded): readonly string[] {
  return found.map(({ code, at, message }) => `${at?.file}:${at?.line}:${at?.column} ${code} ${message}`);
}

const TABLE = `{
  "PORT": {
    "Ethernet0": {
      "lanes": "0,1,2,3",
      "mtu": "9100"
    },
    "Ethernet4": { "speed": "100000" }
  }
}
`;

describe('a file that a document names', () => {
  it('declares resources at their places', async () => {
    const found = await loaded({ 'desired/leaf.yaml': SWITCH('../config_db.json'), 'config_db.json': TABLE });
    expect(problems(found)).toEqual([]);
    expect(
      found.desired
        .map(({ ref, spec, source }) => [formatRef(ref), spec, `${source.file}:${source.line}:${source.column}`])
        .slice(0, 2),
    ).toEqual([
      ['portsync/Port/leaf-1/Ethernet0', { lanes: '0,1,2,3', mtu: 9100 }, 'config_db.json:3:5'],
      ['portsync/Port/leaf-1/Ethernet4', { speed: 100_000 }, 'config_db.json:7:5'],
    ]);
  });

  it.each([
    ['a wrong value, at its place', TABLE.replace('9100', '99999'), ['config_db.json:5:14 wrong-value']],
    ['a name twice', TABLE.replace('Ethernet4', 'Ethernet0'), ['config_db.json:7:5 duplicate-key']],
    ['text that is not JSON', '{ "PORT": } }', ['config_db.json:1:13 yaml-syntax']],
    ['an empty file', '', ['desired/leaf.yaml:3:19 empty-desired']],
    ['another shape', '[]', ['config_db.json:1:1 not-a-mapping']],
    ['a file without its table', '{"VLAN": {}}', ['config_db.json:1:1 missing-key']],
    ['bytes', '\u0000', ['config_db.json:1:1 binary']],
  ])('with %s is a problem', async (_name, text, expected) => {
    const found = await loaded({ 'desired/leaf.yaml': SWITCH('../config_db.json'), 'config_db.json': text });
    expect(problems(found).map((each) => each.split(' ').slice(0, 2).join(' '))).toEqual(expected);
  });

  it('that is missing is a problem of the document', async () => {
    expect(problems(await loaded({ 'desired/leaf.yaml': SWITCH('../gone.json') }))).toEqual([
      'desired/leaf.yaml:3:19 unreadable-file gone.json cannot be read (ENOENT)',
    ]);
  });

  it('is not read outside of the repository, nor through a link', async () => {
    const outside = temporaryFolder();
    writeFileSync(join(outside, 'secret.json'), '{"PORT": {"hidden": {"mtu": "secret"}}}');
    for (const [file, link] of [
      [join(outside, 'secret.json'), false],
      ['../link.json', true],
    ] as const) {
      const found = await loaded({ 'desired/leaf.yaml': SWITCH(file) }, (folder) => {
        if (link) symlinkSync(join(outside, 'secret.json'), join(folder, 'link.json'));
      });
      expect(problems(found).map((each) => each.split(' ')[1])).toEqual(['outside-root']);
      expect(JSON.stringify(found)).not.toMatch(/hidden|mtu/u);
    }
  });

  it('is not quoted if it is outside of the repository, in a folder that the environment names', async () => {
    const outside = temporaryFolder();
    writeFileSync(join(outside, 'other.conf'), 'TOKEN hidden\nsecret: [x');
    const found = await loaded({ 'desired/leaf.yaml': SWITCH(join(outside, 'other.conf')) }, () => {}, [outside]);
    expect(found.problems.length).toBeGreaterThan(0);
    expect(JSON.stringify(found.problems)).not.toMatch(/TOKEN|hidden|secret/u);
  });

  it('and a document must not declare one resource', async () => {
    const port = 'apiVersion: portsync/v1\nkind: Port\nmetadata: { switch: leaf-1, name: Ethernet0 }\nspec: {}\n';
    const found = await loaded({
      'desired/leaf.yaml': `${SWITCH('../config_db.json')}---\n${port}`,
      'config_db.json': TABLE,
    });
    expect(problems(found)).toEqual([
      'config_db.json:3:5 duplicate-name portsync/Port/leaf-1/Ethernet0 is declared twice: first at desired/leaf.yaml:10:35',
    ]);
  });
});
