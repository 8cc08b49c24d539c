import published from '../../../config/data/history-archives.json' with { type: 'json' };
import { urlsFromEnvironment } from '../../connection/endpoint-urls.ts';

/** Where archives are fetched from: base URLs without a trailing slash. */
export interface ArchiveUrls {
  readonly binanceBulk: string;
  readonly nseArchives: string;
}

/** First trading date of which NSE publishes UDiFF; files of days before it have the older form. */
export const UDIFF_FROM: string = published.nse.udiffFrom;

/**
 * The archives as published, or those of `NIGHTDESK_BINANCE_BULK_URL` and `NIGHTDESK_NSE_ARCHIVES_URL` where they are set.
 * @throws EndpointError `bad_url`
 */
export function archiveUrls(env: Readonly<Record<string, string | undefined>>): ArchiveUrls {
  const one = (name: string, otherwise: string): string => urlsFromEnvironment(env, name, ['http:', 'https:'])?.[0] ?? otherwise;
  return {
    binanceBulk: one('NIGHTDESK_BINANCE_BULK_URL', published.binance.bulk),
    nseArchives: one('NIGHTDESK_NSE_ARCHIVES_URL', published.nse.archives),
  };
}
