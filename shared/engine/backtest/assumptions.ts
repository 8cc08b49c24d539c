/** What of a run's data and settings its assumptions depend on. */
export interface Assumed {
  /** Whether every bar is of one minute. */
  readonly hasMinutes: boolean;
  /** Whether bars of perpetuals stand in for those of their coins. */
  readonly isOfPerpetuals: boolean;
  /** How old a chain may be for options to be traded at it, seconds; null for the strategy's own limit. */
  readonly chainAgeSeconds: number | null;
}

/** What a run over recorded bars takes for granted: said with every result, for the bars do not tell. */
export function assumptionsOf({ hasMinutes, isOfPerpetuals, chainAgeSeconds }: Assumed): readonly string[] {
  return [
    'A bar is played as ticks: its open, the nearer extreme, the other extreme and its close, at 0, 20, 40 and 59.999 s of its minute.',
    ...(hasMinutes
      ? []
      : [
          'Where minutes were not recorded a bar of five is played in the same way, its ticks at 0, 100, 200 and 299.999 s, and strategies look when it has ended: there is no timeframe below it.',
        ]),
    'Within one bar a stop is assumed to be hit before a target.',
    "An order that a minute's scan places fills in that minute at the earliest, after its latency, at the last price told by then.",
    'Bars tell no books: a fill pays the slippage that its volatility asks for and the impact of its size, and takes a share of the volume at most.',
    'One USDT is one dollar.',
    ...(isOfPerpetuals ? ['Coins stand at the prices of their perpetuals: spot was not recorded.'] : []),
    ...(chainAgeSeconds === null ? [] : [`Options are traded at recorded bids and asks that are at most ${chainAgeSeconds} s old.`]),
    'What is open at the end is valued at the last price, before the costs of closing it.',
  ];
}
