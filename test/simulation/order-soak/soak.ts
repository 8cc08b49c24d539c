import { spawn } from 'node:child_process';
import { messageOf } from '../../../shared/kernel/errors.ts';
import { type EpochMs, iso } from '../../../shared/kernel/time.ts';
import { faultsOf, lingering, unsoundIn, withLedgerOfRunning } from './checks.ts';
import { createSoakClient, type ServedLife, type SoakClient } from './client.ts';
import { createFigures, type SoakFigures } from './figures.ts';
import { createReadJournal, type ReadJournal } from './journal.ts';
import type { Kill } from './kills.ts';
import { createTrueMarket, isMissedFill, type TrueMarket } from './passed-by.ts';
import { type Ending, NODE, type Program, ROOT, startProgram } from './program.ts';
import { createPromises, type Promises } from './promises.ts';

export interface SoakOptions {
  readonly kills: readonly Kill[];
  readonly seed: string;
  readonly stateDir: string;
  readonly port: number;
  /** How long the last life trades, in which nobody kills, ms. */
  readonly lastLifeMs: number;
  /** It goes on until so many requests were acknowledged in all: a busy machine gets fewer answers in the same time. */
  readonly leastAcknowledged?: number;
  /** Hears of each kill, for a person who waits. */
  readonly tell: (line: string) => void;
}

export interface SoakResult {
  /** What was found wrong, as sentences; empty when every promise was kept. */
  readonly faults: readonly string[];
  readonly figures: SoakFigures;
}

/** Virtual time for each wall time: a life of some seconds is some minutes of trading. */
const SPEED = 60;
/** A start is taken to last so long before one has been seen, ms. */
const USUAL_START_MS = 4_000;
/** Every so many kills `npm run ledger -- verify` reads the folder that nobody runs on. */
const READ_DEAD_EVERY = 10;

/**
 * Runs the real program with a client that trades through its API, kills it again and again, starts it anew, and holds what stands
 * against every answer that was given.
 */
export async function runOrderSoak(options: SoakOptions): Promise<SoakResult> {
  const faults: string[] = [];
  const complain = (fault: string): void => {
    if (faults.includes(fault)) return;
    faults.push(fault);
    options.tell(`FAULT ${fault}`);
  };
  const promises = createPromises(complain);
  const soak: Soak = {
    options,
    complain,
    promises,
    client: createSoakClient({ seed: options.seed, promises, complain }),
    journal: createReadJournal(complain),
    truth: createTrueMarket(options.seed),
    figures: createFigures(),
    atOnce: new Map(),
    lastMs: null,
    running: null,
  };
  try {
    await liveAndDie(soak);
  } finally {
    soak.running?.kill('both');
  }
  return { faults, figures: soak.figures.told(soak.client, soak.journal) };
}

async function liveAndDie(soak: Soak): Promise<void> {
  const { kills } = soak.options;
  for (const [index, kill] of kills.entries()) {
    await liveUntilKilled(soak, kill, index, kills[index - 1] ?? null);
    if ((index + 1) % READ_DEAD_EVERY === 0 && soak.client.sessionId() !== null) await runLedger(soak, ['verify']);
  }
  await lastLife(soak, kills.at(-1) ?? null);
  for (const command of [
    ['verify', '--all'],
    ['rebuild', '--all'],
    ['explain', '--all'],
  ])
    await runLedger(soak, command);
}

interface Soak {
  readonly options: SoakOptions;
  readonly complain: (fault: string) => void;
  readonly promises: Promises;
  readonly client: SoakClient;
  readonly journal: ReadJournal;
  readonly truth: TrueMarket;
  readonly figures: ReturnType<typeof createFigures>;
  /** At how many starts orders were seen working that must fill at once. */
  readonly atOnce: Map<string, number>;
  /** What the clock of the last life showed when it was killed, about. */
  lastMs: EpochMs | null;
  running: Program | null;
}

/** The same command each time; where time is to have gone on meanwhile, with the instant that it is. */
function startNext(soak: Soak, before: Kill | null): { readonly program: Program; readonly atMs: EpochMs | null } {
  const { stateDir, port, seed } = soak.options;
  const atMs = before === null || before.downMs === 0 || soak.lastMs === null ? null : Math.ceil(soak.lastMs + before.downMs);
  const command = ['--feed', 'simulated', '--speed', String(SPEED), '--markets', 'both', '--seed', seed];
  const program = startProgram([...command, ...(atMs === null ? [] : ['--at', iso(atMs)])], { stateDir, port });
  soak.running = program;
  return { program, atMs };
}

async function liveUntilKilled(soak: Soak, kill: Kill, index: number, before: Kill | null): Promise<void> {
  const { program, atMs } = startNext(soak, before);
  let [isStruck, isStarted] = [false, false];
  const strike = (): void => {
    if (isStruck || program.hasEnded()) return;
    isStruck = true;
    soak.lastMs = isStarted ? estimatedNow(soak.client) : Math.max(atMs ?? 0, soak.lastMs ?? 0);
    program.kill(kill.victim);
  };
  const timers: NodeJS.Timeout[] = [];
  const strikeIn = (ms: number): void => {
    timers.push(setTimeout(strike, ms));
  };
  const { moment } = kill;
  if (moment.when === 'start-up') strikeIn(moment.share * (soak.figures.usualStartMs() ?? USUAL_START_MS));
  if (await program.ready) {
    await lookAfterStart(soak, program, atMs);
    isStarted = true;
    if (moment.when === 'time') strikeIn(moment.ms);
    await soak.client.trade({
      base: program.base,
      onSent: (ordinal) => {
        if (moment.when === 'request' && ordinal === moment.ordinal) strikeIn(moment.afterMs);
      },
      // Without its store the program goes on for a moment: what is asked of it then must not be lost either.
      isOver: () => (kill.victim === 'store' ? program.hasEnded() : isStruck || program.hasEnded()),
      isStoreGone: () => isStruck && kill.victim !== 'program',
    });
    // Asked for less than the moment names: it is killed now.
    if (moment.when === 'request') strike();
  }
  const ending = await program.ended;
  for (const timer of timers) clearTimeout(timer);
  judgeEnding(soak, kill, ending, isStruck);
  soak.figures.killed(kill, program.startUpMs());
  soak.options.tell(lineOf(soak, kill, index));
}

/** What the program's clock shows now, from the last answer and our own clock: rather late than early, for time never goes back. */
function estimatedNow(client: SoakClient): EpochMs | null {
  const told = client.told();
  return told === null ? null : told.atMs + (performance.now() - told.wallMs + 200) * SPEED;
}

function judgeEnding({ complain }: Soak, { victim }: Kill, { exitCode, signal, stderr, hungOn }: Ending, wasStruck: boolean): void {
  if (!wasStruck) complain(`The program ended by itself with ${exitCode ?? signal}: ${stderr.slice(-1_000)}`);
  if (hungOn) complain('The program went on without its store');
  if (wasStruck && victim === 'store' && exitCode !== 1) complain(`Without its store the program ended with ${exitCode ?? signal}, not with 1`);
  if (victim !== 'program') return;
  for (const line of stderr.split('\n')) if (line.startsWith('error:')) complain(`The program reported ${line.slice(0, 400)}`);
}

/** Everything that was acknowledged is there, once, and what rests was met by what was traded meanwhile. */
async function lookAfterStart(soak: Soak, program: Program, atMs: EpochMs | null): Promise<void> {
  const { client, complain, figures, journal, options, truth } = soak;
  const startedMs = program.fromMs() ?? 0;
  client.startedAt(startedMs);
  const sessionId = client.sessionId();
  if (sessionId === null) return;
  try {
    const fresh = await withLedgerOfRunning(options.stateDir, async (ledger) => {
      const rows = await journal.read(ledger, sessionId);
      for (const fault of await unsoundIn(ledger, sessionId)) complain(fault);
      return rows;
    });
    figures.restarted(fresh, client.asked(), journal);
  } catch (error) {
    // A kill that was meant for the start-up may come now: the next start is looked at instead.
    if (!program.hasEnded()) complain(`The ledger could not be read: ${messageOf(error)}`);
    return;
  }
  for (const fault of [...faultsOf(journal, client.asked(), soak.promises), ...lingering(journal, soak.atOnce)]) complain(fault);
  for (const fault of truth.passedBy(journal.standings(), journal.fills(), atMs ?? startedMs)) complain(fault);
  for (const fill of figures.newFills()) {
    const activeFromMs = journal.activeFromMs(fill.orderId);
    const wrong = isMissedFill(fill) && activeFromMs !== undefined ? truth.wrongMissed(fill, { activeFromMs }, startedMs) : null;
    if (wrong !== null) complain(wrong);
  }
}

/** Nobody kills it: all is answered, traded a little more, and it ends as Ctrl-C ends it. */
async function lastLife(soak: Soak, before: Kill | null): Promise<void> {
  const { client, complain, options } = soak;
  const { program, atMs } = startNext(soak, before);
  if (!(await program.ready)) {
    complain(`The last start failed: ${(await program.ended).stderr.slice(-1_000)}`);
    return;
  }
  await lookAfterStart(soak, program, atMs);
  const until = performance.now() + options.lastLifeMs;
  const life = (isOver: () => boolean): ServedLife => ({ base: program.base, onSent: () => undefined, isOver, isStoreGone: () => false });
  const acknowledged = (): number => [...client.asked()].filter(({ fate }) => fate === 'acknowledged').length;
  const isLongEnough = (): boolean => performance.now() > until && acknowledged() >= (options.leastAcknowledged ?? 0);
  await client.trade(life(() => isLongEnough() || program.hasEnded()));
  await client.finish(life(() => true));
  await lookAfterStart(soak, program, null);
  program.interrupt();
  const { exitCode, signal, stderr } = await program.ended;
  if (exitCode !== 0) complain(`The program that was asked to stop ended with ${exitCode ?? signal}: ${stderr.slice(-1_000)}`);
}

/** `npm run ledger -- ...` on the folder. */
async function runLedger({ options, complain, figures }: Soak, command: readonly string[]): Promise<void> {
  const child = spawn(NODE, ['functions/cli/ledger.ts', ...command, '--state', options.stateDir], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  figures.commanded(`ledger ${command.join(' ')}`, output);
  if (code !== 0) complain(`npm run ledger -- ${command.join(' ')} ended with ${code}: ${output.slice(0, 3_000)}`);
}

function lineOf({ journal, client, lastMs }: Soak, { victim, moment, downMs }: Kill, index: number): string {
  const when =
    moment.when === 'start-up'
      ? 'while it started'
      : moment.when === 'request'
        ? `after request ${moment.ordinal}`
        : `after ${Math.round(moment.ms)} ms`;
  const away = downMs === 0 ? 'started again as before' : `away for ${Math.round(downMs / 1_000)} s`;
  const { sent } = client.counts();
  return `kill ${index + 1}: ${victim} ${when}, at about ${lastMs === null ? 'the beginning' : iso(lastMs)}, ${away}; ${sent} requests sent, ${journal.rows()} journal rows read, ${journal.fills().length} fills`;
}
