import { NightdeskError } from '../../shared/kernel/errors.ts';

class ReadmeError extends NightdeskError<'no_place'> {}

const BEGIN = '<!-- bill: npm run cost -- --write -->';
const END = '<!-- /bill -->';

/** The bill that stands in a README. @throws ReadmeError `no_place` */
export function billIn(readme: string): string {
  const [from, to] = placeIn(readme);
  return readme.slice(from, to).trim();
}

/** The README with another bill in its place. @throws ReadmeError `no_place` */
export function withBill(readme: string, page: string): string {
  const [from, to] = placeIn(readme);
  return `${readme.slice(0, from)}\n${page}\n${readme.slice(to)}`;
}

function placeIn(readme: string): readonly [number, number] {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin === -1 || end < begin) throw new ReadmeError('no_place', `The README has no ${BEGIN} with ${END} behind it`);
  return [begin + BEGIN.length, end];
}
