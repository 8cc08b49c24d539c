import type { OrderRequest, TrailInput } from '../../contracts/v8/order-request.ts';
import { HOUR_MS, minuteOf } from '../../kernel/time.ts';
import { parseContractSymbol } from '../../market/contract-symbol.ts';
import type { EngineContext } from '../context.ts';
import { chainSourceOf } from '../contracts/chain-source.ts';
import { withContracts } from '../contracts/contracts-view.ts';
import { viewOf } from '../market-view.ts';
import { riskModelNow } from '../risk-models.ts';
import { tapeOf } from '../tape.ts';
import type { PlaceView } from './terms.ts';

/** Trails by average true range need the charts, which are read only then. */
export const asksForAtr = (trails: readonly (TrailInput | null | undefined)[]): boolean => trails.some((trail) => trail?.atr !== undefined);

/** Contracts are quoted in their chains, and so is the perpetual that a sale of coin may go to. */
export const asksForChains = ({ legs }: OrderRequest): boolean =>
  legs.some(({ symbol, side }) => parseContractSymbol(symbol) !== null || side === 'sell');

/** The trails that a request asks for. */
export const trailsOf = ({ legs }: OrderRequest): readonly (TrailInput | undefined)[] =>
  legs.flatMap(({ instruction, bracket }) => [bracket.trail, instruction.type === 'trailing-stop' ? instruction.trail : undefined]);

/** The market as published, with what orders are made from: charts where they are asked for. */
export async function placeView(
  context: EngineContext,
  { withCharts, withChains }: { readonly withCharts: boolean; readonly withChains: boolean },
): Promise<PlaceView> {
  const { clock, charts, market, world } = context;
  const risk = await riskModelNow(context);
  const chains = withChains ? await chainSourceOf(context) : null;
  if (!withCharts) return { ...withContracts(viewOf(await market.snapshot(world.scope), clock.now()), chains), atr: () => null, risk };
  const { snapshot, chart } = await charts.upTo(minuteOf(clock.now()), 0);
  const atr: PlaceView['atr'] = (symbol, timeframe) => chart(symbol)?.timeframe(timeframe).indicators.atr ?? null;
  return { ...withContracts(viewOf(snapshot, clock.now()), chains), atr, risk };
}

/** The same with the tapes that the matcher judges slippage by, from the stored minutes. */
export async function withTapes(context: EngineContext, view: PlaceView): Promise<PlaceView> {
  const bars = await context.market.bars(context.world.scope, view.nowMs - HOUR_MS, view.nowMs);
  return { ...view, tape: (symbol) => tapeOf(bars.get(symbol) ?? [], view.nowMs) };
}
