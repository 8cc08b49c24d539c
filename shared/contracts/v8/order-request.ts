import * as z from 'zod';
import type { Decimal } from '../../kernel/decimal.ts';
import { TIMEFRAMES } from '../../market/timeframe.ts';
import { type TimeInForce, timeInForceSchema, tradedInSchema } from '../order.ts';
import { productSchema, sideSchema } from '../terms.ts';
import { moneyInput } from './common.ts';

/** What a client asks for when it places orders. */

/** Above zero; a JSON number or a decimal string, kept exactly. */
const positive = moneyInput.refine((value) => value > 0n, 'Expected an amount above 0');
const symbol = z.string().min(1).max(32);

/** `share` of the best price, a `distance` in the quote currency, or `atr`: so many average true ranges as they stand at acceptance. */
const trailInput = z
  .strictObject({
    share: z.number().positive().lt(1).optional(),
    distance: positive.optional(),
    atr: z.strictObject({ multiple: z.number().positive().max(100), timeframe: z.enum(TIMEFRAMES) }).optional(),
  })
  .refine((trail) => Object.values(trail).filter((each) => each !== undefined).length === 1, 'Expected exactly one of share, distance, atr');
export type TrailInput = z.output<typeof trailInput>;

const bracketInput = z.strictObject({
  stop: positive.optional(),
  target: positive.optional(),
  trail: trailInput.optional(),
  maxHoldingMinutes: z.number().int().positive().max(527_040).optional(),
});
export type BracketInput = z.output<typeof bracketInput>;

const orderType = z.enum(['market', 'limit', 'stop', 'stop-limit', 'trailing-stop']);
type OrderType = z.infer<typeof orderType>;

const leg = z.strictObject({
  symbol,
  side: sideSchema,
  quantity: positive,
  product: productSchema.optional().describe('spot for coin; delivery or intraday for shares; perpetual, future or option as the symbol says'),
  bracket: bracketInput.optional(),
});

/** Ids travel in paths, exports and file names: letters, digits, dot, dash and underscore. */
export const CLIENT_ORDER_ID = /^[A-Za-z0-9._-]{1,64}$/;

const body = z.strictObject({
  clientOrderId: z
    .string()
    .regex(CLIENT_ORDER_ID, 'Expected 1 to 64 letters, digits, dots, dashes or underscores')
    .optional()
    .describe('the same id gets the same order'),
  note: z.string().max(200).optional().describe('kept with the order and the trade'),
  ...leg.partial().shape,
  type: orderType.default('market'),
  limitPrice: positive.optional(),
  stopPrice: positive.optional(),
  trail: trailInput.optional(),
  timeInForce: timeInForceSchema.optional().describe('GTC by default; DAY for intraday and closing-auction orders'),
  tradedIn: tradedInSchema.default('continuous'),
  legs: z.array(leg).min(2).max(4).optional().describe('market orders that fill together or not at all; in place of symbol, side, quantity'),
});
type Body = z.output<typeof body>;

export type InstructionRequest =
  | { readonly type: 'market' }
  | { readonly type: 'limit'; readonly limit: Decimal }
  | { readonly type: 'stop'; readonly stop: Decimal }
  | { readonly type: 'stop-limit'; readonly stop: Decimal; readonly limit: Decimal }
  | { readonly type: 'trailing-stop'; readonly trail: TrailInput };

/** One order of a request; a null is for the engine to choose. */
export interface LegRequest {
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly quantity: Decimal;
  readonly product: z.infer<typeof productSchema> | null;
  readonly instruction: InstructionRequest;
  readonly timeInForce: TimeInForce | null;
  readonly tradedIn: 'continuous' | 'closing-auction';
  readonly bracket: BracketInput;
}

export interface OrderRequest {
  readonly clientOrderId: string | null;
  readonly note: string | null;
  /** One, or the legs of a group that fills all or none. */
  readonly legs: readonly LegRequest[];
}

const PRICES: Readonly<Record<OrderType, readonly ('limitPrice' | 'stopPrice' | 'trail')[]>> = {
  market: [],
  limit: ['limitPrice'],
  stop: ['stopPrice'],
  'stop-limit': ['stopPrice', 'limitPrice'],
  'trailing-stop': ['trail'],
};

/** Body of POST orders and of its preview. */
export const orderBody = body.superRefine(requireFields).transform(
  (asked): OrderRequest => ({
    clientOrderId: asked.clientOrderId ?? null,
    note: asked.note ?? null,
    legs: asked.legs?.map((each) => legRequest(each, { type: 'market' }, null, 'continuous')) ?? [singleOrder(asked)],
  }),
);

type Tell = (field: string, message: string) => void;

function requireFields(asked: Body, context: z.RefinementCtx): void {
  const tell: Tell = (field, message) => context.addIssue({ code: 'custom', path: [field], message });
  for (const field of ['symbol', 'side', 'quantity'] as const) {
    if (asked.legs === undefined && asked[field] === undefined) tell(field, 'is required');
    if (asked.legs !== undefined && asked[field] !== undefined) tell(field, 'belongs into each of the legs');
  }
  if (asked.legs === undefined) requirePrices(asked, tell);
  else requireGroup(asked, tell);
}

function requirePrices(asked: Body, tell: Tell): void {
  for (const field of ['limitPrice', 'stopPrice', 'trail'] as const) {
    const isAsked = PRICES[asked.type].includes(field);
    if (isAsked && asked[field] === undefined) tell(field, `is required for a ${asked.type} order`);
    if (!isAsked && asked[field] !== undefined) tell(field, `has no meaning for a ${asked.type} order`);
  }
}

function requireGroup(asked: Body, tell: Tell): void {
  if (asked.type !== 'market') tell('type', 'legs are market orders');
  for (const field of ['product', 'bracket', 'limitPrice', 'stopPrice', 'trail', 'timeInForce'] as const) {
    if (asked[field] !== undefined) tell(field, 'has no meaning for a group of legs');
  }
  if (asked.tradedIn !== 'continuous') tell('tradedIn', 'legs trade in continuous trading');
}

function singleOrder(asked: Body): LegRequest {
  // The refinement before has made sure of these three.
  return legRequest(asked as Body & z.output<typeof leg>, instructionOf(asked), asked.timeInForce ?? null, asked.tradedIn);
}

function legRequest(
  { symbol, side, quantity, product, bracket }: z.output<typeof leg>,
  instruction: InstructionRequest,
  timeInForce: TimeInForce | null,
  tradedIn: LegRequest['tradedIn'],
): LegRequest {
  return { symbol, side, quantity, product: product ?? null, instruction, timeInForce, tradedIn, bracket: bracket ?? {} };
}

function instructionOf({ type, limitPrice, stopPrice, trail }: Body): InstructionRequest {
  const given = <T>(value: T | undefined): T => value as T;
  switch (type) {
    case 'market':
      return { type };
    case 'limit':
      return { type, limit: given(limitPrice) };
    case 'stop':
      return { type, stop: given(stopPrice) };
    case 'stop-limit':
      return { type, stop: given(stopPrice), limit: given(limitPrice) };
    case 'trailing-stop':
      return { type, trail: given(trail) };
  }
}

/** Body of POST positions/{id}/close: a part, or all that is held. */
export const closeBody = z.strictObject({ quantity: positive.optional().describe('left out: all that is held') });

/** Body of POST positions/{id}/bracket: what is named changes, null takes a level away. */
export const amendBody = z
  .strictObject({ stop: positive.nullable().optional(), target: positive.nullable().optional(), trail: trailInput.nullable().optional() })
  .refine((levels) => Object.keys(levels).length > 0, 'Expected at least one of stop, target, trail');
export type AmendInput = z.output<typeof amendBody>;
