import { parseArgs } from 'node:util';
import { messageOf } from '../../shared/kernel/errors.ts';
import { FUZZED_PARSERS, type FuzzResult, fuzz } from './fuzzed-parsers.ts';

const HELP = `npm run soak:fuzz -- [--count N] [--seed S] [--from N] [parser]...

Feeds each parser of the feeds (or those named) with N (default 1,000,000) mutated inputs drawn from the seed (default 1):
bytes flipped, texts cut, doubled and spliced, types swapped, numbers at their extremes, deep nesting, keys doubled and
reordered. Exit 0 when none crashed a parser, and everything it let through is what its schema says; else 1.
--from begins at another draw: a fault is told with the number of its draw.
Parsers: ${FUZZED_PARSERS.map(({ name }) => name).join(', ')}.`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      count: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: '1' },
      from: { type: 'string', default: '0' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const [count, from] = [wholeNumber('--count', values.count, 1), wholeNumber('--from', values.from, 0)];
  const unknown = positionals.filter((name) => FUZZED_PARSERS.every((parser) => parser.name !== name));
  if (unknown.length > 0) throw new TypeError(`No parser ${unknown.join(', ')}: there are ${FUZZED_PARSERS.map(({ name }) => name).join(', ')}`);
  let faults = 0;
  for (const parser of FUZZED_PARSERS) {
    if (positionals.length > 0 && !positionals.includes(parser.name)) continue;
    const began = performance.now();
    const result = await fuzz(parser, values.seed, count, from);
    report(result, performance.now() - began);
    faults += result.faultCount;
  }
  console.log(faults === 0 ? 'No crash, and nothing let through that a schema forbids.' : `${faults} faults`);
  return faults === 0 ? 0 : 1;
}

function report({ name, count, kinds, faults, faultCount }: FuzzResult, tookMs: number): void {
  const made = Object.entries(kinds)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, times]) => `${kind} ${times}`);
  console.log(`${name.padEnd(20)} ${count} inputs in ${(tookMs / 1_000).toFixed(1)} s, ${faultCount} faults: ${made.join(', ')}`);
  for (const { draw, what, input } of faults) console.log(`  draw ${draw}: ${what}\n    ${JSON.stringify(input)}`);
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least) throw new TypeError(`${name} takes a whole number from ${least}, received ${text}`);
  return value;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
