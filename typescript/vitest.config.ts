import { defineConfig } from "vitest/config";

const FAULTS = ["test/faults.test.ts"];
const PACKAGE = ["test/package/**/*.test.ts", "test/examples/**/*.test.ts"];

export default defineConfig({
  test: {
    environment: "node",
    maxWorkers: 2,
    unstubEnvs: true,
    unstubGlobals: true,
    projects: [
      {
        extends: true,
        test: {
          name: "quick",
          include: ["test/**/*.test.ts"],
          exclude: [...FAULTS, ...PACKAGE],
          testTimeout: 30_000,
          setupFiles: ["test/support/setup.ts"],
        },
      },
      {
        extends: true,
        // Most of its cells wait: for the server, or for a time limit.
        test: {
          name: "faults",
          include: FAULTS,
          maxConcurrency: 12,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
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
