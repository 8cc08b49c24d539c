import { parseArgs } from 'node:util';
import { messageOf } from '../../../shared/kernel/errors.ts';
import { type Fate, huntVariants } from './hunt.ts';
import { progressLine, wholeNumber } from './options.ts';
import { createSeedPool } from './seed-pool.ts';
import { nameOf } from './variants.ts';

const HELP = `npm run simulate:broken -- [--seeds N] [--only TEXT] [--workers W]

Shows that the simulation bites. Broken programs are made from every write that seeds of the whole one are seen to make: each
step and each condition of each transaction removed, transactions torn, writes reordered, ids used again. Each must fail within
N seeds (default 2000); the list says which seed caught it, or why it is no other program. Exit 1 when one survives.`;

function told({ variant, ...fate }: Fate): string {
  const name = nameOf(variant);
  switch (fate.kind) {
    case 'caught':
      return `caught      seed ${String(fate.seed).padStart(4)}, step ${String(fate.step).padStart(5)}  ${name}\n            ${fate.what.split('\n')[0]?.slice(0, 180)}`;
    case 'equivalent':
      return `equivalent  ${name}\n            ${fate.because}\n            ${fate.evidence}`;
    case 'not-equivalent':
      return `NOT SO      ${name}\n            ${fate.what}`;
    case 'survived':
      return `SURVIVED    ${name}\n            ${fate.what}`;
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '2000' },
      only: { type: 'string', default: '' },
      workers: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const startMs = Date.now();
  const pool = createSeedPool(values.workers === undefined ? undefined : wholeNumber('workers', values.workers, 1));
  const progress = progressLine();
  try {
    const seeds = wholeNumber('seeds', values.seeds, 1);
    const fates = await huntVariants(pool, { seeds, only: values.only, tell: (line) => progress.tell(() => line) });
    progress.end();
    for (const fate of fates) console.log(told(fate));
    const count = (kind: Fate['kind']): number => fates.filter((fate) => fate.kind === kind).length;
    const seconds = Math.round((Date.now() - startMs) / 1_000);
    const bad = count('survived') + count('not-equivalent');
    console.log(`${fates.length} variants: ${count('caught')} caught, ${count('equivalent')} equivalent, ${bad} not; ${seconds} s`);
    return bad === 0 ? 0 : 1;
  } finally {
    progress.end();
    await pool.close();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
