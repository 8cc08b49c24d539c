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

/**
 * Asks every question of its strategy. Nothing is judged, and no answer depends on what becomes of another. Pure.
 * @param about the symbols of the questions, for who asks the same ones every minute
 */
export function askAll(account: Account, view: AskedView, questions: readonly Question[], about = symbolsOf(questions)): Asked {
  const { symbols, places } = about;
  const seen: (Seen | undefined)[] = new Array(symbols.length);
  const answers: Answer[] = [];
  let [isQuiet, areOnGrids] = [true, true];
  for (let index = 0; index < questions.length; index++) {
    const question = questions[index] as Question;
    const place = places[index] as number;
    const known = seen[place];
    const asked = known?.unlisted === question.instrument ? known : seenOf(view, question.instrument);
    seen[place] = asked;
    const answer = ask(account, view, asked, question);
    if (answer.kind !== 'quiet') isQuiet = false;
    if (asked.instrument !== question.instrument) areOnGrids = false;
    answers.push(answer);
  }
  return { questions: areOnGrids ? questions : questions.map((question) => listed(view, question)), answers, isQuiet };
}

/** What was asked of some of the questions as answers to all: of the symbols that the others are about nothing is known. */
export function answeredAll(asked: Asked, all: readonly Question[]): Asked {
  if (asked.questions.length === all.length) return asked;
  let next = 0;
  const questions: Question[] = [];
  const answers: Answer[] = [];
  for (const question of all) {
    const { strategy, instrument } = asked.questions[next] ?? {};
    const isAsked = strategy === question.strategy && instrument?.symbol === question.instrument.symbol;
    questions.push(isAsked ? (asked.questions[next] as Question) : question);
    answers.push(isAsked ? (asked.answers[next] as Answer) : withoutBars(question.instrument.symbol));
    if (isAsked) next += 1;
  }
  return { questions, answers, isQuiet: asked.isQuiet };
}

/** The instrument on the grids that the venue lists it with now. */
function onGrids(view: AskedView, instrument: Instrument): Instrument {
  const rules = view.rules(instrument.symbol);
  return rules === null ? instrument : listedAs(instrument, rules);
}

function listed(view: AskedView, question: Question): Question {
  const instrument = onGrids(view, question.instrument);
  return instrument === question.instrument ? question : { ...question, instrument };
}

/** What a question's strategy answers, on the grids of the venue. */
export const askQuestion = (account: Account, view: AskedView, question: Question): Answer =>
  ask(account, view, seenOf(view, question.instrument), question);

/** What is known of an instrument in a scan, once for all who are asked about it. */
interface Seen {
  /** As the questions name it. */
  readonly unlisted: Instrument;
  readonly instrument: Instrument;
  readonly chart: Chart | null;
  /** As most strategies see it and share it: with neither contracts nor a model. Null without a chart. */
  readonly bare: StrategyView | null;
}

function seenOf(view: AskedView, unlisted: Instrument): Seen {
  const instrument = onGrids(view, unlisted);
  const chart = view.chart(instrument.symbol);
  const bare = chart === null ? null : { instrument, nowMs: view.nowMs, chart, derivatives: null, calendar: NSE_CALENDAR };
  return { unlisted, instrument, chart, bare };
}

function ask(account: Account, view: AskedView, seen: Seen, { strategy, base }: Question): Answer {
  const { instrument } = seen;
  const derivatives = strategy.readsDerivatives ? derivativesOf(view, instrument.symbol) : null;
  const askModel = askModelFor(account, view.model, strategy.name);
  if (derivatives === null && askModel === undefined && seen.bare !== null) return strategy.evaluate(seen.bare, base ?? undefined);
  // An index has no bars of its own: who judges its options has the chain.
  const chart = seen.chart ?? (strategy.readsDerivatives ? emptyChart(instrument) : null);
  if (chart === null) return withoutBars(instrument.symbol);
  const market = { instrument, nowMs: view.nowMs, chart, derivatives, calendar: NSE_CALENDAR };
  if (askModel === undefined) return strategy.evaluate(market, base ?? undefined);
  return strategy.evaluate({ ...market, askModel, spreadShare: spreadShareOf(view.quote(instrument.symbol)) }, base ?? undefined);
}

const barless = new Map<string, Quiet>();

/** The answer about a symbol that nothing is known of: every minute the same. */
function withoutBars(symbol: string): Quiet {
  const known = barless.get(symbol);
  if (known !== undefined) return known;
  const made: Quiet = { kind: 'quiet', reason: 'no_bars', why: `No bars of ${symbol} are known` };
  barless.set(symbol, made);
  return made;
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

export interface AskedSymbols {
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
