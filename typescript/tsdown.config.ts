import { readFile, writeFile } from "node:fs/promises";
import { defineConfig } from "tsdown";

export default defineConfig({
  entry: ["src/index.ts"],
  format: ["esm", "cjs"],
  platform: "neutral",
  target: "es2022",
  dts: { sourcemap: false },
  // The maps hold the sources, comments included: the JavaScript needs them no second time.
  sourcemap: true,
  outputOptions: { comments: { jsdoc: false, legal: true, annotation: true } },
  checks: { pluginTimings: false },
  hooks: {
    /** The declarations have no map, but a comment that names one. */
    "build:done": async ({ chunks }) => {
      for (const { fileName, outDir } of chunks) {
        if (!/\.d\.c?ts$/.test(fileName)) continue;
        const path = `${outDir}/${fileName}`;
        const text = await readFile(path, "utf8");
        await writeFile(path, text.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"));
      }
    },
  },
});
