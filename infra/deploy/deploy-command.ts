import { messageOf } from '../../shared/kernel/errors.ts';
import { deploy } from './deploy.ts';
import { examine } from './doctor.ts';
import { thisMachine } from './this-machine.ts';
import { ROOT, runTool } from './tools.ts';

const HELP = `npm run deploy

Deploys Nightdesk to the account of this machine's credentials, as nightdesk.config.json says: npm run doctor first, cdk bootstrap
where it is missing, both stacks, then the address of the API and the first calls. Again after a change, it updates.`;

async function main(args: readonly string[]): Promise<number> {
  if (args.length > 0) {
    console.log(HELP);
    return args.includes('--help') ? 0 : 2;
  }
  return deploy({
    examine: () => examine(thisMachine),
    cdk: (cdkArgs) => runTool('cdk', cdkArgs),
    say: console.log,
    outputsFile: `${ROOT}cdk.out/outputs.json`,
  });
}

process.exit(
  await main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(messageOf(error));
    return 1;
  }),
);
