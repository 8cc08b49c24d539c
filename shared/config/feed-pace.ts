import { SECOND_MS } from '../kernel/time.ts';

/**
 * Time between two snapshots of the deployed feed. Each costs two write units: at fifteen seconds a day of six symbols stays
 * under 30,000, and a price that a function reads is at most half as old as what makes it too old to enter on. A scan reads
 * the one that comes with its minute.
 */
export const FEED_PUBLISH_EVERY_MS = 15 * SECOND_MS;

/** Time between two strong reads of the open orders by the deployed feed, beside the nudges. */
export const FEED_READ_ORDERS_EVERY_MS = SECOND_MS;
