import { type Node, parseSync, visitorKeys } from 'oxc-parser';

/** A module named by a source file, whichever way: import, type import, re-export, dynamic import, import type. */
export interface ModuleRequest {
  readonly specifier: string;
  /** The names taken from it; `*` where all are. */
  readonly names: readonly string[];
  readonly line: number;
}

/** Something other than an import that the rules look at. */
export interface Mention {
  readonly kind: 'global' | 'member' | 'argless' | 'alias' | 'text' | 'opaque-import' | 'syntax-error';
  readonly name: string;
  readonly line: number;
}

export interface SourceFacts {
  readonly requests: readonly ModuleRequest[];
  readonly mentions: readonly Mention[];
}

/** Globals of which single members are banned: they may be used, but not handed around under another name. */
const GUARDED = new Set(['Date', 'Math']);

/** Positions where a name is a label, a key or a declaration of its own, and not a use of a global. */
const NOT_A_USE: Readonly<Record<string, readonly string[]>> = {
  MemberExpression: ['property'],
  Property: ['key'],
  MethodDefinition: ['key'],
  PropertyDefinition: ['key'],
  AccessorProperty: ['key'],
  ImportSpecifier: ['imported', 'local'],
  ImportDefaultSpecifier: ['local'],
  ImportNamespaceSpecifier: ['local'],
  ExportSpecifier: ['exported'],
  MetaProperty: ['meta', 'property'],
  LabeledStatement: ['label'],
  BreakStatement: ['label'],
  ContinueStatement: ['label'],
};

/** TypeScript nodes that hold running code; below all others there are only types. */
const RUNNING_TYPESCRIPT = new Set([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSInstantiationExpression',
  'TSTypeAssertion',
  'TSExportAssignment',
  'TSParameterProperty',
  'TSEnumDeclaration',
  'TSEnumBody',
  'TSEnumMember',
  'TSModuleDeclaration',
  'TSModuleBlock',
  'TSImportEqualsDeclaration',
  'TSExternalModuleReference',
]);

interface Place {
  readonly parent: Node | null;
  readonly key: string;
  readonly isType: boolean;
}

const ROOT: Place = { parent: null, key: '', isType: false };

/** What one source file imports and mentions, read with a real parser; types count as imports. */
export function sourceFacts(path: string, source: string): SourceFacts {
  const { program, errors } = parseSync(path, source, { sourceType: 'module' });
  const requests: ModuleRequest[] = [];
  const mentions: Mention[] = [];
  const lineAt = lineCounter(source);
  for (const error of errors) mentions.push({ kind: 'syntax-error', name: error.message, line: lineAt(error.labels[0]?.start ?? 0) });

  const declared = new Set<string>();
  walk(program, ROOT, (node, place) => {
    if (node.type === 'Identifier' && !place.isType && isDeclaration(place)) declared.add(node.name);
    if (node.type === 'ImportSpecifier' || node.type === 'ImportDefaultSpecifier' || node.type === 'ImportNamespaceSpecifier') {
      declared.add(node.local.name);
    }
  });
  walk(program, ROOT, (node, place) => {
    const request = requestOf(node);
    if (request?.specifier !== undefined) requests.push({ specifier: request.specifier, names: namesTaken(node), line: lineAt(node.start) });
    else if (request) mentions.push({ kind: 'opaque-import', name: source.slice(node.start, node.end), line: lineAt(node.start) });
    if (place.isType) return;
    for (const [kind, name] of mentionsOf(node, place, declared)) mentions.push({ kind, name, line: lineAt(node.start) });
  });
  return { requests, mentions };
}

/** The module a node names, `{}` when it names one that only running it would tell, undefined when it names none. */
function requestOf(node: Node): { readonly specifier?: string } | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
      return { specifier: node.source.value };
    case 'ExportNamedDeclaration':
      return node.source ? { specifier: node.source.value } : undefined;
    case 'TSImportType':
      return { specifier: node.source.value };
    case 'TSExternalModuleReference':
      return { specifier: node.expression.value };
    case 'ImportExpression':
      return literalText(node.source);
    case 'CallExpression':
      return isRequire(node.callee) ? literalText(node.arguments[0]) : undefined;
    default:
      return undefined;
  }
}

function namesTaken(node: Node): readonly string[] {
  if (node.type !== 'ImportDeclaration') return ['*'];
  return node.specifiers.map((each) => (each.type === 'ImportSpecifier' && 'name' in each.imported ? each.imported.name : '*'));
}

function isRequire(callee: Node): boolean {
  return callee.type === 'Identifier' && callee.name === 'require';
}

function literalText(node: Node | undefined): { readonly specifier?: string } {
  if (node?.type === 'Literal' && typeof node.value === 'string') return { specifier: node.value };
  const only = node?.type === 'TemplateLiteral' && node.expressions.length === 0 ? node.quasis[0]?.value.cooked : undefined;
  return typeof only === 'string' ? { specifier: only } : {};
}

type Sighting = readonly ['global' | 'member' | 'argless' | 'alias' | 'text', string];

function mentionsOf(node: Node, place: Place, declared: ReadonlySet<string>): readonly Sighting[] {
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'string' ? [['text', node.value]] : [];
    case 'TemplateElement':
      return [['text', node.value.cooked ?? node.value.raw]];
    case 'MemberExpression':
      return node.object.type === 'Identifier' ? [['member', `${node.object.name}.${memberName(node)}`]] : [];
    case 'NewExpression':
      return node.callee.type === 'Identifier' && node.arguments.length === 0 ? [['argless', node.callee.name]] : [];
    case 'CallExpression':
      return node.callee.type === 'Identifier' && !declared.has(node.callee.name) ? [['argless', node.callee.name]] : [];
    case 'Identifier':
      return identifierMentions(node.name, place, declared);
    default:
      return [];
  }
}

function identifierMentions(name: string, place: Place, declared: ReadonlySet<string>): readonly Sighting[] {
  if (isNotAUse(place)) return [];
  if (GUARDED.has(name) && !isPlainUse(place)) return [['alias', name]];
  return declared.has(name) ? [] : [['global', name]];
}

/** `Math.max`, `new Date(ms)`, `x instanceof Date`: uses in which the guarded object itself does not get away. */
function isPlainUse({ parent, key }: Place): boolean {
  if (parent?.type === 'MemberExpression') return key === 'object' && memberName(parent) !== '*';
  if (parent?.type === 'NewExpression' || parent?.type === 'CallExpression') return key === 'callee';
  return parent?.type === 'BinaryExpression' && parent.operator === 'instanceof' && key === 'right';
}

/** The member's name where the text tells it; `*` for a computed one, which could be any. */
function memberName(node: Node): string {
  if (node.type !== 'MemberExpression') return '*';
  if (!node.computed) return 'name' in node.property ? String(node.property.name) : '*';
  return literalText(node.property).specifier ?? '*';
}

function isNotAUse({ parent, key }: Place): boolean {
  if (!parent || !NOT_A_USE[parent.type]?.includes(key)) return false;
  return !('computed' in parent && parent.computed);
}

function isDeclaration({ parent, key }: Place): boolean {
  switch (parent?.type) {
    case 'VariableDeclarator':
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ClassDeclaration':
      return key === 'id' || key === 'params';
    case 'ArrowFunctionExpression':
      return key === 'params';
    case 'AssignmentPattern':
      return key === 'left';
    case 'ArrayPattern':
    case 'RestElement':
    case 'CatchClause':
      return true;
    case 'Property':
      // In a pattern the value is the name being declared; in an object literal this is a use, kept apart by the walk.
      return key === 'patternValue';
    default:
      return false;
  }
}

function walk(node: Node, place: Place, visit: (node: Node, place: Place) => void): void {
  visit(node, place);
  const isType = place.isType || (node.type.startsWith('TS') && !RUNNING_TYPESCRIPT.has(node.type));
  for (const key of visitorKeys[node.type] ?? []) {
    const child = (node as unknown as Record<string, Node | readonly (Node | null)[] | null | undefined>)[key];
    const children = Array.isArray(child) ? child : [child];
    const role = node.type === 'Property' && key === 'value' && place.parent?.type === 'ObjectPattern' ? 'patternValue' : key;
    for (const each of children) if (each) walk(each, { parent: node, key: role, isType }, visit);
  }
}

/** Line of an offset, counted from 1. */
function lineCounter(source: string): (offset: number) => number {
  const starts = [...source.matchAll(/\n/g)].map((match) => match.index + 1);
  return (offset) => {
    const next = starts.findIndex((start) => start > offset);
    return (next === -1 ? starts.length : next) + 1;
  };
}
