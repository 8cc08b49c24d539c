import { PRICED_REGIONS, type PricedRegion } from '../../shared/config/aws-prices.ts';
import { TABLES } from '../../shared/store/tables.ts';
import { type Bill, type BillLine, billOf } from './bill.ts';
import type { FunctionRuns, Measurement } from './measurement.ts';
import { dayOf, operationsOf, type Purchase, type SymbolMix, used } from './operations.ts';

/** Six of crypto; those and ten of NSE, as they are configured; and what it grows to. */
export const SYMBOL_COUNTS = [6, 16, 50, 500] as const;
const CONFIGURED = 16;
const HOME: PricedRegion = 'ap-south-1';
const PURCHASES: readonly Purchase[] = ['on-demand', 'spot'];
/** Lines below this are summed up. */
const LEAST_USD = 0.005;
const DOMINANT = 3;

export interface BillQuestion {
  readonly measured: Measurement;
  readonly symbols: number | SymbolMix;
  readonly region?: PricedRegion;
  readonly purchase?: Purchase;
}

/** The bill at the prices of the day of the measurement, so that it is the same on every day that it is printed. */
export const monthlyBill = ({ measured, symbols, region = HOME, purchase = 'on-demand' }: BillQuestion): Bill =>
  billOf(operationsOf(measured, symbols, purchase), region, measured.measuredOn);

/** The page that `npm run cost` prints and that stands in the README: Markdown. */
export function billPage(measured: Measurement): string {
  return [
    `Measured on ${measured.measuredOn}, commit ${measured.commit}, by \`${measured.command}\` on ${measured.host}.`,
    '',
    ...totals(measured),
    '',
    `The ${CONFIGURED} configured symbols (six of crypto round the clock, ten of NSE in its hours) in ${HOME}, on demand:`,
    '',
    ...lines(measured),
    '',
    ...SYMBOL_COUNTS.map((symbols) => dominating(measured, symbols)),
    '',
    ...measuredFunctions(measured),
    '',
    ...tablesBehind(measured),
  ].join('\n');
}

const usd = (value: number): string => `$${value.toFixed(2)}`;
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const head = (cells: readonly string[], numbers: number): readonly string[] => [
  row(cells),
  row(cells.map((_, index) => (index < cells.length - numbers ? '---' : '---:'))),
];

function totals(measured: Measurement): readonly string[] {
  const columns = PRICED_REGIONS.flatMap((region) => PURCHASES.map((purchase) => ({ region, purchase })));
  const list = { measured, symbols: CONFIGURED };
  return [
    ...head(['a month', ...columns.map(({ region, purchase }) => `${region}, ${purchase === 'spot' ? 'Spot' : 'on demand'}`)], columns.length),
    ...SYMBOL_COUNTS.map((symbols) => {
      const name = symbols === CONFIGURED ? `**${symbols} symbols, as configured**` : `${symbols} symbols`;
      return row([name, ...columns.map((column) => usd(monthlyBill({ measured, symbols, ...column }).usd))]);
    }),
    row([`${CONFIGURED} without the free tier`, ...columns.map((column) => usd(monthlyBill({ ...list, ...column }).listUsd))]),
  ];
}

function lines(measured: Measurement): readonly string[] {
  const { lines: all, listUsd, freeUsd, usd: total } = monthlyBill({ measured, symbols: CONFIGURED });
  const shown = all.filter((line) => line.listUsd >= LEAST_USD);
  const rest = all.filter((line) => line.listUsd < LEAST_USD);
  const sum = (of: (line: BillLine) => number): number => rest.reduce((sofar, line) => sofar + of(line), 0);
  return [
    ...head(['line', 'from', 'list', 'free', 'to pay'], 3),
    ...shown.map((line) =>
      row([`${line.line}${line.isAssumed ? ' *' : ''}`, line.from, usd(line.listUsd), usd(line.freeUsd), usd(line.listUsd - line.freeUsd)]),
    ),
    row([
      `${rest.length} more lines`,
      'each below half a cent',
      usd(sum(({ listUsd: list }) => list)),
      usd(sum(({ freeUsd: free }) => free)),
      usd(sum((line) => line.listUsd - line.freeUsd)),
    ]),
    row(['**all**', '', usd(listUsd), usd(freeUsd), `**${usd(total)}**`]),
    '',
    '\\* price or free amount assumed: [aws-prices.json](shared/config/data/aws-prices.json) says why.',
  ];
}

function dominating(measured: Measurement, symbols: number): string {
  const { lines: all, usd: total } = monthlyBill({ measured, symbols });
  const largest = all
    .map((line) => ({ line: line.line, paid: line.listUsd - line.freeUsd }))
    .sort((a, b) => b.paid - a.paid)
    .slice(0, DOMINANT);
  return `- ${symbols} symbols: ${largest.map(({ line, paid }) => `${line} ${usd(paid)}`).join(', ')} of ${usd(total)}`;
}

function measuredFunctions({ functions }: Measurement): readonly string[] {
  const ms = (value: number): string => `${Math.round(value)} ms`;
  const cells = ([name, { cold, warm }]: readonly [string, FunctionRuns]): readonly string[] => [
    name,
    `${ms(cold.wallMs)} / ${ms(cold.cpuMs)}`,
    `${ms(warm.wallMs)} / ${ms(warm.cpuMs)}`,
    `${cold.requests} / ${warm.requests}`,
    `${cold.maxRssMiB} MiB`,
    `${warm.logBytes} B`,
  ];
  return [
    ...head(['function on this machine, not on Lambda', 'cold: wall / CPU', 'warm: wall / CPU', 'calls cold / warm', 'memory', 'log a run'], 5),
    ...Object.entries(functions).map((each) => row(cells(each))),
  ];
}

function tablesBehind(measured: Measurement): readonly string[] {
  const { crypto, both } = measured.tables;
  const { capacity } = TABLES.ledger;
  const units = (kind: string): string => ((both.rows[kind]?.writeUnits ?? 0) / Math.max(1, both.rows[kind]?.writes ?? 0)).toFixed(1);
  const ledger = Object.entries(both.rows).filter(([kind]) => TRADE_ROWS.has(kind));
  const aFill = ledger.reduce((total, [, { writeUnits }]) => total + writeUnits, 0) / Math.max(1, both.fills);
  return [
    `Behind it: a scan of 16 symbols reads ${both.scanReadUnits.warmMedian} units warm (at most ${both.scanReadUnits.warmMost}), ${both.scanReadUnits.cold} cold; ` +
      `a batch of ticks writes ${units('market T')}, a minute of bars ${units('market B')}, a publication of prices ${units('market LATEST')}; ` +
      `a fill with its order, and the marks of equity between, write ${aFill.toFixed(1)} (${both.fills} fills a day with sixteen symbols, ${crypto.fills} with six)` +
      (capacity === null
        ? '.'
        : `; of the ${capacity.writeUnits} write and ${capacity.readUnits} read units a second that the ledger has in the free tier it uses ${aSecond(measured, 16)} on average, with 500 symbols ${aSecond(measured, 500)}.`),
  ];
}

function aSecond(measured: Measurement, symbols: number): string {
  const { writeUnits, readUnits } = used('ledger', dayOf(measured, symbols));
  return `${(writeUnits / DAY_S).toFixed(2)} and ${(readUnits / DAY_S).toFixed(2)}`;
}

const DAY_S = 86_400;
const TRADE_ROWS = new Set(['ledger J', 'ledger O', 'ledger A', 'ledger P', 'ledger T', 'ledger HEAD']);
