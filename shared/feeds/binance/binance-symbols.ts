import { instrumentsOf } from '../../config/instruments.ts';

/** Binance's symbol (BTCUSDT) to ours (BTC), for every crypto instrument. */
export const BINANCE_SYMBOLS: ReadonlyMap<string, string> = new Map(
  instrumentsOf('CRYPTO')
    .filter(({ venue }) => venue === 'binance')
    .map(({ venueSymbol, symbol }) => [venueSymbol, symbol]),
);
