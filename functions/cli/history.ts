import { mkdirSync } from 'node:fs';
import { lockFolder } from '../../infra/local/folder-lock.ts';
import { runHistoryCommand } from '../../shared/feeds/history/command/run-history-command.ts';
import { systemClock } from '../../shared/kernel/clock-system.ts';

const { stderr } = process;

process.exitCode = await runHistoryCommand(process.argv.slice(2), {
  out: console.log,
  err: console.error,
  draw: stderr.isTTY ? (text) => void stderr.write(text) : null,
  env: process.env,
  clock: systemClock((error) => {
    throw error;
  }),
  lock: (folder) => {
    mkdirSync(folder, { recursive: true });
    return lockFolder(folder, '--dir');
  },
});
