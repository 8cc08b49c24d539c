import '../../infra/local/backtest/config-argument.ts';
import '../../infra/local/apply-config.ts';

import { config } from '../../infra/local/apply-config.ts';
import { runBacktestCommand } from '../../infra/local/backtest-cli.ts';

const { stderr } = process;

process.exitCode = await runBacktestCommand(process.argv.slice(2), {
  out: console.log,
  err: console.error,
  draw: stderr.isTTY ? (text) => void stderr.write(text) : null,
  marketMode: config.deployment.marketMode,
});
