/** What an editor shows: words at every name, and the way to where it is declared. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, inject, test } from "vitest";

const project = inject("project");
const DECLARATIONS = join(project, "node_modules/netra-sdk-js/dist/index.d.ts");
const PROGRAM = join(project, "hover.ts");

/** A place in a file, and what stands there. */
interface Place {
  /** Such as `ListTracesParams.startTime`. */
  readonly path: string;
  readonly name: string;
  readonly position: number;
}

function languageService(files: string[]): ts.LanguageService {
  const { readFile, fileExists, directoryExists } = ts.sys;
  return ts.createLanguageService({
    getCompilationSettings: () => ({
      strict: true,
      module: ts.ModuleKind.Node16,
      moduleResolution: ts.ModuleResolutionKind.Node16,
      target: ts.ScriptTarget.ES2020,
      lib: ["lib.es2020.d.ts"],
      types: [],
    }),
    getScriptFileNames: () => files,
    getScriptVersion: () => "1",
    getScriptSnapshot: (file) => {
      const text = readFile(file);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => project,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    readFile,
    fileExists,
    directoryExists,
  });
}

/** Every field and method that a user can name, where it is declared. */
function declaredMembers(file: ts.SourceFile): Place[] {
  const found: Place[] = [];
  const visit = (node: ts.Node, path: string): void => {
    const name = (node as { name?: ts.Node }).name;
    const isNamed = name !== undefined && ts.isIdentifier(name);
    const here = isNamed ? `${path}${path && "."}${name.text}` : path;
    const isMember = ts.isTypeElement(node) || ts.isClassElement(node);
    if (isMember && ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private) return;
    if (isMember && isNamed) found.push({ path: here, name: name.text, position: name.getStart(file) });
    ts.forEachChild(node, (child) => visit(child, here));
  };
  visit(file, "");
  return found;
}

/** The exported classes, interfaces and other types, by name. */
function exportedTypes(checker: ts.TypeChecker, module: ts.Symbol): [string, ts.Symbol][] {
  return checker
    .getExportsOfModule(module)
    .map((symbol): [string, ts.Symbol] => [
      symbol.name,
      symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
    ])
    .filter(([, { flags }]) => flags & ts.SymbolFlags.Type);
}

/** A program that names each member of each exported type, and where it does. */
function programThatUses(service: ts.LanguageService): { text: string; places: Place[] } {
  const program = service.getProgram() as ts.Program;
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(
    program.getSourceFile(DECLARATIONS) as ts.SourceFile,
  ) as ts.Symbol;
  const places: Place[] = [];
  let text = 'import * as sdk from "netra-sdk-js";\n';
  const use = (before: string, name: string, path: string, after: string): void => {
    places.push({ path, name, position: text.length + before.length });
    text += `${before}${name}${after}`;
  };
  for (const [exported, symbol] of exportedTypes(checker, module)) {
    const type = checker.getDeclaredTypeOfSymbol(symbol) as ts.InterfaceType;
    // The alias of a type that takes others, such as SpansIterator, takes none.
    const count = symbol.flags & ts.SymbolFlags.TypeAlias ? 0 : (type.typeParameters?.length ?? 0);
    const filled = count ? `<${Array(count).fill("any").join()}>` : "";
    const variable = `a${exported}`;
    text += `declare const ${variable}: sdk.${exported}${filled};\n`;
    for (const property of checker.getPropertiesOfType(type)) {
      const [declaration] = property.declarations ?? [];
      if (declaration?.getSourceFile().fileName !== DECLARATIONS || property.name.startsWith("__")) continue;
      if (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Private) continue;
      use(`${variable}.`, property.name, `${exported}.${property.name}`, ";\n");
    }
    // As a user begins to write it: an object of parameters.
    if (!/(Params|Options|Limits)$/.test(exported)) continue;
    text += `const in${exported}: sdk.${exported} = {\n`;
    for (const { name } of checker.getPropertiesOfType(type))
      use("  ", name, `{ ${name} } of ${exported}`, ": undefined as never,\n");
    text += "};\n";
  }
  return { text, places };
}

writeFileSync(PROGRAM, "");
const first = languageService([DECLARATIONS]);
const declared = declaredMembers(first.getProgram()?.getSourceFile(DECLARATIONS) as ts.SourceFile);
const used = programThatUses(first);
writeFileSync(PROGRAM, used.text);
const service = languageService([PROGRAM, DECLARATIONS]);

function documentation(file: string, { position }: Place): string {
  return ts.displayPartsToString(service.getQuickInfoAtPosition(file, position)?.documentation);
}

function undocumented(file: string, places: Place[]): string[] {
  return places.filter((place) => !documentation(file, place)).map(({ path }) => path);
}

test("the members are found", () => {
  expect(service.getSemanticDiagnostics(PROGRAM).map(({ messageText }) => messageText)).toEqual([]);
  const paths = used.places.map(({ path }) => path);
  for (const path of ["TraceSummary.hasCost", "{ startTime } of ListTracesParams", "SpansIterator.cursor"])
    expect(paths).toContain(path);
  expect(paths.length).toBeGreaterThan(180);
  expect(declared.length).toBeGreaterThan(150);
});

test("hovering over a name shows its documentation, where it is declared", () => {
  expect(undocumented(DECLARATIONS, declared)).toEqual([]);
});

test("hovering over a name shows its documentation, where it is used", () => {
  expect(undocumented(PROGRAM, used.places)).toEqual([]);
});

test("hovering over what is exported shows its documentation", () => {
  const source = service.getProgram()?.getSourceFile(DECLARATIONS) as ts.SourceFile;
  const names = source.statements.flatMap((node) => {
    const name = (node as { name?: ts.Identifier }).name;
    return name ? [{ path: name.text, name: name.text, position: name.getStart(source) }] : [];
  });
  expect(names.length).toBeGreaterThan(50);
  expect(undocumented(DECLARATIONS, names)).toEqual([]);
});

test("the definition of a name is its declaration", () => {
  const text = ts.sys.readFile(DECLARATIONS) ?? "";
  for (const { path, name, position } of used.places) {
    const definitions = service.getDefinitionAtPosition(PROGRAM, position) ?? [];
    const found = definitions.map(({ fileName, textSpan: { start, length } }) => [
      fileName,
      fileName === DECLARATIONS ? text.slice(start, start + length) : "",
    ]);
    expect(found, path).toContainEqual([DECLARATIONS, name]);
  }
});
