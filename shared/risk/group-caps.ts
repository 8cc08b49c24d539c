import { ENTRY_RESERVE } from '../config/execution.ts';
import { allLimits } from '../config/risk.ts';
import { sectorOf } from '../config/sectors.ts';
import { add, divide, fromNumber, ONE, toNumber } from '../kernel/decimal.ts';
import { type Account, exposureOf, type MarkOf, type RateOf } from '../ledger/account.ts';
import type { Cap, Sized } from './cap.ts';
import { equityOf } from './equity-now.ts';
import { factorOf } from './exposures.ts';
import { over, percent } from './refusal.ts';

/** Caps on what is held of one market and of one sector together. */
export function groupCaps(entry: Sized): readonly Cap[] {
  const { account, instrument, markOf, rateOf } = entry;
  const { maxMarketExposure, maxSectorExposure } = allLimits(account.limits);
  const equityUsd = toNumber(equityOf(entry));
  const sector = sectorOf(factorOf(instrument.symbol));
  const held = (isOfGroup: (each: Grouped) => boolean): number => worthOf(account, isOfGroup, markOf, rateOf);
  const market = groupCap(
    'maxMarketExposure',
    instrument.market,
    held((each) => each.market === instrument.market),
    maxMarketExposure,
    equityUsd,
  );
  if (sector === null) return [market];
  const inSector = held(({ symbol }) => sectorOf(factorOf(symbol)) === sector);
  return [market, groupCap('maxSectorExposure', `the sector ${sector}`, inSector, maxSectorExposure, equityUsd)];
}

interface Grouped {
  readonly symbol: string;
  readonly market: string;
}

/** Absolute worth of the positions and of what is set aside for working entries, base currency. */
function worthOf(account: Account, isOfGroup: (each: Grouped) => boolean, markOf: MarkOf, rateOf: RateOf): number {
  let worth = 0;
  for (const position of account.positions.values()) if (isOfGroup(position)) worth += toNumber(exposureOf(position, markOf, rateOf));
  for (const order of account.orders.values()) if (order.purpose === 'entry' && isOfGroup(order)) worth += toNumber(order.reserved);
  return worth;
}

function groupCap(name: string, group: string, held: number, limit: number, equityUsd: number): Cap {
  const share = equityUsd <= 0 ? 1 : held / equityUsd;
  return {
    name,
    // What is reserved counts until the fill, and it is more than the notional.
    notional: divide(fromNumber(limit * Math.max(0, equityUsd) - held), add(ONE, ENTRY_RESERVE), 'floor'),
    refusal: () => over(name, share, limit, `${percent(share)} of equity is in ${group}, at most ${percent(limit)} may be`),
  };
}
