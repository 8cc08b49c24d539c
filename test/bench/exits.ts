import { accountOf, bareTransactions, openEngine, openPositions, printAt, refreshPrices } from './engine.ts';
import { againstTarget, msLine, percentiles } from './figures.ts';

const ROUNDS = 8;
const POSITIONS = 50;

/** From the tick that crosses a stop to the committed exit, on the embedded store with its file, 50 positions open at first. */
export async function benchExits(): Promise<readonly string[]> {
  const engine = await openEngine('embedded');
  try {
    const bare = await bareTransactions(engine, 300);
    const taken: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      refreshPrices(engine);
      for (const { symbol, stop, id } of await openPositions(engine, POSITIONS, round)) {
        const began = performance.now();
        const tick = printAt(symbol, stop * 0.9999);
        engine.desk.tick(tick);
        await engine.matcher.tick(tick);
        taken.push(performance.now() - began);
        if ((await accountOf(engine)).positions.has(id)) throw new Error(`The stop of ${id} was crossed and it is open`);
      }
    }
    const exits = percentiles(taken);
    return [
      `stop to committed exit      ${msLine(exits)}`,
      `bare 5-action transaction   ${msLine(bare)}`,
      `ratio                       p50 ${(exits.p50 / bare.p50).toFixed(1)}, p99 ${(exits.p99 / bare.p99).toFixed(1)}`,
      againstTarget('p99 (ms)', exits.p99, '<', 250),
    ];
  } finally {
    await engine.close();
  }
}
