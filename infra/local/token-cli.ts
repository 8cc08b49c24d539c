import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { ssmTokenBook } from '../../shared/access/ssm-token-book.ts';
import { tokenFrom } from '../../shared/access/token.ts';
import { EMPTY_BOOK, isValidAt, revoked, rotated, type TokenBook, type TokenEntry, withToken } from '../../shared/access/token-book.ts';
import type { TokenBookStore } from '../../shared/access/token-book-store.ts';
import { TOKEN_PARAMETER } from '../../shared/access/token-parameter.ts';
import { DEFAULT_AWS_REGION } from '../../shared/config/aws-region.ts';
import { messageOf, NightdeskError } from '../../shared/kernel/errors.ts';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../../shared/kernel/time.ts';
import { fileTokenBook, tokenFileIn } from './token-file.ts';

class TokenCommandError extends NightdeskError<'bad_option'> {}

const EXIT = { done: 0, failed: 1, badOption: 2 } as const;

const HELP = `The tokens that open the API. Only their hashes are kept; a token is shown once, when it is made.

  npm run token -- create              makes one more token
  npm run token -- rotate [ID]         makes a token in place of another, which is accepted for a while still
  npm run token -- revoke ID | --all   takes a token away, or all of them
  npm run token -- show-where          where the hashes are, and which tokens there are

  --local            those of Nightdesk on this machine, in a file of its state folder
  --state DIR        with --local: that folder (default .nightdesk; NIGHTDESK_TOKEN_FILE names another file)
  --region REGION    of the deployed stack (default AWS_REGION, else ${DEFAULT_AWS_REGION})
  --grace TIME       with rotate: how long the old one is accepted, such as 0m, 90m, 24h (default), 7d
  --help             this page

The token alone goes to the standard output: TOKEN=$(npm run -s token -- create)
On AWS a revoked token may be accepted for five and a half minutes still: API Gateway and the authorizer remember answers.`;

const OPTIONS = {
  local: { type: 'boolean', default: false },
  state: { type: 'string' },
  region: { type: 'string' },
  grace: { type: 'string' },
  all: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const COMMANDS = ['create', 'rotate', 'revoke', 'show-where'] as const;
type Command = (typeof COMMANDS)[number];

/** What the command speaks to. */
export interface TokenTerminal {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => EpochMs;
}

interface Asked {
  readonly command: Command;
  readonly id: string | null;
  readonly all: boolean;
  readonly graceMs: number;
  readonly store: TokenBookStore;
}

/** The token command. @returns the exit code */
export async function runTokenCommand(argv: readonly string[], terminal: TokenTerminal): Promise<number> {
  try {
    const asked = readCommandLine(argv, terminal.env);
    if (asked === null) terminal.out(HELP);
    else await COMMAND[asked.command](asked, terminal);
    return EXIT.done;
  } catch (error) {
    terminal.err(messageOf(error));
    return error instanceof TokenCommandError ? EXIT.badOption : EXIT.failed;
  }
}

type Run = (asked: Asked, terminal: TokenTerminal) => Promise<void>;

const COMMAND: Readonly<Record<Command, Run>> = {
  create: (asked, terminal) => makeToken(asked, terminal, (book, token) => withToken(book, token, terminal.now())),
  rotate: (asked, terminal) =>
    makeToken(asked, terminal, (book, token) => rotated(book, asked.id, token, { nowMs: terminal.now(), graceMs: asked.graceMs })),
  revoke: async ({ store, id, all }, { err, now }) => {
    const stored = await store.read();
    await store.write(revoked(stored?.book ?? EMPTY_BOOK, all ? 'all' : (id ?? ''), now()), stored);
    err(`${all ? 'All tokens are' : `Token ${id} is`} gone from ${store.where}.`);
  },
  'show-where': async ({ store }, { out, now }) => {
    const stored = await store.read();
    out(`The hashes of the tokens are in ${store.where}${stored === null ? ', which is not there yet: npm run token -- create' : '.'}`);
    for (const entry of stored?.book.tokens ?? []) out(`  ${lineOf(entry, now())}`);
  },
};

/** The token is shown only after its hash is stored: one that was shown is one that opens. */
async function makeToken({ store }: Asked, { out, err }: TokenTerminal, change: (book: TokenBook, token: string) => TokenBook): Promise<void> {
  const token = tokenFrom(randomBytes(32));
  const stored = await store.read();
  const book = change(stored?.book ?? EMPTY_BOOK, token);
  await store.write(book, stored);
  err(`Its hash is in ${store.where}. This is the only time that the token is shown:`);
  out(token);
  err('Send it as Authorization: Bearer TOKEN.');
  for (const { id, expiresAt } of book.tokens) if (expiresAt !== null) err(`Token ${id} is accepted until ${expiresAt} still.`);
}

function lineOf(entry: TokenEntry, nowMs: EpochMs): string {
  const { id, createdAt, expiresAt } = entry;
  if (expiresAt === null) return `${id}  created ${createdAt}, accepted until it is rotated or revoked`;
  return `${id}  created ${createdAt}, ${isValidAt(entry, nowMs) ? 'accepted until' : 'expired'} ${expiresAt}`;
}

/** Null when help was asked for. @throws TokenCommandError `bad_option`, one clear line */
function readCommandLine(argv: readonly string[], env: TokenTerminal['env']): Asked | null {
  const { values, positionals } = parsed(argv);
  if (values.help) return null;
  const [first, id = null, surplus] = positionals;
  const command = COMMANDS.find((each) => each === first);
  if (command === undefined)
    throw badOption(`token takes one of ${COMMANDS.join(', ')} first; received ${first === undefined ? 'none' : JSON.stringify(first)}`);
  if (surplus !== undefined) throw badOption(`${command} takes one token at most; received ${JSON.stringify(surplus)} too`);
  checkTogether(command, id, values);
  return { command, id, all: values.all, graceMs: values.grace === undefined ? DAY_MS : durationMs(values.grace), store: storeOf(values, env) };
}

function checkTogether(command: Command, id: string | null, { all, grace, local, state, region }: Given): void {
  if (id !== null && command !== 'rotate' && command !== 'revoke') throw badOption(`${command} takes no token; received ${JSON.stringify(id)}`);
  if (command === 'revoke' && (id === null) === !all) throw badOption('revoke takes the id of a token, or --all');
  if (command !== 'revoke' && all) throw badOption('--all is for revoke');
  if (command !== 'rotate' && grace !== undefined) throw badOption('--grace is for rotate');
  if (!local && state !== undefined) throw badOption('--state goes with --local');
  if (local && region !== undefined) throw badOption('--local and --region exclude each other');
}

type Given = ReturnType<typeof parsed>['values'];

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, strict: true, allowPositionals: true });
  } catch (error) {
    const [line = 'bad options'] = messageOf(error).split('\n');
    throw badOption(line.replace(/\.? To specify .*$/, ''));
  }
}

function storeOf({ local, state = '.nightdesk', region }: Given, env: TokenTerminal['env']): TokenBookStore {
  if (local) return fileTokenBook(env.NIGHTDESK_TOKEN_FILE || tokenFileIn(state));
  return ssmTokenBook(TOKEN_PARAMETER, { region: region ?? env.AWS_REGION ?? DEFAULT_AWS_REGION });
}

const UNIT_MS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };
const MAX_GRACE_MS = 30 * DAY_MS;

function durationMs(text: string): number {
  const [, count, unit = ''] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  const ms = Number(count) * (UNIT_MS[unit] ?? Number.NaN);
  if (!(ms <= MAX_GRACE_MS)) throw badOption(`--grace takes a time such as 0m, 90m, 24h or 7d, at most 30d; received ${JSON.stringify(text)}`);
  return ms;
}

const badOption = (message: string): TokenCommandError => new TokenCommandError('bad_option', `${message}; see npm run token -- --help`);
