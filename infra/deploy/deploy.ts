import { readFileSync, rmSync } from 'node:fs';
import * as z from 'zod';
import type { Deployment } from '../../shared/config/deployment.ts';
import { API_BASE_PATH } from '../../shared/contracts/routes.ts';
import { checkLines, isHealthy } from './check.ts';
import type { Examination } from './doctor.ts';
import type { Ended } from './tools.ts';

/** What a deployment works with. */
export interface DeployPorts {
  readonly examine: () => Promise<Examination>;
  readonly cdk: (args: readonly string[]) => Promise<Ended>;
  readonly say: (line: string) => void;
  /** Where the CDK leaves what the stacks tell. */
  readonly outputsFile: string;
}

const outputsSchema = z.object({ NightdeskTrading: z.object({ ApiUrl: z.url() }) });

/**
 * Deploys both stacks: the doctor first, then the bootstrap where it is missing, then the stacks, then what to do with them.
 * Again after a change, it updates them; the feed goes on until the next one has come up.
 * @returns the exit code
 */
export async function deploy({ examine, cdk, say, outputsFile }: DeployPorts): Promise<number> {
  const { checks, deployment, account, isBootstrapped } = await examine();
  for (const line of checkLines(checks)) say(line);
  if (!isHealthy(checks) || deployment === null || account === null) {
    say('\nNothing was changed. What failed above stands in the way.');
    return 1;
  }
  if (isBootstrapped !== true && !(await went(cdk, say, ['bootstrap', `aws://${account}/${deployment.region}`]))) return 1;
  // What an earlier deployment told must not be taken for the answer of this one.
  rmSync(outputsFile, { force: true });
  if (!(await went(cdk, say, ['deploy', '--all', '--require-approval', 'never', '--outputs-file', outputsFile]))) {
    say('CloudFormation puts back what it had changed; the feed that ran goes on. docs/runbook.md tells where to look.');
    return 1;
  }
  const { NightdeskTrading } = outputsSchema.parse(JSON.parse(readFileSync(outputsFile, 'utf8')));
  for (const line of firstSteps(NightdeskTrading.ApiUrl, deployment)) say(line);
  return 0;
}

async function went(cdk: DeployPorts['cdk'], say: DeployPorts['say'], args: readonly string[]): Promise<boolean> {
  say(`\ncdk ${args.join(' ')}`);
  const { code } = await cdk(args);
  if (code === 0) return true;
  say(`cdk ${args[0]} ended with ${code ?? 'a signal'}.`);
  return false;
}

function firstSteps(url: string, { region, autoStart }: Deployment): readonly string[] {
  const api = `${url.replace(/\/$/, '')}${API_BASE_PATH}`;
  const auth = '-H "Authorization: Bearer $NIGHTDESK_TOKEN"';
  return [
    `\nDeployed in ${region}. API: ${api}`,
    '\nA token, shown once and never again:',
    `  npm run token -- create --region ${region}`,
    '  export NIGHTDESK_TOKEN=...',
    '\nFirst look (the feed needs a minute or two until prices are there):',
    `  curl ${auth} ${api}/status`,
    `  curl ${auth} ${api}/quotes`,
    autoStart.when === 'off'
      ? `  curl ${auth} -X POST ${api}/start-paper-trading -H 'Content-Type: application/json' -d '{}'`
      : `  (autoStart is "${autoStart.when}": a session starts by itself)`,
    `  curl ${auth} ${api}/portfolio`,
    `  curl ${auth} ${api}/decisions`,
    '\nIf status shows no prices of Binance after some minutes, its addresses may be refused in this region: docs/runbook.md.',
  ];
}
