/** Before the tests: the package as `npm pack` makes it, installed into an empty project. */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** The folder of a project (ES modules) in which the package is installed, and nothing else. */
    project: string;
    /** The files of the package. */
    files: string[];
  }
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export default function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "netra-sdk-js-"));
  const project = join(folder, "project");
  const packed = JSON.parse(npm(ROOT, "pack", "--json", "--pack-destination", folder));
  const [{ filename, files }] = packed as [{ filename: string; files: { path: string }[] }];
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
  npm(project, "install", "--offline", "--no-save", "--no-audit", "--no-fund", join(folder, filename));
  provide("project", project);
  provide(
    "files",
    files.map(({ path }) => path),
  );
  return () => rmSync(folder, { recursive: true, force: true });
}

function npm(cwd: string, ...parameters: string[]): string {
  return execFileSync("npm", [...parameters, "--loglevel=error"], {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
}
