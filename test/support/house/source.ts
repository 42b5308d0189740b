/** One source as the house rules look at it: what it imports, which names it declares and uses, and its functions. oxc-parser reads it. */
import { type Comment, parseSync, visitorKeys } from "oxc-parser";

export interface Found {
  /** From 1. */
  readonly line: number;
}

export interface Import extends Found {
  /** "" where it is no plain text. */
  readonly specifier: string;
  /** `import("...")`, in code or in a type. */
  readonly isLazy: boolean;
}

/** A use of a name that is no key, label or member. */
export interface Use extends Found {
  readonly name: string;
  /** `abs` in Math.abs, Math?.abs or Math["abs"]; "" where it is computed, undefined where nothing is taken of it. */
  readonly member: string | undefined;
  readonly isType: boolean;
}

export interface FunctionSize extends Found {
  /** "" where it has none. */
  readonly name: string;
  /** Lines that hold more than comments. */
  readonly lines: number;
}

export interface Source {
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  /** Names that are declared anywhere in the file. */
  readonly declared: ReadonlyMap<string, number>;
  readonly uses: readonly Use[];
  /** Names that are taken from something by a dot, or in brackets. */
  readonly members: readonly (Found & { readonly name: string })[];
  /** `**` and `**=`, but for 2 ** n of a written n. */
  readonly powers: readonly Found[];
  /** `import.meta`. */
  readonly metas: readonly Found[];
  readonly functions: readonly FunctionSize[];
  /** Texts between quotes. */
  readonly texts: readonly string[];
  /** Statements at the top that are no import, export or declaration of types. */
  readonly running: readonly Found[];
}

/** A node of the syntax tree, in the form of TS-ESTree. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** Where a node stands. */
interface Place {
  readonly parent: Node | undefined;
  readonly key: string;
  /** In a pattern that declares names. */
  readonly binds: boolean;
}

/** Node -> children that declare. */
const BINDERS: Readonly<Record<string, string>> = {
  VariableDeclarator: "id",
  FunctionDeclaration: "id params",
  FunctionExpression: "id params",
  ArrowFunctionExpression: "params",
  ClassDeclaration: "id",
  ClassExpression: "id",
  CatchClause: "param",
  ImportSpecifier: "local",
  ImportDefaultSpecifier: "local",
  ImportNamespaceSpecifier: "local",
  TSDeclareFunction: "id params",
  TSTypeAliasDeclaration: "id",
  TSInterfaceDeclaration: "id",
  TSEnumDeclaration: "id",
  TSModuleDeclaration: "id",
  TSTypeParameter: "name",
  TSMappedType: "key",
  TSFunctionType: "params",
  TSConstructorType: "params",
  TSCallSignatureDeclaration: "params",
  TSConstructSignatureDeclaration: "params",
  TSMethodSignature: "params",
  TSIndexSignature: "parameters",
};

/** Node -> children through which a declaration goes on. */
const PATTERNS: Readonly<Record<string, string>> = {
  ObjectPattern: "properties",
  ArrayPattern: "elements",
  Property: "value",
  AssignmentPattern: "left",
  RestElement: "argument",
  TSParameterProperty: "parameter",
};

/** Node -> children that are mere words, unless they are computed. */
const KEYS: Readonly<Record<string, string>> = {
  MemberExpression: "property",
  Property: "key",
  MethodDefinition: "key",
  PropertyDefinition: "key",
  AccessorProperty: "key",
  TSAbstractMethodDefinition: "key",
  TSAbstractPropertyDefinition: "key",
  TSPropertySignature: "key",
  TSMethodSignature: "key",
  TSEnumMember: "id",
  TSQualifiedName: "right",
  TSImportType: "qualifier",
  TSNamedTupleMember: "label",
  ImportSpecifier: "imported",
  ImportAttribute: "key",
  ExportSpecifier: "exported",
  ExportAllDeclaration: "exported",
  LabeledStatement: "label",
  BreakStatement: "label",
  ContinueStatement: "label",
  MetaProperty: "meta property",
};

const has = (table: Readonly<Record<string, string>>, node: Node | undefined, key: string) =>
  node !== undefined && table[node.type]?.split(" ").includes(key) === true;

/** @throws SyntaxError where it cannot be read. */
export function readSource(path: string, text: string): Source {
  const { program, comments, errors } = parseSync(path, text);
  if (errors[0] !== undefined) throw new SyntaxError(errors[0].message);
  const body = program.body as unknown as readonly Node[];
  const lineOf = lineCounter(text);
  const codeLines = lineCounter(withoutComments(text, comments), /\S[^\n]*(?:\n|$)/g);
  const source = {
    path,
    lines: text.trimEnd().split("\n").length,
    imports: [] as Import[],
    declared: new Map<string, number>(),
    uses: [] as Use[],
    members: [] as (Found & { name: string })[],
    powers: [] as Found[],
    metas: [] as Found[],
    functions: [] as FunctionSize[],
    texts: [] as string[],
    running: body.filter((node) => !isOfTypes(node)).map(({ start }) => ({ line: lineOf(start) })),
  };
  walk(program as unknown as Node, { parent: undefined, key: "", binds: false }, (node, place) => {
    const line = lineOf(node.start);
    if (node.type === "Identifier") name(node, place, line);
    else if (node.type === "Literal" && typeof node.value === "string") source.texts.push(node.value);
    else if (node.type === "MetaProperty" && (node.meta as Node).name === "import") source.metas.push({ line });
    else if (node.type === "MemberExpression") source.members.push({ name: memberOf(node), line });
    else if (isPower(node)) source.powers.push({ line });
    else if (isFunction(node))
      source.functions.push({
        name: functionName(node, place),
        line,
        lines: codeLines(node.end) - codeLines(node.start) + 1,
      });
    const lazy = node.type === "ImportExpression" || node.type === "TSImportType";
    if ((lazy || /^(?:Import|Export)\w*Declaration$/.test(node.type)) && node.source)
      source.imports.push({ specifier: textOf(node.source as Node), isLazy: lazy, line });
  });
  return source;

  function name(node: Node, { parent, key, binds }: Place, line: number): void {
    const text = nameOf(node);
    if (binds) source.declared.set(text, line);
    else if (has(KEYS, parent, key) && parent?.computed !== true) return;
    else if (text !== "const") {
      const member = parent?.type === "MemberExpression" && key === "object" ? memberOf(parent) : undefined;
      source.uses.push({ name: text, member, isType: parent?.type === "TSTypeReference", line });
    }
  }
}

function walk(node: Node, place: Place, visit: (node: Node, place: Place) => void): void {
  visit(node, place);
  for (const key of visitorKeys[node.type] ?? []) {
    if (key === "specifiers" && node.type === "ExportNamedDeclaration" && node.source) continue; // names of another file
    const binds = has(BINDERS, node, key) || (place.binds && has(PATTERNS, node, key));
    const children = node[key];
    for (const child of Array.isArray(children) ? children : [children])
      if (child !== null && typeof child === "object") walk(child, { parent: node, key, binds }, visit);
  }
}

function nameOf(node: unknown): string {
  return String((node as Node).name ?? "");
}

/** `abs` in Math.abs and in Math["abs"]; "" where it is computed. */
function memberOf(node: Node): string {
  return node.computed ? textOf(node.property as Node) : nameOf(node.property);
}

/** "" for all but a text between quotes. */
function textOf(node: Node): string {
  return node.type === "Literal" && typeof node.value === "string" ? node.value : "";
}

function isPower(node: Node): boolean {
  if (node.type === "AssignmentExpression") return node.operator === "**=";
  if (node.type !== "BinaryExpression" || node.operator !== "**") return false;
  const { left, right } = node as unknown as { left: Node; right: Node };
  return !(left.raw === "2" && /^\d+$/.test(String(right.raw)));
}

function isFunction(node: Node): boolean {
  return /^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type);
}

function functionName(node: Node, { parent }: Place): string {
  return nameOf(node.id ?? parent?.key ?? parent?.id ?? {});
}

function isOfTypes(node: Node): boolean {
  const declares = /^TS(?:Interface|TypeAlias)Declaration$/;
  return node.importKind === "type" || node.exportKind === "type" || declares.test(node.type);
}

function withoutComments(text: string, comments: readonly Comment[]): string {
  let [code, at] = ["", 0];
  for (const { start, end } of comments) {
    code += text.slice(at, start) + text.slice(start, end).replaceAll(/[^\n]/g, " ");
    at = end;
  }
  return code + text.slice(at);
}

/** How many lines begin up to an offset; what counts as one is what `pattern` finds. */
function lineCounter(text: string, pattern = /[^\n]*(?:\n|$)/g): (offset: number) => number {
  const starts = [...text.matchAll(pattern)].map(({ index }) => index);
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((starts[middle] as number) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
