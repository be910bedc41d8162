/**
 * The architecture's rules: permitted imports, single homes, and the limits of the pure core, from the syntax alone.
 *
 * Each check takes parsed files and returns violations with their places. The tables at the top are the architecture;
 * the functions below only apply them. A file without a layer is a violation too, so that every new file is checked.
 */

import { posix } from 'node:path';
import {
  type ClassDeclaration,
  type ClassExpression,
  type Identifier,
  type KindToNodeMappings,
  Node,
  type SourceFile,
  SyntaxKind,
} from 'ts-morph';

/** A violation of a rule of the architecture. */
export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** A parsed file by its path from the root of the project. */
export interface CheckedFile {
  readonly path: string;
  readonly source: SourceFile;
}

interface Layer {
  readonly files: readonly string[];
  /** Files of the project that they may import. `$plugin` is the folder of the importing file's own plugin. */
  readonly may: readonly string[];
  /** Files of which they may import types. */
  readonly types?: readonly string[];
}

/** The plugin API: plugins import nothing else of `src/`, and it imports no other layer but the network's. */
const API = 'src/plugin/**';

const EMULATORS = ['plugins/*/sandbox.ts', 'plugins/*/sandbox/**'];

/** The first layer that names a file is its layer. */
const LAYERS: readonly Layer[] = [
  { files: [API], may: [API, 'src/net/**', 'src/version.ts'] },
  { files: ['src/net/**'], may: ['src/net/**', 'src/plugin/deadline.ts', 'src/plugin/errors.ts'] },
  {
    files: ['src/engine/**'],
    may: ['src/engine/**', 'src/formats/log-record.ts', API],
    types: ['src/formats/plan.ts', 'src/store/store.ts'],
  },
  {
    files: ['src/store/files/**'],
    may: ['src/store/files/**', 'src/store/*.ts', 'src/engine/**', 'src/formats/log-record.ts', API],
  },
  {
    files: ['src/store/postgres/**'],
    may: ['src/store/postgres/**', 'src/store/*.ts', 'src/engine/**', 'src/formats/log-record.ts', 'src/net/**', API],
  },
  { files: ['src/store/heartbeat-worker.ts'], may: ['src/store/*.ts', 'src/store/*/beat.ts'] },
  {
    files: ['src/store/*.ts'],
    may: ['src/store/*.ts', 'src/engine/**', 'src/formats/log-record.ts', API],
    types: ['src/store/*/beat.ts'],
  },
  {
    files: ['src/formats/**'],
    may: ['src/formats/**', 'src/engine/**', 'src/report/**', API],
    types: ['src/run/events.ts', 'src/store/store.ts'],
  },
  {
    files: ['src/report/**'],
    may: ['src/report/**', 'src/engine/**', 'src/formats/parts.ts', API],
    types: ['src/formats/**', 'src/run/events.ts', 'src/store/store.ts'],
  },
  { files: ['src/codegen/**'], may: ['src/codegen/**', 'src/report/graph.ts', API] },
  {
    // The process of the watchers never writes: it can take no lock, append nothing and apply nothing.
    files: ['src/run/watch.ts'],
    may: [
      ...['ending', 'interruption', 'last-valid', 'project', 'stores', 'worlds'].map((name) => `src/run/${name}.ts`),
      'src/engine/changes.ts',
      'src/engine/expand.ts',
      'src/formats/watch-message.ts',
      API,
    ],
  },
  {
    files: ['src/run/**'],
    may: ['src/run/**', 'src/engine/**', 'src/formats/**', 'src/store/**', 'src/version.ts', API],
    types: ['src/plugins.ts'],
  },
  {
    files: ['src/commands/**'],
    may: [
      'src/commands/**',
      'src/serve/**',
      'src/net/contacts.ts',
      'src/engine/**',
      'src/formats/**',
      'src/plugins.ts',
      'src/installed-plugins.ts',
      'src/report/**',
      'src/run/**',
      'src/shell.ts',
      'src/store/**',
      'src/version.ts',
      API,
    ],
  },
  {
    files: ['src/serve/**'],
    may: [
      'src/serve/**',
      'src/run/**',
      'src/engine/**',
      'src/formats/**',
      'src/report/**',
      'src/store/**',
      'src/version.ts',
      API,
    ],
  },
  { files: ['src/conformance/**'], may: ['src/conformance/**', 'src/engine/**', 'src/formats/**', API] },
  { files: ['src/plugins.ts'], may: ['plugins/*/plugin.ts', ...EMULATORS, 'src/installed-plugins.ts', API] },
  { files: ['src/shell.ts'], may: [], types: ['src/*.ts'] },
  { files: ['src/*.ts'], may: ['src/*.ts', 'src/commands/main.ts', API] },
  { files: ['plugins/*/**'], may: ['$plugin/**', API] },
];

/** Third-party packages, and the only places that may import them. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  '@hono/node-server': ['src/serve/http/**'],
  '@peculiar/x509': ['plugins/certificates/live/x509-make.ts'],
  ajv: ['src/codegen/**'],
  commander: ['src/commands/**', 'src/cli.ts'],
  croner: ['src/plugin/windows.ts'],
  hono: ['src/serve/http/**', 'src/serve/pages/html.ts'],
  jose: ['plugins/certificates/acme/jws.ts'],
  tldts: ['plugins/certificates/acme/registered.ts'],
  pg: ['src/store/postgres/**'],
  'prom-client': ['plugins/portsync/daemon/exposition.ts', 'src/serve/metrics.ts'],
  'reflect-metadata': ['plugins/certificates/live/x509-make.ts'],
  'ts-morph': ['src/codegen/**'],
  yaml: [
    'src/engine/load/**',
    'src/codegen/**',
    'plugins/certificates/handover/lego-config.ts',
    'plugins/fabric/live/**',
  ],
};

/**
 * Functions that connect, resolve names or send. Only the layer that checks every address can use them. The name `*` is
 * the whole module.
 */
const CONNECTING: Readonly<Record<string, readonly string[]>> = {
  'node:net': ['connect', 'createConnection', 'Socket', 'Stream'],
  'node:tls': ['connect', 'TLSSocket'],
  'node:http': ['request', 'get', 'Agent', 'globalAgent', 'ClientRequest'],
  'node:https': ['request', 'get', 'Agent', 'globalAgent'],
  'node:http2': ['*'],
  'node:dgram': ['*'],
  'node:dns': ['*'],
  'node:dns/promises': ['*'],
};
const CONNECTING_GLOBALS = ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest'];
/** The layer itself, and emulators, which are servers. */
const CONNECTORS = ['src/net/**', ...EMULATORS];

/** Files of the engine that call plugins, wait, or only combine other files. */
const WAITING = ['action', 'apply', 'look-at-some', 'observe', 'raising', 'reconcile'].map(
  (name) => `src/engine/${name}.ts`,
);

const PURE = [
  'src/engine/*.ts',
  'src/plugin/*.ts',
  'src/net/networks.ts',
  'src/formats/**',
  'src/report/**',
  'src/serve/cert-variables.ts',
  'src/serve/openapi.ts',
  'src/serve/alerts/*.ts',
  'plugins/*/*.ts',
  'plugins/certificates/events/*.ts',
  ...[
    'account-faults',
    'answers',
    'caa',
    'certificate-id',
    'dns/message',
    'issue-value',
    'open-order',
    'persist',
    'problems',
    'renewal-window',
    'shared-accounts',
    'solvers/choose',
    'solvers/solver',
    'waits',
  ].map((name) => `plugins/certificates/acme/${name}.ts`),
];
const NOT_PURE = [
  ...WAITING,
  ...[
    'deadline',
    'direct-files',
    'files',
    'http',
    'limit',
    'listen-address',
    'net',
    'owner',
    'program',
    'saved-state',
    'service-manager',
    'status-server',
  ].map((name) => `src/plugin/${name}.ts`),
  'src/serve/alerts/deliver.ts',
  ...['apply', 'discover', 'observe', 'plugin', 'sandbox'].map((name) => `plugins/*/${name}.ts`),
];

/** Modules of Node.js that pure files may still use: they only compute. */
const PURE_MODULES: Readonly<Record<string, readonly string[]>> = {
  'node:crypto': [
    'src/plugin/canonical.ts',
    'plugins/certificates/events/proof.ts',
    'plugins/certificates/acme/renewal-window.ts',
  ],
  'node:path': ['plugins/*/paths.ts', 'src/plugin/paths.ts'],
  'node:util': ['src/report/*.ts'],
};

const TIMERS = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'];
const OUTSIDE = ['process', 'console', 'fetch', 'performance', 'crypto', 'globalThis', 'navigator'];

function isIn(path: string, globs: readonly string[]): boolean {
  return globs.some((glob) => posix.matchesGlob(path, glob));
}

function isPure(path: string): boolean {
  return isIn(path, PURE) && !isIn(path, NOT_PURE);
}

function violation({ path, source }: CheckedFile, node: Node | undefined, message: string): Violation {
  return { file: path, line: node === undefined ? 1 : source.getLineAndColumnAtPos(node.getStart()).line, message };
}

/** The nodes of a text by their kind. The key is the parsed text: a source file whose text is replaced has another. */
const nodesByText = new WeakMap<object, Readonly<Partial<Record<SyntaxKind, readonly Node[]>>>>();

/** All nodes of a kind in a file, from one walk for all kinds. Of the tokens, only names and modifiers are nodes. */
function nodesOf<K extends SyntaxKind>(source: SourceFile, kind: K): readonly KindToNodeMappings[K][] {
  const text = source.compilerNode;
  let nodes = nodesByText.get(text);
  if (nodes === undefined) {
    nodes = Object.groupBy(source.forEachDescendantAsArray(), (node) => node.getKind());
    nodesByText.set(text, nodes);
  }
  return (nodes[kind] ?? []) as readonly KindToNodeMappings[K][];
}

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly node: Node;
}

/** Static and dynamic imports, exports from other files, and `import('…')` types. */
function importsOf(source: SourceFile): readonly Import[] {
  const found: Import[] = [];
  for (const node of source.getImportDeclarations())
    found.push({ specifier: node.getModuleSpecifierValue(), typeOnly: node.isTypeOnly(), node });
  for (const node of source.getExportDeclarations()) {
    const specifier = node.getModuleSpecifierValue();
    if (specifier !== undefined) found.push({ specifier, typeOnly: node.isTypeOnly(), node });
  }
  for (const node of nodesOf(source, SyntaxKind.CallExpression)) {
    if (node.getExpression().getKind() !== SyntaxKind.ImportKeyword) continue;
    const [argument] = node.getArguments();
    if (argument !== undefined && Node.isStringLiteral(argument))
      found.push({ specifier: argument.getLiteralValue(), typeOnly: false, node });
  }
  for (const node of nodesOf(source, SyntaxKind.ImportType)) {
    const argument = node.getArgument().getText().slice(1, -1);
    found.push({ specifier: argument, typeOnly: true, node });
  }
  return found;
}

/** The file of the project that a specifier names; undefined for a module of Node.js or of a package. */
function targetOf(path: string, specifier: string): string | undefined {
  if (specifier === '#plugin') return 'src/plugin/index.ts';
  if (specifier.startsWith('#plugin/')) return `src/plugin/${specifier.slice('#plugin/'.length)}.ts`;
  return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined;
}

/** Checks that every import of a file of the project is permitted in its layer. */
export function checkLayers(files: readonly CheckedFile[]): readonly Violation[] {
  return files.flatMap((file) => {
    const layer = LAYERS.find(({ files: globs }) => isIn(file.path, globs));
    if (layer === undefined) return [violation(file, undefined, 'the file does not belong to a layer')];
    const plugin = file.path.split('/').slice(0, 2).join('/');
    const may = layer.may.map((glob) => glob.replace('$plugin', plugin));
    return importsOf(file.source).flatMap(({ specifier, typeOnly, node }) => {
      const target = targetOf(file.path, specifier);
      if (target === undefined) return [];
      if (isIn(target, may) || (typeOnly && isIn(target, layer.types ?? []))) return [];
      const isType = isIn(target, layer.types ?? []);
      return [
        violation(
          file,
          node,
          isType
            ? `only types of ${target} can be imported in this layer`
            : `${target} must not be imported in this layer`,
        ),
      ];
    });
  });
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** Checks that every third-party package is imported only from its home. */
export function checkHomes(files: readonly CheckedFile[]): readonly Violation[] {
  return files.flatMap((file) =>
    importsOf(file.source).flatMap(({ specifier, node }) => {
      if (targetOf(file.path, specifier) !== undefined || specifier.startsWith('node:')) return [];
      const name = packageOf(specifier);
      const home = HOMES[name];
      if (home === undefined)
        return [violation(file, node, `${name} has no home. Add it to HOMES, or remove the import`)];
      return isIn(file.path, home)
        ? []
        : [violation(file, node, `${name} must only be imported in ${home.join(', ')}`)];
    }),
  );
}

/** True if an identifier is a global value: not a member, key, declaration or type. */
function isFreeUse(node: Identifier): boolean {
  const parent = node.getParent();
  if (Node.isPropertyAccessExpression(parent)) return parent.getNameNode() !== node;
  if (Node.isShorthandPropertyAssignment(parent)) return true;
  const named = (parent as { getNameNode?: () => Node | undefined }).getNameNode?.();
  return named !== node && !Node.isTypeReference(parent) && !Node.isQualifiedName(parent);
}

/** True if the file declares the name itself, as a parameter or a constant. */
function isDeclared(source: SourceFile, name: string): boolean {
  const kinds = [
    SyntaxKind.Parameter,
    SyntaxKind.VariableDeclaration,
    SyntaxKind.BindingElement,
    SyntaxKind.ImportSpecifier,
  ];
  return kinds.some((kind) =>
    nodesOf(source, kind).some((node) => (node as { getName?: () => string }).getName?.() === name),
  );
}

function usesOf({ source }: CheckedFile, names: readonly string[]): readonly Identifier[] {
  return nodesOf(source, SyntaxKind.Identifier).filter(
    (node) => names.includes(node.getText()) && isFreeUse(node) && !isDeclared(source, node.getText()),
  );
}

/** `Date.now()`, `new Date()`, `Date()`, `Math.random()`, `Temporal.Now`. */
function clockAndChance(file: CheckedFile): readonly Violation[] {
  const { source } = file;
  const accesses = nodesOf(source, SyntaxKind.PropertyAccessExpression)
    .filter((node) => ['Date.now', 'Math.random', 'performance.now', 'Temporal.Now'].includes(node.getText()))
    .map((node) => violation(file, node, `${node.getText()} must be an argument here`));
  const made = nodesOf(source, SyntaxKind.NewExpression)
    .filter((node) => node.getExpression().getText() === 'Date' && node.getArguments().length === 0)
    .map((node) => violation(file, node, 'new Date() reads the clock. The time must be an argument here'));
  const called = nodesOf(source, SyntaxKind.CallExpression)
    .filter((node) => node.getExpression().getText() === 'Date')
    .map((node) => violation(file, node, 'Date() reads the clock. The time must be an argument here'));
  return [...accesses, ...made, ...called];
}

/** Checks the pure core: no clock, randomness, environment, timers, modules of Node.js, or asynchronous code. */
export function checkPurity(files: readonly CheckedFile[]): readonly Violation[] {
  return files
    .filter(({ path }) => isPure(path))
    .flatMap((file) => {
      const { source, path } = file;
      const modules = importsOf(source)
        .filter(
          ({ specifier, typeOnly }) =>
            specifier.startsWith('node:') && !typeOnly && !isIn(path, PURE_MODULES[specifier] ?? []),
        )
        .map(({ specifier, node }) => violation(file, node, `a pure file must not import ${specifier}`));
      const globals = usesOf(file, [...OUTSIDE, ...TIMERS]).map((node) =>
        violation(file, node, `a pure file must not use ${node.getText()}`),
      );
      const asynchronous = [
        ...nodesOf(source, SyntaxKind.AsyncKeyword),
        ...nodesOf(source, SyntaxKind.AwaitExpression),
      ].map((node) => violation(file, node, 'a pure file must not be asynchronous'));
      return [...modules, ...globals, ...clockAndChance(file), ...asynchronous];
    });
}

/**
 * The engine and the application layer: what is not pure there still gets time, environment and output from outside.
 */
export function checkEngine(files: readonly CheckedFile[]): readonly Violation[] {
  return files
    .filter(({ path }) => (path.startsWith('src/engine/') || path.startsWith('src/run/')) && !isPure(path))
    .flatMap((file) => {
      const modules = importsOf(file.source)
        .filter(
          ({ specifier }) =>
            specifier.startsWith('node:') &&
            file.path.startsWith('src/engine/') &&
            !file.path.startsWith('src/engine/load/'),
        )
        .map(({ specifier, node }) => violation(file, node, `only src/engine/load can import ${specifier}`));
      const globals = usesOf(file, ['process', 'console', 'performance']).map((node) =>
        violation(
          file,
          node,
          `${file.path.startsWith('src/run/') ? 'the application layer' : 'the engine'} must not use ${node.getText()}`,
        ),
      );
      return [...modules, ...globals, ...clockAndChance(file)];
    });
}

/** The one file that makes times of text, and text of times; emulators speak as the services that they emulate. */
const TIME_HOME = 'src/plugin/time.ts';

/** Checks that a time is parsed and printed by one file. */
export function checkTimes(files: readonly CheckedFile[]): readonly Violation[] {
  return files
    .filter(({ path }) => path !== TIME_HOME && !path.startsWith('src/codegen/') && !path.includes('/sandbox/'))
    .flatMap((file) =>
      nodesOf(file.source, SyntaxKind.PropertyAccessExpression)
        .filter((node) => node.getText() === 'Date.parse' || node.getName() === 'toISOString')
        .map((node) => violation(file, node, `only ${TIME_HOME} can use ${node.getName()}`)),
    );
}

const DATES_HOME = 'src/plugin/certificate-dates.ts';
/** Members of node:crypto and node:tls that have the dates of a certificate, also if they are not dates. */
const DATES = ['validFrom', 'validFromDate', 'validTo', 'validToDate', 'valid_from', 'valid_to'];

/** Checks that dates of certificates are read in one file, which checks them. */
export function checkDates(files: readonly CheckedFile[]): readonly Violation[] {
  return files
    .filter(({ path }) => path !== DATES_HOME)
    .flatMap((file) =>
      nodesOf(file.source, SyntaxKind.Identifier)
        .filter((node) => DATES.includes(node.getText()))
        .map((node) => violation(file, node, `only ${DATES_HOME} can read ${node.getText()}`)),
    );
}

/** The names that a file imports from a module of Node.js; `*` for the whole module. Types do not count. */
function takenOf(source: SourceFile, module: string): readonly { readonly name: string; readonly node: Node }[] {
  const declared = source
    .getImportDeclarations()
    .filter((node) => node.getModuleSpecifierValue() === module && !node.isTypeOnly())
    .flatMap((node) => {
      const named = node.getNamedImports().filter((each) => !each.isTypeOnly());
      const whole = node.getDefaultImport() !== undefined || node.getNamespaceImport() !== undefined;
      return [...named.map((each) => each.getName()), ...(whole ? ['*'] : [])].map((name) => ({ name, node }));
    });
  const asked = nodesOf(source, SyntaxKind.CallExpression)
    .filter((node) => /(?:^import|\brequire|\bgetBuiltinModule)$/u.test(node.getExpression().getText()))
    .filter(
      (node) =>
        node
          .getArguments()[0]
          ?.getText()
          .replace(/^['"`](?:node:)?/u, 'node:')
          .slice(0, -1) === module,
    )
    .map((node) => ({ name: '*', node }));
  return [...declared, ...asked];
}

/** Checks that connections are made only in the layer that checks addresses. */
export function checkConnections(files: readonly CheckedFile[]): readonly Violation[] {
  return files
    .filter(({ path }) => !isIn(path, CONNECTORS))
    .flatMap((file) => {
      const taken = Object.entries(CONNECTING).flatMap(([module, names]) =>
        takenOf(file.source, module)
          .filter(({ name }) => name === '*' || names.includes('*') || names.includes(name))
          .map(({ name, node }) => violation(file, node, `only src/net can use ${name} of ${module}`)),
      );
      const globals = usesOf(file, CONNECTING_GLOBALS).map((node) =>
        violation(file, node, `only src/net can use ${node.getText()}`),
      );
      return [...taken, ...globals];
    });
}

/** Functions that set the mode or the owner of the object that a path leads to at that moment. Descriptors have functions too. */
const BY_PATH = ['chmod', 'lchmod', 'chown', 'lchown'].flatMap((name) => [name, `${name}Sync`]);

/** Checks that modes and owners are set by descriptor: a path can lead to another object than the one that was checked. */
export function checkModes(files: readonly CheckedFile[]): readonly Violation[] {
  return files.flatMap((file) =>
    ['node:fs', 'node:fs/promises'].flatMap((module) =>
      takenOf(file.source, module)
        .filter(({ name }) => BY_PATH.includes(name))
        .map(({ name, node }) =>
          violation(file, node, `${name} of ${module} follows a path. Set the mode or the owner of an open file`),
        ),
    ),
  );
}

/** Index files of the plugin API, which export the names of its modules. */
const ENTRIES = ['src/plugin/http.ts', 'src/plugin/index.ts', 'src/plugin/net.ts'];

/** True if a class is an error, or has private state. */
function isClassInPlace(node: ClassDeclaration | ClassExpression): boolean {
  const parent = node.getExtends()?.getExpression().getText();
  if (parent !== undefined) return parent.endsWith('Error');
  const fields = node.getInstanceProperties().filter((member) => member.getKind() === SyntaxKind.PropertyDeclaration);
  const isPrivate = (field: (typeof fields)[number]): boolean => field.getName().startsWith('#');
  return fields.some(isPrivate) && fields.every((field) => isPrivate(field) || field.getText().startsWith('readonly '));
}

function forms(file: CheckedFile): readonly Violation[] {
  const { source, path } = file;
  const classes = [...nodesOf(source, SyntaxKind.ClassDeclaration), ...nodesOf(source, SyntaxKind.ClassExpression)]
    .filter((node) => !isClassInPlace(node))
    .map((node) => violation(file, node, 'a class must be an error, or keep its state in #private fields'));
  const defaults = [...source.getExportAssignments(), ...nodesOf(source, SyntaxKind.DefaultKeyword)].map((node) =>
    violation(file, node, 'an export must have a name'),
  );
  const erased = [...source.getEnums(), ...source.getModules()].map((node) =>
    violation(file, node, 'enums and namespaces cannot be erased. Use a union or a module'),
  );
  const stars = source
    .getExportDeclarations()
    .filter((node) => node.hasModuleSpecifier() && !ENTRIES.includes(path))
    .map((node) =>
      violation(file, node, 'a module must not export names of another one. Import them from their own module'),
    );
  const name = posix.basename(path);
  const named = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z]+)*\.ts$/u.test(name)
    ? []
    : [violation(file, undefined, `${name} is not kebab-case`)];
  const text = source.getFullText().replace(/^#!.*\n/u, '');
  const headed = text.startsWith('/**')
    ? []
    : [violation(file, undefined, 'the file does not start with a comment about its purpose')];
  const extensions = importsOf(source)
    .filter(({ specifier }) => specifier.startsWith('.') && !/\.(?:ts|js|json)$/u.test(specifier))
    .map(({ specifier, node }) => violation(file, node, `${specifier} has no extension`));
  return [...classes, ...defaults, ...erased, ...stars, ...named, ...headed, ...extensions];
}

/** Checks style: classes only for errors and private state, named exports, a header comment. */
export function checkForms(files: readonly CheckedFile[]): readonly Violation[] {
  return files.flatMap(forms);
}

/** All checks over all files. */
export function checkArchitecture(files: readonly CheckedFile[]): readonly Violation[] {
  const checks = [
    checkLayers,
    checkHomes,
    checkPurity,
    checkEngine,
    checkTimes,
    checkDates,
    checkConnections,
    checkModes,
    checkForms,
  ];
  return checks.flatMap((check) => check(files));
}
