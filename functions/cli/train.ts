import { runTrainCommand } from '../../infra/local/train/train-command.ts';

const { stderr } = process;

process.exitCode = await runTrainCommand(process.argv.slice(2), {
  out: console.log,
  err: console.error,
  draw: stderr.isTTY ? (text) => void stderr.write(text) : null,
});
