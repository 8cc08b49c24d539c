const LONGEST = 160;
const MOST_PARTS = 8;
const MOST_LEVELS = 3;

/** A value that came from outside as short text for a log line: what is long, wide or deep is cut, so that it costs little and never fails. */
export const shown = (value: unknown): string => render(value, MOST_LEVELS).slice(0, LONGEST);

function render(value: unknown, levels: number): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, LONGEST));
  if (typeof value !== 'object' || value === null) return value === undefined ? 'nothing' : String(value);
  if (levels === 0) return Array.isArray(value) ? '[...]' : '{...}';
  if (Array.isArray(value)) return `[${listed(value, (item) => render(item, levels - 1))}]`;
  return `{${listed(Object.keys(value), (key) => `${render(key, 0)}:${render((value as Record<string, unknown>)[key], levels - 1)}`)}}`;
}

function listed<Item>(items: readonly Item[], text: (item: Item) => string): string {
  const first = items.slice(0, MOST_PARTS).map(text).join(',');
  return items.length > MOST_PARTS ? `${first},...` : first;
}
