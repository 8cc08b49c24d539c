import { SECOND_MS } from '../kernel/time.ts';

/**
 * Time between two snapshots of the deployed feed. Each costs write units: at ten seconds a day of six symbols stays under
 * 30,000, and a price that a scan reads is at most a third of what makes it too old to enter on.
 */
export const FEED_PUBLISH_EVERY_MS = 10 * SECOND_MS;

/** Time between two strong reads of the open orders by the deployed feed, beside the nudges. */
export const FEED_READ_ORDERS_EVERY_MS = SECOND_MS;
