import { everyMinutes, SCHEDULES, type Schedule } from '../../config/schedules.ts';
import type { Rate } from '../../contracts/terms.ts';
import { createSteppedClock } from '../../kernel/clock-stepped.ts';
import { type EpochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../kernel/time.ts';
import type { Account } from '../../ledger/account.ts';
import { isTraded, TICK_OFFSETS_MS, tickMsOf, tickOfBar } from '../../market/bar-ticks.ts';
import { bestRates } from '../../market/best-rates.ts';
import type { Market } from '../../market/instrument.ts';
import { istDayOf } from '../../market/ist.ts';
import type { Bar } from '../../market/price.ts';
import type { Timeframe } from '../../market/timeframe.ts';
import { NO_MODELS } from '../../ml/no-models.ts';
import type { RiskModel } from '../../risk/var/risk-model.ts';
import { strategyByName } from '../../strategies/registry.ts';
import type { StoredHistory } from '../adjusted-history.ts';
import { corporateActions, hasActionsDue } from '../apply-corporate-actions.ts';
import { type AskedView, answeredAll, askAll } from '../ask-strategies.ts';
import type { EngineContext } from '../context.ts';
import { type ContractsView, withContracts } from '../contracts/contracts-view.ts';
import { optionTermsIn } from '../contracts/option-terms.ts';
import { CONTRACTS_EVERY_MS, createContractTeller } from '../contracts/told-contracts.ts';
import { DAILIES_SPAN_MS, nextDailiesMs } from '../daily-closes.ts';
import { mayBeSwept } from '../decide-monitor.ts';
import { createDesk, type Desk } from '../desk.ts';
import { MINUTE_GRACE_MS } from '../feed-service.ts';
import { commandIdOf } from '../idempotency.ts';
import { viewOf, viewOfPublished } from '../market-view.ts';
import { isScanned } from '../markets.ts';
import { createExchange, deskWithChains, type Matching } from '../matcher.ts';
import { sweep } from '../monitor-positions.ts';
import type { ChainSource, DailiesBySymbol, Model } from '../ports.ts';
import { riskModelOf } from '../risk-models.ts';
import { dayRolls, nextRollMs, rollDays } from '../roll-trading-day.ts';
import { type MarketScan, scanId, scanOf } from '../scan-market.ts';
import { freshBooks, type StartRequest, sessionIdAt } from '../sessions.ts';
import { performNow, type Steps } from '../steps.ts';
import { closesIn } from '../stored-closes.ts';
import { type BacktestListener, openBooks } from './books.ts';
import { createLanes, type Lane } from './lanes.ts';
import { watchInBacktest } from './model-watch.ts';
import { createPublication } from './publication.ts';
import { createQuestioning } from './questioning.ts';

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
  /** How often strategies were asked. */
  readonly scans: () => number;
  /** The market as it is known now. */
  readonly view: () => ContractsView;
}

/** With its last tick a minute's prices are known. */
const LAST_TICK_MS = Math.max(...TICK_OFFSETS_MS);

/** After the end of the data its last minute is still closed, scanned and swept. */
const CLOSING_MS = 30 * SECOND_MS;

/** When contracts are told within a minute. */
const SECONDS: readonly number[] = Array.from({ length: MINUTE_MS / CONTRACTS_EVERY_MS }, (_, at) => at * CONTRACTS_EVERY_MS);
const NO_SECONDS: readonly number[] = [];

const NOTHING = [] as const;

/** What happens at one offset within minutes. */
interface Slot {
  readonly offsetMs: number;
  /** It happens in minutes that begin at multiples of this. */
  readonly everyMs: number;
  /** Orders what happens at one instant: as the clock of a host does. */
  readonly label: string;
  readonly run: (minuteMs: EpochMs) => void;
  /** It tells prices: nothing comes of it where nobody waits for one. */
  readonly isPrice: boolean;
}

/**
 * Opens a backtest. Prices, closes, scans, sweeps and rolls come at the same instants and in the same order as in a replay on
 * one machine, through the same functions: over the same bars and seed both write the same journal, hash for hash.
 */
export function openBacktest(setup: BacktestSetup, told: BacktestListener): Backtest {
  const { world, settings, startMs, log, model = NO_MODELS } = setup;
  const watch = watchInBacktest(model, told);
  const isWatched = model.states.length > 0;
  const listener = isWatched ? watch.heard : told;
  const clock = createSteppedClock(startMs);
  const desk = createDesk();
  const contractsToTell = createContractTeller(setup.chains ?? null, desk);
  const lanes = createLanes({ history: setup.history, startMs, scope: world.scope, timeframes: setup.timeframes, source: setup.source, desk });
  warmUp(setup, desk);
  let tickedDay = istDayOf(startMs);
  let playing: BacktestMinute = { openMs: startMs - MINUTE_MS, bars: [] };
  let closing: BacktestMinute = playing;
  /** What `isIgnored` has found of the minute that is played, while the account is the same. */
  const ignored: { minute: BacktestMinute | null; account: Account | null; isSo: boolean } = { minute: null, account: null, isSo: false };
  let scans = 0;
  /** When the books of a day roll next. */
  let rolled: { readonly day: Account['day'] | null; readonly nextMs: EpochMs } = { day: null, nextMs: startMs };
  const toBeAsked = createQuestioning(lanes);
  const riskAt = (nowMs: EpochMs): RiskModel => riskModelOf(setup.dailies?.(nowMs - DAILIES_SPAN_MS, nowMs) ?? new Map(), settings.seed);
  let risk = riskAt(startMs);
  let dailiesDueMs = nextDailiesMs(startMs);

  /** Goes through a look at orders. */
  const look = (steps: Matching): void =>
    performNow(steps, (step) => {
      books.commit(step);
      return books.account();
    });
  const upToDate: Pick<Desk, 'view' | 'touch'> = {
    view: (nowMs) => {
      bringUp();
      return desk.view(nowMs);
    },
    touch: desk.touch,
  };
  const exchange = createExchange({
    clock,
    log,
    scope: world.scope,
    configVersion: settings.configVersion,
    desk: setup.chains === undefined ? upToDate : deskWithChains(upToDate, setup.chains),
    fence: () => null,
    run: look,
    onFenced: null,
  });
  const sessionId = sessionIdAt(startMs);
  const begun = { request: setup.request, sessionId, commandId: commandIdOf('start', null, sessionId), startedMs: startMs };
  const books = openBooks(freshBooks({ world, settings }, begun), listener, exchange.take);

  let areRatesTold = false;
  /** The desk knows the last prices, and the rates of the last publication: they are told when somebody looks at it. */
  const bringUp = (): void => {
    lanes.tell();
    if (areRatesTold) return;
    desk.rates(publication.rates());
    areRatesTold = true;
  };
  const publication = createPublication(desk, bringUp, setup.rates, startMs);
  const view = (): ContractsView => withContracts(viewOfPublished(publication, clock.now()), setup.chains ?? null);
  const carryOut = <Result>(steps: Steps<Result>): Result => performNow(steps, books.commit);

  const close = (): void => {
    lanes.close(closing.bars);
    publication.publish(clock.now());
    areRatesTold = false;
  };

  /** Whether no order waits for a price of the minute that is played, nor comes before its close: nobody looks at prices in between. */
  const isIgnored = (): boolean => {
    const account = books.account();
    // Orders come and move with the account, and what they wait for with prices that are looked at.
    if (ignored.minute === playing && ignored.account === account) return ignored.isSo;
    ignored.minute = playing;
    ignored.account = account;
    ignored.isSo = isNobodyWaiting();
    return ignored.isSo;
  };

  const isNobodyWaiting = (): boolean => {
    // A contract's order is looked at with every chain, and its other legs with the coin's price of then.
    if (exchange.contracts().size > 0 || !clock.isIdleUntil(playing.openMs + LAST_TICK_MS)) return false;
    const { bars } = playing;
    for (let place = 0; place < bars.length; place++) {
      const { symbol, low, high } = bars[place] as Bar;
      if (!exchange.ignores(symbol, low, high)) return false;
    }
    return true;
  };

  const tickAt = (index: number): void => {
    const bars = playing.playing ?? playing.bars;
    if (!isOfMinutes(playing) || !isIgnored()) playTicks(bars, index);
    // An extreme that is ignored is forgotten with the close.
    else if (index === 0 || index === TICK_OFFSETS_MS.length - 1) lanes.stamp(bars, index);
  };

  /** As a feed does: what a chain brings is met in the second in which it is there. */
  const tellContracts = (): void => {
    const prices = contractsToTell(exchange.contracts(), clock.now());
    // What was published is of before these prices, whenever somebody looks at it.
    if (prices.length > 0) publication.make();
    for (const { quote, tick } of prices) {
      desk.contract(quote);
      const steps = exchange.tickSteps(tick);
      if (steps !== null) look(steps);
    }
  };

  const playTicks = (bars: readonly Bar[], index: number): void => {
    for (let place = 0; place < bars.length; place++) {
      const bar = bars[place] as Bar;
      const ofBar = isTraded(bar) ? tickIndex(bar, index) : null;
      if (ofBar !== null) playTick(lanes.of(bar, place), bar, ofBar);
    }
  };

  const playTick = (lane: Lane, bar: Bar, index: number): void => {
    const { symbol, low, high } = bar;
    lane.untold = null;
    if (exchange.ignores(symbol, low, high)) {
      lane.untold = bar;
      lane.index = index;
      return;
    }
    const tick = tickOfBar(bar, setup.source, index);
    desk.tick(tick);
    const steps = exchange.tickSteps(tick);
    if (steps !== null) look(steps);
  };

  /** Before the first price of a day the last one of the day before is its close. */
  const endDay = (minuteMs: EpochMs): void => {
    const day = istDayOf(minuteMs);
    if (day !== tickedDay) bringUp();
    tickedDay = day;
  };

  const strategyOf = setup.strategyOf ?? strategyByName;
  /** Nothing is quoted beside the bars. */
  const bareView: AskedView = {
    get nowMs() {
      return clock.now();
    },
    chart: lanes.chart,
    model,
    rules: () => null,
    chains: () => NOTHING,
    ivHistory: () => NOTHING,
    quote: (symbol: string) => view().quote(symbol),
  };
  const scanView = (): Parameters<typeof scanOf>[1] => ({ ...view(), chart: lanes.chart, model, risk });

  /** Which of the ticks of a bar comes at an offset of the minute that is played; null for none. */
  const tickIndex = (bar: Bar, index: number): number | null => {
    if (bar.spanMinutes === undefined) return index;
    const found = TICK_OFFSETS_MS.findIndex((_, at) => tickMsOf(bar, at) === clock.now());
    return found < 0 ? null : found;
  };

  const scan = (market: Market, minuteMs: EpochMs): void => {
    const account = books.account();
    if (account.status === 'stopped' || !isScanned(setup, market, minuteMs)) return;
    scans += 1;
    lanes.readAt(minuteMs);
    const view = setup.chains === undefined ? bareView : scanView();
    const { all, known, about } = toBeAsked(account, view, { market, minuteMs, strategyOf });
    const asked = askAll(account, view, known, about);
    const hears = asked.isQuiet ? listener.quietScan : listener.scan;
    if (hears === undefined) return;
    const command = { market, minuteMs, strategyOf, id: scanId(market, minuteMs), ordinal: scans, configVersion: settings.configVersion };
    const made = scanOf(account, scanView(), command, answeredAll(asked, all));
    hears(made.scan);
    books.commit({ sessionId, decide: () => made });
  };

  const adjust = (atMs: EpochMs): void => {
    if (hasActionsDue(books.account(), atMs)) carryOut(corporateActions(books.account(), view(), atMs));
  };

  const monitor = (minuteMs: EpochMs): void => {
    adjust(minuteMs);
    if (mayBeSwept(books.account(), clock.now(), minuteMs)) carryOut(sweep(books.account(), view(), minuteMs, settings.configVersion));
    if (isWatched) carryOut(watch.look(books.account(), clock.now()));
  };

  const roll = (atMs: EpochMs): void => {
    adjust(atMs);
    const account = books.account();
    if (account.day !== rolled.day) rolled = { day: account.day, nextMs: nextRollMs(account) };
    if (atMs < rolled.nextMs) return;
    const due = dayRolls(account, atMs);
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
        return market === null || !world.markets.includes(market) ? null : (minuteMs) => scan(market, minuteMs);
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
    const [offsetMs, everyMs] = [schedule.delaySeconds * SECOND_MS, everyMinutes(schedule) * MINUTE_MS];
    return [{ offsetMs, everyMs, label: `3-schedule-${schedule.name}`, run, isPrice: false }];
  });
  // What they look at is made of the desk as it is then: nothing may have come to it since it was published.
  const late = scheduled.find(({ offsetMs }) => offsetMs >= (TICK_OFFSETS_MS[1] ?? 0));
  if (late !== undefined) throw new Error(`${late.label} looks at the market after prices that come later than what was published`);
  const slots: readonly Slot[] = [
    ...TICK_OFFSETS_MS.map((offsetMs, index) => ({ offsetMs, everyMs: MINUTE_MS, label: '0-source', run: () => tickAt(index), isPrice: true })),
    { offsetMs: 0, everyMs: MINUTE_MS, label: '6-dailies', run: fetchDailies, isPrice: false },
    { offsetMs: MINUTE_GRACE_MS, everyMs: MINUTE_MS, label: '1-minute', run: close, isPrice: false },
    ...(setup.chains === undefined ? NO_SECONDS : SECONDS).map((offsetMs) => ({
      offsetMs,
      everyMs: MINUTE_MS,
      label: '2-contracts',
      run: tellContracts,
      isPrice: true,
    })),
    ...scheduled,
  ].sort((a, b) => a.offsetMs - b.offsetMs || (a.label < b.label ? -1 : 1));

  const turn = (minute: BacktestMinute, untilMs = Number.POSITIVE_INFINITY): void => {
    closing = playing;
    playing = minute;
    endDay(minute.openMs);
    // What is told of contracts every second is forgotten in the second after the last of them.
    const isPassedOver = setup.chains === undefined && untilMs > LAST_TICK_MS && isOfMinutes(minute) && isIgnored();
    goThrough(minute, isPassedOver ? passOver(minute) : 0, untilMs);
  };

  /**
   * Does what is on schedule in a minute whose prices nobody waits for: they are stamps. Returns the place of the slot from which it
   * must be gone through after all, for something has become of the account.
   */
  const passOver = ({ openMs, bars }: BacktestMinute): number => {
    const account = books.account();
    lanes.stamp(bars, 0);
    for (let place = 0; place < slots.length; place++) {
      const { offsetMs, everyMs, run, isPrice } = slots[place] as Slot;
      if (isPrice || openMs % everyMs !== 0) continue;
      clock.advance(openMs + offsetMs);
      run(openMs);
      if (books.account() !== account) return place + 1;
    }
    lanes.stamp(bars, TICK_OFFSETS_MS.length - 1);
    clock.advance(openMs + LAST_TICK_MS);
    return slots.length;
  };

  const goThrough = ({ openMs }: BacktestMinute, from: number, untilMs: number): void => {
    for (let place = from; place < slots.length; place++) {
      const { offsetMs, everyMs, run } = slots[place] as Slot;
      if (offsetMs > untilMs) return;
      if (openMs % everyMs !== 0) continue;
      clock.advance(openMs + offsetMs);
      run(openMs);
    }
  };

  const nextMs = (): EpochMs => playing.openMs + MINUTE_MS;
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
    scans: () => scans,
    view: () => {
      const nowMs = clock.now();
      bringUp();
      return withContracts(viewOf({ quotes: desk.quotes(nowMs), rates: bestRates(setup.rates(nowMs), nowMs) }, nowMs), setup.chains ?? null);
    },
  };
}

/** Whether the bars of a minute are of that minute alone. */
const isOfMinutes = ({ playing }: BacktestMinute): boolean => playing === undefined || playing.every(({ spanMinutes }) => spanMinutes === undefined);

/** The desk knows the closes of the days before, and the tape of the last hour. */
function warmUp({ history, startMs, world }: BacktestSetup, desk: Desk): void {
  for (const [symbol, close] of closesIn(history, startMs, world.evidence)) desk.closed(symbol, close);
  for (const bars of history.bars.values()) for (const bar of bars) if (bar.openMs >= startMs - HOUR_MS) desk.bar(bar);
}
