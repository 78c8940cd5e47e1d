/** Compile programs as a user of the package does. */

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type ts from "typescript";

const TYPE_ROOTS = [fileURLToPath(new URL("../../node_modules/@types", import.meta.url))];

/** All that `strict` means, and more: what a program may be compiled with. */
const STRICT = {
  strict: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  noImplicitOverride: true,
  skipLibCheck: false,
  skipDefaultLibCheck: true, // that is the compiler's own
  noEmitOnError: true,
  typeRoots: TYPE_ROOTS,
  types: [],
};

/** The options of a `tsconfig.json`, on top of every strict flag. */
export type Settings = Record<string, unknown>;

const parsed = new Map<string, ts.SourceFile | undefined>();

/** Reads the compiler's own declarations, which are long, once. */
function hostOf(compiler: typeof ts, options: ts.CompilerOptions): ts.CompilerHost {
  const host = compiler.createCompilerHost(options);
  const own = dirname(host.getDefaultLibFileName(options));
  const read = host.getSourceFile;
  host.getSourceFile = (file, ...rest) => {
    if (dirname(file) !== own) return read(file, ...rest);
    const key = `${file} ${options.target}`;
    if (!parsed.has(key)) parsed.set(key, read(file, ...rest));
    return parsed.get(key);
  };
  return host;
}

/** Compile with this version of TypeScript, and return what it complains of. */
export function compile(compiler: typeof ts, files: string[], settings: Settings): string[] {
  const { options, errors } = compiler.convertCompilerOptionsFromJson({ ...STRICT, ...settings }, "");
  const program = compiler.createProgram(files, options, hostOf(compiler, options));
  return [...errors, ...compiler.getPreEmitDiagnostics(program), ...program.emit().diagnostics].map((one) => {
    const line = one.file ? one.file.getLineAndCharacterOfPosition(one.start ?? 0).line + 1 : 0;
    return `${one.file?.fileName}:${line}: ${compiler.flattenDiagnosticMessageText(one.messageText, "\n")}`;
  });
}
