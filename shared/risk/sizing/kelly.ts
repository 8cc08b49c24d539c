/** Closed trades of a strategy in sums. Returns are net results over what the entry cost, as shares. */
export interface TradeRecord {
  readonly trades: number;
  readonly wins: number;
  /** Sum of the winners' returns. */
  readonly winReturns: number;
  /** Sum of the losers' returns, positive. */
  readonly lossReturns: number;
}

/** How much of Kelly's answer is taken. */
export interface KellyTerms {
  /** Half Kelly: 0.5. */
  readonly share: number;
  /** With fewer trades there is no answer. */
  readonly leastTrades: number;
  /** The answer is multiplied by trades / (trades + shrinkTrades). */
  readonly shrinkTrades: number;
  /** Never less than this share of equity. */
  readonly probeShare: number;
}

/**
 * The position, as a share of equity, that makes equity grow fastest for a bet that wins `winReturn` with probability `p` and
 * loses `lossReturn` otherwise; 0 for a bet without an edge.
 *
 *   f = p / lossReturn - (1 - p) / winReturn
 *
 * @param p           0 to 1
 * @param winReturn   return on the position when it wins, > 0
 * @param lossReturn  loss on the position when it loses, > 0
 * @see Kelly: "A new interpretation of information rate" (1956); Thorp: "The Kelly criterion in blackjack, sports betting and the stock market" (2006), (3.2)
 */
export function kellyShare(p: number, winReturn: number, lossReturn: number): number {
  return Math.max(0, p / lossReturn - (1 - p) / winReturn);
}

/**
 * What a strategy's own record allows it, as a share of equity; null while there are too few trades to say, or all have won.
 * @param most  cap on Kelly's answer before its share is taken
 */
export function kellySize({ trades, wins, winReturns, lossReturns }: TradeRecord, terms: KellyTerms, most: number): number | null {
  const losses = trades - wins;
  if (trades < terms.leastTrades || losses === 0 || lossReturns <= 0) return null;
  const full = wins === 0 || winReturns <= 0 ? 0 : kellyShare(wins / trades, winReturns / wins, lossReturns / losses);
  const shrunk = Math.min(most, full) * (trades / (trades + terms.shrinkTrades));
  return Math.max(terms.probeShare, terms.share * shrunk);
}
