import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { HistoryError } from './history-error.ts';
import type { Stored } from './history-store.ts';
import { type Counts, type Parsed, rowsIn } from './inputs/parsed.ts';
import { parseInput } from './inputs/recognise.ts';
import { unpack } from './inputs/unpack.ts';
import type { Intake } from './intake.ts';
import { sha256 } from './receipts.ts';

export interface ImportReport {
  readonly taken: number;
  /** Inputs that were in the history already. */
  readonly known: number;
  /** Files of other forms: not a history that is understood here. */
  readonly notRecognised: readonly string[];
  readonly failed: readonly { readonly name: string; readonly why: string }[];
  readonly rows: number;
  readonly refused: Counts;
  readonly leftOut: Counts;
  /** Each note with the number of files that it is about. */
  readonly notes: Counts;
  readonly stored: Stored;
}

interface InputFile {
  readonly path: string;
  /** The path from the folder that was named on, its own name included: what the receipt is kept under. */
  readonly name: string;
}

const INPUT_NAME = /\.(?:csv|csv\.gz|txt\.gz|zip)$/i;

/**
 * Takes the files named, and those below the folders named, into the history: all forms that `parseInput` recognises. A file
 * that was taken before is known again by its content; one that cannot be read is told and left out, and the others are taken.
 * @param onFile  called before each file, and once at the end
 * @throws HistoryError `not_found`; `bad_file` when the history itself cannot be read
 */
export async function importPaths(
  paths: readonly string[],
  intake: Intake,
  onFile: (done: number, of: number, name: string) => void = () => undefined,
): Promise<ImportReport> {
  const files = (await Promise.all(paths.map(inputsAt))).flat();
  const notRecognised: string[] = [];
  const failed: { name: string; why: string }[] = [];
  const sums = { taken: 0, known: 0, rows: 0, refused: {}, leftOut: {}, notes: {} };
  for (const [index, file] of files.entries()) {
    onFile(index, files.length, file.name);
    try {
      const outcome = await importFile(file, intake);
      if (outcome === 'known') sums.known++;
      else if (outcome === 'not-recognised') notRecognised.push(file.name);
      else {
        sums.taken++;
        sums.rows += outcome.rows;
        addCounts(sums.refused, outcome.refused);
        addCounts(sums.leftOut, outcome.leftOut);
        addCounts(sums.notes, Object.fromEntries(outcome.notes.map((note) => [note, 1])));
      }
    } catch (error) {
      if (!(error instanceof HistoryError) || error.code === 'bad_file') throw error;
      failed.push({ name: file.name, why: error.message });
    }
  }
  await intake.flush();
  onFile(files.length, files.length, '');
  return { ...sums, notRecognised, failed, stored: intake.stored() };
}

type Taken = Omit<Parsed, 'batches'> & { readonly rows: number };

async function importFile(file: InputFile, intake: Intake): Promise<Taken | 'known' | 'not-recognised'> {
  const bytes = await readFile(file.path);
  const digest = sha256(bytes);
  if (intake.has(file.name, digest)) return 'known';
  const isVerified = await hasRightChecksum(file, digest);
  const parsed = unpack(file.name, bytes).flatMap(
    ({ member, text }) => parseInput({ path: file.path, member, text, klineSource: isVerified ? 'binance-bulk' : 'recorded' }) ?? [],
  );
  if (parsed.length === 0) return 'not-recognised';
  const whole = joined(parsed);
  await intake.take({ name: file.name, sha256: digest, bytes: bytes.length }, whole);
  return { rows: rowsIn(whole), refused: whole.refused, leftOut: whole.leftOut, notes: whole.notes };
}

/** Whether a `.CHECKSUM` lies beside the file, as Binance publishes it, and is right. @throws HistoryError `wrong_checksum` */
async function hasRightChecksum({ path, name }: InputFile, digest: string): Promise<boolean> {
  const text = await readFile(`${path}.CHECKSUM`, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return false;
  checkSum(name, digest, text);
  return true;
}

/** Compares a digest with the text of a `.CHECKSUM` file. @throws HistoryError `wrong_checksum` */
export function checkSum(name: string, digest: string, text: string): void {
  const told = text.trim().split(/\s+/)[0]?.toLowerCase() ?? '';
  if (told !== digest) {
    throw new HistoryError('wrong_checksum', `${name} has the SHA-256 ${digest}, its checksum file tells ${told || 'none'}`, { name, digest, told });
  }
}

function joined(parsed: readonly Parsed[]): Parsed {
  const [refused, leftOut] = [{}, {}];
  for (const each of parsed) {
    addCounts(refused, each.refused);
    addCounts(leftOut, each.leftOut);
  }
  return { batches: parsed.flatMap(({ batches }) => batches), refused, leftOut, notes: parsed.flatMap(({ notes }) => notes) };
}

function addCounts(sum: Record<string, number>, counts: Counts): void {
  for (const [reason, count] of Object.entries(counts)) sum[reason] = (sum[reason] ?? 0) + count;
}

async function inputsAt(path: string): Promise<readonly InputFile[]> {
  const entry = await stat(path).catch((error: unknown) => {
    throw new HistoryError('not_found', `No such file or folder: ${path}`, { path }, { cause: error });
  });
  if (!entry.isDirectory()) return [{ path, name: basename(path) }];
  const names = await readdir(path, { recursive: true });
  const folder = basename(resolve(path));
  return names
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => INPUT_NAME.test(name) && !name.split('/').some((part) => part.startsWith('.') || part === 'node_modules'))
    .sort()
    .map((name) => ({ path: join(path, name), name: `${folder}/${name}` }));
}
