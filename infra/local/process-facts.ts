import { readFileSync } from 'node:fs';

/** The words of a process's command line; empty when there is no such process. Linux. */
export function commandLineOf(pid: number): readonly string[] {
  const text = procFile(pid, 'cmdline');
  return text === null ? [] : text.split('\0').filter((word) => word !== '');
}

/**
 * When a process was started, in the kernel's own ticks since boot: with the id it names a process for good, for ids are
 * used again. Null when there is no such process, or only its remains. Linux.
 */
export function startOfProcess(pid: number): string | null {
  const text = procFile(pid, 'stat');
  if (text === null) return null;
  // The name in the second field may hold blanks and brackets: fields are counted from its last bracket.
  const [state, ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? null : (fields[STARTED_FIELD] ?? null);
}

/** Field 22 of `/proc/<pid>/stat`, counted from the one after the state. */
const STARTED_FIELD = 18;

function procFile(pid: number, name: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return null;
    throw error;
  }
}
