/** Starts `backend.py`. */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

export interface Backend {
  readonly endpoint: string;
  /** The lines that each example prints, as Python answers. */
  readonly answers: Readonly<Record<string, string[]>>;
  stop(): Promise<void>;
}

/** The variables of this process, but for those that set up a client. */
export function environment(more: Record<string, string>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(NETRA_|OTEL_|NODE_|VITEST)|_proxy$/i.test(name),
  );
  return { ...Object.fromEntries(inherited), ...more };
}

/** Needs the Python of this project first on the PATH, as `make` has it. */
export async function startBackend(): Promise<Backend> {
  const child = spawn("python3", [fileURLToPath(new URL("backend.py", import.meta.url))], {
    env: environment({ PYTHONPATH: `${ROOT}:${ROOT}/generated` }),
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  for await (const line of createInterface(child.stdout)) {
    const { endpoint, answers } = JSON.parse(line);
    const stop = () => {
      child.stdin.end();
      return ended;
    };
    return { endpoint, answers, stop };
  }
  throw new Error(
    "The embedded backend did not start: run the tests with `make ts-test`, which installs it.",
  );
}
