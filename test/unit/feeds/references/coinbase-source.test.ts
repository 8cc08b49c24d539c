import { describe, expect, it } from 'vitest';
import { coinbaseSource } from '../../../../shared/feeds/references/coinbase-source.ts';
import { rng } from '../../../../shared/kernel/rng.ts';
import { MINUTE_MS, SECOND_MS } from '../../../../shared/kernel/time.ts';
import { memoryVenue } from '../../../support/memory-venue.ts';
import { fullSpeed, runTo, SINK_REST } from '../../../support/recording-sink.ts';
import { coinbaseAnswers, coinbaseTicker, REFERENCE_MS } from '../../../support/reference-frames.ts';

/** The source, connected to a venue in memory that refuses the products for which `isListed` is false at the time. */
async function play(isListed: (product: string) => boolean) {
  const clock = fullSpeed(REFERENCE_MS);
  const venue = memoryVenue(clock);
  venue.onText = (connection, request) => {
    for (const answer of coinbaseAnswers(request, isListed)) connection.send(answer);
  };
  const warned: string[] = [];
  const log = (level: string, event: string): void => void (level === 'warn' && warned.push(event));
  const source = coinbaseSource({ clock, log, random: rng('coinbase'), urls: ['wss://coinbase.test'], dial: venue.dial });
  await source.start({ tick: () => {}, top: () => {}, ...SINK_REST }, null);
  let sequence = 0;
  const speak = (): void => {
    for (const connection of venue.open()) connection.send(JSON.stringify(coinbaseTicker({ sequence: ++sequence }, clock.now())));
    clock.at(clock.now() + SECOND_MS, 'venue-speaks', speak);
  };
  speak();
  const pass = (ms: number): Promise<void> => runTo(clock, clock.now() + ms);
  await pass(5 * SECOND_MS);
  return { venue, warned, pass, detail: () => source.states()[0]?.detail, status: () => source.states()[0]?.status };
}

describe('a product that Coinbase refuses', () => {
  it('is asked for again by the next connection, and shown until it is served', async () => {
    let isOutage = true;
    const { venue, warned, pass, detail } = await play((product) => !isOutage || product !== 'SOL-USD');
    expect(detail()).toContain('SOL-USD is not served');
    venue.open()[0]?.cut();
    await pass(5 * SECOND_MS);
    expect(detail()).toContain('SOL-USD is not served');
    expect(warned.filter((event) => event === 'coinbase.rejected')).toHaveLength(1);
    isOutage = false;
    venue.open()[0]?.cut();
    await pass(5 * SECOND_MS);
    expect(detail()).toBe('connected to wss://coinbase.test');
  });

  it('does not keep the others away for ever when it was all of them', async () => {
    let isOutage = true;
    const { pass, status, detail } = await play(() => !isOutage);
    expect([status(), detail()]).toEqual(['down', expect.stringContaining('none of the pairs is served')]);
    isOutage = false;
    await pass(6 * MINUTE_MS);
    expect([status(), detail()]).toEqual(['up', 'connected to wss://coinbase.test']);
  });
});
