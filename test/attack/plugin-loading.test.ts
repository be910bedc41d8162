/**
 * Code of plugins is loaded where the environment names its package, and from the installation of fettle alone: a pull
 * request can write every file of the project, and `plan` runs what is loaded.
 */

import { cpSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { installationOf, installedPlugins } from '../../src/installed-plugins.ts';
import { cliFile, fettle, run, temporaryFolder } from '../support/cli.ts';

const folder = realpathSync(temporaryFolder());
const modules = join(folder, 'installation', 'node_modules');
const project = join(folder, 'project');

function writePackage(at: string, about: object, code = ''): void {
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, 'package.json'), JSON.stringify(about));
  writeFileSync(join(at, 'plugin.js'), code);
}

const about = (name: string, plugin: string, file: unknown = './plugin.js') => ({
  name,
  version: '1.2.3',
  type: 'module',
  fettle: { [plugin]: file },
});
const MADE = `export const plugin = { name: 'made', tables: { name: 'made' } };\n`;
/** Writes a file as soon as it is loaded. */
const trap = (mark: string) => `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(mark)}, '');\n`;

writePackage(join(modules, 'fettle'), { name: 'fettle' });
cpSync(dirname(cliFile), join(modules, 'fettle', 'dist'), { recursive: true });
writePackage(join(modules, 'good'), about('good', 'made'), MADE);
writePackage(join(modules, '@scope', 'good'), about('@scope/good', 'scoped'), MADE.replaceAll('made', 'scoped'));
writePackage(join(modules, 'again'), about('again', 'made'), MADE);
writePackage(join(modules, 'shadow'), about('shadow', 'certificates'));
for (const name of ['plan', 'log', 'audit', 'force-unlock', 'help'])
  writePackage(join(modules, `named-${name}`), about(`named-${name}`, name), trap(join(folder, 'loaded')));
writePackage(join(modules, 'other-name'), about('good', 'other'));
writePackage(join(modules, 'silent'), { name: 'silent' });
writePackage(join(modules, 'climbing'), about('climbing', 'climbing', '../good/plugin.js'));
writePackage(join(modules, 'absolute'), about('absolute', 'absolute', join(project, 'plugin.js')));
writePackage(join(modules, 'odd'), about('odd', '../odd'));
writePackage(join(modules, 'liar'), about('liar', 'liar'), MADE);
writePackage(join(modules, 'broken'), about('broken', 'broken'), 'throw new Error("it is broken")\n');
writePackage(project, about('evil', 'evil'), trap(join(folder, 'loaded')));
symlinkSync(project, join(modules, 'linked'));
writePackage(join(modules, 'inner'), about('inner', 'inner', './link.js'));
symlinkSync(join(project, 'plugin.js'), join(modules, 'inner', 'link.js'));
for (const name of ['good', 'evil', 'linked'])
  writePackage(join(project, 'node_modules', name), about(name, 'made'), trap(join(folder, 'loaded')));
writePackage(join(folder, 'node_modules', 'evil'), about('evil', 'evil'), trap(join(folder, 'loaded')));

const plugins = (list: string) => installedPlugins({ FETTLE_PLUGINS: list }, () => modules, ['certificates', 'nodes']);

describe('FETTLE_PLUGINS', () => {
  it('loads a package of the installation, when it is used', async () => {
    const [good, scoped] = plugins(' good,, @scope/good ,good');
    expect(good).toMatchObject({ name: 'made', package: 'good', version: '1.2.3' });
    expect(await good?.load()).toMatchObject({ name: 'made' });
    expect(await scoped?.load()).toMatchObject({ name: 'scoped' });
    expect(installedPlugins({}, () => expect.unreachable(), [])).toEqual([]);
  });

  it.each([
    ['../good', 'is not a valid package name'],
    ['good/../good', 'is not a valid package name'],
    ['./good', 'is not a valid package name'],
    ['/etc/good', 'is not a valid package name'],
    [join(modules, 'good'), 'is not a valid package name'],
    [`file://${modules}/good`, 'is not a valid package name'],
    ['data:text/javascript,', 'is not a valid package name'],
    ['@scope', 'is not a valid package name'],
    ['.bin', 'is not a valid package name'],
    ['good\\..\\good', 'is not a valid package name'],
    ['evil', 'is not installed in'],
    ['linked', 'is not installed in'],
    ['other-name', 'is not installed in'],
    ['missing', 'is not installed in'],
    ['silent', 'has no "fettle" in its package.json'],
    ['fettle', 'has no "fettle" in its package.json'],
    ['climbing', 'does not contain its file'],
    ['absolute', 'does not contain its file'],
    ['inner', 'does not contain its file'],
    ['odd', 'declares a plugin with an invalid name'],
    ['shadow', 'declares the plugin certificates, which fettle already has'],
    ['good,again', 'declares the plugin made, which good already has'],
  ])('%s: %s', (list, message) => {
    expect(() => plugins(list)).toThrow(message);
  });

  it.each([
    ['liar', 'does not export a `plugin` with the name liar'],
    ['broken', 'broken cannot be loaded: it is broken'],
  ])('%s: %s', async (name, message) => {
    await expect(plugins(name)[0]?.load()).rejects.toThrow(message);
  });
});

it('the installation is the real folder of fettle, behind any link', () => {
  expect(installationOf(join(modules, 'fettle', 'dist', 'lib'))).toBe(modules);
  const link = join(project, 'link');
  symlinkSync(join(modules, 'fettle'), link);
  expect(installationOf(join(link, 'dist'))).toBe(modules);
  rmSync(link);
  expect(() => installationOf(project)).toThrow('is not part of an installation of fettle');
});

describe('the command', () => {
  const cli = join(modules, 'fettle', 'dist', 'cli.js');
  const go = (env: Readonly<Record<string, string>>, ...args: readonly string[]) =>
    run(process.execPath, [cli, ...args], project, env);
  const wasLoaded = () => readFileSync(join(folder, 'loaded'));

  it('lists the plugins that are loaded, and says which package is not installed', async () => {
    const text = await go({ FETTLE_PLUGINS: 'good,@scope/good' }, 'version');
    expect(text.stdout).toContain('+ plugin made of good v1.2.3\n+ plugin scoped of @scope/good v1.2.3\n');
    const json = await go({ FETTLE_PLUGINS: 'good' }, 'version', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ plugins: [{ name: 'made', package: 'good', version: '1.2.3' }] });
    const wrong = await go({ FETTLE_PLUGINS: 'evil' }, 'version');
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    expect(wrong.stderr).toContain(`the package evil is not installed in ${modules}`);
  });

  it.each(['plan', 'log', 'audit', 'force-unlock', 'help'])('refuses a plugin with the name of %s', async (name) => {
    for (const line of [['plan'], ['version'], ['log', 'list']]) {
      const { code, stderr } = await go({ FETTLE_PLUGINS: `named-${name}` }, ...line);
      expect([code, stderr]).toEqual([
        1,
        `error: FETTLE_PLUGINS: named-${name} declares the plugin ${name}, which is the name of a command\n`,
      ]);
    }
    expect(wasLoaded).toThrow('ENOENT');
  });

  it('runs nothing of the project, nor of a folder above it, for any content of the project', async () => {
    writeFileSync(
      join(project, 'fettle.yaml'),
      'name: p\nplugins:\n  evil: { package: evil, path: ./plugin.js }\n  linked: {}\n',
    );
    writeFileSync(join(project, '.npmrc'), 'prefix=.\n');
    mkdirSync(join(project, 'desired'), { recursive: true });
    const documents = 'apiVersion: evil/v1\nkind: A\nmetadata: { name: a }\nspec: {}\n';
    writeFileSync(join(project, 'desired', 'a.yaml'), documents);
    const paths = { NODE_PATH: `${join(project, 'node_modules')}:${join(folder, 'node_modules')}` };
    for (const env of [{}, paths, { FETTLE_PLUGINS: '' }, { ...paths, FETTLE_PLUGINS: 'good' }])
      expect((await go(env, 'plan')).code).toBe(4);
    for (const name of ['evil', 'linked', '../evil', './plugin.js', join(project, 'plugin.js')])
      expect((await go({ ...paths, FETTLE_PLUGINS: name }, 'plan')).code).toBe(1);
    expect(wasLoaded).toThrow('ENOENT');
  });
});

describe('a plugin that is configured and not loaded', () => {
  const doc = (kind: string, name: string, more = '') =>
    `apiVersion: files/v1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec: { text: hello }\n${more}`;
  const make = (config: string, documents: string): string => {
    const made = temporaryFolder();
    writeFileSync(join(made, 'fettle.yaml'), config);
    mkdirSync(join(made, 'desired'));
    writeFileSync(join(made, 'desired', 'a.yaml'), documents);
    return made;
  };

  it('is a gap, and so are its documents', async () => {
    const made = make('name: p\nplugins: { files: { folder: out } }\n', doc('File', 'a'));
    const ran = await fettle(made, 'plan', '--no-color');
    expect(ran.code).toBe(4);
    expect(ran.stdout).toContain('FETTLE_PLUGINS');
    expect((await fettle(made, 'drift')).code).toBe(4);
    const applied = await fettle(made, 'apply', '--yes');
    expect(applied.code).toBe(4);
    expect((await fettle(made, 'plan', '--json')).stdout).toContain('The plugin files is not loaded');
    rmSync(made, { recursive: true });
  });

  it('sets its documents aside, and validate says which ones and why', async () => {
    const made = make('name: p\nplugins: { files: {} }\n', doc('File', 'a') + '---\n' + doc('Anything', 'b'));
    const ran = await fettle(made, 'validate', '--no-color');
    expect(ran).toMatchObject({ code: 0, stdout: '0 documents are valid; 2 documents set aside\n' });
    for (const place of ['desired/a.yaml:3:', 'desired/a.yaml:8:']) expect(ran.stderr).toContain(place);
    expect(ran.stderr).toContain('The plugin files is not loaded. Install its package next to fettle');
    const json = await fettle(made, 'validate', '--format', 'json');
    expect(JSON.parse(json.stdout)).toEqual({ valid: true, documents: 0, set_aside: 2, kinds: {} });
    rmSync(made, { recursive: true });
  });

  const until = '2099-01-01T00:00:00Z';
  const suppression = (address: string) =>
    `drift: { suppress: [{ address: "${address}", path: /x, until: "${until}", owner: o, reason: r }] }\n`;
  const override = (address: string) =>
    `safety: { overrides: [{ rule: any, address: ${address}, until: "${until}", reason: r }] }\n`;
  const budget = (match: string) => `safety: { budgets: [{ match: { ${match} }, max: 1, per: 1h }] }\n`;

  it.each([
    ['budget', budget('plugin: files')],
    ['budget', budget('plugin: files, kind: File')],
    ['budget', budget('kind: File')],
    ['suppression', suppression('files/File/*')],
    ['override', override('files/File/a')],
  ])('is why a %s that names it is set aside: %s', async (part, config) => {
    const made = make(`name: p\nplugins: { files: {} }\n${config}`, doc('File', 'a'));
    const ran = await fettle(made, 'plan', '--no-color');
    expect(ran.code).toBe(4);
    expect(ran.stderr).toContain(`the ${part} is set aside, and is neither checked nor in effect. The plugin files is`);
    expect((await fettle(made, 'validate')).stderr).not.toContain('matches no resource now');
    rmSync(made, { recursive: true });
  });

  it.each([
    ['a budget of another plugin', budget('plugin: filez'), 'unknown plugin'],
    ['a budget of a misspelt kind', budget('kind: Certificat'), 'did you mean'],
    ['a suppression of another plugin', suppression('filez/File/*'), 'cannot match a kind of any plugin'],
    ['an override of another plugin', override('filez/File/a'), 'unknown plugin'],
  ])('%s stays an error', async (_name, config, message) => {
    const made = make(`name: p\nplugins: { files: {} }\n${config}`, doc('File', 'a'));
    const ran = await fettle(made, 'plan', '--no-color');
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain(message);
    rmSync(made, { recursive: true });
  });

  it('without an entry, its documents are an error', async () => {
    const made = make('name: p\n', doc('File', 'a'));
    const ran = await fettle(made, 'plan');
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('unknown apiVersion');
    rmSync(made, { recursive: true });
  });

  it('a typing mistake in the name of a plugin is an error', async () => {
    const made = make('name: p\nplugins: { certificate: {} }\n', doc('File', 'a'));
    const ran = await fettle(made, 'plan');
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('did you mean `certificates`?');
    rmSync(made, { recursive: true });
  });
});
