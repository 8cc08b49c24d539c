import { NSE_CALENDAR } from '../config/nse-calendar.ts';
import { type Chart, createChart } from '../indicators/chart.ts';
import type { Account } from '../ledger/account.ts';
import type { Instrument } from '../market/instrument.ts';
import { listedAs } from '../market/listed-rules.ts';
import type { Timeframe } from '../market/timeframe.ts';
import type { DerivativesView, Opportunity, Quiet, Strategy, StrategyView, StructureOpportunity } from '../strategies/strategy.ts';
import type { Contracts } from './contracts/contracts-view.ts';
import { askModelFor, spreadShareOf } from './model-odds.ts';
import type { Model } from './ports.ts';
import type { MarketView } from './view.ts';

/** A strategy to ask about an instrument; `base` is set when a person named the timeframe. */
export interface Question {
  readonly strategy: Strategy;
  readonly instrument: Instrument;
  readonly base: Timeframe | null;
}

/** What strategies are asked over: a part of a scan's view. */
export interface AskedView extends Pick<MarketView, 'nowMs' | 'quote' | 'rules'>, Pick<Contracts, 'chains' | 'ivHistory'> {
  readonly chart: (symbol: string) => Chart | null;
  readonly model: Model;
}

export type Answer = Opportunity | StructureOpportunity | Quiet;

/** What was asked in a scan and answered, in the same order. */
export interface Asked {
  /** With instruments on the grids of now. */
  readonly questions: readonly Question[];
  readonly answers: readonly Answer[];
  /** Whether nothing was found: as in most minutes. */
  readonly isQuiet: boolean;
}

/** Asks every question of its strategy. Nothing is judged, and no answer depends on what becomes of another. Pure. */
export function askAll(account: Account, view: AskedView, questions: readonly Question[]): Asked {
  const { symbols, places } = symbolsOf(questions);
  const markets: (StrategyView | undefined)[] = new Array(symbols.length);
  const onGrids: Question[] = [];
  const answers: Answer[] = [];
  let isQuiet = true;
  for (let index = 0; index < questions.length; index++) {
    const question = listed(view, questions[index] as Question);
    const answer = ask(account, view, markets, places[index] as number, question);
    if (answer.kind !== 'quiet') isQuiet = false;
    onGrids.push(question);
    answers.push(answer);
  }
  return { questions: onGrids, answers, isQuiet };
}

/** The instrument on the grids that the venue lists it with now. */
function listed(view: AskedView, question: Question): Question {
  const rules = view.rules(question.instrument.symbol);
  return rules === null ? question : { ...question, instrument: listedAs(question.instrument, rules) };
}

/** What a question's strategy answers, on the grids of the venue. */
export const askQuestion = (account: Account, view: AskedView, question: Question): Answer => ask(account, view, [], 0, listed(view, question));

/** @param markets by the place of their symbol, as most strategies see them and share them: with neither contracts nor a model */
function ask(
  account: Account,
  view: AskedView,
  markets: (StrategyView | undefined)[],
  place: number,
  { strategy, instrument, base }: Question,
): Answer {
  const derivatives = strategy.readsDerivatives ? derivativesOf(view, instrument.symbol) : null;
  const askModel = askModelFor(account, view.model, strategy.name);
  const isBare = derivatives === null && askModel === undefined;
  const known = isBare ? markets[place] : undefined;
  if (known?.instrument === instrument) return strategy.evaluate(known, base ?? undefined);
  // An index has no bars of its own: who judges its options has the chain.
  const chart = view.chart(instrument.symbol) ?? (strategy.readsDerivatives ? emptyChart(instrument) : null);
  if (chart === null) return { kind: 'quiet', reason: 'no_bars', why: `No bars of ${instrument.symbol} are known` };
  const market = { instrument, nowMs: view.nowMs, chart, derivatives, calendar: NSE_CALENDAR };
  if (askModel !== undefined)
    return strategy.evaluate({ ...market, askModel, spreadShare: spreadShareOf(view.quote(instrument.symbol)) }, base ?? undefined);
  if (isBare && !strategy.readsDerivatives) markets[place] = market;
  return strategy.evaluate(market, base ?? undefined);
}

const emptyCharts = new Map<string, Chart>();

/** A chart without a bar, for reading only: made once, since its indicators cost more than the question. */
function emptyChart(instrument: Instrument): Chart {
  const known = emptyCharts.get(instrument.symbol) ?? createChart(instrument);
  emptyCharts.set(instrument.symbol, known);
  return known;
}

function derivativesOf(view: AskedView, underlying: string): DerivativesView | null {
  const chains = view.chains(underlying);
  if (chains.length === 0) return null;
  return { chains, ivHistory: view.ivHistory(underlying), spot: view.quote(underlying) };
}

interface AskedSymbols {
  /** Each once. */
  readonly symbols: readonly string[];
  /** Of each question's symbol among them. */
  readonly places: readonly number[];
}

const SYMBOLS = new WeakMap<readonly Question[], AskedSymbols>();

/** The symbols that are asked about: every minute asks the same questions. */
export function symbolsOf(questions: readonly Question[]): AskedSymbols {
  const known = SYMBOLS.get(questions);
  if (known !== undefined) return known;
  const symbols = [...new Set(questions.map(({ instrument }) => instrument.symbol))];
  const made = { symbols, places: questions.map(({ instrument }) => symbols.indexOf(instrument.symbol)) };
  SYMBOLS.set(questions, made);
  return made;
}
