/**
 * The form in which this version writes the rows of a session; every session's own row carries its number. It is raised when
 * rows are written that an older version cannot read, or when older rows can no longer be read.
 *
 *   1  before orders had terms and fills their inputs; rows carried no number
 *   2  orders with terms, entries that fill in parts, fills with what they were made from
 *   3  contracts with margin, funding and expiry, structures, the record that the risk gate counts, the kill switch, models switched off
 *   4  a record of structures as trades, margins that rise before a delivery
 */
export const LEDGER_FORMAT = 4;
