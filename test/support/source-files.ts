import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** The repository's root. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

/** A TypeScript file of the repository. */
export interface SourceFile {
  /** Relative to the root, with `/`. */
  path: string;
  text: string;
  ast: ts.SourceFile;
}

/** All TypeScript files below a folder of the repository, in order. */
export function sourceFiles(folder: string): SourceFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) =>
      relative(ROOT, join(ROOT, folder, name))
        .split(sep)
        .join("/"),
    )
    .toSorted()
    .map((path) => {
      const text = readFileSync(join(ROOT, path), "utf8");
      return { path, text, ast: ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true) };
    });
}

/** What a file imports or re-exports, types included; relative ones as paths from the root. */
export function importsOf({ path, ast }: SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const specifier = ts.isImportDeclaration(node) || ts.isExportDeclaration(node) ? node.moduleSpecifier : undefined;
    if (specifier && ts.isStringLiteral(specifier)) found.push(specifier.text);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments;
      if (argument && ts.isStringLiteral(argument)) found.push(argument.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ast);
  return found.map((name) => (name.startsWith(".") ? join(path, "..", name).split(sep).join("/") : name));
}

/** A function and how many lines it has. */
export interface FunctionLength {
  name: string;
  path: string;
  lines: number;
}

/** Every named function and method of a file; of nested ones, each for itself. */
export function functionLengths({ path, ast }: SourceFile): FunctionLength[] {
  const found: FunctionLength[] = [];
  const visit = (node: ts.Node): void => {
    if (
      (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isConstructorDeclaration(node)) &&
      node.body
    ) {
      const start = ast.getLineAndCharacterOfPosition(node.getStart()).line;
      const end = ast.getLineAndCharacterOfPosition(node.end).line;
      found.push({ name: node.name?.getText() ?? "constructor", path, lines: end - start + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(ast);
  return found;
}

/** Names that an entry exports, values and types, in order. */
export function publicNames(entries: readonly string[]): Map<string, string[]> {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    noEmit: true,
    noLib: true,
    types: [],
  };
  const program = ts.createProgram(
    entries.map((entry) => join(ROOT, entry)),
    options,
  );
  const checker = program.getTypeChecker();
  return new Map(
    entries.map((entry) => {
      const source = program.getSourceFile(join(ROOT, entry));
      const symbol = source && checker.getSymbolAtLocation(source);
      const names = symbol ? checker.getExportsOfModule(symbol).map(({ name }) => name) : [];
      return [entry, names.toSorted()];
    }),
  );
}
