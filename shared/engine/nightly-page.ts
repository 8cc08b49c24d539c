import { dollars } from '../alerts/amounts.ts';
import type { NightlyReport, ReportedSession } from '../contracts/nightly-report.ts';
import { decimal } from '../kernel/decimal.ts';

/** The report of a day for people: Markdown. */
export function reportPage({ date, madeTime, version, isSound, sessions }: NightlyReport): string {
  const verdict = isSound
    ? 'The books are sound: rebuilt from their journal, they are what is stored.'
    : '**THE BOOKS ARE NOT SOUND.** Trust no figure below.';
  const quiet = sessions.length === 0 ? ['', 'No session was active.'] : [];
  return `${[`# Nightdesk, trading day ${date}`, '', verdict, ...quiet, ...sessions.flatMap(sessionLines), '', `Made ${madeTime} by ${version}.`].join('\n')}\n`;
}

function sessionLines(session: ReportedSession): readonly string[] {
  const { sessionId, scope, evidence, books, decisions, counts, result, openPositions } = session;
  return [
    '',
    `## Session ${sessionId}`,
    '',
    `Evidence **${evidence}** (${scope})${evidenceOf(session)}. ${session.status}, ${openPositions} positions open.`,
    '',
    ...table(
      ['', 'USD'],
      [
        ['equity at the start of the day', worth(session.startEquity)],
        ['equity at its end', worth(session.endEquity)],
        ['closed: price effect (slippage of it: '.concat(worth(result.slippage), ')'), worth(result.price)],
        ['closed: currency effect', worth(result.currency)],
        ['closed: charges of both sides', worth(result.charges)],
        ['**closed: net**', `**${worth(result.net)}**`],
      ],
    ),
    ...(session.isDayClosed ? [] : ['', 'The book of the day was not closed when this was made.']),
    ...tradeLines(session),
    ...costLines(session),
    '',
    `Decisions: ${decisions.taken} taken, ${decisions.exitRequested} exits, ${decisions.refused} refused${refusals(decisions.refusedBy)}.`,
    '',
    `Books: ${books.isSound ? 'sound' : `NOT SOUND, ${books.differenceCount} differences`}, ${books.journalRows} journal rows, ${books.projectionRows} rows made of them, hash ${books.journalHash}.`,
    ...books.differences.map((what) => `- ${what}`),
    '',
    `What the bill counts, of the day: ${counts.journalRows} journal rows (events on the bus), ${counts.orders} orders, ${counts.fills} fills, ${counts.scans} scans with ${counts.decisions} decisions.`,
  ];
}

const worth = (amount: string | null): string => (amount === null ? '-' : dollars(decimal(amount)));

/** Said only where fills have other evidence than the session began with. */
function evidenceOf({ evidence, fillsByEvidence }: ReportedSession): string {
  const others = Object.entries(fillsByEvidence).filter(([label]) => label !== evidence);
  return others.length === 0 ? '' : `, of the fills ${others.map(([label, count]) => `${count} ${label}`).join(', ')}`;
}

function refusals(refusedBy: ReportedSession['decisions']['refusedBy']): string {
  const reasons = Object.entries(refusedBy)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${count} ${reason}`);
  return reasons.length === 0 ? '' : ` (${reasons.join(', ')})`;
}

function tradeLines({ trades }: ReportedSession): readonly string[] {
  if (trades.length === 0) return ['', 'No trade was closed.'];
  const rows = trades.map((trade) => [
    trade.closedTime,
    trade.strategy,
    `${trade.direction} ${trade.quantity} ${trade.symbol}`,
    `${trade.entryPrice} → ${trade.exitPrice} ${trade.currency}`,
    trade.closedWhy,
    trade.evidence,
    dollars(decimal(trade.net)),
  ]);
  return ['', ...table(['closed', 'strategy', 'what', 'price', 'by', 'evidence', 'net'], rows)];
}

function costLines({ costs }: ReportedSession): readonly string[] {
  if (costs.length === 0) return [];
  return [
    '',
    ...table(
      ['cost', 'paid', 'USD'],
      costs.map(({ line, currency, amount, usd }) => [line, `${amount} ${currency}`, dollars(decimal(usd))]),
    ),
  ];
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
