import { runTokenCommand } from '../../infra/local/token-cli.ts';

process.exitCode = await runTokenCommand(process.argv.slice(2), { out: console.log, err: console.error, env: process.env, now: Date.now });
