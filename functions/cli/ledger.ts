import { runLedgerCommand } from '../../infra/local/ledger-cli.ts';

process.exitCode = await runLedgerCommand(process.argv.slice(2), { out: console.log, err: console.error, env: process.env });
