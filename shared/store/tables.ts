/** The tables, declared once: the stack on AWS creates them from this, and so does the host on one machine. */
export interface TableDeclaration {
  readonly name: 'ledger' | 'market';
  /** The environment variable that names the table at run time. */
  readonly variable: string;
  readonly defaultTableName: string;
  /** String attributes of the primary key. */
  readonly partitionKey: 'pk';
  readonly sortKey: 'sk';
  /** Attribute with the second since the epoch after which an item is gone; null where nothing ever expires. */
  readonly ttlAttribute: string | null;
  /** Whether the stack keeps the table when it is deleted, with point-in-time recovery, and streams its new rows. */
  readonly isRetained: boolean;
  readonly hasStream: boolean;
  /**
   * Units a second that the stack keeps ready; null: paid by the request. The always-free tier gives 25 of each, and a table saves up
   * what it did not use for five minutes.
   */
  readonly capacity: { readonly writeUnits: number; readonly readUnits: number } | null;
}

export type TableName = TableDeclaration['name'];
/** What each table is called in the account, or on the machine, that it lives in. */
export type TableNames = Readonly<Record<TableName, string>>;

export const TTL_ATTRIBUTE = 'expires';

export const TABLES: Readonly<Record<TableName, TableDeclaration>> = {
  ledger: {
    name: 'ledger',
    variable: 'NIGHTDESK_LEDGER_TABLE',
    defaultTableName: 'nightdesk-ledger',
    partitionKey: 'pk',
    sortKey: 'sk',
    ttlAttribute: null,
    isRetained: true,
    hasStream: true,
    // A few units a minute, a read each second, and now and then a burst of fills: it fits, and what is free costs nothing.
    capacity: { writeUnits: 20, readUnits: 20 },
  },
  market: {
    name: 'market',
    variable: 'NIGHTDESK_MARKET_TABLE',
    defaultTableName: 'nightdesk-market',
    partitionKey: 'pk',
    sortKey: 'sk',
    ttlAttribute: TTL_ATTRIBUTE,
    isRetained: false,
    hasStream: false,
    // The first start writes weeks of history at once, which no capacity worth keeping would take.
    capacity: null,
  },
};

/** The tables' names from the environment, else their defaults. */
export function tableNames(environment: Readonly<Record<string, string | undefined>>): TableNames {
  const named = ({ variable, defaultTableName }: TableDeclaration): string => environment[variable] || defaultTableName;
  return { ledger: named(TABLES.ledger), market: named(TABLES.market) };
}
