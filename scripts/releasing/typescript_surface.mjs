// The public API of the TypeScript package, as its rolled-up d.ts declares it.
//
//   node typescript_surface.mjs strip index.d.ts        prints it without comments
//   node typescript_surface.mjs surface index.d.ts …    prints the names of each as a line of JSON: see surfaces.py
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const ts = createRequire(new URL("../../typescript/package.json", import.meta.url))("typescript");
const printer = ts.createPrinter({ removeComments: true });

function surfaceOf(source) {
  const text = (node) =>
    node ? printer.printNode(ts.EmitHint.Unspecified, node, source).replace(/\s+/g, " ") : "";
  const found = {};
  const declarations = new Map();

  for (const statement of source.statements) {
    if (ts.isVariableStatement(statement))
      for (const one of statement.declarationList.declarations) declarations.set(one.name.text, [one]);
    else if (statement.name)
      declarations.set(statement.name.text, [...(declarations.get(statement.name.text) ?? []), statement]);
    else if (ts.isExportDeclaration(statement))
      for (const one of statement.exportClause?.elements ?? [])
        found[`export ${one.name.text}`] = { kind: "export", annotation: text(one.propertyName ?? one.name) };
  }

  // What callers make: all that can be reached from parameters.
  const given = new Set();
  function reach(node) {
    if (!node) return;
    const name =
      ts.isTypeReferenceNode(node) || ts.isExpressionWithTypeArguments(node)
        ? text(node.typeName ?? node.expression)
        : "";
    if (declarations.has(name) && !given.has(name)) {
      given.add(name);
      for (const one of declarations.get(name)) if (!ts.isClassDeclaration(one)) reach(one);
    }
    ts.forEachChild(node, reach);
  }
  const isPrivate = (member) =>
    member.modifiers?.some((one) => one.kind === ts.SyntaxKind.PrivateKeyword) ||
    (member.name && ts.isPrivateIdentifier(member.name));
  function lookForParameters(node) {
    if (isPrivate(node)) return;
    if (ts.isParameter(node)) reach(node.type);
    else ts.forEachChild(node, lookForParameters);
  }
  for (const list of declarations.values())
    for (const one of list)
      if (ts.isClassDeclaration(one) || ts.isFunctionDeclaration(one) || ts.isInterfaceDeclaration(one))
        lookForParameters(one);

  function parametersOf(node) {
    return node.parameters.map((one) => ({
      name: text(one.name),
      kind: one.dotDotDotToken ? "variadic positional" : "positional only",
      default: one.questionToken || one.initializer ? "undefined" : null,
      annotation: text(one.type),
    }));
  }

  function add(name, node, inGiven) {
    const isCall =
      ts.isConstructorDeclaration(node) || ts.isCallSignatureDeclaration(node) || ts.isFunctionLike(node);
    if (isCall && node.parameters && !ts.isAccessor(node)) {
      const parameters = parametersOf(node);
      const entry = { kind: "function", parameters, returns: text(node.type) };
      if (node.typeParameters)
        entry.returns = `<${node.typeParameters.map(text).join(", ")}> ${entry.returns}`;
      const old = found[name];
      if (old) old.overloads = [...(old.overloads ?? [signature(old)]), signature(entry)];
      else found[name] = entry;
      if (node.questionToken) found[name].optional = true;
      if (inGiven) found[name].given = true;
    } else {
      const entry = { kind: "attribute", annotation: text(node.type), optional: Boolean(node.questionToken) };
      if (inGiven) entry.given = true;
      found[name] = entry;
    }
  }

  function signature(entry) {
    return `(${entry.parameters.map((one) => `${one.name}: ${one.annotation}`).join(", ")}) -> ${entry.returns}`;
  }

  const exported = new Set(
    Object.values(found).flatMap((one) => (one.kind === "export" ? [one.annotation] : [])),
  );
  const holdsMembers = (node) => ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node);
  const heirs = (node) => (node.heritageClauses ?? []).flatMap((clause) => [...clause.types]);
  const nodesOf = (type) => (declarations.get(text(type.expression)) ?? []).filter(holdsMembers);
  const bases = new Set(
    [...declarations.values()]
      .flat()
      .filter(holdsMembers)
      .flatMap(heirs)
      .map((type) => text(type.expression)),
  );

  /** The bases that callers know. Those of ours alone stand for their own bases: their members are listed. */
  function basesOf(node) {
    return heirs(node).flatMap((type) => {
      const isOurs = nodesOf(type).length > 0 && !exported.has(text(type.expression));
      return isOurs ? nodesOf(type).flatMap(basesOf) : [text(type)];
    });
  }

  const labelOf = (member) => {
    const isStatic = member.modifiers?.some((one) => one.kind === ts.SyntaxKind.StaticKeyword);
    const label = ts.isConstructorDeclaration(member)
      ? "constructor"
      : member.name
        ? text(member.name)
        : "(call)";
    return isStatic ? `static ${label}` : label;
  };

  /** A declaration's own members, and the inherited ones that it does not declare again. */
  function membersOf(node) {
    const own = node.members.filter((member) => !isPrivate(member));
    const labels = new Set(node.members.map(labelOf));
    const inherited = (node.heritageClauses ?? [])
      .filter((clause) => clause.token === ts.SyntaxKind.ExtendsKeyword)
      .flatMap((clause) => clause.types.flatMap(nodesOf))
      .flatMap(membersOf);
    return [...own, ...inherited.filter((member) => !labels.has(labelOf(member)))];
  }

  for (const [name, list] of declarations) {
    for (const node of list) {
      if (ts.isFunctionDeclaration(node)) add(name, node, false);
      else if (ts.isTypeAliasDeclaration(node))
        found[name] = { kind: "type", annotation: text(node.type).replace(/^\| /, ""), given: true };
      else if (ts.isVariableDeclaration(node))
        found[name] = { kind: "attribute", annotation: text(node.type) };
      else if (holdsMembers(node) && (exported.has(name) || !bases.has(name))) {
        const kind = ts.isClassDeclaration(node) ? "class" : "interface";
        const parametersOfType = (node.typeParameters ?? []).map(text).join(", ");
        found[name] = { kind, bases: [...new Set(basesOf(node))], parametersOfType };
        for (const member of membersOf(node))
          add(`${name}.${labelOf(member)}`, member, given.has(name) && kind === "interface");
      }
    }
  }

  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const [, , command, ...paths] = process.argv;
for (const path of paths) {
  const source = ts.createSourceFile("index.d.ts", readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
  process.stdout.write(
    command === "strip" ? printer.printFile(source) : `${JSON.stringify(surfaceOf(source))}\n`,
  );
}
