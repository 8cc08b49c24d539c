import { spawn } from 'node:child_process';

interface Ended {
  readonly name: string;
  readonly code: number;
}

/**
 * Runs commands at the same time. What each of them says is told in one piece when it ends, for pieces of several would not be read.
 * @param commands  a name for each command, and its words
 * @returns the names of those that failed
 */
export async function failedAtOnce(
  commands: Readonly<Record<string, readonly [string, ...string[]]>>,
  tell: (text: string) => void,
): Promise<readonly string[]> {
  const ended = await Promise.all(
    Object.entries(commands).map(async ([name, [program, ...args]]): Promise<Ended> => {
      const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      let said = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          said += text;
        });
      }
      const code = await new Promise<number>((resolve) => {
        child.once('error', (error) => {
          said += `${error.message}\n`;
          resolve(1);
        });
        child.once('close', (exit) => resolve(exit ?? 1));
      });
      tell(`${name}: ${code === 0 ? 'passed' : `failed with ${code}`}\n${said}`);
      return { name, code };
    }),
  );
  return ended.filter(({ code }) => code !== 0).map(({ name }) => name);
}
