import { describe, expect, it } from 'vitest';
import { auctionBand, priceBand } from '../../../shared/execution/price-band.ts';

describe('the price band of a share', () => {
  it.each`
    last       | low    | high    | because
    ${null}    | ${900} | ${1100} | ${'a tenth either side while no price is known'}
    ${1000}    | ${900} | ${1100} | ${'a tenth either side'}
    ${1097.99} | ${900} | ${1100} | ${'the price has not all but left it'}
    ${1099}    | ${850} | ${1150} | ${'up by more than the share it slides from'}
    ${901}     | ${850} | ${1150} | ${'down by as much: it widens to both sides'}
    ${1149}    | ${800} | ${1200} | ${'once more'}
  `('is $low to $high at $last: $because', ({ last, low, high }) => {
    const band = priceBand('NSE', 1000, last);
    expect(band?.low).toBeCloseTo(low, 9);
    expect(band?.high).toBeCloseTo(high, 9);
  });

  it('is unknown where the close before is', () => {
    expect(priceBand('NSE', null, 1000)).toBeNull();
  });

  it('does not bind crypto', () => {
    expect(priceBand('CRYPTO', 1000, 5)).toBeNull();
  });
});

describe('the band of the closing auction', () => {
  it('lies around its reference price', () => {
    const { low, high } = auctionBand(1000);
    expect([low, high]).toEqual([expect.closeTo(970, 9), expect.closeTo(1030, 9)]);
  });
});
