import type { Alert } from '../contracts/alert.ts';
import { iso } from '../kernel/time.ts';

/**
 * Alerts as plain text of at most `most` characters, a line of title and text each; what does not fit is counted. Whether
 * something happened on a market or in a simulation is said with each.
 */
export function wordingOf(alerts: readonly Alert[], most: number): string {
  const lines = alerts.map(lineOf);
  const head = alerts.length > 1 ? [`${alerts.length} alerts`] : [];
  const whole = [...head, ...lines].join('\n');
  if (whole.length <= most) return whole;
  const kept: string[] = [...head];
  for (const [index, line] of lines.entries()) {
    const rest = `and ${lines.length - index} more: GET alerts`;
    if ([...kept, line, rest].join('\n').length > most) return cut([...kept, ...(index === 0 ? [line] : [rest])].join('\n'), most);
    kept.push(line);
  }
  return cut(kept.join('\n'), most);
}

function lineOf({ severity, evidence, title, text, atMs }: Alert): string {
  const mark = severity === 'info' ? '' : `${severity.toUpperCase()} `;
  return `${mark}[${evidence}] ${title}. ${text} (${iso(atMs).slice(0, 19)}Z)`;
}

/** Never through the middle of a character of two units. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const kept = text.slice(0, most - 1);
  return `${/[\uD800-\uDBFF]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}
