import './apply-config.ts';

import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ScanRecord } from '../../shared/contracts/decisions.ts';
import { verifyLedger } from '../../shared/engine/verify-ledger.ts';
import { portfolio } from '../../shared/engine/views/portfolio.ts';
import { messageOf, NightdeskError } from '../../shared/kernel/errors.ts';
import { jsonLog, type Log } from '../../shared/kernel/log.ts';
import { config } from './apply-config.ts';
import { banner, decisionTeller, eventLine, type RunFacts, scanLine, summary } from './console.ts';
import { type Host, startHost } from './host.ts';
import { HELP, OptionError, readOptions } from './options.ts';
import { WorldRangeError } from './replay-world.ts';
import { probeLive } from './world.ts';

const EXIT_BAD_OPTION = 2;
const LOOK_FOR_LIVE_MS = 300_000;
const TELL_SCAN_EVERY_MS = 5_000;

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** Problems go to the console and to a file beside the data; the rest to the file when asked for by NIGHTDESK_LOG=info. */
function hostLog(stateDir: string): Log {
  mkdirSync(stateDir, { recursive: true });
  const file = join(stateDir, 'nightdesk.log');
  const least = process.env.NIGHTDESK_LOG === 'info' ? 'info' : 'warn';
  const toFile = jsonLog((line) => appendFileSync(file, `${line}\n`), Date.now, least);
  return (level, event, facts) => {
    toFile(level, event, facts);
    if (level === 'warn' || level === 'error') process.stderr.write(`${level}: ${event} ${JSON.stringify(facts ?? {})}\n`);
  };
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), process.env, config.deployment);
  if (options.help) {
    say(HELP);
    return 0;
  }
  const log = hostLog(options.stateDir);
  // Heard from the first moment: a start that is interrupted is finished and then stopped, so that nothing is left behind.
  const interrupted = untilInterrupted();
  const host = await startHost(options, {
    log,
    onEvent: (event) => {
      const line = eventLine(event);
      if (line !== null) say(line);
    },
    onScan: scanTeller(),
  });
  say(banner(host, options, (await host.context.accounts.active())?.sessionId ?? null));
  const watch = host.chosen.world.evidence === 'simulated' && options.feed === 'auto' ? watchForLive(log) : null;
  try {
    const how = await Promise.race([host.ended.then(() => 'ended' as const), interrupted]);
    if (how === 'ended') {
      say(`\nThe data has ended.\n${summary(await runFacts(host))}`);
      if (!options.exit) {
        say('The API goes on serving; Ctrl-C stops.');
        await interrupted;
      }
    }
    return 0;
  } finally {
    if (watch !== null) clearInterval(watch);
    await host.stop();
  }
}

/** While prices are simulated for want of a network: says once when Binance becomes reachable, and how to switch. */
function watchForLive(log: Log): NodeJS.Timeout {
  const timer = setInterval(() => {
    void probeLive(log).then(({ answers }) => {
      if (!answers) return;
      clearInterval(timer);
      say(
        'Binance can be reached now. To trade live: stop this session (POST stop-paper-trading) and start again, or npm start -- --feed live --state .nightdesk-live',
      );
    });
  }, LOOK_FOR_LIVE_MS);
  timer.unref();
  return timer;
}

function untilInterrupted(): Promise<'interrupted'> {
  return new Promise((resolve) => {
    const stop = (): void => resolve('interrupted');
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  });
}

async function runFacts({ context }: Host): Promise<RunFacts> {
  const [latest] = await context.ledger.sessions();
  if (latest === undefined) throw new NightdeskError('no_session', 'The data ended and no session was ever started');
  const { sessionId } = latest;
  const shown = await portfolio(context, { session: sessionId });
  return {
    portfolio: shown,
    evidence: context.world.evidence,
    scans: (await context.ledger.lastScan(sessionId))?.ordinal ?? 0,
    exits: await closedBy(context, sessionId, new Set(shown.positions.map(({ id }) => id))),
    books: await verifyLedger(context.ledger, sessionId),
  };
}

/** How the trades ended: a position that was left in parts counts once, by the last of them. */
async function closedBy({ ledger }: Host['context'], sessionId: string, open: ReadonlySet<string>): Promise<ReadonlyMap<string, number>> {
  const last = new Map<string, string>();
  for await (const { event } of ledger.rows(sessionId, 0)) {
    if (event.type === 'filled' && event.fill.exitReason !== null) last.set(event.fill.positionId, event.fill.exitReason);
  }
  const counts = new Map<string, number>();
  for (const [positionId, reason] of last) if (!open.has(positionId)) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return counts;
}

/** Refusals are told as they come, a scan at most every few seconds: fast replays would drown the rest. */
function scanTeller(): (scan: ScanRecord) => void {
  const told = decisionTeller();
  let toldMs = 0;
  return (scan) => {
    for (const line of told(scan)) say(line);
    if (Date.now() - toldMs < TELL_SCAN_EVERY_MS) return;
    toldMs = Date.now();
    say(scanLine(scan));
  };
}

function isUsersOwn(error: unknown): boolean {
  return error instanceof OptionError || error instanceof WorldRangeError || (error instanceof NightdeskError && USER_CODES.has(error.code));
}

/** Errors that another command line would not have: one line, no stack. */
const USER_CODES = new Set([
  'not_found',
  'nothing_found',
  'unsupported',
  'futures',
  'mixed_kinds',
  'unreadable',
  'bad_url',
  'other_world',
  'port_in_use',
  'in_use',
  'format',
  'bad_alert_settings',
]);

async function exitCode(): Promise<number> {
  try {
    return await main();
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    if (isUsersOwn(error)) return EXIT_BAD_OPTION;
    if (error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
    return 1;
  }
}

// Everything is stopped by now; timers of the wall clock that are still to come must not hold the process.
process.exit(await exitCode());
