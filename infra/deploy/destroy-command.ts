import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { messageOf } from '../../shared/kernel/errors.ts';
import { destroy } from './destroy.ts';
import { thisMachine } from './this-machine.ts';
import { runTool } from './tools.ts';

const HELP = `npm run destroy [-- --delete-ledger]

Takes down what costs: feed, functions, schedules, API. The ledger stays, and npm run deploy takes it up again.

  --delete-ledger   deletes the ledger too, after a sentence that you type
  --help            this page`;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { 'delete-ledger': { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const ports = {
    config: thisMachine.config,
    account: thisMachine.account,
    cdk: (args: readonly string[]) => runTool('cdk', args),
    ask,
    say: console.log,
  };
  return destroy(ports, { deletesLedger: values['delete-ledger'] });
}

async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    // A terminal that is closed instead of answered has not confirmed anything.
    return await Promise.race([terminal.question(question), new Promise<string>((resolve) => terminal.once('close', () => resolve('')))]);
  } finally {
    terminal.close();
  }
}

process.exit(
  await main().catch((error: unknown) => {
    console.error(messageOf(error));
    return 2;
  }),
);
