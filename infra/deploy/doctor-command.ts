import { parseArgs } from 'node:util';
import { messageOf } from '../../shared/kernel/errors.ts';
import { checkLines, isHealthy } from './check.ts';
import { examine } from './doctor.ts';
import { thisMachine } from './this-machine.ts';

const HELP = `npm run doctor [-- --json]

Looks at everything that a deployment needs, and changes nothing: Node, CDK, configuration, region, credentials, bootstrap, quotas,
Binance from here, container engine, base image, alarms. Exit code 0: nothing stands in the way. 1: something does. 2: a bad option.`;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const { checks } = await examine(thisMachine);
  const isWell = isHealthy(checks);
  if (values.json) console.log(JSON.stringify({ ok: isWell, checks }, null, 2));
  else for (const line of checkLines(checks)) console.log(line);
  return isWell ? 0 : 1;
}

// Sockets of venues and of the account may still be closing: they must not hold the process.
process.exit(
  await main().catch((error: unknown) => {
    console.error(messageOf(error));
    return 2;
  }),
);
