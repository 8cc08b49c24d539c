import { describe, expect, it } from 'vitest';
import { failedAtOnce } from './at-once.ts';

const node = (program: string): readonly [string, ...string[]] => [process.execPath, '-e', program];

describe('commands that run at once', () => {
  it('are told in one piece each, and the failed ones named', async () => {
    const told: string[] = [];
    const commands = {
      good: node("console.log('a'); setTimeout(() => console.error('b'), 50)"),
      bad: node("console.log('c'); process.exit(3)"),
      killed: node("process.kill(process.pid, 'SIGKILL')"),
      nothing: ['/no/such/program'] as const,
    };
    expect(await failedAtOnce(commands, (text) => told.push(text))).toEqual(['bad', 'killed', 'nothing']);
    expect(told.toSorted()).toEqual([
      'bad: failed with 3\nc\n',
      'good: passed\na\nb\n',
      'killed: failed with 1\n',
      expect.stringMatching(/^nothing: failed with 1\n.*ENOENT/),
    ]);
  });
});
