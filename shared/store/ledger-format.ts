import * as z from 'zod';
import { StoreError } from '../engine/ports.ts';
import { readAttributes } from './body.ts';
import { LEDGER_FORMAT } from './format-number.ts';
import { equals, type Item, type Items } from './items.ts';
import { ledgerKeys } from './keys.ts';
import { rebuildProjections } from './rebuild.ts';

/** What rows without a number were written in. */
const FIRST_FORMAT = 1;

/**
 * Takes a session from one format to the next. It may be run again after it died half way, and by two processes at once, so every
 * step of it must be one that may be repeated. The journal is a chain of hashes and is never rewritten: what changes
 * is what follows from it (head, positions, orders, trades), which can be rebuilt.
 */
export interface Migration {
  readonly from: number;
  readonly to: number;
  readonly run: (items: Items, sessionId: string) => Promise<void>;
}

/** What follows from the journal is made from it anew. */
const anew: Migration['run'] = async (items, sessionId) => {
  await rebuildProjections(items, sessionId, true);
};

/**
 * Every migration there is. From 1 there is none: its fills lack what a fill of today is made again from. From 2: what
 * later versions added to the journal's events may be left out, and head, positions, orders and trades are made anew; so from 3,
 * which kept no record of structures.
 */
const MIGRATIONS: readonly Migration[] = [
  { from: 2, to: 4, run: anew },
  { from: 3, to: 4, run: anew },
];

export interface Formats {
  readonly format: number;
  readonly migrations: readonly Migration[];
}

const OWN: Formats = { format: LEDGER_FORMAT, migrations: MIGRATIONS };

const formatSchema = z.object({ sessionId: z.string(), format: z.number().int().positive().default(FIRST_FORMAT) });

interface Written {
  readonly item: Item;
  readonly sessionId: string;
  readonly format: number;
}

/**
 * Makes sure that this version can read the ledger, before anything else is read of it: sessions of an older format are taken
 * forward where there is a way. An empty ledger is of any format.
 * @returns the sessions that were taken forward
 * @throws StoreError `format`, one sentence that says what to do, when there is no way
 */
export async function bringForward(items: Items, formats: Formats = OWN): Promise<readonly string[]> {
  const sessions = (await items.query('ledger', ledgerKeys.sessions)).map((item): Written => ({ item, ...readAttributes(item, formatSchema) }));
  const older = sessions.filter(({ format }) => format !== formats.format);
  // All are looked at before one is changed: a ledger that cannot be taken over whole is left as it was.
  const plans = older.map((session) => ({ session, steps: stepsFrom(session, formats) }));
  for (const { session, steps } of plans) {
    for (const step of steps) await step.run(items, session.sessionId);
    const { item } = session;
    await items.write([
      {
        kind: 'put',
        table: 'ledger',
        key: item,
        attributes: { ...item.attributes, format: formats.format },
        when: equals({ sessionId: session.sessionId }),
      },
    ]);
  }
  return plans.map(({ session }) => session.sessionId);
}

function stepsFrom(session: Written, { format, migrations }: Formats): readonly Migration[] {
  if (session.format > format) throw refused(session, format, 'newer');
  const steps: Migration[] = [];
  for (let at = session.format; at < format; ) {
    const step = migrations.find(({ from, to }) => from === at && to <= format);
    if (step === undefined) throw refused(session, format, 'older');
    steps.push(step);
    at = step.to;
  }
  return steps;
}

function refused({ sessionId, format }: Written, own: number, age: 'older' | 'newer'): StoreError {
  const advice =
    age === 'newer'
      ? 'update this version of Nightdesk'
      : 'go on with the version that wrote it, or begin with empty books: npm start -- --state ANOTHER_FOLDER on one machine, docs/runbook.md ("A ledger of another format") on AWS';
  return new StoreError(
    'format',
    `This ledger was written by ${age === 'newer' ? 'a newer' : 'an older'} Nightdesk (session ${sessionId} is in format ${format}, this version reads ${own}) and nothing in it was changed: ${advice}`,
    { sessionId, format, own },
  );
}
