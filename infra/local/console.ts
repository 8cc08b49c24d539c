import { journalEventOf } from '../../shared/contracts/bus-event.ts';
import type { ScanRecord } from '../../shared/contracts/decisions.ts';
import type { JournalEvent } from '../../shared/contracts/journal.ts';
import { API_BASE_PATH } from '../../shared/contracts/routes.ts';
import type { PortfolioAnswer } from '../../shared/contracts/v8/portfolio.ts';
import type { Verification } from '../../shared/engine/verify-ledger.ts';
import { type Decimal, decimal, text, toStep } from '../../shared/kernel/decimal.ts';
import { iso } from '../../shared/kernel/time.ts';
import type { BusEvent } from './event-bridge.ts';
import type { Host } from './host.ts';
import type { Options } from './options.ts';

/** What is running, where prices come from, and what to try. */
export function banner(host: Host, options: Options, sessionId: string | null): string {
  const base = `${host.apiAt}${API_BASE_PATH}`;
  const { time } = host.chosen;
  const curl = options.tokenFile === null ? 'curl' : 'curl -H "Authorization: Bearer $TOKEN"';
  return [
    `Nightdesk ${host.context.settings.version}: paper trading, nothing reaches a broker`,
    `  prices    ${host.chosen.says}`,
    `  evidence  ${host.chosen.world.evidence}`,
    `  time      ${host.pace}`,
    `  markets   ${options.markets === 'both' ? 'NSE and crypto at once' : 'NSE while it is open, else crypto'}`,
    `  store     ${host.storeAt}`,
    `  schedules scan each minute of an open market, position sweep each minute, day roll by the calendar`,
    ...host.context.model.states.map(({ strategy, version, absentWhy, source }) =>
      absentWhy === null ? `  model     ${version} of ${strategy} is asked (${source})` : `  model     none from ${source}: ${absentWhy}`,
    ),
    `  API       ${base}`,
    `  callers   ${options.tokenFile === null ? 'everybody on this machine' : `whoever has a token of ${options.tokenFile}: TOKEN=$(npm run -s token -- create --local --state ${options.stateDir})`}`,
    `  session   ${sessionId ?? (time?.waitsForSession ? 'none: time waits until one is started' : 'none')}`,
    'Try:',
    ...(sessionId === null
      ? [
          `  ${curl} -X POST ${base}/start-paper-trading -H 'Content-Type: application/json' -d '{"startingCapital": 100000, "strategies": ["scalping", "swing"]}'`,
        ]
      : []),
    `  ${curl} ${base}/status`,
    `  ${curl} ${base}/portfolio`,
    `  ${curl} ${base}/decisions`,
    `  ${curl} ${base}/trades`,
    `  ${curl} ${base}/performance`,
    `  ${curl} -X POST ${base}/execute-strategy/scalping -H 'Content-Type: application/json' -d '{"symbol": "BTC", "timeframe": "5m"}'`,
    `  ${curl} ${base}/market-status`,
    'Ctrl-C stops; the next start goes on with the same account.',
  ].join('\n');
}

const cents = (value: Decimal): string => text(toStep(value, decimal('0.01'), 'half-even'));

/** A domain event as a line of the console; null for those that are only for the books. */
export function eventLine(busEvent: BusEvent): string | null {
  const event = journalEventOf(busEvent.detail);
  const line = event === null ? null : lineOf(event);
  return event === null || line === null ? null : `${iso(event.atMs)}  ${line}`;
}

function lineOf(event: JournalEvent): string | null {
  switch (event.type) {
    case 'session-started':
      return `session ${event.sessionId} started with $${text(event.startingCapital)}: ${event.strategies.join(', ')}, evidence ${event.evidence}`;
    case 'order-placed':
      return `order   ${event.order.strategy} ${event.order.side} ${text(event.order.quantity)} ${event.order.symbol}: ${event.order.intent.why}`;
    case 'order-ended':
      return `order   ${event.orderId} ${event.state}: ${event.reason}`;
    case 'filled': {
      const { fill } = event;
      const result = fill.realised === null ? '' : `, ${fill.exitReason}, net $${cents(fill.realised.net)}`;
      return `fill    ${fill.strategy} ${fill.purpose} ${fill.side} ${text(fill.quantity)} ${fill.symbol} at ${text(fill.price)} ${fill.currency} (${fill.evidence})${result}`;
    }
    case 'corporate-action': {
      const { action, before, after, cash } = event;
      const paid = cash === null ? '' : `, ${text(cash.amount)} ${cash.rate.currency} in cash`;
      return `action  ${action.says}: ${text(before.quantity)} ${before.symbol} at ${text(before.entryPrice)} became ${text(after.quantity)} ${after.symbol} at ${text(after.entryPrice)}${paid}`;
    }
    case 'kill-switch-set':
      return `kill    switch ${event.on ? `on: nothing is opened${event.closePositions ? ', positions are closed' : ''}` : 'off'}`;
    case 'funding-paid':
      return `funding ${event.symbol} ${event.amount >= 0n ? 'received' : 'paid'} ${text(event.amount)} ${event.currency} at ${(event.fundingRate * 100).toFixed(4)} %`;
    case 'margin-raised':
      return `margin  ${event.positionId} blocks $${cents(event.after)}: its shares are delivered in ${event.daysBefore} trading days`;
    case 'day-closed':
      return `day     ${event.report.date} closed: equity $${cents(event.report.endEquity)}, ${event.report.trades} trades, realised $${cents(event.report.realised)}`;
    case 'session-stopped':
      return 'session stopped';
    case 'order-waiting':
      return event.waiting === null ? `order   ${event.orderId} goes on` : `order   ${event.orderId} waits: ${event.waiting.why}`;
    case 'model-switched-off':
      return `model   ${event.modelVersion} of ${event.strategy} switched off: ${event.why}`;
    case 'order-triggered':
    case 'exit-amended':
    case 'exit-requested':
    case 'limits-set':
    case 'equity-marked':
    case 'day-opened':
    case 'session-stopping':
      return null;
  }
}

/**
 * The refusals of scans as they come, a line each; what was taken is told by its orders. That a strategy holds already what it would
 * open again is told once: an arbitrage looks each minute, and holds for months.
 */
export function decisionTeller(): (scan: ScanRecord) => readonly string[] {
  const last = new Map<string, string>();
  return ({ decisions, atMs }) =>
    decisions.flatMap(({ strategy, symbol, direction, structure, outcome, reason, why }) => {
      const name = `${strategy} ${symbol}`;
      const isToldAgain = reason === 'already_in_position' && last.get(name) === reason;
      last.set(name, reason);
      return outcome !== 'refused' || isToldAgain ? [] : `${iso(atMs)}  refused ${strategy} ${direction ?? structure?.name ?? '-'} ${symbol}: ${why}`;
    });
}

/** A scan in a line: how many looks, and why most of them saw nothing. */
export function scanLine(scan: ScanRecord): string {
  const quiet = new Map<string, number>();
  for (const { reason, symbols } of scan.quiet) quiet.set(reason, (quiet.get(reason) ?? 0) + symbols.length);
  const looks = scan.decisions.length + [...quiet.values()].reduce((total, count) => total + count, 0);
  return `${iso(scan.atMs)}  scan ${scan.ordinal}: ${looks} looks, ${scan.decisions.length} opportunities${[...quiet].map(([reason, count]) => `, ${count} ${reason}`).join('')}`;
}

/** What a run came to. */
export interface RunFacts {
  readonly portfolio: PortfolioAnswer;
  readonly evidence: string;
  readonly scans: number;
  readonly exits: ReadonlyMap<string, number>;
  readonly books: Verification;
}

/** The end of a run in a few lines. */
export function summary({ portfolio, evidence, scans, exits, books }: RunFacts): string {
  const { tradesExecuted, totalPnL } = portfolio.sessionStats;
  const byReason = [...exits].map(([reason, count]) => `${count} by ${reason}`).join(', ') || 'none';
  return [
    `Scans     ${scans}`,
    `Trades    ${tradesExecuted ?? 0} closed (${byReason}), ${portfolio.positions.length} open`,
    `Equity    $${portfolio.equity ?? '-'} (P&L $${totalPnL ?? '-'}, charges $${portfolio.charges ?? '-'}), evidence ${evidence}`,
    `Ledger    ${books.isSound ? 'sound' : 'NOT SOUND'}: ${books.rows} journal rows, ${books.fills} fills, hash ${books.journalHash}`,
  ].join('\n');
}
