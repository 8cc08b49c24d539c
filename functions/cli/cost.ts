import { runCostCommand } from '../../infra/cost/cost-cli.ts';

process.exitCode = await runCostCommand(process.argv.slice(2), { out: console.log, err: console.error, env: process.env });
