import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import latest from "typescript";
import oldest from "typescript-5.0";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { compile, type Settings } from "./compile.js";

const project = inject("project");
const CONSUMERS = fileURLToPath(new URL("consumers", import.meta.url));

/** How programs find the package, and as what they are compiled. */
const MODULES: Record<string, [files: string[], settings: Settings]> = {
  node16: [
    ["plain.ts", "commonjs/plain.ts", "commonjs.cts"],
    { module: "node16", moduleResolution: "node16" },
  ],
  bundler: [["plain.ts"], { module: "esnext", moduleResolution: "bundler" }],
  node10: [["commonjs/plain.ts"], { module: "commonjs", moduleResolution: "node10" }],
};

const PLATFORMS: Record<string, Settings> = {
  "DOM types": { lib: ["ES2020", "DOM", "DOM.Iterable"] },
  "@types/node": { lib: ["ES2020"], types: ["node"] },
  "both of them": { lib: ["ES2022", "DOM", "DOM.Iterable"], types: ["node"] },
};

beforeAll(() => {
  cpSync(CONSUMERS, project, { recursive: true });
  mkdirSync(join(project, "commonjs"));
  cpSync(join(CONSUMERS, "plain.ts"), join(project, "commonjs/plain.ts"));
  writeFileSync(join(project, "commonjs/package.json"), '{ "type": "commonjs" }');
});

describe.each([
  ["5.0.4", oldest as unknown as typeof latest],
  [latest.version, latest],
])("TypeScript %s", (version, compiler) => {
  test("is this version", () => expect(compiler.version).toBe(version));

  test.each(Object.keys(MODULES))("compiles with ES2020 alone, as %s finds the package", (resolution) => {
    const [files, settings] = MODULES[resolution] as [string[], Settings];
    const plain = { ...settings, target: "es2020", lib: ["ES2020"], outDir: join(project, "out") };
    const paths = files.map((file) => join(project, file));
    expect(compile(compiler, paths, plain)).toEqual([]);
  });

  test.each(Object.keys(PLATFORMS))("takes what the platform has, as %s describe it", (platform) => {
    const settings = {
      ...PLATFORMS[platform],
      module: "node16",
      target: "es2020",
      outDir: join(project, "out"),
      skipLibCheck: true, // those of Node take long, and those of this package were checked above
    };
    expect(compile(compiler, [join(project, "platform.ts")], settings)).toEqual([]);
  });
});
