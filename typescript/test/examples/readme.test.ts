/** What the READMEs show compiles, runs, and leaves nothing public out. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type Backend, startBackend } from "./backend.js";
import { compileAll, run } from "./run.js";

const project = inject("project");
const folder = join(project, "readme");

/** What snippets leave out, as globals: a snippet that declares such a name has its own. */
const GLOBAL_TYPES = `
  declare const client: import("netra-sdk-js").Netra;
  declare const startTime: string;
  declare const endTime: string;
  declare function store(row: object): Promise<void>;
`;
const GLOBALS = `
  import { Netra } from "netra-sdk-js";
  globalThis.client = new Netra();
  globalThis.startTime = "2026-01-01T00:00:00.000Z";
  globalThis.endTime = "2026-01-31T23:59:59.999Z";
  globalThis.store = async (row) => console.log("stored", row.id);
`;

const README = read("../../README.md");

function read(path: string): string {
  return readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8");
}

interface Snippet {
  readonly code: string;
  readonly runs: boolean;
}

/** The snippets of a page, by names for their files. */
function snippetsOf(page: string, text: string): [string, Snippet][] {
  return [...text.matchAll(/(<!-- compiled only -->\n)?```ts\n([\s\S]*?)```/g)].map(
    ([, mark, code], index) => [`${page}-${index + 1}`, { code: code as string, runs: mark === undefined }],
  );
}

const snippets = new Map([
  ...snippetsOf("package", README),
  ...snippetsOf("project", read("../../../README.md")),
]);

let backend: Backend;
beforeAll(async () => {
  writeFileSync(join(project, "globals.mjs"), GLOBALS);
  backend = await startBackend();
});
afterAll(() => backend?.stop());

function printedBy(name: string): Promise<string[]> {
  return run(folder, name, backend.endpoint, "--import", join(project, "globals.mjs"));
}

/** The name of the snippet that holds this. */
function snippetWith(code: string): string {
  const found = [...snippets].filter(([, snippet]) => snippet.code.includes(code));
  expect(found, code).toHaveLength(1);
  return found[0]?.[0] as string;
}

test("every snippet compiles with every strict flag", () => {
  const programs = [...snippets].map(([name, { code }]) => [name, `${code}export {};\n`]);
  expect(programs.length).toBeGreaterThan(10);
  expect(compileAll(folder, Object.fromEntries(programs), GLOBAL_TYPES)).toEqual([]);
});

describe.each([...snippets].filter(([, { runs }]) => runs))("%s", (name) => {
  test("runs and prints something", async () => {
    const printed = await printedBy(name);
    if (!/fieldsOf/.test(snippets.get(name)?.code ?? "")) expect(printed).not.toEqual([]);
  });
});

test.each(["package", "project"])(
  "the first snippet of the %s's README prints what Python answers",
  async (page) => {
    const [first, ...traces] = await printedBy(`${page}-1`);
    const cost = backend.answers["get-tenant-usage"]?.at(-1)?.split(": ")[1];
    expect(first).toBe(`3 sessions, $${cost}`);
    expect(traces).toHaveLength(22);
  },
);

test("a walk that was aborted says where to go on", async () => {
  const [stopped] = (await printedBy(snippetWith("controller.abort()"))).slice(-1);
  expect(stopped).toMatch(/^stopped; go on from .+/);
});

test("the filters of the README find traces", async () => {
  const found = await printedBy(snippetWith("fields.totalCost"));
  expect(found.length).toBeGreaterThan(0);
  for (const line of found) expect(line).toMatch(/gpt-4o/);
});

describe("nothing public is left out of the README", () => {
  const declarations = ts.createSourceFile(
    "index.d.ts",
    readFileSync(join(project, "node_modules/netra-sdk-js/dist/index.d.ts"), "utf8"),
    ts.ScriptTarget.ES2022,
  );
  const membersOf = (name: string): string[] =>
    declarations.statements.flatMap((statement) =>
      (ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement)) &&
      statement.name?.text === name
        ? [...statement.members]
            .filter(
              (member) => !(ts.getCombinedModifierFlags(member as ts.Declaration) & ts.ModifierFlags.Private),
            )
            .flatMap(({ name }) => (name && ts.isIdentifier(name) ? [name.text] : []))
        : [],
    );
  const errors = declarations.statements.flatMap((statement) =>
    ts.isClassDeclaration(statement) && statement.name?.text.endsWith("Error") ? [statement.name.text] : [],
  );

  const shown = (name: string) => README.includes(`\`${name}\``);
  const inTables = [...README.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);

  test.each([...membersOf("ClientOptions"), ...membersOf("Limits")])("option %s", (name) => {
    expect(inTables).toContain(name);
  });
  test.each(membersOf("Usage"))("method %s", (name) => expect(README.includes(`\`${name}(`)).toBe(true));
  test.each(errors)("error %s", (name) => expect(shown(name)).toBe(true));
  test.each(["Field", "ListableField", "OrderedField", "ContainingField", "AffixField"].flatMap(membersOf))(
    "operator %s",
    (name) => expect(shown(name)).toBe(true),
  );
});
