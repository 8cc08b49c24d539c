import { parseArgs } from 'node:util';
import { messageOf } from '../../shared/kernel/errors.ts';
import { explain } from './ledger/explain.ts';
import { exportJournal } from './ledger/export.ts';
import { withLedger } from './ledger/open-ledger.ts';
import { rebuild } from './ledger/rebuild.ts';
import { badOption, EXIT, type ExitCode, type GivenOptions, LedgerCommandError, type Subcommand, type Terminal } from './ledger/subcommand.ts';
import { verify } from './ledger/verify.ts';

const SUBCOMMANDS: readonly Subcommand[] = [verify, rebuild, explain, exportJournal];
const NAMES = SUBCOMMANDS.map(({ name }) => name).join(', ');

const COMMON = {
  session: { type: 'string' },
  state: { type: 'string', default: '.nightdesk' },
  help: { type: 'boolean', default: false },
} as const;

const HELP = `Works on the ledger of a session. Nightdesk may be running meanwhile.

${SUBCOMMANDS.map(({ name, takes }) => `  npm run ledger -- ${name} ${takes === undefined ? '' : `[${takes}] `}[options]`).join('\n')}

  --session ID   the session (default: the newest)
  --state DIR    the folder that Nightdesk keeps its data in (default .nightdesk)
  --help         this page

${SUBCOMMANDS.map(({ help }) => help).join('\n\n')}

Exit code 0: sound. 1: a difference, or the store cannot be read. 2: a bad option, or nothing to work on.
With AWS_ENDPOINT_URL_DYNAMODB set, that DynamoDB is read instead of the folder.`;

/** The ledger command. @returns the exit code */
export async function runLedgerCommand(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    const asked = readCommandLine(argv);
    if (asked === null) {
      terminal.out(HELP);
      return EXIT.sound;
    }
    const { subcommand, options, named } = asked;
    return await withLedger(String(options.state), terminal, (ledger) => subcommand.run({ ledger, options, named, terminal }));
  } catch (error) {
    terminal.err(messageOf(error));
    return error instanceof LedgerCommandError && error.code !== 'not_reachable' ? EXIT.badOption : EXIT.unsound;
  }
}

interface Asked {
  readonly subcommand: Subcommand;
  readonly options: GivenOptions;
  readonly named: string | null;
}

/** Null when help was asked for. @throws LedgerCommandError `bad_option`, one clear line */
function readCommandLine(argv: readonly string[]): Asked | null {
  if (argv.includes('--help')) return null;
  const [command, ...rest] = argv;
  const subcommand = SUBCOMMANDS.find(({ name }) => name === command);
  if (subcommand === undefined)
    throw badOption(`ledger takes one of ${NAMES} first; received ${command === undefined ? 'none' : JSON.stringify(command)}`);
  const { values, positionals } = parsed(rest, subcommand);
  const named = namedBehind(subcommand, positionals);
  subcommand.check?.(values, named);
  return { subcommand, options: values, named };
}

function namedBehind({ name, takes }: Subcommand, positionals: readonly string[]): string | null {
  const [first = null, surplus] = positionals;
  if (takes === undefined && first !== null) throw badOption(`${name} takes options only; received ${JSON.stringify(first)}`);
  if (surplus !== undefined) throw badOption(`${name} takes one ${takes}; received ${JSON.stringify(surplus)} too`);
  return first;
}

function parsed(args: readonly string[], { options }: Subcommand): { readonly values: GivenOptions; readonly positionals: readonly string[] } {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: { ...options, ...COMMON }, strict: true, allowPositionals: true });
    return {
      values: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Array.isArray(value) ? value.at(-1) : value])),
      positionals,
    };
  } catch (error) {
    const [line = 'bad options'] = messageOf(error).split('\n');
    throw badOption(line.replace(/\.? To specify .*$/, ''));
  }
}
