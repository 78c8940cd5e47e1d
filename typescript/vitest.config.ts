import { defineConfig } from "vitest/config";

const PACKAGE = ["test/package/**/*.test.ts", "test/examples/**/*.test.ts"];

export default defineConfig({
  test: {
    environment: "node",
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: "quick", include: ["test/**/*.test.ts"], exclude: PACKAGE } },
      {
        extends: true,
        test: {
          name: "package",
          include: PACKAGE,
          // Packs the package, and installs it into an empty project.
          globalSetup: ["test/package/setup.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
