import { NSE_CALENDAR } from '../../config/nse-calendar.ts';
import type { MarketStatusAnswer } from '../../contracts/v8/market-status.ts';
import { type EpochMs, iso } from '../../kernel/time.ts';
import { marketPhase, type PhaseView, primaryMarket, tradingDay } from '../../market/calendar.ts';
import { istDate } from '../../market/ist.ts';
import type { EngineContext } from '../context.ts';
import { scannedMarkets } from '../markets.ts';
import { isoOrNull } from './instants.ts';

/** Which markets are open at an instant, now by default: the calendar's answer, whatever this program has prices for. */
export function marketStatus(context: EngineContext, askedMs?: EpochMs): MarketStatusAnswer {
  const nowMs = context.clock.now();
  const atMs = askedMs ?? nowMs;
  const nse = marketPhase(NSE_CALENDAR, 'NSE', atMs);
  const crypto = marketPhase(NSE_CALENDAR, 'CRYPTO', atMs);
  const day = tradingDay(NSE_CALENDAR, istDate(atMs));
  return {
    nse: nse.isOpen,
    crypto: crypto.isOpen,
    primary: primaryMarket(NSE_CALENDAR, atMs),
    at: iso(atMs),
    details: {
      nse: phaseAnswer(nse),
      nseRegular: phaseAnswer(marketPhase(NSE_CALENDAR, 'NSE', atMs, 'regular')),
      nseDerivatives: phaseAnswer(marketPhase(NSE_CALENDAR, 'NSE', atMs, 'derivatives')),
      crypto: phaseAnswer(crypto),
      day: {
        date: day.date,
        kind: day.kind,
        name: day.name,
        open: isoOrNull(day.openMs),
        continuousClose: isoOrNull(day.continuousCloseMs),
        booksClose: isoOrNull(day.lastPriceMs),
      },
      scanned: [...scannedMarkets(context, atMs)],
      calendar: { ...NSE_CALENDAR.facts.coverage },
    },
    timestamp: iso(nowMs),
  };
}

function phaseAnswer({ nextOpenMs, nextCloseMs, ...phase }: PhaseView): MarketStatusAnswer['details']['nse'] {
  return { ...phase, nextOpen: isoOrNull(nextOpenMs), nextClose: isoOrNull(nextCloseMs) };
}
