import { runReportCommand } from '../../infra/local/report-cli.ts';

process.exitCode = await runReportCommand(process.argv.slice(2), { out: console.log, err: console.error, env: process.env });
