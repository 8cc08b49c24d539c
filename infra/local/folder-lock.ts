import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NightdeskError } from '../../shared/kernel/errors.ts';
import { startOfProcess } from './process-facts.ts';

export class FolderLockError extends NightdeskError<'in_use'> {}

const LOCK = 'nightdesk.lock';
const ATTEMPTS = 3;

/**
 * Makes a folder this process's own until the returned function is called, or the process is gone: the lock of a process
 * that no longer lives is taken over.
 * @param option  the option by which another folder is chosen, for the message
 * @throws FolderLockError `in_use` when a living process has it
 */
export function lockFolder(folder: string, option = '--state'): () => void {
  const file = join(folder, LOCK);
  const mine = `${process.pid} ${startOfProcess(process.pid) ?? ''}\n`;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (create(file, mine)) return () => unlock(file, mine);
    const found = read(file);
    if (found === null) continue;
    const owner = Number.parseInt(found, 10);
    if (isAlive(found)) throw inUse(folder, owner, option);
    takeAway(file, found);
  }
  throw inUse(folder, null, option);
}

const inUse = (folder: string, owner: number | null, option: string): FolderLockError =>
  new FolderLockError(
    'in_use',
    `${folder} is in use by another Nightdesk${owner === null ? '' : ` (process ${owner})`}: stop it, or choose another folder with ${option}`,
    { folder, owner },
  );

/** The file appears whole or not at all: nobody ever reads half a lock. */
function create(file: string, content: string): boolean {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, content);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function isAlive(lock: string): boolean {
  const [pid = '', started = ''] = lock.trim().split(' ');
  return /^\d+$/.test(pid) && startOfProcess(Number.parseInt(pid, 10)) === started;
}

/** Two starts may both see a dead lock: whoever finds a new one in their hands puts it back. */
function takeAway(file: string, dead: string): void {
  const aside = `${file}.${process.pid}.dead`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw error;
  }
  if (readFileSync(aside, 'utf8') !== dead) linkSync(aside, file);
  rmSync(aside, { force: true });
}

function unlock(file: string, mine: string): void {
  if (read(file) === mine) rmSync(file, { force: true });
}
