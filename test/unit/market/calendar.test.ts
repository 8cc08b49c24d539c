import { describe, expect, it, vi } from 'vitest';
import { NSE_CALENDAR } from '../../../shared/config/nse-calendar.ts';
import { NSE_CALENDAR_FACTS, nseCalendar, specialHoursOf } from '../../../shared/config/nse-calendar-facts.ts';
import { iso } from '../../../shared/kernel/time.ts';
import { CalendarError, createCalendar, marketPhase, primaryMarket, rollsDue, tradingDay } from '../../../shared/market/calendar.ts';
import type { InstrumentGroup } from '../../../shared/market/calendar-facts.ts';
import { clockMs, dayOfDate, IstError, istDate } from '../../../shared/market/ist.ts';

const at = (date: string, clock: string): number => Date.parse(`${date}T${clock.length === 5 ? `${clock}:00` : clock}+05:30`);
const clockIst = (ms: number | null): string | null =>
  ms === null
    ? null
    : iso(ms + 5.5 * 3_600_000)
        .slice(0, 16)
        .replace('T', ' ');
const nse = (date: string, clock: string, group?: InstrumentGroup) => marketPhase(NSE_CALENDAR, 'NSE', at(date, clock), group);

describe('the NSE day of a stock with derivatives', () => {
  it.each([
    // date, time, phase, open, may enter, takes orders
    ['2026-07-31', '08:59', 'closed', false, false, false],
    ['2026-07-31', '09:00', 'pre-open-entry', false, false, false],
    ['2026-07-31', '09:08', 'pre-open-matching', false, false, false],
    ['2026-07-31', '09:14', 'pre-open-buffer', false, false, false],
    ['2026-07-31', '09:15', 'continuous', true, true, true],
    ['2026-07-31', '15:29', 'continuous', true, true, true],
    ['2026-07-31', '15:30', 'closed', false, false, false],
    ['2026-07-31', '15:40', 'post-close', false, false, false],
    ['2026-07-31', '16:00', 'closed', false, false, false],
    ['2026-08-03', '09:15', 'continuous', true, true, true],
    ['2026-08-03', '15:14:59', 'continuous', true, true, true],
    ['2026-08-03', '15:15', 'reference-price', true, false, false],
    ['2026-08-03', '15:20', 'closing-auction-entry', true, false, true],
    ['2026-08-03', '15:25', 'closing-auction-limit-entry', true, false, true],
    ['2026-08-03', '15:30', 'closing-auction-matching', false, false, false],
    ['2026-08-03', '15:35', 'closed', false, false, false],
    ['2026-08-03', '15:40', 'closed', false, false, false],
    ['2026-08-03', '15:50', 'post-close', false, false, false],
    ['2026-09-04', '09:06', 'pre-open-entry', false, false, false],
    ['2026-09-07', '09:04', 'pre-open-entry', false, false, false],
    ['2026-09-07', '09:06', 'pre-open-limit-entry', false, false, false],
    ['2026-09-07', '09:10', 'pre-open-matching', false, false, false],
    ['2026-09-07', '09:12', 'pre-open-buffer', false, false, false],
  ])('%s %s is %s', (date, clock, phase, isOpen, canEnter, acceptsOrders) => {
    expect(nse(date, clock)).toMatchObject({ phase, isOpen, canEnter, acceptsOrders, isCovered: true });
  });

  it('ends at 15:30 without an auction for other stocks, and at 15:40 for derivatives, since 2026-08-03', () => {
    expect(nse('2026-08-18', '15:29', 'regular').phase).toBe('continuous');
    expect(nse('2026-08-18', '15:30', 'regular').phase).toBe('closed');
    expect(nse('2026-08-18', '15:39', 'derivatives').phase).toBe('continuous');
    expect(nse('2026-08-18', '15:40', 'derivatives').phase).toBe('closed');
    expect(nse('2026-07-31', '15:30', 'derivatives').phase).toBe('closed');
  });
});

describe('days without a session', () => {
  it.each([
    ['2025-10-22', 'Holiday: Balipratipada'],
    ['2025-11-05', 'Holiday: Prakash Gurpurb Sri Guru Nanak Dev'],
    ['2024-01-22', 'Holiday: Ram Mandir inauguration holiday'],
    ['2024-05-20', 'Holiday: Parliamentary Elections'],
    ['2024-11-20', 'Holiday: Maharashtra Assembly Elections'],
    ['2026-01-15', 'Holiday: Municipal Corporation Election - Maharashtra'],
    ['2026-11-24', 'Holiday: Prakash Gurpurb Sri Guru Nanak Dev'],
    ['2020-04-10', 'Holiday: Good Friday'],
    ['2026-08-15', 'Weekend'],
    ['2026-08-16', 'Weekend'],
  ])('%s is closed all day: %s', (date, reason) => {
    expect(nse(date, '11:00')).toMatchObject({ isOpen: false, canEnter: false, phase: 'closed', reason, isCovered: true });
    expect(tradingDay(NSE_CALENDAR, date)).toMatchObject({ isCovered: true, isTradingDay: false, openMs: null });
  });

  it.each(['2019-09-30', '2027-01-01'])('%s is not covered, and nothing is guessed about it', (date) => {
    const view = nse(date, '11:00');
    expect(view).toMatchObject({ isOpen: false, isCovered: false, nextOpenMs: null, nextCloseMs: null });
    expect(view.reason).toBe('Not covered: the NSE calendar knows 2019-10-01 to 2026-12-31');
    expect(tradingDay(NSE_CALENDAR, date)).toMatchObject({ kind: 'not-covered', isCovered: false, isTradingDay: false });
  });

  it('have the 16 trading holidays of 2026 and the 14 of 2025 less the Muhurat day', () => {
    const of = (year: string) => NSE_CALENDAR_FACTS.holidays.filter(({ date }) => date.startsWith(year)).map(({ date }) => date.slice(5));
    const expected2026 = '01-15 01-26 03-03 03-26 03-31 04-03 04-14 05-01 05-28 06-26 09-14 10-02 10-20 11-10 11-24 12-25';
    expect(of('2026')).toEqual(expected2026.split(' '));
    expect(of('2025')).toEqual('02-26 03-14 03-31 04-10 04-14 04-18 05-01 08-15 08-27 10-02 10-22 11-05 12-25'.split(' '));
  });
});

describe('special sessions', () => {
  it.each([
    ['2020-02-01', 'Union Budget (Saturday)'],
    ['2025-02-01', 'Union Budget (Saturday)'],
    ['2026-02-01', 'Union Budget (Sunday)'],
  ])('%s is a whole day on a weekend: %s', (date, name) => {
    const day = tradingDay(NSE_CALENDAR, date);
    expect(day).toMatchObject({ kind: 'session', isTradingDay: true, name });
    expect([day.openMs, day.lastPriceMs].map(clockIst)).toEqual([`${date} 09:15`, `${date} 15:30`]);
  });

  it.each([
    ['2019-10-27', '18:15', '19:15'],
    ['2020-11-14', '18:15', '19:15'],
    ['2021-11-04', '18:15', '19:15'],
    ['2022-10-24', '18:15', '19:15'],
    ['2023-11-12', '18:15', '19:15'],
    ['2024-11-01', '18:00', '19:00'],
    ['2025-10-21', '13:45', '14:45'],
  ])('Muhurat of %s trades from %s to %s and not in the morning', (date, open, close) => {
    const day = tradingDay(NSE_CALENDAR, date);
    expect([day.openMs, day.continuousCloseMs, day.lastPriceMs].map(clockIst)).toEqual([`${date} ${open}`, `${date} ${close}`, `${date} ${close}`]);
    expect(nse(date, '09:30')).toMatchObject({
      isOpen: false,
      reason: 'Outside the hours of a special session: Diwali Laxmi Pujan (Muhurat trading)',
    });
    expect(nse(date, open).canEnter).toBe(true);
  });

  it('of unknown hours are said to be so, and are passed over by what opens next', () => {
    const view = nse('2026-11-08', '18:30');
    expect(view).toMatchObject({ isOpen: false, isCovered: false, reason: 'Special session of unknown hours: Diwali Laxmi Pujan (Muhurat trading)' });
    expect(tradingDay(NSE_CALENDAR, '2026-11-08')).toMatchObject({ kind: 'hours-unknown', isTradingDay: true, isCovered: true, openMs: null });
    expect(clockIst(nse('2026-11-06', '16:30').nextOpenMs)).toBe('2026-11-09 09:15');
  });

  it('take their hours from the settings when those tell them', () => {
    const told = nseCalendar([{ date: '2026-11-08', open: '18:00', close: '19:00' }]);
    expect(marketPhase(told, 'NSE', at('2026-11-08', '18:30'))).toMatchObject({ isOpen: true, canEnter: true });
    expect(clockIst(marketPhase(told, 'NSE', at('2026-11-06', '16:30')).nextOpenMs)).toBe('2026-11-08 18:00');
    expect(() => nseCalendar([{ date: '2026-11-09', open: '18:00', close: '19:00' }])).toThrow(CalendarError);
    expect(() => nseCalendar([{ date: '2026-11-08', open: '6 pm', close: '19:00' }])).toThrow(IstError);
  });

  it.each([
    [undefined, []],
    ['none', []],
    ['2026-11-08=18:00-19:00', [{ date: '2026-11-08', open: '18:00', close: '19:00' }]],
    [
      '2026-11-08=18:00-19:00, 2025-10-21=13:45-14:45',
      [
        { date: '2026-11-08', open: '18:00', close: '19:00' },
        { date: '2025-10-21', open: '13:45', close: '14:45' },
      ],
    ],
  ])('are told by a setting such as %j', (setting, hours) => {
    expect(specialHoursOf(setting)).toEqual(hours);
    expect(nseCalendar(hours).facts.specialSessions).toHaveLength(NSE_CALENDAR_FACTS.specialSessions.length);
  });

  it.each(['18:00-19:00', '2026-11-08', '2026-11-08=18-19', '2026-11-08=18:00-19:00;', 'yes'])('are not told by %j, which is said', (setting) => {
    expect(() => specialHoursOf(setting)).toThrow(/NIGHTDESK_NSE_HOURS takes .* received/);
  });

  it('are told to the whole program by its environment', async () => {
    vi.stubEnv('NIGHTDESK_NSE_HOURS', '2026-11-08=18:00-19:00');
    vi.resetModules();
    const { NSE_CALENDAR: told } = await import('../../../shared/config/nse-calendar.ts');
    vi.unstubAllEnvs();
    expect(marketPhase(told, 'NSE', at('2026-11-08', '18:30'))).toMatchObject({ isOpen: true, phase: 'continuous' });
    expect(marketPhase(told, 'NSE', at('2026-11-08', '18:30'), 'derivatives').isOpen).toBe(true);
    expect(nse('2026-11-08', '18:30').isOpen).toBe(false);
  });

  it('may break: the halt of 2021-02-24 lasted from 11:40 to 15:45, and the day to 17:00', () => {
    expect(nse('2021-02-24', '11:39').isOpen).toBe(true);
    expect(nse('2021-02-24', '11:40').isOpen).toBe(false);
    expect(clockIst(nse('2021-02-24', '12:00').nextOpenMs)).toBe('2021-02-24 15:45');
    expect(clockIst(nse('2021-02-24', '10:00').nextCloseMs)).toBe('2021-02-24 11:40');
    expect(nse('2021-02-24', '16:30').canEnter).toBe(true);
    expect(clockIst(tradingDay(NSE_CALENDAR, '2021-02-24').lastPriceMs)).toBe('2021-02-24 17:00');
  });
});

describe('what opens and closes next', () => {
  it.each([
    // at, next open, next close
    ['2026-08-18', '08:00', '2026-08-18 09:15', '2026-08-18 15:30'],
    ['2026-08-18', '09:15', '2026-08-19 09:15', '2026-08-18 15:30'],
    ['2026-08-18', '15:17', '2026-08-19 09:15', '2026-08-18 15:30'],
    ['2026-08-18', '15:30', '2026-08-19 09:15', '2026-08-19 15:30'],
    ['2026-08-21', '15:31', '2026-08-24 09:15', '2026-08-24 15:30'],
    ['2025-10-20', '15:31', '2025-10-21 13:45', '2025-10-21 14:45'],
    ['2025-10-21', '14:45', '2025-10-23 09:15', '2025-10-23 15:30'],
    ['2026-12-31', '15:31', null, null],
  ])('at %s %s: %s and %s', (date, clock, nextOpen, nextClose) => {
    const view = nse(date, clock);
    expect([view.nextOpenMs, view.nextCloseMs].map(clockIst)).toEqual([nextOpen, nextClose]);
  });
});

describe('the primary market', () => {
  it('is NSE from its open until the closing auction ends, without a gap, and crypto otherwise', () => {
    const markets = ['09:14', '09:15', '15:14', '15:15', '15:20', '15:29', '15:30', '23:00'].map((clock) =>
      primaryMarket(NSE_CALENDAR, at('2026-08-18', clock)),
    );
    expect(markets).toEqual(['CRYPTO', 'NSE', 'NSE', 'NSE', 'NSE', 'NSE', 'CRYPTO', 'CRYPTO']);
    expect(primaryMarket(NSE_CALENDAR, at('2026-10-20', '11:00'))).toBe('CRYPTO');
  });

  it('never closes for crypto', () => {
    for (const clock of ['00:00', '03:00', '12:00', '23:59']) {
      expect(marketPhase(NSE_CALENDAR, 'CRYPTO', at('2027-05-05', clock))).toMatchObject({ isOpen: true, canEnter: true, isCovered: true });
    }
  });
});

describe('a trading day', () => {
  it.each([
    ['2026-07-31', '15:30', '15:30', '15:20'],
    ['2026-08-03', '15:15', '15:35', '15:10'],
    ['2026-09-07', '15:15', '15:35', '15:10'],
  ])('of %s ends continuous trading at %s, prices at %s and intraday positions at %s', (date, continuous, lastPrice, squareOff) => {
    const day = tradingDay(NSE_CALENDAR, date);
    expect([day.continuousCloseMs, day.lastPriceMs, day.squareOffMs].map(clockIst)).toEqual(
      [continuous, lastPrice, squareOff].map((clock) => `${date} ${clock}`),
    );
  });

  it('refuses what is no date', () => {
    for (const date of ['2026-02-30', '2026-8-3', 'today', '']) expect(() => tradingDay(NSE_CALENDAR, date)).toThrow(IstError);
  });
});

describe('rolls of the trading day', () => {
  const rolls = (from: string, to: string) =>
    rollsDue(NSE_CALENDAR, at(from, '00:00'), at(to, '00:00')).map(({ kind, date, atMs }) => `${kind} ${date} ${clockIst(atMs)?.slice(11)}`);

  it('open and close days with a session, and only close the others', () => {
    expect(rolls('2026-07-31', '2026-08-05')).toEqual([
      'open 2026-07-31 09:15',
      'close 2026-07-31 15:30',
      'close 2026-08-01 15:30',
      'close 2026-08-02 15:30',
      'open 2026-08-03 09:15',
      'close 2026-08-03 15:35',
      'open 2026-08-04 09:15',
      'close 2026-08-04 15:35',
    ]);
  });

  it('follow holidays, Muhurat, unknown hours and dates that are not covered', () => {
    expect(rolls('2025-10-21', '2025-10-23')).toEqual(['open 2025-10-21 13:45', 'close 2025-10-21 14:45', 'close 2025-10-22 15:30']);
    expect(rolls('2026-11-08', '2026-11-09')).toEqual(['close 2026-11-08 15:35']);
    expect(rolls('2027-03-01', '2027-03-02')).toEqual(['close 2027-03-01 15:35']);
    expect(rolls('2019-03-01', '2019-03-02')).toEqual(['close 2019-03-01 15:30']);
  });

  it('are due after the first instant and up to and with the last', () => {
    const open = at('2026-08-18', '09:15');
    expect(rollsDue(NSE_CALENDAR, open - 1, open)).toEqual([{ kind: 'open', date: '2026-08-18', atMs: open }]);
    expect(rollsDue(NSE_CALENDAR, open, open + 1)).toEqual([]);
    expect(rollsDue(NSE_CALENDAR, open, open)).toEqual([]);
    expect(rollsDue(NSE_CALENDAR, open, open - 1_000)).toEqual([]);
  });
});

describe('calendar facts', () => {
  const facts = NSE_CALENDAR_FACTS;
  const holiday = { name: 'Test', source: 'test' };

  it.each([
    ['a holiday on a weekend', { ...facts, holidays: [{ ...holiday, date: '2026-08-16' }] }],
    ['a holiday on the day of a special session', { ...facts, holidays: [{ ...holiday, date: '2025-10-21' }] }],
    ['a holiday outside the coverage', { ...facts, holidays: [{ ...holiday, date: '2027-01-26' }] }],
    ['a holiday twice', { ...facts, holidays: ['2026-01-26', '2026-01-26'].map((date) => ({ ...holiday, date })) }],
    ['a group without an era', { ...facts, eras: facts.eras.filter(({ groups }) => !groups.includes('derivatives')) }],
    ['phases out of order', { ...facts, eras: facts.eras.map((era) => ({ ...era, phases: era.phases.toReversed() })) }],
    [
      'an era that never trades',
      { ...facts, eras: facts.eras.map((era) => ({ ...era, phases: era.phases.filter(({ phase }) => phase !== 'continuous') })) },
    ],
  ])('with %s are refused', (_what, broken) => {
    expect(() => createCalendar(broken)).toThrow(CalendarError);
  });
});

describe('Indian time', () => {
  it('turns its date at 18:30 UTC', () => {
    expect(istDate(Date.parse('2026-08-17T18:29:59.999Z'))).toBe('2026-08-17');
    expect(istDate(Date.parse('2026-08-17T18:30:00Z'))).toBe('2026-08-18');
    expect(dayOfDate('1970-01-02')).toBe(1);
    expect(() => clockMs('24:00')).toThrow(IstError);
  });
});
