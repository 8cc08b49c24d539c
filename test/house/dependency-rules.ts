/**
 * The rules of the house as data: which folder may import what, and which globals it may not touch.
 * Everything is an allow-list: a folder, package or builtin that is not named here is a violation.
 */
export interface FolderRule {
  /** `shared/risk/` is a folder; without the closing slash it is the beginning of a path. The longest match wins. */
  readonly where: string;
  /** Folders it may import besides itself; `shared/` and the like stand for all below. */
  readonly folders: readonly string[];
  /** npm packages, subpaths included. */
  readonly packages: readonly string[];
  /** Node's own modules, whole or one name of them (`node:crypto#createHash`). */
  readonly builtins: 'all' | readonly string[];
  readonly bans: readonly BanName[];
}

/** What a piece of code may not reach without importing anything. */
export interface Ban {
  readonly why: string;
  /** Globals that may not be mentioned, unless the file declares the name itself. */
  readonly globals?: readonly string[];
  /** `Object.member` that may not be mentioned at all. */
  readonly members?: readonly string[];
  /** Constructors that read the world when they are called without arguments, or without `new`. */
  readonly argless?: readonly string[];
}

export const BANS = {
  clock: { why: 'reads the wall clock: time comes in', globals: ['performance'], members: ['Date.now', 'performance.now'], argless: ['Date'] },
  random: { why: 'draws unseeded randomness: an Rng comes in', globals: ['crypto'], members: ['Math.random'] },
  process: { why: 'reads the process: settings come in', globals: ['process', 'require', 'module', '__dirname', '__filename'] },
  timers: {
    why: 'waits by itself: the Clock does the waiting',
    globals: ['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate', 'queueMicrotask'],
  },
  io: {
    why: 'speaks to the world: a port does that',
    globals: ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest', 'console', 'navigator', 'globalThis', 'global', 'eval', 'Function'],
  },
} as const satisfies Record<string, Ban>;

export type BanName = keyof typeof BANS;

const ALL_BANS = Object.keys(BANS) as readonly BanName[];
const WITHOUT_CLOCK = ALL_BANS.filter((name) => name !== 'clock' && name !== 'timers');

const PURE_NAMES = ['market', 'indicators', 'strategies', 'ml', 'risk', 'execution', 'ledger', 'performance', 'alerts'] as const;
const PURE = PURE_NAMES.map((name) => `shared/${name}/`);
const VOCABULARY = ['shared/kernel/', 'shared/config/', 'shared/contracts/'];

const pure = (where: string, packages: readonly string[] = ['zod']): FolderRule => ({
  where,
  folders: [...VOCABULARY, ...PURE],
  packages,
  builtins: [],
  bans: ALL_BANS,
});

export const RULES: readonly FolderRule[] = [
  { where: 'shared/kernel/', folders: [], packages: [], builtins: ['node:crypto#createHash', 'node:crypto#hash'], bans: ALL_BANS },
  // The wall clock lives here and nowhere else in the core; luxon is behind it and behind the calendar.
  { where: 'shared/kernel/clock', folders: [], packages: ['luxon'], builtins: [], bans: WITHOUT_CLOCK },
  { where: 'shared/kernel/system-clock', folders: [], packages: ['luxon'], builtins: [], bans: WITHOUT_CLOCK },
  // The words of the domain (instruments, strategy names) are used by settings and wire schemas.
  { where: 'shared/config/', folders: [...VOCABULARY, ...PURE], packages: ['zod'], builtins: [], bans: ['clock', 'random', 'timers', 'io'] },
  { where: 'shared/contracts/', folders: [...VOCABULARY, ...PURE], packages: ['zod'], builtins: [], bans: ALL_BANS },
  ...PURE.map((where) => pure(where)),
  pure('shared/market/calendar', ['zod', 'luxon']),
  // Who may call: pure but for the hashes; time and random bytes come in.
  {
    where: 'shared/access/',
    folders: ['shared/kernel/'],
    packages: ['zod'],
    builtins: ['node:crypto#hash', 'node:crypto#timingSafeEqual', 'node:zlib#crc32'],
    bans: ALL_BANS,
  },
  // The one file that knows SSM.
  { where: 'shared/access/ssm-token-book', folders: ['shared/kernel/'], packages: ['@aws-sdk/client-ssm'], builtins: [], bans: ALL_BANS },
  pure('shared/engine/'),
  {
    where: 'shared/store/',
    folders: [...VOCABULARY, ...PURE, 'shared/engine/'],
    packages: ['@aws-sdk/client-dynamodb', '@aws-sdk/lib-dynamodb', 'zod'],
    builtins: 'all',
    bans: ['random'],
  },
  {
    where: 'shared/feeds/',
    folders: [...VOCABULARY, ...PURE, 'shared/engine/'],
    packages: ['protobufjs', 'ws', 'zod'],
    builtins: 'all',
    bans: ['random'],
  },
  // Recorded history as files: fetched, checked, kept in columns.
  {
    where: 'shared/feeds/history/',
    folders: [...VOCABULARY, ...PURE, 'shared/engine/', 'shared/feeds/'],
    packages: ['fflate', 'hyparquet', 'hyparquet-writer', 'zod'],
    builtins: 'all',
    bans: ['random'],
  },
  {
    where: 'functions/',
    folders: ['shared/', 'functions/middleware/'],
    packages: ['@aws-sdk/client-eventbridge', '@aws-sdk/client-sqs', '@middy/core', 'aws-lambda', 'zod'],
    builtins: 'all',
    bans: [],
  },
  // It tells the channels whose secrets lie in SSM.
  {
    where: 'functions/alerts/',
    folders: ['shared/', 'functions/middleware/'],
    packages: ['@aws-sdk/client-eventbridge', '@aws-sdk/client-ssm', 'aws-lambda', 'zod'],
    builtins: 'all',
    bans: [],
  },
  // Commands for the person at this machine: they open the same store as the host does.
  { where: 'functions/cli/', folders: ['shared/', 'infra/local/', 'infra/cost/'], packages: [], builtins: 'all', bans: [] },
  {
    where: 'infra/local/',
    folders: ['shared/', 'functions/', 'infra/config/'],
    packages: ['@aws-sdk/client-eventbridge', '@aws-sdk/client-sqs', 'aws-lambda', 'croner', 'zod'],
    builtins: 'all',
    bans: [],
  },
  // The bill knows both hosts: it measures on this machine what the stack will run.
  {
    where: 'infra/cost/',
    folders: ['shared/', 'functions/', 'infra/local/', 'infra/aws/', 'infra/config/'],
    packages: ['zod'],
    builtins: 'all',
    bans: [],
  },
  // The one function that works for the deployment and not for the desk.
  {
    where: 'functions/image/',
    folders: ['shared/'],
    packages: ['@aws-sdk/client-codebuild', '@middy/core', 'aws-lambda', 'zod'],
    builtins: 'all',
    bans: [],
  },
  // The configuration, which both hosts and the deployment read.
  { where: 'infra/config/', folders: ['shared/'], packages: [], builtins: 'all', bans: [] },
  // The commands that deploy.
  {
    where: 'infra/deploy/',
    folders: ['shared/', 'infra/config/'],
    packages: ['@aws-sdk/client-service-quotas', '@aws-sdk/client-ssm', '@aws-sdk/client-sts', 'zod'],
    builtins: 'all',
    bans: [],
  },
  {
    where: 'infra/aws/',
    folders: ['shared/', 'infra/config/'],
    packages: ['aws-cdk-lib', 'cdk-nag', 'constructs', 'esbuild'],
    builtins: 'all',
    bans: [],
  },
];

/** Hosts of market data vendors: outside these places nobody knows where prices come from. */
export const VENDOR_HOST = /\b(?:binance|coinbase|kraken|deribit|upstox|yahoo|nseindia)\.(?:com|vision|in|us|org)\b/i;
export const VENDOR_FOLDERS: readonly string[] = ['shared/feeds/', 'shared/config/'];

/** Tests may import everything and are imported by nobody but tests. */
export const TEST_FOLDER = 'test/';
