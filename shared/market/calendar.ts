import { NightdeskError } from '../kernel/errors.ts';
import { DAY_MS, type EpochMs, MINUTE_MS } from '../kernel/time.ts';
import {
  type CalendarEra,
  type CalendarFacts,
  type Holiday,
  INSTRUMENT_GROUPS,
  type InstrumentGroup,
  type PhaseClock,
  type SessionPhase,
  type SpecialSession,
} from './calendar-facts.ts';
import type { Market } from './instrument.ts';
import { clockMs, dateOfDay, dayOfDate, istDayOf, istMidnight, isWeekend } from './ist.ts';

export class CalendarError extends NightdeskError<'bad_facts' | 'bad_hours' | 'no_special_session'> {}

interface PhaseRule {
  /** Whether the market status says "open". */
  readonly isOpen: boolean;
  /** Whether a new position may be opened. */
  readonly canEnter: boolean;
  /** Whether the exchange accepts orders that can trade in this phase or the auction it feeds. */
  readonly acceptsOrders: boolean;
  /** Whether trades of this phase make the day's price. */
  readonly setsPrice: boolean;
  readonly says: string;
}

const PRE_OPEN: PhaseRule = { isOpen: false, canEnter: false, acceptsOrders: false, setsPrice: false, says: 'Pre-open session' };
const CLOSING_AUCTION: PhaseRule = { isOpen: true, canEnter: false, acceptsOrders: true, setsPrice: true, says: 'Closing auction takes orders' };

// The reference-price window counts as open although no order is taken: the session goes on into its closing auction, and
// stocks outside the auction trade on to 15:30. Otherwise "open" would go off at 15:15 and on again at 15:20.
const PHASE_RULES: Readonly<Record<SessionPhase, PhaseRule>> = {
  'pre-open-entry': PRE_OPEN,
  'pre-open-limit-entry': PRE_OPEN,
  'pre-open-matching': PRE_OPEN,
  'pre-open-buffer': PRE_OPEN,
  continuous: { isOpen: true, canEnter: true, acceptsOrders: true, setsPrice: true, says: 'Continuous trading' },
  'reference-price': { isOpen: true, canEnter: false, acceptsOrders: false, setsPrice: false, says: 'Reference-price window: no orders are taken' },
  'closing-auction-entry': CLOSING_AUCTION,
  'closing-auction-limit-entry': CLOSING_AUCTION,
  'closing-auction-matching': { isOpen: false, canEnter: false, acceptsOrders: false, setsPrice: true, says: 'Closing auction is being matched' },
  'post-close': { isOpen: false, canEnter: false, acceptsOrders: false, setsPrice: false, says: 'Post-close session' },
};

/** A market at an instant. `reason` is a sentence for a person. */
export interface PhaseView {
  /** In session: from the start of continuous trading until the closing auction stops taking orders. */
  readonly isOpen: boolean;
  /** Continuous trading: a position may be opened. */
  readonly canEnter: boolean;
  /** An order sent now can trade: continuous trading or order entry of the closing auction. */
  readonly acceptsOrders: boolean;
  readonly phase: SessionPhase | 'closed';
  readonly reason: string;
  /** Whether the calendar knows this instant: false outside its dates and on a day whose hours were never published. */
  readonly isCovered: boolean;
  /** The next instant at which `isOpen` turns true; null when the calendar knows none. Sessions of unknown hours are passed over. */
  readonly nextOpenMs: EpochMs | null;
  /** The next instant at which `isOpen` turns false, of this session or else of the next; null when there is none. */
  readonly nextCloseMs: EpochMs | null;
}

/** A day of the exchange with a session of known hours. */
export interface SessionDay {
  readonly kind: 'session';
  readonly date: string;
  readonly isCovered: true;
  readonly isTradingDay: true;
  /** The name of a special session, else null. */
  readonly name: string | null;
  readonly openMs: EpochMs;
  readonly continuousCloseMs: EpochMs;
  /** End of the last phase that sets a price: the day's books close here. */
  readonly lastPriceMs: EpochMs;
  /** When intraday positions are closed. */
  readonly squareOffMs: EpochMs;
}

/** A day without a session, or with one of which only the date is known. */
export interface DayWithoutSession {
  readonly kind: 'hours-unknown' | 'holiday' | 'weekend' | 'not-covered';
  readonly date: string;
  readonly isCovered: boolean;
  /** True only for `hours-unknown`: there is a session, but nothing can be planned for it. */
  readonly isTradingDay: boolean;
  readonly name: string | null;
  readonly openMs: null;
  readonly continuousCloseMs: null;
  readonly lastPriceMs: null;
  readonly squareOffMs: null;
}

export type TradingDay = SessionDay | DayWithoutSession;

/** A moment at which the day's books are opened or closed; `date` is the day in India that they belong to. */
export interface DayRoll {
  readonly kind: 'open' | 'close';
  readonly date: string;
  readonly atMs: EpochMs;
}

interface Span {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
}

interface PhaseSpan extends Span {
  readonly phase: SessionPhase;
}

interface Schedule {
  readonly day: TradingDay;
  readonly reason: string;
  readonly phases: readonly PhaseSpan[];
  readonly openSpans: readonly Span[];
}

interface Segment extends Span {
  readonly view: PhaseView;
}

/** Facts made ready for look-ups. Days are worked out once and remembered; the memory is not part of the value. */
export interface Calendar {
  readonly facts: CalendarFacts;
  readonly firstDay: number;
  readonly lastDay: number;
  readonly holidays: ReadonlyMap<number, Holiday>;
  readonly specialSessions: ReadonlyMap<number, SpecialSession>;
  readonly schedules: Readonly<Record<InstrumentGroup, Map<number, Schedule>>>;
  readonly segments: Readonly<Record<InstrumentGroup, Map<number, readonly Segment[]>>>;
  readonly rolls: Map<number, readonly DayRoll[]>;
}

/**
 * Makes facts ready for look-ups, and checks that they can be true.
 * @throws CalendarError `bad_facts` when phases overlap or lack continuous trading, when a date stands twice or outside the coverage,
 *   when a holiday falls on a weekend, or when a group has no era on the first covered day
 * @throws IstError `bad_date`, `bad_clock`
 */
export function createCalendar(facts: CalendarFacts): Calendar {
  const firstDay = dayOfDate(facts.coverage.from);
  const lastDay = dayOfDate(facts.coverage.to);
  for (const { from, phases } of facts.eras) checkPhases(phases, `the era from ${from}`);
  for (const group of INSTRUMENT_GROUPS) {
    if (!facts.eras.some((era) => era.groups.includes(group) && dayOfDate(era.from) <= firstDay)) {
      throw new CalendarError('bad_facts', `No era of ${group} covers the first day, ${facts.coverage.from}`, { group });
    }
  }
  const specialSessions = byDay(facts.specialSessions, firstDay, lastDay);
  for (const { date, hours } of facts.specialSessions) if (typeof hours !== 'string') checkPhases(hours, date);
  const holidays = byDay(facts.holidays, firstDay, lastDay);
  for (const [day, { date }] of holidays) {
    if (isWeekend(day) || specialSessions.has(day)) {
      throw new CalendarError('bad_facts', `${date} cannot be a holiday: it is a weekend or has a special session`, { date });
    }
  }
  return { facts, firstDay, lastDay, holidays, specialSessions, schedules: memory(), segments: memory(), rolls: new Map() };
}

const memory = <Value>(): Record<InstrumentGroup, Map<number, Value>> => ({
  'closing-auction': new Map(),
  regular: new Map(),
  derivatives: new Map(),
});

function byDay<Entry extends { readonly date: string }>(entries: readonly Entry[], firstDay: number, lastDay: number): Map<number, Entry> {
  const days = new Map<number, Entry>();
  for (const entry of entries) {
    const day = dayOfDate(entry.date);
    if (days.has(day)) throw new CalendarError('bad_facts', `${entry.date} stands twice`, { date: entry.date });
    if (day < firstDay || day > lastDay) throw new CalendarError('bad_facts', `${entry.date} lies outside the coverage`, { date: entry.date });
    days.set(day, entry);
  }
  return days;
}

function checkPhases(phases: readonly PhaseClock[], where: string): void {
  let previousMs = 0;
  for (const { phase, from, to } of phases) {
    if (clockMs(from) < previousMs || clockMs(to) <= clockMs(from)) {
      throw new CalendarError('bad_facts', `Phases of ${where} must follow each other: ${phase} ${from}-${to} does not`, { where, phase, from, to });
    }
    previousMs = clockMs(to);
  }
  if (!phases.some(({ phase }) => phase === 'continuous')) {
    throw new CalendarError('bad_facts', `Phases of ${where} lack continuous trading`, { where });
  }
}

/** The hours of a special session as told by its circular, `HH:MM` in India. */
export interface SpecialHours {
  readonly date: string;
  readonly open: string;
  readonly close: string;
}

/**
 * The facts with the hours of special sessions filled in or replaced: for a Muhurat session whose circular came after the data.
 * @throws CalendarError `no_special_session` when the data has none on that date
 */
export function withSpecialHours(facts: CalendarFacts, hours: readonly SpecialHours[]): CalendarFacts {
  const told = new Map(hours.map((entry) => [entry.date, entry]));
  for (const { date } of hours) {
    if (!facts.specialSessions.some((session) => session.date === date)) {
      const known = facts.specialSessions.map((session) => session.date);
      throw new CalendarError('no_special_session', `There is no special session on ${date}; there are on ${known.join(', ')}`, { date, known });
    }
  }
  const specialSessions = facts.specialSessions.map((session): SpecialSession => {
    const entry = told.get(session.date);
    if (entry === undefined) return session;
    return { ...session, hours: [{ phase: 'continuous', from: entry.open, to: entry.close }], source: 'settings' };
  });
  return { ...facts, specialSessions };
}

/**
 * What a market does at an instant. Crypto never closes. NSE is asked for one group of instruments; the default symbols
 * are all of the closing-auction group. Within a day the answer is one remembered, frozen object a phase: cheap each minute.
 */
export function marketPhase(calendar: Calendar, market: Market, atMs: EpochMs, group: InstrumentGroup = 'closing-auction'): PhaseView {
  if (market === 'CRYPTO') return CRYPTO_VIEW;
  const segments = segmentsOf(calendar, istDayOf(atMs), group);
  return (segments.find(({ toMs }) => atMs < toMs) ?? last(segments)).view;
}

const CRYPTO_VIEW: PhaseView = Object.freeze({
  isOpen: true,
  canEnter: true,
  acceptsOrders: true,
  phase: 'continuous',
  reason: 'Crypto trades round the clock',
  isCovered: true,
  nextOpenMs: null,
  nextCloseMs: null,
});

/** The market that leads at an instant: NSE while NSE is open, else crypto. */
export function primaryMarket(calendar: Calendar, atMs: EpochMs): Market {
  return marketPhase(calendar, 'NSE', atMs).isOpen ? 'NSE' : 'CRYPTO';
}

/** What the exchange does on a date in India. @throws IstError `bad_date` */
export function tradingDay(calendar: Calendar, dateIst: string, group: InstrumentGroup = 'closing-auction'): TradingDay {
  return scheduleOf(calendar, dayOfDate(dateIst), group).day;
}

/** What the exchange does on the day of an instant. */
export function tradingDayAt(calendar: Calendar, atMs: EpochMs, group: InstrumentGroup = 'closing-auction'): TradingDay {
  return scheduleOf(calendar, istDayOf(atMs), group).day;
}

/**
 * The rolls of the trading day that fall in (sinceMs, untilMs], in order. A day with a session opens at its open and closes
 * when its last price is set; any other day only closes, when a usual day of its era would: crypto-only days have books too.
 */
export function rollsDue(calendar: Calendar, sinceMs: EpochMs, untilMs: EpochMs): readonly DayRoll[] {
  const rolls: DayRoll[] = [];
  for (let day = istDayOf(sinceMs); day <= istDayOf(untilMs); day++) {
    for (const roll of rollsOf(calendar, day)) {
      if (roll.atMs > sinceMs && roll.atMs <= untilMs) rolls.push(roll);
    }
  }
  return rolls;
}

function rollsOf(calendar: Calendar, dayNumber: number): readonly DayRoll[] {
  const known = calendar.rolls.get(dayNumber);
  if (known !== undefined) return known;
  const rolls = makeRolls(calendar, dayNumber);
  calendar.rolls.set(dayNumber, rolls);
  return rolls;
}

function makeRolls(calendar: Calendar, dayNumber: number): readonly DayRoll[] {
  const { day } = scheduleOf(calendar, dayNumber, 'closing-auction');
  if (day.kind !== 'session') {
    const usual = placed(eraOn(calendar, dayNumber, 'closing-auction').phases, dayNumber);
    return [{ kind: 'close', date: day.date, atMs: lastPriceOf(usual) }];
  }
  return [
    { kind: 'open', date: day.date, atMs: day.openMs },
    { kind: 'close', date: day.date, atMs: day.lastPriceMs },
  ];
}

function scheduleOf(calendar: Calendar, day: number, group: InstrumentGroup): Schedule {
  const known = calendar.schedules[group].get(day);
  if (known !== undefined) return known;
  const schedule = makeSchedule(calendar, day, group);
  calendar.schedules[group].set(day, schedule);
  return schedule;
}

function makeSchedule(calendar: Calendar, day: number, group: InstrumentGroup): Schedule {
  if (day < calendar.firstDay || day > calendar.lastDay) {
    const { from, to } = calendar.facts.coverage;
    return noSession(day, 'not-covered', null, `Not covered: the NSE calendar knows ${from} to ${to}`);
  }
  const special = calendar.specialSessions.get(day);
  if (special?.hours === 'unknown') return noSession(day, 'hours-unknown', special.name, `Special session of unknown hours: ${special.name}`);
  const holiday = calendar.holidays.get(day);
  if (holiday !== undefined) return noSession(day, 'holiday', holiday.name, `Holiday: ${holiday.name}`);
  if (special === undefined && isWeekend(day)) return noSession(day, 'weekend', null, 'Weekend');
  return session(day, eraOn(calendar, day, group), group, special);
}

function noSession(day: number, kind: DayWithoutSession['kind'], name: string | null, reason: string): Schedule {
  const times = { openMs: null, continuousCloseMs: null, lastPriceMs: null, squareOffMs: null };
  const isTradingDay = kind === 'hours-unknown';
  return {
    day: Object.freeze({ kind, date: dateOfDay(day), isCovered: kind !== 'not-covered', isTradingDay, name, ...times }),
    reason,
    phases: [],
    openSpans: [],
  };
}

function session(day: number, era: CalendarEra, group: InstrumentGroup, special: SpecialSession | undefined): Schedule {
  const listed = special === undefined || typeof special.hours === 'string' ? era.phases : special.hours;
  // Listed special hours are those of the cash market; derivatives have its continuous trading without the auctions.
  const own = group === 'derivatives' ? listed.filter(({ phase }) => phase === 'continuous') : listed;
  const phases = placed(own, day);
  const continuous = phases.filter(({ phase }) => phase === 'continuous');
  const continuousCloseMs = last(continuous).toMs;
  return {
    day: Object.freeze({
      kind: 'session',
      date: dateOfDay(day),
      isCovered: true,
      isTradingDay: true,
      name: special?.name ?? null,
      openMs: first(continuous).fromMs,
      continuousCloseMs,
      lastPriceMs: lastPriceOf(phases),
      squareOffMs: continuousCloseMs - era.squareOffBeforeCloseMinutes * MINUTE_MS,
    }),
    reason: special === undefined ? 'Outside market hours' : `Outside the hours of a special session: ${special.name}`,
    phases,
    openSpans: joined(phases.filter(({ phase }) => PHASE_RULES[phase].isOpen)),
  };
}

/** The era of a group on a day; before the first era, the first. */
function eraOn(calendar: Calendar, day: number, group: InstrumentGroup): CalendarEra {
  const date = dateOfDay(day);
  const eras = calendar.facts.eras.filter((era) => era.groups.includes(group)).sort((a, b) => (a.from < b.from ? -1 : 1));
  return eras.findLast(({ from }) => from <= date) ?? first(eras);
}

const placed = (phases: readonly PhaseClock[], day: number): readonly PhaseSpan[] =>
  phases.map(({ phase, from, to }) => ({ phase, fromMs: istMidnight(day) + clockMs(from), toMs: istMidnight(day) + clockMs(to) }));

const lastPriceOf = (phases: readonly PhaseSpan[]): EpochMs => last(phases.filter(({ phase }) => PHASE_RULES[phase].setsPrice)).toMs;

function joined(spans: readonly Span[]): readonly Span[] {
  const result: Span[] = [];
  for (const { fromMs, toMs } of spans) {
    const previous = result.at(-1);
    if (previous?.toMs === fromMs) result[result.length - 1] = { fromMs: previous.fromMs, toMs };
    else result.push({ fromMs, toMs });
  }
  return result;
}

function segmentsOf(calendar: Calendar, day: number, group: InstrumentGroup): readonly Segment[] {
  const known = calendar.segments[group].get(day);
  if (known !== undefined) return known;
  const segments = makeSegments(calendar, day, group);
  calendar.segments[group].set(day, segments);
  return segments;
}

/** The whole day cut into phases, with "closed" between them. */
function makeSegments(calendar: Calendar, day: number, group: InstrumentGroup): readonly Segment[] {
  const schedule = scheduleOf(calendar, day, group);
  const segments: Segment[] = [];
  let fromMs = istMidnight(day);
  const put = (phase: SessionPhase | 'closed', toMs: EpochMs): void => {
    if (toMs > fromMs) segments.push({ fromMs, toMs, view: viewOf(calendar, schedule, phase, fromMs, day, group) });
    fromMs = toMs;
  };
  for (const span of schedule.phases) {
    put('closed', span.fromMs);
    put(span.phase, span.toMs);
  }
  put('closed', istMidnight(day) + DAY_MS);
  return segments;
}

function viewOf(
  calendar: Calendar,
  schedule: Schedule,
  phase: SessionPhase | 'closed',
  fromMs: EpochMs,
  day: number,
  group: InstrumentGroup,
): PhaseView {
  const rule = phase === 'closed' ? undefined : PHASE_RULES[phase];
  const { kind } = schedule.day;
  const spans = kind === 'not-covered' ? [] : [...schedule.openSpans, ...nextOpenSpans(calendar, day, group)];
  return Object.freeze({
    isOpen: rule?.isOpen ?? false,
    canEnter: rule?.canEnter ?? false,
    acceptsOrders: rule?.acceptsOrders ?? false,
    phase,
    reason: rule?.says ?? schedule.reason,
    isCovered: kind !== 'not-covered' && kind !== 'hours-unknown',
    nextOpenMs: spans.find((span) => span.fromMs > fromMs)?.fromMs ?? null,
    nextCloseMs: spans.find((span) => span.toMs > fromMs)?.toMs ?? null,
  });
}

function nextOpenSpans(calendar: Calendar, day: number, group: InstrumentGroup): readonly Span[] {
  for (let next = day + 1; next <= calendar.lastDay; next++) {
    const { openSpans } = scheduleOf(calendar, next, group);
    if (openSpans.length > 0) return openSpans;
  }
  return [];
}

function first<Item>(items: readonly Item[]): Item {
  const item = items[0];
  if (item === undefined) throw new CalendarError('bad_facts', 'The calendar has a day without phases or a group without eras');
  return item;
}

function last<Item>(items: readonly Item[]): Item {
  return first(items.slice(-1));
}
