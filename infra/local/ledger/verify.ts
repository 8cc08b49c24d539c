import { type Difference, type Verification, verifyLedger } from '../../../shared/engine/verify-ledger.ts';
import { checkOneOrAll, EXIT, type Subcommand, sessionsAsked } from './subcommand.ts';

export const verify: Subcommand = {
  name: 'verify',
  help: `verify: rebuilds the books of a session from its journal and compares them with what is stored. Nothing is written.
  --all          every session
  --json         the result as JSON`,
  options: { all: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
  check: checkOneOrAll,
  run: async (task) => {
    const { ledger, options, terminal } = task;
    const verifications: Verification[] = [];
    for (const id of await sessionsAsked(task)) verifications.push(await verifyLedger(ledger, id));
    const told = options.all === true ? verifications : verifications[0];
    for (const line of options.json === true ? [JSON.stringify(told, null, 2)] : verifications.flatMap(linesOf)) terminal.out(line);
    return verifications.every(({ isSound }) => isSound) ? EXIT.sound : EXIT.unsound;
  },
};

function linesOf({ sessionId, isSound, rows, fills, trades, cash, journalHash, differences }: Verification): readonly string[] {
  const verdict = isSound ? 'sound: what is stored is what its journal says' : `NOT SOUND: ${differences.length} differences`;
  return [
    `Session ${sessionId} is ${verdict}`,
    `  ${rows} journal rows, ${fills} fills, ${trades} trades, cash ${cash} USD`,
    `  journal hash ${journalHash}`,
    ...differences.flatMap(linesOfDifference),
  ];
}

const linesOfDifference = ({ what, stored, rebuilt }: Difference): readonly string[] => [
  `  ${what}`,
  `    stored   ${JSON.stringify(stored)}`,
  `    rebuilt  ${JSON.stringify(rebuilt)}`,
];
