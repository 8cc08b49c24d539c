import { describe, expect, it } from 'vitest';
import type { PlaceAnswer } from '../../shared/contracts/v8/orders.ts';
import type { ChainSource } from '../../shared/engine/ports.ts';
import { createSimulatedCryptoDerivatives } from '../../shared/feeds/simulated-crypto-derivatives.ts';
import { decimal } from '../../shared/kernel/decimal.ts';
import { MINUTE_MS } from '../../shared/kernel/time.ts';
import { type ApiFixture, apiFixture, NSE_CLOSED_MS, NSE_OPEN_MS, quoteOf } from '../support/api-fixture.ts';

interface Setup {
  readonly nowMs?: number;
  readonly withMatcher?: boolean;
  readonly chains?: ChainSource | null;
}

/** A session in a market with BTC at 99.99 / 100.01 and RELIANCE at 1400, and a matcher that fills. */
async function trading({ nowMs = NSE_CLOSED_MS, withMatcher = true, chains = null }: Setup = {}): Promise<ApiFixture> {
  const fixture = await apiFixture({ nowMs, change: () => ({ chains }) });
  const rates = [
    { currency: 'USDT', value: decimal('1'), source: 'test', asOfMs: nowMs },
    { currency: 'INR', value: decimal('0.0125'), source: 'test', asOfMs: nowMs },
  ] as const;
  const book = { bid: 99.99, ask: 100.01, bidSize: 50, askSize: 50 };
  await fixture.publish({
    quotes: [quoteOf('BTC', 100, nowMs, book), quoteOf('RELIANCE', 1400, nowMs, { previousClose: 1390 })],
    rates: [...rates],
  });
  fixture.desk.rates(rates);
  for (const [symbol, price] of [
    ['BTC', 100],
    ['RELIANCE', 1400],
  ] as const) {
    fixture.desk.tick({ ...stamps(nowMs), symbol, price, quantity: 10, motion: 'print' });
  }
  fixture.desk.top({ ...stamps(nowMs), symbol: 'BTC', ...book });
  if (withMatcher) fixture.startMatcher();
  await fixture.ask('start-paper-trading', { body: { startingCapital: 100_000 } });
  return fixture;
}

const stamps = (atMs: number) => ({ exchangeMs: atMs, receivedMs: atMs, source: 'simulated-market', evidence: 'simulated' }) as const;

const BUY = { symbol: 'BTC', side: 'buy', quantity: '20', bracket: { stop: '95', target: '110' } } as const;

const only = ({ orders }: PlaceAnswer): PlaceAnswer['orders'][number] => {
  expect(orders).toHaveLength(1);
  return orders[0] as PlaceAnswer['orders'][number];
};

describe('placing an order', () => {
  it('fills a market order at the ask and opens a position with its bracket', async () => {
    const fixture = await trading();
    const { status, body } = await fixture.ask('place-order', { body: { ...BUY, clientOrderId: 'first', note: 'a try' } });
    expect(status).toBe(200);
    expect(body).toMatchObject({ accepted: true, refusal: null });
    expect(only(body)).toMatchObject({ state: 'filled', type: 'market', clientOrderId: 'first', strategy: 'manual', filledQuantity: '20' });
    const { positions } = (await fixture.ask('portfolio')).body;
    expect(positions).toMatchObject([{ id: 'order:first', entry: '100.01', stop: '95', target: '110', why: 'a try', confidence: null }]);
  });

  it('gives the same id the same order, whether it comes as a client order id or as a key', async () => {
    const fixture = await trading();
    const first = await fixture.ask('place-order', { body: { ...BUY, clientOrderId: 'once' } });
    const again = await fixture.ask('place-order', { body: { ...BUY, clientOrderId: 'once' } });
    expect(again.body.orders).toEqual(first.body.orders);
    const keyed = await fixture.ask('place-order', { body: BUY, headers: { 'idempotency-key': 'key/1' } });
    const keyedAgain = await fixture.ask('place-order', { body: BUY, headers: { 'idempotency-key': 'key/1' } });
    expect(only(keyedAgain.body).id).toBe(only(keyed.body).id);
    expect(only(keyed.body).id).toMatch(/^E:order:[0-9a-f]{24}$/);
    expect((await fixture.ask('orders', { query: '?limit=200' })).body.orders.filter(({ purpose }) => purpose === 'entry')).toHaveLength(2);
  });

  it('takes the same id with another body for a mistake', async () => {
    const fixture = await trading();
    await fixture.ask('place-order', { body: { ...BUY, clientOrderId: 'once' } });
    const { body } = await fixture.refused('place-order', { body: { ...BUY, quantity: '21', clientOrderId: 'once' } });
    expect(body).toMatchObject({ status: 409, code: 'idempotency_mismatch' });
  });

  it('takes a key beside a client order id for the same request: the same answer, and nothing else under either', async () => {
    const fixture = await trading();
    const asked = (clientOrderId: string | undefined, key: string, quantity = '20') => ({
      body: { ...BUY, quantity, ...(clientOrderId === undefined ? {} : { clientOrderId }) },
      headers: { 'idempotency-key': key },
    });
    const first = await fixture.ask('place-order', asked('once', 'key/1'));
    expect(only(first.body).id).toBe('E:order:once');
    for (const again of [asked('once', 'key/1'), asked('once', 'key/2')]) {
      expect(only((await fixture.ask('place-order', again)).body).id).toBe('E:order:once');
    }
    for (const other of [asked('twice', 'key/1'), asked(undefined, 'key/1'), asked('once', 'key/3', '21')]) {
      expect((await fixture.refused('place-order', other)).body).toMatchObject({ status: 409, code: 'idempotency_mismatch' });
    }
    expect((await fixture.ask('orders', { query: '?limit=200' })).body.orders.filter(({ purpose }) => purpose === 'entry')).toHaveLength(1);
  });

  it('answers an id that comes again after its session has ended', async () => {
    const fixture = await trading();
    const first = await fixture.ask('place-order', { body: { ...BUY, clientOrderId: 'once' } });
    await fixture.ask('stop-paper-trading', { body: { closePositions: false } });
    const again = await fixture.ask('place-order', { body: { ...BUY, clientOrderId: 'once' } });
    expect(only(again.body).id).toBe(only(first.body).id);
    const { body } = await fixture.refused('place-order', { body: { ...BUY, clientOrderId: 'twice' } });
    expect(body).toMatchObject({ status: 409, code: 'no_active_session' });
  });

  it('places as many orders as requests without an id', async () => {
    const fixture = await trading();
    const answers = [await fixture.ask('place-order', { body: BUY }), await fixture.ask('place-order', { body: BUY })];
    expect(new Set(answers.map(({ body }) => only(body).id)).size).toBe(2);
  });

  it('says 200 at once for a limit order that rests, and what it waits for', async () => {
    const fixture = await trading();
    const before = NSE_CLOSED_MS;
    const { status, body } = await fixture.ask('place-order', { body: { ...BUY, type: 'limit', limitPrice: 97 } });
    expect(status).toBe(200);
    expect(fixture.clock.now()).toBe(before);
    expect(only(body)).toMatchObject({ state: 'resting', limitPrice: '97', waiting: { code: 'in_flight' } });
    await fixture.clock.advance(1_000);
    const { order } = (await fixture.ask('order', { id: only(body).id })).body;
    expect(order.waiting).toMatchObject({ code: 'level_not_reached', why: expect.stringContaining('below its limit 97') });
  });

  it('fills a limit order that crosses the market at the market, not at its limit', async () => {
    const fixture = await trading();
    const { body } = await fixture.ask('place-order', { body: { ...BUY, type: 'limit', limitPrice: '101' } });
    expect(only(body).state).toBe('filled');
    expect((await fixture.ask('portfolio')).body.positions).toMatchObject([{ entry: '100.01' }]);
  });

  it('answers 202 with the working order when nothing fills it within two seconds', async () => {
    const fixture = await trading({ withMatcher: false });
    const { status, body } = await fixture.ask('place-order', { body: BUY });
    expect(status).toBe(202);
    expect(only(body).state).toBe('accepted');
  });

  it('ends an immediate-or-cancel order that finds no price', async () => {
    const fixture = await trading();
    const { status, body } = await fixture.ask('place-order', { body: { ...BUY, type: 'limit', limitPrice: '99', timeInForce: 'IOC' } });
    expect(status).toBe(200);
    await fixture.clock.advance(2_000);
    const { order } = (await fixture.ask('order', { id: only(body).id })).body;
    expect(order).toMatchObject({ state: 'cancelled', reason: expect.stringContaining('immediate_or_cancel') });
  });

  it('records what the risk gate refuses as rejected, with limit, value and threshold', async () => {
    const fixture = await trading();
    const { status, body } = await fixture.ask('place-order', { body: { ...BUY, quantity: '2000', clientOrderId: 'large' } });
    expect(status).toBe(200);
    expect(body).toMatchObject({ accepted: false, refusal: { reason: 'maxPositionSize', limit: { name: 'maxPositionSize', threshold: 20_000 } } });
    expect(only(body)).toMatchObject({ state: 'rejected', reason: expect.stringContaining('maxPositionSize'), reserved: '0' });
    const again = await fixture.ask('place-order', { body: { ...BUY, quantity: '2000', clientOrderId: 'large' } });
    expect(again.body).toMatchObject({ accepted: false, refusal: body.refusal, orders: body.orders });
    expect((await fixture.ask('portfolio')).body.positions).toEqual([]);
  });

  it('refuses a short of coin, and opens one of shares for the day only', async () => {
    const fixture = await trading({ nowMs: NSE_OPEN_MS });
    const coin = await fixture.ask('place-order', { body: { symbol: 'BTC', side: 'sell', quantity: '5' } });
    expect(coin.body.refusal).toMatchObject({ reason: 'long_only' });
    const shares = await fixture.ask('place-order', { body: { symbol: 'RELIANCE', side: 'sell', quantity: 20 } });
    expect(only(shares.body)).toMatchObject({ state: 'filled', product: 'intraday', timeInForce: 'DAY', expiresAt: '2026-11-18T09:40:00.000Z' });
    expect((await fixture.ask('portfolio')).body.positions).toMatchObject([{ symbol: 'RELIANCE', direction: 'short' }]);
  });

  it('does not open a second position against one that is held by hand', async () => {
    const fixture = await trading({ nowMs: NSE_OPEN_MS });
    await fixture.ask('place-order', { body: { symbol: 'RELIANCE', side: 'sell', quantity: 20, clientOrderId: 'short' } });
    const { body } = await fixture.refused('place-order', { body: { symbol: 'RELIANCE', side: 'buy', quantity: 20 } });
    expect(body).toMatchObject({ status: 409, code: 'opposite_position', detail: expect.stringContaining('positions/order:short/close') });
  });

  it('does not let two orders by hand work against each other', async () => {
    const fixture = await trading({ nowMs: NSE_OPEN_MS });
    const resting = { symbol: 'RELIANCE', side: 'buy', quantity: 20, type: 'limit', limitPrice: 1390, clientOrderId: 'low' };
    await fixture.ask('place-order', { body: resting });
    const sale = { symbol: 'RELIANCE', side: 'sell', quantity: 20, type: 'limit', limitPrice: 1410 };
    const { body } = await fixture.refused('place-order', { body: sale });
    expect(body).toMatchObject({ status: 409, code: 'opposite_order', detail: expect.stringContaining('DELETE orders/E:order:low') });
    await fixture.ask('place-order', { body: { ...resting, limitPrice: 1391, clientOrderId: 'lower' } });
    for (const id of ['E:order:low', 'E:order:lower']) await fixture.ask('cancel-order', { id });
    expect(only((await fixture.ask('place-order', { body: sale })).body).state).toBe('resting');
  });

  it('does not let the legs of a group be positions against each other', async () => {
    const fixture = await trading({ nowMs: NSE_OPEN_MS });
    const legs = ['buy', 'sell'].map((side) => ({ symbol: 'RELIANCE', side, quantity: 10 }));
    const { body } = await fixture.refused('place-order', { body: { legs } });
    expect(body).toMatchObject({ status: 422, code: 'invalid_order', errors: [{ field: 'legs.1.side' }] });
  });

  it('takes an order of the closing auction before it begins, good for that auction', async () => {
    const fixture = await trading({ nowMs: NSE_OPEN_MS });
    const order = { symbol: 'RELIANCE', side: 'buy', quantity: 20, type: 'limit', limitPrice: 1410, tradedIn: 'closing-auction' };
    const { body } = await fixture.ask('place-order', { body: order });
    expect(only(body)).toMatchObject({ state: 'resting', timeInForce: 'DAY', expiresAt: '2026-11-18T10:05:00.000Z', tradedIn: 'closing-auction' });
  });

  it('fills both legs of a group, or rejects both', async () => {
    const fixture = await trading({ nowMs: NSE_OPEN_MS });
    const leg = (symbol: string, quantity: number) => ({ symbol, side: 'buy', quantity });
    const both = await fixture.ask('place-order', { body: { legs: [leg('BTC', 10), leg('RELIANCE', 10)], clientOrderId: 'pair' } });
    expect(both.body.orders.map(({ id, state, groupId }) => ({ id, state, groupId }))).toEqual([
      { id: 'E:order:pair:1', state: 'filled', groupId: 'order:pair' },
      { id: 'E:order:pair:2', state: 'filled', groupId: 'order:pair' },
    ]);
    const none = await fixture.ask('place-order', { body: { legs: [leg('BTC', 10), leg('RELIANCE', 100_000)], clientOrderId: 'too-large' } });
    expect(none.body).toMatchObject({ accepted: false, orders: [{ state: 'rejected' }, { state: 'rejected' }] });
    expect(none.body.orders[0]?.reason).toContain('leg 2 of its group was refused');
    expect((await fixture.ask('portfolio')).body.positions).toHaveLength(2);
  });
});

describe('an order that no venue would take', () => {
  const cases: readonly (readonly [string, Record<string, unknown>, string])[] = [
    ['a quantity off the lot step', { quantity: '0.0000001' }, 'quantity'],
    ['less than the least notional', { quantity: '0.00001' }, 'quantity'],
    ['a price off the tick', { type: 'limit', limitPrice: '97.001' }, 'limitPrice'],
    ['a stop that is met already', { type: 'stop', stopPrice: '99' }, 'stopPrice'],
    ['a bracket stop above a long', { bracket: { stop: '120' } }, 'bracket.stop'],
    ['a bracket target below a long', { bracket: { target: '90' } }, 'bracket.target'],
    ['a trail as wide as the price', { type: 'trailing-stop', trail: { distance: 100 } }, 'trail'],
    ['a trail by ATR without bars', { type: 'trailing-stop', trail: { atr: { multiple: 2, timeframe: '5m' } } }, 'trail'],
    ['fill or kill on a stop', { type: 'stop', stopPrice: '101', timeInForce: 'FOK' }, 'timeInForce'],
    ['coin for delivery', { product: 'delivery' }, 'product'],
    ['coin in the closing auction', { tradedIn: 'closing-auction' }, 'tradedIn'],
    ['shares of the day that stay', { symbol: 'RELIANCE', product: 'intraday', timeInForce: 'GTC', bracket: {} }, 'timeInForce'],
    ['a price outside the band', { symbol: 'RELIANCE', type: 'limit', limitPrice: 1000, bracket: {} }, 'limitPrice'],
    ['a share of a share', { symbol: 'RELIANCE', quantity: '0.5', bracket: {} }, 'quantity'],
  ];
  it.each(cases)('is refused with its field and changes nothing: %s', async (_, change, field) => {
    const fixture = await trading({ nowMs: NSE_OPEN_MS });
    const { body } = await fixture.refused('place-order', { body: { ...BUY, ...change } });
    expect(body).toMatchObject({ status: 422, code: 'invalid_order' });
    expect(body.errors as readonly { readonly field: string }[]).toContainEqual(expect.objectContaining({ field }));
  });

  const malformed: readonly (readonly [string, unknown, string])[] = [
    ['no symbol, side and quantity', {}, 'symbol'],
    ['a limit order without a limit', { ...BUY, type: 'limit' }, 'limitPrice'],
    ['a market order with a limit', { ...BUY, limitPrice: 5 }, 'limitPrice'],
    ['two kinds of trail', { ...BUY, type: 'trailing-stop', trail: { share: 0.1, distance: 3 } }, 'trail'],
    ['legs beside an order', { ...BUY, legs: [BUY, BUY] }, 'symbol'],
    ['legs with limits', { legs: [BUY, BUY], type: 'limit', limitPrice: 3 }, 'type'],
    ['a negative quantity', { ...BUY, quantity: '-1' }, 'quantity'],
    ['nine decimal places', { ...BUY, quantity: '0.000000001' }, 'quantity'],
    ['more than any market has', { ...BUY, type: 'limit', limitPrice: '99999999999999999999999999999999' }, 'limitPrice'],
    ['a quantity without an end', { ...BUY, quantity: '9'.repeat(40) }, 'quantity'],
    ['a number that JSON cannot hold', `{"symbol":"BTC","side":"buy","quantity":1e400}`, 'quantity'],
    ['a number in another script', { ...BUY, quantity: '２' }, 'quantity'],
    ['an id with a slash', { ...BUY, clientOrderId: 'a/b' }, 'clientOrderId'],
  ];
  it.each(malformed)('is refused by its form: %s', async (_, body, field) => {
    const fixture = await trading();
    const answered = await fixture.refused('place-order', typeof body === 'string' ? { text: body } : { body });
    expect(answered.body).toMatchObject({ status: 422, code: 'invalid_body' });
    expect(answered.body.detail).not.toContain('Invalid input');
    expect(answered.body.errors as readonly { readonly field: string }[]).toContainEqual(expect.objectContaining({ field }));
  });

  it('is told what of it the venue would not take, not that a small number is none', async () => {
    const fixture = await trading();
    const { body } = await fixture.refused('place-order', { text: '{"symbol":"BTC","side":"buy","quantity":1e-7}' });
    expect(body).toMatchObject({ code: 'invalid_order', detail: expect.stringContaining('0.0000001 BTC is no multiple of the lot step') });
  });

  it('is not there under an id longer than any, whatever is asked of it', async () => {
    const fixture = await trading();
    const id = 'x'.repeat(2_000);
    for (const [route, body] of [['order'], ['cancel-order'], ['close-position', {}], ['amend-bracket', { stop: 1 }]] as const) {
      expect((await fixture.refused(route, { id, body })).body).toMatchObject({ status: 404, code: 'unknown_id' });
    }
  });

  it('is refused for an unknown symbol, and for one without any price', async () => {
    const fixture = await trading();
    expect((await fixture.refused('place-order', { body: { ...BUY, symbol: 'NOPE' } })).body).toMatchObject({ status: 422, code: 'unknown_symbol' });
    expect((await fixture.refused('place-order', { body: { ...BUY, symbol: 'ETH' } })).body).toMatchObject({ status: 409, code: 'no_price' });
  });
});

describe('looking at an order before it is placed', () => {
  it('tells the fill, every cost line, the margin and the gate, and changes nothing', async () => {
    const fixture = await trading();
    const before = await fixture.ledger.head((await fixture.ledger.activeSession()) ?? '');
    const { body } = await fixture.ask('preview-order', { body: BUY });
    expect(body).toMatchObject({ accepted: true, refusal: null, availableCash: '100000' });
    expect(body.orders).toMatchObject([
      {
        fill: {
          basis: 'now',
          quantity: '20',
          price: '100.01',
          liquidity: 'taker',
          notional: '2000.2',
          charges: [{ line: 'commission', amount: '2.0002', taken: { currency: 'BTC', amount: '0.02' } }],
          cashChange: '-2000.2',
        },
        waiting: null,
        margin: { initial: '2000.2', deposit: '2000.2' },
      },
    ]);
    expect(await fixture.ledger.head((await fixture.ledger.activeSession()) ?? '')).toEqual(before);
    // What is placed then comes to the same.
    await fixture.ask('place-order', { body: BUY });
    const { positions } = (await fixture.ask('portfolio')).body;
    expect(positions).toMatchObject([{ entry: '100.01', entryCharges: body.orders[0]?.fill?.totalCharges }]);
  });

  it('tells what a resting order would come to at its own price, and what it would wait for', async () => {
    const fixture = await trading();
    const { body } = await fixture.ask('preview-order', { body: { ...BUY, type: 'limit', limitPrice: 97 } });
    expect(body.orders).toMatchObject([
      { fill: { basis: 'at_its_price', price: '97', liquidity: 'maker' }, waiting: { code: 'level_not_reached' }, reserved: expect.any(String) },
    ]);
  });

  it('tells what the gate would say, beside the fill that it would not let happen', async () => {
    const fixture = await trading();
    const { body } = await fixture.ask('preview-order', { body: { ...BUY, quantity: '2000' } });
    expect(body).toMatchObject({ accepted: false, refusal: { reason: 'maxPositionSize' } });
    expect(body.orders).toMatchObject([{ reserved: null, margin: { initial: expect.any(String) } }]);
    expect((await fixture.ask('orders')).body.orders).toEqual([]);
  });

  it('says that coin cannot be sold short, and asks no margin for what may not be held', async () => {
    const fixture = await trading();
    const { body } = await fixture.ask('preview-order', { body: { symbol: 'BTC', side: 'sell', quantity: 20 } });
    expect(body).toMatchObject({ accepted: false, refusal: { reason: 'long_only' }, orders: [{ margin: null, reserved: null }] });
  });

  it('shows the cost lines of shares one by one, and what a short blocks', async () => {
    const fixture = await trading({ nowMs: NSE_OPEN_MS });
    const { body } = await fixture.ask('preview-order', { body: { symbol: 'RELIANCE', side: 'sell', quantity: 20 } });
    const [order] = body.orders;
    expect(order?.fill?.charges.map(({ line }) => line)).toEqual(['brokerage', 'stt', 'transaction', 'ipft', 'sebi', 'gst']);
    expect(order?.margin?.parts.map(({ name }) => name)).toEqual(['short-proceeds', 'short-collateral']);
  });

  it('refuses what the venue would not take', async () => {
    const fixture = await trading();
    expect((await fixture.refused('preview-order', { body: { ...BUY, quantity: '0.0000001' } })).body.code).toBe('invalid_order');
  });
});

describe('cancelling an order', () => {
  it('ends a resting order with its reason, gives back what it reserved, and again changes nothing', async () => {
    const fixture = await trading();
    await fixture.ask('place-order', { body: { ...BUY, type: 'limit', limitPrice: 97, clientOrderId: 'rest' } });
    const { body } = await fixture.ask('cancel-order', { id: 'E:order:rest' });
    expect(body.order).toMatchObject({ state: 'cancelled', reason: 'client_cancel: cancelled on request', waiting: null, reserved: '0' });
    const again = await fixture.ask('cancel-order', { id: 'E:order:rest' });
    expect(again.body.order).toEqual(body.order);
    expect((await fixture.ask('preview-order', { body: BUY })).body.availableCash).toBe('100000');
  });

  it('says that an order has filled, that it protects a position, or that there is none', async () => {
    const fixture = await trading();
    await fixture.ask('place-order', { body: { ...BUY, clientOrderId: 'gone' } });
    expect((await fixture.refused('cancel-order', { id: 'E:order:gone' })).body).toMatchObject({ status: 409, code: 'order_ended', state: 'filled' });
    expect((await fixture.refused('cancel-order', { id: 'X:order:gone:1' })).body).toMatchObject({ status: 409, code: 'not_cancellable' });
    expect((await fixture.refused('cancel-order', { id: 'E:never' })).body).toMatchObject({ status: 404, code: 'unknown_order' });
  });

  it('takes the other legs of a group with it', async () => {
    const fixture = await trading({ nowMs: NSE_OPEN_MS, withMatcher: false });
    const legs = ['BTC', 'RELIANCE'].map((symbol) => ({ symbol, side: 'buy', quantity: 10 }));
    await fixture.ask('place-order', { body: { legs, clientOrderId: 'pair' } });
    await fixture.ask('cancel-order', { id: 'E:order:pair:2' });
    const { orders } = (await fixture.ask('orders')).body;
    expect(orders.map(({ state }) => state)).toEqual(['cancelled', 'cancelled']);
  });
});

describe('closing a position', () => {
  const held = async (): Promise<ApiFixture> => {
    const fixture = await trading();
    await fixture.ask('place-order', { body: { ...BUY, clientOrderId: 'held' } });
    return fixture;
  };

  it('sells all of it at the bid, as a trade that was closed by hand', async () => {
    const fixture = await held();
    const { status, body } = await fixture.ask('close-position', { id: 'order:held', body: {} });
    expect(status).toBe(200);
    expect(body.order).toMatchObject({ id: 'X:order:held:1', purpose: 'exit', state: 'filled', reason: 'manual' });
    expect((await fixture.ask('trades')).body.trades).toMatchObject([{ closedWhy: 'manual', exitPrice: '99.99', strategy: 'manual' }]);
    expect((await fixture.ask('portfolio')).body.positions).toEqual([]);
  });

  it('sells a part, and the rest keeps its bracket', async () => {
    const fixture = await held();
    const { status, body } = await fixture.ask('close-position', { id: 'order:held', body: { quantity: '5' } });
    expect(status).toBe(200);
    expect(body.order).toMatchObject({ state: 'partially-filled', filledQuantity: '5', stop: '95', target: '110', marketReason: null });
    const { positions } = (await fixture.ask('portfolio')).body;
    expect(positions).toMatchObject([{ quantity: '14.98', closedQuantity: '5' }]);
  });

  it('is done once under a key, and once without one', async () => {
    const fixture = await held();
    const headers = { 'idempotency-key': 'part' };
    await fixture.ask('close-position', { id: 'order:held', body: { quantity: '5' }, headers });
    await fixture.ask('close-position', { id: 'order:held', body: { quantity: '5' }, headers });
    expect((await fixture.ask('portfolio')).body.positions).toMatchObject([{ closedQuantity: '5' }]);
    expect((await fixture.refused('close-position', { id: 'order:held', body: { quantity: '6' }, headers })).body.code).toBe('idempotency_mismatch');
  });

  it('answers with the exit that waits, refuses another part of it, and widens it to the whole', async () => {
    const fixture = await held();
    await fixture.clock.advance(MINUTE_MS);
    const part = await fixture.ask('close-position', { id: 'order:held', body: { quantity: '5' } });
    expect(part.status).toBe(202);
    expect(part.body.order).toMatchObject({ marketReason: 'manual', marketQuantity: '5', waiting: { code: 'stale_price' } });
    expect((await fixture.refused('close-position', { id: 'order:held', body: { quantity: '6' } })).body.code).toBe('position_closing');
    const all = await fixture.ask('close-position', { id: 'order:held', body: {} });
    expect(all.body.order).toMatchObject({ id: part.body.order.id, marketReason: 'manual', marketQuantity: null });
    expect((await fixture.refused('amend-bracket', { id: 'order:held', body: { stop: '97' } })).body.code).toBe('position_closing');
  });

  it('refuses a part, and one with a rest, that the venue would not take', async () => {
    const fixture = await held();
    const little = await fixture.refused('close-position', { id: 'order:held', body: { quantity: '0.04999' } });
    expect(little.body).toMatchObject({
      code: 'invalid_order',
      detail: expect.stringContaining("0.04999 BTC at 100 is 4.999 USDT, the venue's least is 5"),
    });
    const rest = await fixture.refused('close-position', { id: 'order:held', body: { quantity: '19.94' } });
    expect(rest.body).toMatchObject({ code: 'invalid_order', detail: expect.stringContaining('what is left of 0.04 BTC at 100 is 4 USDT') });
    expect((await fixture.ask('close-position', { id: 'order:held', body: { quantity: '0.05' } })).body.order.filledQuantity).toBe('0.05');
  });

  it('refuses more than is held, a part of a lot, and a position that is closed or never was', async () => {
    const fixture = await held();
    expect((await fixture.refused('close-position', { id: 'order:held', body: { quantity: '21' } })).body.code).toBe('invalid_order');
    expect((await fixture.refused('close-position', { id: 'order:held', body: { quantity: '0.0000001' } })).body.code).toBe('invalid_order');
    expect((await fixture.refused('close-position', { id: 'nothing', body: {} })).body).toMatchObject({ status: 404, code: 'unknown_position' });
    await fixture.ask('close-position', { id: 'order:held', body: {} });
    expect((await fixture.refused('close-position', { id: 'order:held', body: {} })).body).toMatchObject({ status: 409, code: 'position_closed' });
  });
});

describe('changing the bracket of a position', () => {
  it('gives the resting exit new levels, keeps what is not named and takes away what is null', async () => {
    const fixture = await trading();
    await fixture.ask('place-order', { body: { ...BUY, clientOrderId: 'held' } });
    const { body } = await fixture.ask('amend-bracket', { id: 'order:held', body: { stop: '97', trail: { share: 0.02 } } });
    expect(body.before).toEqual({ stop: '95', target: '110', trail: null });
    expect(body.after).toEqual({ stop: '97', target: '110', trail: { kind: 'share', share: 0.02 } });
    const next = await fixture.ask('amend-bracket', { id: 'order:held', body: { target: null } });
    expect(next.body.after).toEqual({ stop: '97', target: null, trail: { kind: 'share', share: 0.02 } });
    expect((await fixture.ask('order', { id: 'X:order:held:1' })).body.order).toMatchObject({ stop: '97', target: null });
  });

  it('answers the same change under its key as before', async () => {
    const fixture = await trading();
    await fixture.ask('place-order', { body: { ...BUY, clientOrderId: 'held' } });
    const headers = { 'idempotency-key': 'k' };
    const first = await fixture.ask('amend-bracket', { id: 'order:held', body: { stop: '97' }, headers });
    await fixture.ask('amend-bracket', { id: 'order:held', body: { stop: '98' } });
    const again = await fixture.ask('amend-bracket', { id: 'order:held', body: { stop: '97' }, headers });
    expect(again.body).toEqual({ ...first.body, timestamp: again.body.timestamp });
    expect((await fixture.ask('order', { id: 'X:order:held:1' })).body.order.stop).toBe('98');
  });

  it('refuses levels on the wrong side, off the grid, and an empty change', async () => {
    const fixture = await trading();
    await fixture.ask('place-order', { body: { ...BUY, clientOrderId: 'held' } });
    for (const body of [{ stop: '101' }, { target: '99' }, { stop: '97.001' }]) {
      expect((await fixture.refused('amend-bracket', { id: 'order:held', body })).body.code).toBe('invalid_order');
    }
    expect((await fixture.refused('amend-bracket', { id: 'order:held', body: {} })).body.code).toBe('invalid_body');
    expect((await fixture.refused('amend-bracket', { id: 'none', body: { stop: 1 } })).body.code).toBe('unknown_position');
  });
});

describe('orders in contracts', () => {
  const chains = createSimulatedCryptoDerivatives({ seed: '1' });
  const quoting = async () => {
    const fixture = await trading({ chains, withMatcher: false });
    const [linear, options] = chains.chains('BTC', fixture.clock.now());
    const spot = linear?.spot ?? 0;
    // The coin where its contracts have it.
    const rates = [{ currency: 'USDT', value: decimal('1'), source: 'test', asOfMs: NSE_CLOSED_MS }] as const;
    await fixture.publish({ quotes: [quoteOf('BTC', spot, NSE_CLOSED_MS)], rates: [...rates] });
    const option = options?.options.find(({ bid, instrument }) => bid !== null && bid > 0.01 && instrument.contract.right === 'call');
    return { ...fixture, spot, option: option?.instrument.symbol ?? '' };
  };

  it('are previewed with the margin of their venue, which is what their position will block', async () => {
    const { ask, spot } = await quoting();
    const { body } = await ask('preview-order', { body: { symbol: 'BTC-PERP', side: 'sell', quantity: '0.1' } });
    expect(body).toMatchObject({ accepted: true, orders: [{ product: 'perpetual', margin: { parts: [{ name: 'notional-share' }] } }] });
    // Half of what a tenth of a coin is worth
    expect(Number(body.orders[0]?.margin?.deposit) / (spot * 0.05)).toBeCloseTo(1, 2);
  });

  it('take a short of coin to its perpetual, and refuse it as spot', async () => {
    const { ask } = await quoting();
    const short = { symbol: 'ETH', side: 'sell', quantity: '0.5' } as const;
    expect((await ask('place-order', { body: short })).body).toMatchObject({
      accepted: true,
      orders: [{ symbol: 'ETH-PERP', product: 'perpetual' }],
    });
    const { body } = await ask('place-order', { body: { ...BUY, side: 'sell', bracket: {}, product: 'spot' } });
    expect(body).toMatchObject({ accepted: false, refusal: { reason: 'long_only' } });
  });

  it('are paid in coin where the option is, and refused where nobody quotes them', async () => {
    const { ask, refused, option } = await quoting();
    const { body } = await ask('preview-order', { body: { symbol: option, side: 'buy', quantity: '0.2' } });
    expect(body).toMatchObject({
      accepted: true,
      orders: [{ currency: 'BTC', product: 'option', fill: { rate: { source: 'price of simulated-market' } } }],
    });
    expect((await refused('place-order', { body: { symbol: 'BTC-2026-10-09-1-C', side: 'buy', quantity: '0.1' } })).body).toMatchObject({
      code: 'unknown_symbol',
    });
  });
});
