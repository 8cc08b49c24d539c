/** What a run over one-minute bars takes for granted: said with every result, for the bars do not tell. */
export const BAR_ASSUMPTIONS: readonly string[] = [
  'A bar is played as ticks: its open, the nearer extreme, the other extreme and its close, at 0, 20, 40 and 59.999 s of its minute.',
  'Within one bar a stop is assumed to be hit before a target.',
  "An order that a minute's scan places fills in that minute at the earliest, after its latency, at the last price told by then.",
  'Bars tell no books: a fill pays the slippage that its volatility asks for and the impact of its size, and takes a share of the volume at most.',
  'One USDT is one dollar.',
  'What is open at the end is valued at the last price, before the costs of closing it.',
];
