/** The examples of the service's documentation, word for word: they print what Python answers. */

import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type Backend, startBackend } from "./backend.js";
import { compileAll, run } from "./run.js";

const DOCUMENTED = fileURLToPath(new URL("documented", import.meta.url));
const folder = join(inject("project"), "documented");
const examples = Object.fromEntries(
  readdirSync(DOCUMENTED).map((file) => [
    basename(file, ".ts"),
    readFileSync(join(DOCUMENTED, file), "utf8"),
  ]),
);

let backend: Backend;
beforeAll(async () => {
  backend = await startBackend();
});
afterAll(() => backend?.stop());

test("every example compiles with every strict flag", () => {
  expect(compileAll(folder, examples)).toEqual([]);
});

test.each(Object.keys(examples))("%s prints what Python answers", async (name) => {
  const printed = await run(folder, name, backend.endpoint);
  expect(printed).toEqual(backend.answers[name]);
  if (name !== "getting-started") expect(printed).not.toEqual([]);
});
