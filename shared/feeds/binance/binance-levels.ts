import type { BookLevel } from '../../market/order-book.ts';
import { isPrice } from '../../market/price.ts';
import { decimalText } from '../intake/decimal-text.ts';
import { shown } from '../intake/shown.ts';
import type { FrameFault, RefusedFrame } from './binance-frame.ts';

/** Whether the number is a quantity that a level may have. */
export type MayStand = (quantity: number) => boolean;

/** A side of a book as the venue writes it, `[["61837.63","0.5"],...]`, in its order; or why it is none. */
export function readLevels(rows: unknown, mayStand: MayStand): readonly BookLevel[] | RefusedFrame {
  if (!Array.isArray(rows)) return refused('unknown_shape', `a side of a book as ${shown(rows)}`);
  const levels: BookLevel[] = [];
  for (const row of rows) {
    if (!Array.isArray(row) || row.length !== 2) return refused('unknown_shape', `a level of a book as ${shown(row)}`);
    const price = decimalText(row[0]);
    if (!isPrice(price)) return refused('bad_price', `level price ${shown(row[0])}`);
    const quantity = decimalText(row[1]);
    if (!mayStand(quantity)) return refused('bad_quantity', `level quantity ${shown(row[1])}`);
    levels.push({ price, quantity });
  }
  return levels;
}

const refused = (reason: FrameFault, detail: string): RefusedFrame => ({ kind: 'refused', reason, detail });
