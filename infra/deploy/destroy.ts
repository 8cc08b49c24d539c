import { messageOf } from '../../shared/kernel/errors.ts';
import type { ReadConfig } from '../config/config-file.ts';
import type { AccountPort } from './account.ts';
import type { Ended } from './tools.ts';

/** What taking down works with. */
export interface DestroyPorts {
  readonly config: () => ReadConfig;
  readonly account: (region: string) => Pick<AccountPort, 'identity'>;
  readonly cdk: (args: readonly string[]) => Promise<Ended>;
  /** Asks the person for a line. */
  readonly ask: (question: string) => Promise<string>;
  readonly say: (line: string) => void;
}

const RELEASED = ['--context', 'nightdesk:release-ledger=true'];

const STAYS = [
  '',
  'What stays:',
  '  NightdeskData    the ledger with its backups of 35 days, market data until it expires, the archive of events;',
  '                   storage only: cents a month ($0.29 a GB and $0.23 a GB of backups; a year of trading is far below one)',
  '  CDKToolkit       the bootstrap: a bucket with the uploaded code, cents a month; other CDK apps may use it',
  '  SSM parameters   tokens under /nightdesk, free of charge',
  '  Reports          the bucket of the days’ reports (output ReportBucket): cents a year; each is gone after 400 days',
  'npm run deploy takes up the same books again. To delete them too: npm run destroy -- --delete-ledger',
];

const GONE = [
  '',
  'The ledger is deleted. What stays:',
  '  a backup that DynamoDB makes of a table with point-in-time recovery when it is deleted: 35 days, free of charge',
  '  the bucket of the days’ reports: empty and delete it in the console when nobody wants them any more',
  '  CDKToolkit, and SSM parameters under /nightdesk (see above); npm run token -- revoke --all, and the console, take them away',
];

/**
 * Takes down what costs: feed, functions, schedules, API. The ledger stays, unless its deletion is asked for and confirmed
 * by a typed sentence that names the account.
 * @returns the exit code
 */
export async function destroy(ports: DestroyPorts, { deletesLedger }: { readonly deletesLedger: boolean }): Promise<number> {
  const { say } = ports;
  const { region } = ports.config().deployment;
  if (deletesLedger && !(await isConfirmed(ports, region))) {
    say('Nothing was changed.');
    return 1;
  }
  // Without the ledger flag the CDK asks for itself.
  if (!(await went(ports, ['destroy', 'NightdeskTrading', ...(deletesLedger ? ['--force'] : [])]))) return 1;
  if (!deletesLedger) {
    for (const line of STAYS) say(line);
    return 0;
  }
  const released = await went(ports, ['deploy', 'NightdeskData', '--exclusively', '--require-approval', 'never', ...RELEASED]);
  if (!released || !(await went(ports, ['destroy', 'NightdeskData', '--force', ...RELEASED]))) {
    say('The ledger may be without its protection now: npm run deploy gives it back.');
    return 1;
  }
  for (const line of GONE) say(line);
  return 0;
}

async function isConfirmed({ account, ask, say }: DestroyPorts, region: string): Promise<boolean> {
  let id: string;
  try {
    id = (await account(region).identity()).account;
  } catch (error) {
    say(`Whose ledger it would be cannot be found out: ${messageOf(error)}`);
    return false;
  }
  const sentence = `delete the ledger of ${id} in ${region}`;
  say('This deletes every session, order, fill and journal row there is. docs/runbook.md tells how to export them first.');
  return (await ask(`To go on, type: ${sentence}\n> `)).trim() === sentence;
}

async function went({ cdk, say }: DestroyPorts, args: readonly string[]): Promise<boolean> {
  say(`\ncdk ${args.join(' ')}`);
  const { code } = await cdk(args);
  if (code !== 0) say(`cdk ${args[0]} ended with ${code ?? 'a signal'}.`);
  return code === 0;
}
