import { messageOf } from '../../shared/kernel/errors.ts';
import { benchBacktest } from './backtest.ts';
import { benchCold } from './cold.ts';
import { benchExits } from './exits.ts';
import { hostLine } from './figures.ts';
import { benchFills } from './fills.ts';
import { benchIndicators } from './indicators.ts';
import { benchMl } from './ml.ts';
import { benchOptions } from './options.ts';
import { benchPortfolio } from './portfolio.ts';
import { benchRisk } from './risk.ts';
import { benchScan } from './scan.ts';
import { benchSignals } from './signals.ts';
import { benchStrategies } from './strategies.ts';
import { benchStress } from './stress.ts';
import { benchTicks } from './ticks.ts';
import { benchTriggers } from './triggers.ts';
import { benchWeek } from './week.ts';

const BENCHES: Readonly<Record<string, () => Promise<readonly string[]>>> = {
  backtest: benchBacktest,
  cold: benchCold,
  ticks: benchTicks,
  stress: benchStress,
  exits: benchExits,
  fills: benchFills,
  triggers: benchTriggers,
  risk: benchRisk,
  signals: benchSignals,
  options: benchOptions,
  ml: benchMl,
  indicators: benchIndicators,
  scan: benchScan,
  strategies: benchStrategies,
  portfolio: benchPortfolio,
  week: benchWeek,
};

/** Runs the benches that are named, or all. Figures are printed beside their targets; none fails the run. */
async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => BENCHES[name] === undefined);
  if (unknown.length > 0) {
    console.error(`No bench ${unknown.join(', ')}: there are ${Object.keys(BENCHES).join(', ')}`);
    return 2;
  }
  console.log(hostLine());
  console.log(`npm run bench${names.length > 0 ? ` -- ${names.join(' ')}` : ''}`);
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (names.length > 0 && !names.includes(name)) continue;
    console.log(`\n${name}`);
    for (const line of await bench()) console.log(line);
  }
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? (error.stack ?? error.message) : messageOf(error));
  process.exitCode = 1;
}
