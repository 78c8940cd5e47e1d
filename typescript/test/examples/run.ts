/** Compile programs, and run them where the package is installed. */

import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import ts from "typescript";
import { compile } from "../package/compile.js";
import { environment } from "./backend.js";

/** Those of Node's own fetch. */
const UNDICI_TYPES = fileURLToPath(new URL("../../node_modules/undici-types/index.d.ts", import.meta.url));

/** A program in the project's folder, by its name there. */
export type Programs = Readonly<Record<string, string>>;

/** What the compiler complains of. The JavaScript is beside the sources. */
export function compileAll(folder: string, programs: Programs, declarations = ""): string[] {
  mkdirSync(folder, { recursive: true });
  const files = Object.entries({ ...programs, declarations }).map(([name, text]) => {
    const file = join(folder, name === "declarations" ? "declarations.d.ts" : `${name}.ts`);
    writeFileSync(file, text);
    return file;
  });
  return compile(ts, files, {
    module: "node16",
    target: "es2022",
    lib: ["ES2022"],
    types: ["node"],
    paths: { undici: [UNDICI_TYPES] },
    skipLibCheck: true,
  });
}

/** What a compiled program prints. */
export async function run(
  folder: string,
  name: string,
  endpoint: string,
  ...options: string[]
): Promise<string[]> {
  const { stdout, stderr } = await promisify(execFile)("node", [...options, join(folder, `${name}.js`)], {
    cwd: folder,
    env: environment({ NETRA_OTLP_ENDPOINT: endpoint }),
    timeout: 30_000,
  });
  if (stderr) throw new Error(stderr);
  return stdout.split("\n").slice(0, -1);
}
