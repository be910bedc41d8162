/** A generated module: its header, the types that it needs of the plugin API and of other modules, and its statements. */

/** `homes` says where types come from that the statements may need; only those that they name are imported. */
export function moduleSource(header: string, statements: string, homes: Readonly<Record<string, string>>): string {
  // Comments name types too.
  const code = statements.replaceAll(/\/\*\*[^]*?\*\/|'(?:[^'\\\n]|\\.)*'/gu, '');
  const used = Object.keys(homes).filter((name) => new RegExp(`\\b${name}\\b`, 'u').test(code));
  const imports = [...Map.groupBy(used, (name) => homes[name])].map(
    ([module, names]) => `import type { ${names.join(', ')} } from '${module}';`,
  );
  return `${[header, imports.join('\n'), statements.trim()].filter((part) => part !== '').join('\n\n')}\n`;
}
