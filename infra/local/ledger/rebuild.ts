import type { Rebuilding } from '../../../shared/engine/ports.ts';
import { checkOneOrAll, EXIT, type Subcommand, sessionsAsked } from './subcommand.ts';

export const rebuild: Subcommand = {
  name: 'rebuild',
  help: `rebuild: works out head, positions, orders and trades of a session from its journal and says which rows differ. The
journal, receipts and scans are never touched. A Nightdesk that is running keeps the account it has in memory: when
its positions or its head were damaged, start it again afterwards.
  --write        put right what differs (otherwise nothing is written, and differences are exit code 1)
  --all          every session
  --json         the result as JSON`,
  options: { write: { type: 'boolean', default: false }, all: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
  check: checkOneOrAll,
  run: async (task) => {
    const { ledger, options, terminal } = task;
    const rebuildings: Rebuilding[] = [];
    for (const id of await sessionsAsked(task)) rebuildings.push(await ledger.rebuild(id, { write: options.write === true }));
    const told = options.all === true ? rebuildings : rebuildings[0];
    for (const line of options.json === true ? [JSON.stringify(told, null, 2)] : rebuildings.flatMap(linesOf)) terminal.out(line);
    return rebuildings.every(({ differences, isWritten }) => isWritten || differences.length === 0) ? EXIT.sound : EXIT.unsound;
  },
};

const KINDS = ['missing', 'different', 'surplus'] as const;

function linesOf({ sessionId, seq, rows, differences, isWritten }: Rebuilding): readonly string[] {
  const counts = KINDS.map((kind) => `${differences.filter((each) => each.kind === kind).length} ${kind}`).join(', ');
  return [
    `Session ${sessionId}: ${rows} rows from ${seq} journal rows, ${counts}`,
    ...differences.map(({ kind, row }) => `  ${kind.padEnd('different'.length)} ${row}`),
    ...(differences.length === 0 ? [] : [isWritten ? '  put right' : '  nothing was written: --write puts it right']),
  ];
}
