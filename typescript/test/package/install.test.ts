import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, inject, test } from "vitest";

const project = inject("project");
const installed = join(project, "node_modules/netra-sdk-js");

function node(...parameters: string[]): string {
  const environment = { PATH: process.env["PATH"] };
  return execFileSync("node", parameters, { cwd: project, encoding: "utf8", env: environment }).trim();
}

const SHOWN = `console.log(Object.keys(sdk).sort().join(), new sdk.Netra({ endpoint: "http://127.0.0.1:8765" }).usage !== undefined)`;

test("import and require give the same names", () => {
  const imported = node("--input-type=module", "-e", `import * as sdk from "netra-sdk-js"; ${SHOWN}`);
  const required = node("--input-type=commonjs", "-e", `const sdk = require("netra-sdk-js"); ${SHOWN}`);
  expect(imported).toBe(required);
  expect(imported).toMatch(/^APIConnectionError,.*Netra,.*fields,fieldsOf,parseTime true$/);
});

test("the package holds what is needed, and nothing else", () => {
  expect([...inject("files")].sort()).toEqual(
    [
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "dist/index.cjs",
      "dist/index.cjs.map",
      "dist/index.d.cts",
      "dist/index.d.ts",
      "dist/index.js",
      "dist/index.js.map",
      "package.json",
    ].sort(),
  );
});

test("nothing else is installed with it", () => {
  const tree = JSON.parse(readFileSync(join(project, "node_modules/.package-lock.json"), "utf8"));
  expect(Object.keys(tree.packages)).toEqual(["node_modules/netra-sdk-js"]);
});

test("it works on Node 18, and names no module of Node", () => {
  const { engines, sideEffects, license } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  expect({ engines, sideEffects, license }).toEqual({
    engines: { node: ">=18" },
    sideEffects: false,
    license: "Apache-2.0",
  });
  for (const file of ["dist/index.js", "dist/index.cjs"])
    expect(readFileSync(join(installed, file), "utf8")).not.toMatch(/\brequire\(|\bimport\b.*from|node:/);
});

test.each(["index.js", "index.cjs"])(
  "the map of %s leads from an error to the line that threw it",
  (file) => {
    const program = `const { Netra } = await import(${JSON.stringify(join(installed, "dist", file))});
    try { Netra.usage } catch (error) { console.log(error.stack) }`;
    const stack = node("--enable-source-maps", "--input-type=module", "-e", program);
    const [, line] = /src\/client\.ts:(\d+)/.exec(stack) ?? [];
    const source = readFileSync(new URL("../../src/client.ts", import.meta.url), "utf8").split("\n");
    expect(source[Number(line) - 1]).toContain("NotInitializedError");
  },
);

test("the maps are no larger than the sources make them", () => {
  const map = JSON.parse(readFileSync(join(installed, "dist/index.js.map"), "utf8"));
  const sources: string[] = map.sourcesContent;
  const characters = sources.reduce((sum, text) => sum + text.length, 0);
  expect(map.mappings.length).toBeLessThan(characters / 2);
  expect(JSON.stringify(map)).not.toContain("node_modules");
});

test.each(["index.d.ts", "index.d.cts"])("%s shows nothing of the inside", (file) => {
  const text = readFileSync(join(installed, "dist", file), "utf8");
  expect(text).not.toMatch(/@internal|sourceMappingURL|\/\/\/ <reference|\bimport\b/);
  // What the platform has is described by its form: its names do not exist everywhere.
  expect(text.replace(/\/\*[\s\S]*?\*\//g, "")).not.toMatch(
    /\b(AbortSignal|Response|Headers|RequestInit|Buffer)\b/,
  );
  const inside = sources().flatMap(({ name, text }) => membersOf(name, text, true));
  const shown = new Set(membersOf(file, text, false));
  expect(inside.length).toBeGreaterThan(5);
  expect(inside.filter((member) => shown.has(member))).toEqual([]);
});

function sources(): { name: string; text: string }[] {
  const folder = new URL("../../src/", import.meta.url);
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => ({ name, text: readFileSync(new URL(name, folder), "utf8") }));
}

/** Such as `Filter.constructor`: the members of classes and interfaces, all of them or those that are marked. */
function membersOf(name: string, text: string, onlyInternal: boolean): string[] {
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true);
  return file.statements.flatMap((statement) =>
    ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement)
      ? [...statement.members]
          .filter((member) => !onlyInternal || leading(member, file).includes("@internal"))
          .map((member) => `${statement.name?.text}.${member.name?.getText(file) ?? "constructor"}`)
      : [],
  );
}

/** The comments before it. */
function leading(node: ts.Node, file: ts.SourceFile): string {
  return node.getFullText(file).slice(0, node.getLeadingTriviaWidth(file));
}
