import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { NightdeskError } from '../../shared/kernel/errors.ts';
import { BANS, type Ban, type FolderRule, RULES, TEST_FOLDER, VENDOR_FOLDERS, VENDOR_HOST } from './dependency-rules.ts';
import { type Mention, type ModuleRequest, sourceFacts } from './source-facts.ts';

export class HouseError extends NightdeskError<'no_modules'> {}

export type ViolationKind = 'folder' | 'package' | 'builtin' | 'ban' | 'vendor' | 'outside' | 'opaque-import' | 'no-rule' | 'syntax';

export interface Violation {
  readonly kind: ViolationKind;
  readonly file: string;
  readonly line: number;
  readonly says: string;
}

/** A source file: its path from the root of the repository, with forward slashes, and its text. */
export interface Module {
  readonly path: string;
  readonly source: string;
}

const SOURCE_FILE = /\.[cm]?[jt]sx?$/;
const ROOMS = ['shared', 'functions', 'infra', 'test'];
const GENERATED = new Set(['node_modules', 'cdk.out', 'coverage', 'dist', '.nightdesk']);

/** Every source file of the house under `root`. */
export function readModules(root: string): readonly Module[] {
  const modules: Module[] = [];
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory() && !GENERATED.has(entry.name)) visit(path);
      else if (entry.isFile() && SOURCE_FILE.test(entry.name)) modules.push({ path, source: readFileSync(join(root, path), 'utf8') });
    }
  };
  for (const room of ROOMS) visit(room);
  return modules;
}

/**
 * Every breach of the house rules in the modules, in their order.
 * @throws HouseError `no_modules` when there is nothing to check: a check that saw nothing has proved nothing
 */
export function violations(modules: readonly Module[]): readonly Violation[] {
  if (modules.length === 0) throw new HouseError('no_modules', 'The dependency check saw 0 modules: is it run from the root of the repository?');
  return modules.flatMap(checkModule);
}

/** A violation as one line that an editor can jump to. */
export const lineOf = (found: Violation): string => `${found.file}:${found.line} ${found.kind}: ${found.says}`;

function checkModule({ path, source }: Module): readonly Violation[] {
  const facts = sourceFacts(path, source);
  const found = (kind: ViolationKind, line: number, says: string): Violation => ({ kind, file: path, line, says });
  const syntax = facts.mentions.filter((m) => m.kind === 'syntax-error').map((m) => found('syntax', m.line, m.name));
  const outside = facts.requests.filter((request) => leavesHouse(path, request)).map((r) => found('outside', r.line, `imports ${r.specifier}`));
  if (path.startsWith(TEST_FOLDER)) return [...syntax, ...outside];
  const rule = ruleFor(path);
  if (!rule) return [...syntax, found('no-rule', 1, 'no house rule for this folder: add a row to test/house/dependency-rules.ts')];
  return [
    ...syntax,
    ...outside,
    ...facts.requests.flatMap((request) => checkRequest(path, rule, request).map(([kind, says]) => found(kind, request.line, says))),
    ...facts.mentions.flatMap((mention) => checkMention(path, rule, mention).map(([kind, says]) => found(kind, mention.line, says))),
  ];
}

/** The row with the longest match; a file that lies directly in `shared/` or `functions/` belongs to no room. */
function ruleFor(path: string): FolderRule | undefined {
  if (path.startsWith('functions/') && path.split('/').length < 3) return undefined;
  return RULES.filter((rule) => path.startsWith(rule.where)).sort((a, b) => b.where.length - a.where.length)[0];
}

type Finding = readonly [ViolationKind, string];

function checkRequest(path: string, rule: FolderRule, { specifier, names }: ModuleRequest): readonly Finding[] {
  if (specifier.startsWith('.')) return checkFolder(path, rule, posix.join(posix.dirname(path), specifier));
  if (isBuiltin(specifier)) return checkBuiltin(rule, specifier.startsWith('node:') ? specifier : `node:${specifier}`, names);
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  return rule.packages.includes(name) ? [] : [['package', `${rule.where} may not import the package ${name}`]];
}

function checkBuiltin({ where, builtins }: FolderRule, name: string, names: readonly string[]): readonly Finding[] {
  if (builtins === 'all' || builtins.includes(name)) return [];
  if (names.length > 0 && names.every((each) => builtins.includes(`${name}#${each}`))) return [];
  return [['builtin', `${where} may not import ${names.join(', ')} of ${name}`]];
}

function checkFolder(path: string, rule: FolderRule, target: string): readonly Finding[] {
  if (target.startsWith(roomOf(path)) || target.startsWith('..')) return [];
  return rule.folders.some((folder) => target.startsWith(folder)) ? [] : [['folder', `${roomOf(path)} may not import ${target}`]];
}

/** `shared/risk/`: the two first parts of a path, within which files import each other freely. */
const roomOf = (path: string): string => `${path.split('/').slice(0, 2).join('/')}/`;

function leavesHouse(path: string, { specifier }: ModuleRequest): boolean {
  if (specifier.startsWith('/') || specifier.startsWith('file:')) return true;
  return specifier.startsWith('.') && posix.join(posix.dirname(path), specifier).startsWith('..');
}

function checkMention(path: string, rule: FolderRule, mention: Mention): readonly Finding[] {
  switch (mention.kind) {
    case 'syntax-error':
      return [];
    case 'opaque-import':
      return [['opaque-import', `${mention.name}: an import must be named by plain text, so that it can be checked`]];
    case 'text':
      if (VENDOR_FOLDERS.some((folder) => path.startsWith(folder)) || !VENDOR_HOST.test(mention.name)) return [];
      return [['vendor', `only shared/feeds knows vendors, found "${mention.name.slice(0, 60)}"`]];
    default:
      return rule.bans.filter((name) => isBanned(BANS[name], mention)).map((name) => ['ban', `${mention.name} ${BANS[name].why}`]);
  }
}

function isBanned(ban: Ban, { kind, name }: Mention): boolean {
  switch (kind) {
    case 'global':
      return ban.globals?.includes(name) ?? false;
    case 'member':
      return ban.members?.includes(name) ?? false;
    case 'argless':
      return ban.argless?.includes(name) ?? false;
    case 'alias':
      return [...(ban.members ?? []).map((member) => member.split('.')[0]), ...(ban.argless ?? [])].includes(name);
    default:
      return false;
  }
}
