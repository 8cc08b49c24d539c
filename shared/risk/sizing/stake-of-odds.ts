/**
 * The part of its purse that Kelly puts on a bet whose odds break even at `even`: nothing where they do, all of it on a certain one.
 *
 *   f = p - (1 - p) / b = (p - even) / (1 - even),  b = (1 - even) / even
 *
 * with b what is won for each unit that is lost. Negative below break-even.
 * @param odds  chance of the target, 0 to 1
 * @param even  odds at which nothing is won, 0 to 1
 * @see Kelly: "A new interpretation of information rate" (1956)
 */
export const stakeOfOdds = (odds: number, even: number): number => (even >= 1 ? -1 : (odds - even) / (1 - even));
