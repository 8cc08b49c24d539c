import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Embedded, startEmbedded } from '../../../infra/local/embedded-dynamodb.ts';
import { lockFolder } from '../../../infra/local/folder-lock.ts';
import { commandLineOf, startOfProcess } from '../../../infra/local/process-facts.ts';
import { openDynamo } from '../../support/dynamo-harness.ts';
import { commitOf, sessionStarted } from '../../support/ledger-fixtures.ts';

const log = (): void => undefined;
const moduleFile = fileURLToPath(new URL('../../../infra/local/embedded-dynamodb.ts', import.meta.url));

describe('the embedded DynamoDB', () => {
  let dataDir: string;
  const started: Embedded[] = [];
  const children: ChildProcess[] = [];

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'nightdesk-embedded-'));
  });
  afterEach(async () => {
    for (const embedded of started.splice(0)) await embedded.stop();
    for (const child of children.splice(0)) child.kill('SIGKILL');
    // The server of a killed Nightdesk outlives it.
    if (existsSync(join(dataDir, 'dynamodb.pid')) && commandLineOf(serverPid()).includes(join(dataDir, 'dynamodb.sqlite')))
      process.kill(serverPid(), 'SIGKILL');
    rmSync(dataDir, { recursive: true });
  });

  const start = async (): Promise<Embedded> => {
    const embedded = await startEmbedded({ dataDir, log });
    started.push(embedded);
    return embedded;
  };
  const serverPid = (): number => Number.parseInt(readFileSync(join(dataDir, 'dynamodb.pid'), 'utf8'), 10);
  /** Another Nightdesk on the folder, running until it is killed. */
  const startElsewhere = async (): Promise<ChildProcess> => {
    const program = `const { startEmbedded } = await import(${JSON.stringify(moduleFile)});
      await startEmbedded({ dataDir: ${JSON.stringify(dataDir)}, log: () => undefined });
      console.log('started');
      setInterval(() => undefined, 1_000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    await new Promise<void>((ready, failed) => {
      child.stdout?.once('data', () => ready());
      child.once('exit', (code) => failed(new Error(`the other Nightdesk ended with ${code}`)));
    });
    return child;
  };
  const gone = async (pid: number): Promise<void> => {
    while (startOfProcess(pid) !== null) await sleep(5);
  };

  it('keeps what was written when it is stopped and started again', async () => {
    const first = await start();
    const before = await openDynamo(first.endpoint, 'kept');
    const { after } = commitOf(null, 'start', [sessionStarted('kept')]);
    await before.ledger.commit(commitOf(null, 'start', [sessionStarted('kept')]));
    await before.close();
    await first.stop();
    expect(existsSync(join(dataDir, 'dynamodb.pid'))).toBe(false);

    const again = await openDynamo((await start()).endpoint, 'kept');
    expect(await again.ledger.load('kept')).toEqual(after);
    await again.close();
  });

  it('refuses a folder that a living Nightdesk uses, in one clear sentence', async () => {
    const other = await startElsewhere();
    await expect(startEmbedded({ dataDir, log })).rejects.toMatchObject({
      code: 'in_use',
      message: `${dataDir} is in use by another Nightdesk (process ${other.pid}): stop it, or choose another folder with --state`,
    });
  });

  it('ends the server that a killed Nightdesk left behind, and takes the folder over', async () => {
    const other = await startElsewhere();
    const orphan = serverPid();
    other.kill('SIGKILL');
    await gone(other.pid ?? 0);
    expect(startOfProcess(orphan)).not.toBeNull();

    await start();

    expect(startOfProcess(orphan)).toBeNull();
    expect(serverPid()).not.toBe(orphan);
  });

  it('leaves a process alone that only has the id of an old server', async () => {
    const innocent = spawn('sleep', ['60']);
    children.push(innocent);
    writeFileSync(join(dataDir, 'dynamodb.pid'), `${innocent.pid}\n`);
    await start();
    expect(innocent.exitCode ?? innocent.signalCode).toBeNull();
    expect(commandLineOf(innocent.pid ?? 0)).toEqual(['sleep', '60']);
  });

  it('tells when the server ends by itself, and not when it is stopped', async () => {
    const killed = await start();
    const why = new Promise<string>((tell) => killed.onExit(tell));
    process.kill(serverPid(), 'SIGKILL');
    expect(await why).toContain('SIGKILL');
    await killed.stop();

    const told: string[] = [];
    const stopped = await start();
    stopped.onExit((reason) => told.push(reason));
    await stopped.stop();
    expect(told).toEqual([]);
  });

  it('runs in a process group of its own, so that Ctrl-C does not reach it', async () => {
    await start();
    const group = readFileSync(`/proc/${serverPid()}/stat`, 'utf8').split(' ')[4];
    expect(group).toBe(String(serverPid()));
  });

  it('names its log when it cannot start', async () => {
    writeFileSync(join(dataDir, 'dynamodb.sqlite'), 'this is no database, and is long enough to be looked at'.repeat(100));
    await expect(startEmbedded({ dataDir, log })).rejects.toMatchObject({ code: 'did_not_start', message: expect.stringContaining('dynamodb.log') });
    rmSync(join(dataDir, 'dynamodb.sqlite'));
    await start();
  });
});

describe('a folder lock', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nightdesk-lock-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('is held until it is given back', () => {
    const unlock = lockFolder(folder);
    expect(() => lockFolder(folder)).toThrow('is in use by another Nightdesk');
    unlock();
    lockFolder(folder)();
  });

  it.each([
    ['of a process that is gone', '4194300 1\n'],
    ['of a process whose id another one has now', `${process.pid} 1\n`],
    ['that is no lock at all', 'x'],
  ])('is taken over from one %s', (_, content) => {
    writeFileSync(join(folder, 'nightdesk.lock'), content);
    lockFolder(folder)();
    expect(existsSync(join(folder, 'nightdesk.lock'))).toBe(false);
  });
});
