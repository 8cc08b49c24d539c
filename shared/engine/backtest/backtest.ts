import { instrumentBySymbol } from '../../config/instruments.ts';
import { everyMinutes, SCHEDULES, type Schedule } from '../../config/schedules.ts';
import type { MarketSnapshot } from '../../contracts/market-snapshot.ts';
import type { Rate } from '../../contracts/terms.ts';
import { type Chart, createChart } from '../../indicators/chart.ts';
import { createSteppedClock } from '../../kernel/clock-stepped.ts';
import { type EpochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../kernel/time.ts';
import type { Account } from '../../ledger/account.ts';
import { isTraded, TICK_OFFSETS_MS, tickMsOf, tickOfBar } from '../../market/bar-ticks.ts';
import { bestRates } from '../../market/best-rates.ts';
import type { Market } from '../../market/instrument.ts';
import type { Bar } from '../../market/price.ts';
import type { Timeframe } from '../../market/timeframe.ts';
import { NO_MODELS } from '../../ml/model-set.ts';
import type { RiskModel } from '../../risk/var/risk-model.ts';
import { strategyByName } from '../../strategies/registry.ts';
import { adjustedHistory, type StoredHistory } from '../adjusted-history.ts';
import { corporateActions } from '../apply-corporate-actions.ts';
import { chartFrom } from '../chart-shelf.ts';
import type { EngineContext } from '../context.ts';
import { contractPrices } from '../contracts/contract-prices.ts';
import { type ContractsView, withContracts } from '../contracts/contracts-view.ts';
import { optionTermsIn } from '../contracts/option-terms.ts';
import { DAILIES_SPAN_MS, nextDailiesMs } from '../daily-closes.ts';
import { createDesk } from '../desk.ts';
import { MINUTE_GRACE_MS } from '../feed-service.ts';
import { commandIdOf } from '../idempotency.ts';
import { viewOf } from '../market-view.ts';
import { scannedMarkets } from '../markets.ts';
import { createExchange, type Matching } from '../matcher.ts';
import { sweep } from '../monitor-positions.ts';
import type { ChainSource, DailiesBySymbol, Model } from '../ports.ts';
import { riskModelOf } from '../risk-models.ts';
import { dayRolls, rollDays } from '../roll-trading-day.ts';
import { type MarketScan, scanId, scanOf } from '../scan-market.ts';
import { freshBooks, type StartRequest, sessionIdAt } from '../sessions.ts';
import { performNow, type Steps } from '../steps.ts';
import { type BacktestListener, openBooks } from './books.ts';

/** One minute of all symbols of a backtest. */
export interface BacktestMinute {
  readonly openMs: EpochMs;
  /** Those that are known when it ends, of each symbol whose market trades; `missing` where its data has a hole. */
  readonly bars: readonly Bar[];
  /** Those that the minute is a part of; left out where every bar is of one minute. */
  readonly playing?: readonly Bar[];
}

export interface BacktestSetup extends Pick<EngineContext, 'world'> {
  readonly settings: Pick<EngineContext['settings'], 'marketMode' | 'seed' | 'configVersion'>;
  readonly request: StartRequest;
  /** When the session begins: the start of the first minute to be played. */
  readonly startMs: EpochMs;
  /** What is known of the time before, as a feed fetches it at its start. */
  readonly history: StoredHistory;
  /** Names where the ticks come from: it is kept with every fill. */
  readonly source: string;
  /** Rates to the base currency as they are known at an instant. */
  readonly rates: (nowMs: EpochMs) => readonly Rate[];
  /** Futures and options as they were quoted; none unless given. */
  readonly chains?: ChainSource;
  /** Closes of the days that are over at an instant, those after `fromMs`; none unless given. */
  readonly dailies?: (fromMs: EpochMs, nowMs: EpochMs) => DailiesBySymbol;
  /** Trained models that the strategies ask; none unless given. */
  readonly model?: Model;
  readonly log: EngineContext['log'];
  /** Default: the strategies that are built. */
  readonly strategyOf?: MarketScan['strategyOf'];
  /** What charts keep; default all, for strategies and their models read more timeframes than they look on. */
  readonly timeframes?: readonly Timeframe[];
}

/** A session played over recorded bars: the engine of the live system without a store and without awaiting. */
export interface Backtest {
  /** Plays the next minute, and those without bars before it. */
  readonly play: (minute: BacktestMinute) => void;
  /** Closes, scans and sweeps the last minute, as a replay does at the end of its data. */
  readonly end: () => void;
  readonly account: () => Account;
  /** The market as it was published last. */
  readonly view: () => ContractsView;
}

/** After the end of the data its last minute is still closed, scanned and swept. */
const CLOSING_MS = 30 * SECOND_MS;

type Published = Pick<MarketSnapshot, 'quotes' | 'rates' | 'rules'>;

/** What happens at one offset within every minute. */
interface Slot {
  readonly offsetMs: number;
  /** Orders what happens at one instant: as the clock of a host does. */
  readonly label: string;
  readonly run: (minuteMs: EpochMs) => void;
}

/**
 * Opens a backtest. Prices, closes, scans, sweeps and rolls come at the same instants and in the same order as in a replay on
 * one machine, through the same functions: over the same bars and seed both write the same journal, hash for hash.
 */
export function openBacktest(setup: BacktestSetup, listener: BacktestListener): Backtest {
  const { world, settings, startMs, log } = setup;
  const clock = createSteppedClock(startMs);
  const desk = createDesk();
  const charts = new Map<string, Chart>();
  let published: Published = { quotes: [], rates: [] };
  let playing: BacktestMinute = { openMs: startMs - MINUTE_MS, bars: [] };
  let closing: BacktestMinute = playing;
  let scans = 0;
  const riskAt = (nowMs: EpochMs): RiskModel => riskModelOf(setup.dailies?.(nowMs - DAILIES_SPAN_MS, nowMs) ?? new Map(), settings.seed);
  let risk = riskAt(startMs);
  let dailiesDueMs = nextDailiesMs(startMs);

  /** Goes through a look at orders. */
  const look = (steps: Matching): void =>
    performNow(steps, (step) => {
      books.commit(step);
      return books.account();
    });
  const exchange = createExchange({
    clock,
    log,
    scope: world.scope,
    configVersion: settings.configVersion,
    desk: { view: (nowMs) => withContracts(desk.view(nowMs), setup.chains ?? null) },
    fence: () => null,
    run: look,
    onFenced: null,
  });
  const sessionId = sessionIdAt(startMs);
  const begun = { request: setup.request, sessionId, commandId: commandIdOf('start', null, sessionId), startedMs: startMs };
  const books = openBooks(freshBooks({ world, settings }, begun), listener, exchange.take);

  const view = (): ContractsView => withContracts(viewOf(published, clock.now()), setup.chains ?? null);
  const carryOut = <Result>(steps: Steps<Result>): Result => performNow(steps, books.commit);

  const publish = (): void => {
    const nowMs = clock.now();
    const rates = bestRates(setup.rates(nowMs), nowMs);
    desk.rates(rates);
    published = { quotes: desk.quotes(nowMs), rates };
  };

  const close = (): void => {
    for (const bar of closing.bars) {
      desk.bar(bar);
      chartOf(bar).add(bar);
    }
    publish();
  };

  const chartOf = ({ symbol, openMs }: Bar): Chart => {
    const known = charts.get(symbol);
    if (known !== undefined) return known;
    const made = createChart(instrumentBySymbol(symbol, openMs), setup.timeframes);
    charts.set(symbol, made);
    return made;
  };

  const tickAt = (index: number): void => {
    // An extreme that no order waits for is forgotten with the close: nobody looks at prices in between, unless they stand for minutes.
    const isPassedOver = books.account().orders.size === 0 && index > 0 && index < TICK_OFFSETS_MS.length - 1;
    for (const bar of playing.playing ?? playing.bars) {
      const isMinute = bar.spanMinutes === undefined;
      if ((isPassedOver && isMinute) || !isTraded(bar)) continue;
      const ofBar = isMinute ? index : TICK_OFFSETS_MS.findIndex((_, at) => tickMsOf(bar, at) === clock.now());
      if (ofBar < 0) continue;
      const tick = tickOfBar(bar, setup.source, ofBar);
      desk.tick(tick);
      const steps = exchange.tickSteps(tick);
      if (steps !== null) look(steps);
    }
    if (setup.chains === undefined || isPassedOver) return;
    for (const { quote, tick } of contractPrices(setup.chains, exchange.contracts(), clock.now())) {
      desk.contract(quote);
      const steps = exchange.tickSteps(tick);
      if (steps !== null) look(steps);
    }
  };

  const scan = (market: Market, minuteMs: EpochMs): void => {
    if (!scannedMarkets({ world, settings }, minuteMs).includes(market) || books.account().status === 'stopped') return;
    scans += 1;
    const command = {
      id: scanId(market, minuteMs),
      ordinal: scans,
      minuteMs,
      market,
      configVersion: settings.configVersion,
      strategyOf: setup.strategyOf ?? strategyByName,
    };
    const chart = (symbol: string): Chart | null => charts.get(symbol) ?? null;
    const seen = { ...view(), chart, model: setup.model ?? NO_MODELS, risk };
    books.commit({
      sessionId,
      decide: (account) => {
        const made = scanOf(account, seen, command);
        listener.scan(made.scan);
        return made;
      },
    });
  };

  const adjust = (atMs: EpochMs): void => {
    if (books.account().positions.size > 0) carryOut(corporateActions(books.account(), view(), atMs));
  };

  const monitor = (minuteMs: EpochMs): void => {
    adjust(minuteMs);
    carryOut(sweep(books.account(), view(), minuteMs, settings.configVersion));
  };

  const roll = (atMs: EpochMs): void => {
    adjust(atMs);
    const due = dayRolls(books.account(), atMs);
    if (due.length === 0) return;
    const market = view();
    carryOut(rollDays(books.account(), { ...market, risk, optionTermsOf: optionTermsIn(market) }, due));
  };

  const fetchDailies = (): void => {
    if (clock.now() < dailiesDueMs) return;
    risk = riskAt(clock.now());
    dailiesDueMs = nextDailiesMs(clock.now());
  };

  const runOf = ({ functionName, market }: Schedule): Slot['run'] | null => {
    switch (functionName) {
      case 'scan':
        return market === null ? null : (minuteMs) => scan(market, minuteMs);
      case 'monitor':
        return monitor;
      case 'session':
        return roll;
      // Nobody is told of a past that is played, and its books are verified at its end.
      case 'alerts':
      case 'nightly':
        return null;
    }
  };

  const scheduled = SCHEDULES.flatMap((schedule): readonly Slot[] => {
    const run = runOf(schedule);
    if (run === null) return [];
    const everyMs = everyMinutes(schedule) * MINUTE_MS;
    const due = (minuteMs: EpochMs): void => {
      if (minuteMs % everyMs === 0) run(minuteMs);
    };
    return [{ offsetMs: schedule.delaySeconds * SECOND_MS, label: `3-schedule-${schedule.name}`, run: due }];
  });
  const slots: readonly Slot[] = [
    ...TICK_OFFSETS_MS.map((offsetMs, index) => ({ offsetMs, label: '0-source', run: () => tickAt(index) })),
    { offsetMs: 0, label: '6-dailies', run: fetchDailies },
    { offsetMs: MINUTE_GRACE_MS, label: '1-minute', run: close },
    ...scheduled,
  ].sort((a, b) => a.offsetMs - b.offsetMs || (a.label < b.label ? -1 : 1));

  const turn = (minute: BacktestMinute, untilMs = Number.POSITIVE_INFINITY): void => {
    closing = playing;
    playing = minute;
    for (const { offsetMs, run } of slots) {
      if (offsetMs > untilMs) return;
      clock.advance(minute.openMs + offsetMs);
      run(minute.openMs);
    }
  };

  const nextMs = (): EpochMs => playing.openMs + MINUTE_MS;
  warmUp(setup, desk, charts);
  desk.rates(bestRates(setup.rates(startMs), startMs));
  exchange.take(books.account());
  return {
    play: (minute) => {
      while (nextMs() < minute.openMs) turn({ openMs: nextMs(), bars: [] });
      turn(minute);
    },
    end: () => {
      turn({ openMs: nextMs(), bars: [] }, CLOSING_MS);
      clock.advance(playing.openMs + CLOSING_MS + 1);
    },
    account: books.account,
    view,
  };
}

/** Charts from what is known of the time before, and the tape of the last hour. */
function warmUp({ history: raw, startMs, world }: BacktestSetup, desk: ReturnType<typeof createDesk>, charts: Map<string, Chart>): void {
  const history = adjustedHistory(raw, startMs, world.scope);
  for (const symbol of new Set([...history.days.keys(), ...history.bars.keys()])) charts.set(symbol, chartFrom(history, symbol, startMs));
  for (const bars of raw.bars.values()) for (const bar of bars) if (bar.openMs >= startMs - HOUR_MS) desk.bar(bar);
}
