import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { messageOf } from '../../shared/kernel/errors.ts';
import { EMULATED, emulate } from './emulate.ts';
import { askTool, ROOT, runTool } from './tools.ts';

const HELP = `npm run emulate [-- --endpoint URL]

Deploys both stacks to an emulator of AWS on this machine, as to AWS, and uses them: a token, the feed as a process beside it, the
first looks through the API and its authorizer, and an alert that came by stream, outbox and bus. Nothing of AWS is reached.
The emulator is no part of the project:

  pip install ministack && PATH="$PWD/node_modules/.bin:$PATH" ministack

Its functions run on the Node that it finds in its path, which is why that is set. What needs a container engine or is not known
to it is left out: the feed's service and image, the archive of the bus, alarms, the budget.

  --endpoint URL   where the emulator answers (default http://127.0.0.1:4566)
  --help           this page`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { endpoint: { type: 'string', default: 'http://127.0.0.1:4566' }, help: { type: 'boolean', default: false } },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: values.endpoint,
    AWS_ENDPOINT_URL_S3: values.endpoint,
    AWS_S3_FORCE_PATH_STYLE: '1',
    AWS_ACCESS_KEY_ID: 'emulated',
    AWS_SECRET_ACCESS_KEY: 'emulated',
    AWS_REGION: EMULATED.region,
  });
  await emulate({
    endpoint: values.endpoint,
    cdk: (args) => runTool('cdk', args),
    token: async () => {
      const { output } = await askTool('npm', ['run', '-s', 'token', '--', 'create', '--region', EMULATED.region], 60_000);
      return /\bnightdesk_\w{49}\b/.exec(output)?.[0] ?? '';
    },
    feed: startFeed,
    outputs: () => JSON.parse(readFileSync(`${ROOT}cdk.out/emulated-outputs.json`, 'utf8')) as unknown,
    say: console.log,
  });
  console.log('The stack works on the emulator.');
  return 0;
}

/** The feed as its task runs it, from its source; over when it has begun. */
async function startFeed(environment: Readonly<Record<string, string>>): Promise<() => Promise<unknown>> {
  const child = spawn(process.execPath, ['functions/feed/main.ts'], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('"event":"feed-started"')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`The feed ended with ${code}`)));
  });
  return () => {
    child.kill('SIGTERM');
    return ended;
  };
}

process.exit(
  await main().catch((error: unknown) => {
    console.error(messageOf(error));
    return 1;
  }),
);
