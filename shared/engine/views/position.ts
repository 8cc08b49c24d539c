import { instrumentBySymbol } from '../../config/instruments.ts';
import type { Position } from '../../contracts/position.ts';
import type { PositionAnswer } from '../../contracts/v8/portfolio.ts';
import { add, type Decimal, multiply, negate, subtract, text, ZERO } from '../../kernel/decimal.ts';
import { iso } from '../../kernel/time.ts';
import { positionValue } from '../../ledger/account.ts';
import { netGreeks } from '../contracts/greeks.ts';
import { ageAt, isoOrNull } from './instants.ts';
import type { ValuedAccount } from './valued-account.ts';

const textOrNull = (value: Decimal | null): string | null => (value === null ? null : text(value));

/**
 * Unrealised result of a position, base currency: what closing at the mark returns and what the entry paid. Net of the
 * entry's charges, currency effect included, so that realised and unrealised sum to the change of equity, exactly.
 */
export function unrealised(position: Position, { markOf, rateOf }: Pick<ValuedAccount, 'markOf' | 'rateOf'>): Decimal {
  return add(positionValue(position, markOf, rateOf), position.entryCash);
}

/** A position with its mark, as the API shows it. */
export function positionAnswer(position: Position, valued: Pick<ValuedAccount, 'view' | 'markOf' | 'rateOf'>): PositionAnswer {
  const { contract } = instrumentBySymbol(position.symbol, valued.view.nowMs);
  const quote = valued.view.quote(position.symbol);
  const mark = valued.markOf(position.symbol, position);
  return {
    id: position.id,
    strategy: position.strategy,
    symbol: position.symbol,
    market: position.market,
    product: position.product,
    direction: position.direction,
    quantity: text(position.quantity),
    currency: position.currency,
    entry: text(position.entryPrice),
    mark: textOrNull(mark),
    markAgeMs: quote === null ? null : ageAt(valued.view.nowMs, quote.receivedMs),
    markSource: quote?.source ?? null,
    markEvidence: quote?.evidence ?? null,
    evidence: position.evidence,
    stop: textOrNull(position.stop),
    target: textOrNull(position.target),
    trail: position.trail,
    value: text(positionValue(position, valued.markOf, valued.rateOf)),
    unrealisedPnL: mark === null ? null : text(unrealised(position, valued)),
    unrealisedPnLQuote: mark === null ? null : text(priceMove(position, mark)),
    entryCharges: text(position.entryCharges),
    openedAt: iso(position.openedMs),
    exitBy: isoOrNull(position.exitByMs),
    closedQuantity: text(position.closed?.quantity ?? ZERO),
    realisedPnL: text(position.closed?.realised.net ?? ZERO),
    why: position.intent.why,
    confidence: position.intent.confidence,
    margin: textOrNull(position.margin ?? null),
    funding: position.product === 'perpetual' ? text(position.funding ?? ZERO) : null,
    expiresAt: contract === null || contract.kind === 'perpetual' ? null : iso(contract.expiryMs),
    greeks: contract?.kind === 'option' ? netGreeks([position], valued.view) : null,
    structureId: position.structure?.id ?? null,
    corporateActions: (position.actions ?? []).map(({ exDate, says }) => ({ exDate, says })),
  };
}

function priceMove(position: Position, mark: Decimal): Decimal {
  const gain = subtract(multiply(position.quantity, mark), position.cost);
  return position.direction === 'long' ? gain : negate(gain);
}
