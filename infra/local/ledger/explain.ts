import { CONFIG_VERSION } from '../../../shared/config/config-version.ts';
import type { Fill } from '../../../shared/contracts/fill.ts';
import type { JournalRow } from '../../../shared/contracts/journal.ts';
import { explainFills } from '../../../shared/engine/explain-fill.ts';
import type { LedgerStore } from '../../../shared/engine/ports.ts';
import { wire } from '../../../shared/kernel/canonical-json.ts';
import { type ExplainedInShort, inShort, linesOfAll, linesOfExplanation, listedFill } from './explained-lines.ts';
import { badOption, EXIT, type ExitCode, type LedgerTask, type Subcommand, sessionsAsked } from './subcommand.ts';

const LISTED = 20;
const NAMED_SO = 'F:<order>:<n>, the n-th fill of its order';

export const explain: Subcommand = {
  name: 'explain',
  takes: 'FILL',
  help: `explain: tells how a fill came about, and makes it again from what its journal keeps: order, account, quote, book, trade,
rates. Nothing is written. Without FILL it lists the last fills; a fill is named ${NAMED_SO}.
  --all          makes every fill of the session again and counts: exit code 1 when one comes out otherwise
  --json         the result as JSON`,
  options: { all: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
  check: ({ all }, named) => {
    if (all === true && named !== null) throw badOption('--all and the name of a fill exclude each other');
  },
  run: async (task) => {
    const [sessionId] = await sessionsAsked(task);
    if (task.options.all === true) return explainAll(task, sessionId);
    return task.named === null ? listLast(task, sessionId) : explainOne(task, sessionId, task.named);
  },
};

async function explainOne({ ledger, options, terminal }: LedgerTask, sessionId: string, named: string): Promise<ExitCode> {
  const last: string[] = [];
  const isNamed = ({ id }: Fill): boolean => {
    last.push(id);
    return id === named;
  };
  for await (const explanation of explainFills(rowsOf(ledger, sessionId), CONFIG_VERSION, isNamed)) {
    for (const line of options.json === true ? [asJson(explanation)] : linesOfExplanation(explanation)) terminal.out(line);
    return explanation.differences.length === 0 ? EXIT.sound : EXIT.unsound;
  }
  throw badOption(unknownFill(sessionId, named, last));
}

function unknownFill(sessionId: string, named: string, all: readonly string[]): string {
  const there =
    all.length === 0 ? 'which has none yet' : `whose last is ${all.at(-1)}: without a name the last are listed, --session takes another session`;
  return `There is no fill ${JSON.stringify(named)} in session ${sessionId}, ${there}. A fill is named ${NAMED_SO}`;
}

async function explainAll({ ledger, options, terminal }: LedgerTask, sessionId: string): Promise<ExitCode> {
  const told: ExplainedInShort[] = [];
  for await (const explanation of explainFills(rowsOf(ledger, sessionId), CONFIG_VERSION)) told.push(inShort(explanation));
  const different = told.filter(({ differences }) => differences.length > 0);
  const counted = { sessionId, running: CONFIG_VERSION, fills: told.length, identical: told.length - different.length, different };
  const otherSettings = told.filter(({ settings }) => settings !== CONFIG_VERSION).length;
  for (const line of options.json === true ? [asJson({ ...counted, otherSettings })] : linesOfAll({ ...counted, otherSettings })) terminal.out(line);
  return different.length === 0 ? EXIT.sound : EXIT.unsound;
}

async function listLast({ ledger, options, terminal }: LedgerTask, sessionId: string): Promise<ExitCode> {
  const fills: Fill[] = [];
  for await (const { event } of rowsOf(ledger, sessionId)) {
    if (event.type === 'filled') fills.push(event.fill);
    if (fills.length > LISTED) fills.shift();
  }
  const newestFirst = fills.reverse().map(listedFill);
  const head = newestFirst.length === 0 ? `Session ${sessionId} has no fill yet` : `The last fills of session ${sessionId}, newest first`;
  const lines = [head, ...newestFirst.map(({ id, says }) => `  ${id}  ${says}`)];
  for (const line of options.json === true ? [asJson({ sessionId, fills: newestFirst })] : lines) terminal.out(line);
  return EXIT.sound;
}

const asJson = (value: object): string => JSON.stringify(wire(value), null, 2);

/** Up to the head as it is now: a commit that comes meanwhile is not read half. */
async function* rowsOf(ledger: LedgerStore, sessionId: string): AsyncGenerator<JournalRow> {
  const head = await ledger.head(sessionId);
  for await (const row of ledger.rows(sessionId, 0)) {
    if (row.seq > head) return;
    yield row;
  }
}
