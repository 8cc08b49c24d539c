import { digestOfText } from '../../kernel/digest.ts';

/**
 * Names of accounts and currencies as Beancount takes them, each from one name of ours only: an account never takes in the
 * postings of another, however ids are made.
 *
 * An account's component begins with a capital or a digit and goes on with letters, digits and hyphens, so the hyphen is the escape:
 * `--` is a colon, `-2e-` the character with that code in hex. A small first letter becomes a capital where a small one follows
 * (`stt`, `Stt`); what could then mean two names, or begins otherwise, stands behind `X-x`.
 *
 * A currency is of capitals, digits, `.` and `-`, begins with a capital and ends with a capital or digit, so the low line is the
 * escape: `M_26_M`. Behind `X__` stands what cannot begin as it does, before `_Z` what cannot end so. A name of more than 24
 * characters, as contracts on long names have, is its first ten, `__` and twelve digits of its hash: no escape looks like that.
 * Its metadata tells the name itself.
 *
 * @see https://beancount.github.io/docs/beancount_language_syntax.html
 */

/** Where our accounts stand in Beancount's five roots. What is not named here is carried under `Equity:Other`. */
const PLACES: ReadonlyMap<string, string> = new Map([
  ['cash', 'Assets:Cash'],
  ['position', 'Assets:Position'],
  ['units', 'Assets:Units'],
  ['margin', 'Assets:Margin'],
  ['capital', 'Equity:Capital'],
  ['exchange', 'Equity:Exchange'],
  ['market', 'Equity:Market'],
  ['realised-pnl', 'Income:Realised-Pnl'],
  ['funding', 'Income:Funding'],
  ['charge', 'Expenses:Charge'],
  ['fee-units', 'Expenses:Fee-Units'],
  ['slippage', 'Expenses:Slippage'],
  ['dust', 'Expenses:Dust'],
]);

/** Words of Beancount's own where a currency is expected, and a currency of one letter, which older versions do not take. */
const NO_CURRENCY = /^(?:TRUE|FALSE|NULL|.)$/;

/** Beancount 2 takes no longer name for a currency. */
const LONGEST_CURRENCY = 24;

/** Beancount's account for one of ours (`kind`, or `kind:detail`). */
export function beancountAccount(account: string): string {
  const colon = account.indexOf(':');
  const kind = colon === -1 ? account : account.slice(0, colon);
  const place = PLACES.get(kind) ?? `Equity:Other:${component(kind)}`;
  return colon === -1 ? place : `${place}:${component(account.slice(colon + 1))}`;
}

function component(name: string): string {
  const escaped = [...name].map(escapedCharacter).join('');
  if (/^(?:[A-Z](?![a-z])|[0-9])/.test(name)) return escaped;
  return /^[a-z]{2}/.test(name) ? `${escaped.slice(0, 1).toUpperCase()}${escaped.slice(1)}` : `X-x${escaped}`;
}

function escapedCharacter(character: string): string {
  if (/[A-Za-z0-9]/.test(character)) return character;
  return character === ':' ? '--' : `-${hex(character)}-`;
}

/** Beancount's currency for one of ours, or for an instrument's symbol. */
export function beancountCurrency(currency: string): string {
  const escaped = [...currency].map((character) => (/[A-Z0-9.-]/.test(character) ? character : `_${hex(character).toUpperCase()}_`)).join('');
  const begun = /^[A-Z]/.test(escaped) && !NO_CURRENCY.test(escaped) ? escaped : `X__${escaped}`;
  const whole = /[A-Z0-9]$/.test(begun) ? begun : `${begun}_Z`;
  return whole.length <= LONGEST_CURRENCY ? whole : `${whole.slice(0, 10)}__${digestOfText(currency).slice(0, 12).toUpperCase()}`;
}

const hex = (character: string): string => (character.codePointAt(0) ?? 0).toString(16);
