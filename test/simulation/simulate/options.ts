/** A whole number from a command line. @throws TypeError */
export function wholeNumber(name: string, value: string, least: number): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < least) throw new TypeError(`--${name} takes a whole number from ${least}, received ${value}`);
  return number;
}

/** A line that replaces itself on a terminal, and comes now and then elsewhere. */
export function progressLine(everyMs = 10_000): { readonly tell: (line: () => string) => void; readonly end: () => void } {
  const isTerminal = process.stderr.isTTY === true;
  let lastMs = Date.now();
  return {
    tell: (line) => {
      if (Date.now() - lastMs < (isTerminal ? 200 : everyMs)) return;
      lastMs = Date.now();
      process.stderr.write(isTerminal ? `\r\u001b[K${line()}` : `${line()}\n`);
    },
    end: () => void (isTerminal && process.stderr.write('\r\u001b[K')),
  };
}
