/** A generated module: its header, the types that it needs from other modules, and its statements. */

import { Project, SyntaxKind } from 'ts-morph';
import { headerOf } from './header.ts';

/**
 * `homes` says where types come from that the statements may need; only those that they name are imported.
 * Throws where the statements are no TypeScript: that is a bug of the generator.
 */
export function moduleSource(source: string, statements: string, homes: Readonly<Record<string, string>>): string {
  const project = new Project({ useInMemoryFileSystem: true, skipLoadingLibFiles: true });
  const file = project.createSourceFile('generated.ts', statements);
  const [mistake] = project.getProgram().getSyntacticDiagnostics(file);
  if (mistake !== undefined)
    throw new Error(
      `generated from ${source}, line ${mistake.getLineNumber()}: ${JSON.stringify(mistake.compilerObject.messageText)}`,
    );
  const named = new Set(
    file.getDescendantsOfKind(SyntaxKind.TypeReference).map((type) => type.getTypeName().getText()),
  );
  const used = Object.keys(homes).filter((name) => named.has(name));
  for (const [moduleSpecifier = '', namedImports = []] of Map.groupBy(used, (name) => homes[name]))
    file.addImportDeclaration({ isTypeOnly: true, namedImports, moduleSpecifier });
  const imports = file.getImportDeclarations().map((declaration) => declaration.getText().replaceAll('"', "'"));
  return `${[headerOf(source), imports.join('\n'), statements.trim()].filter((part) => part !== '').join('\n\n')}\n`;
}
