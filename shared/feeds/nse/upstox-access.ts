import { readFileSync } from 'node:fs';
import { UPSTOX } from '../../config/nse-feed.ts';
import { messageOf, NightdeskError } from '../../kernel/errors.ts';
import { urlsFromEnvironment } from '../connection/endpoint-urls.ts';

export class UpstoxAccessError extends NightdeskError<'no_token' | 'bad_token'> {}

/** Where the market data service is, and how to be let in. */
export interface UpstoxAccess {
  readonly webSocket: readonly string[];
  readonly rest: readonly string[];
  /** Where the list of instruments is, which asks for no token. */
  readonly instruments: readonly string[];
  /**
   * The token of now: one kept in a file may be replaced while the program runs. A function, so that no log and no answer can
   * show it by accident.
   * @throws UpstoxAccessError `no_token`, `bad_token`
   */
  readonly token: () => string;
}

const TOKEN = 'NIGHTDESK_UPSTOX_TOKEN';
const TOKEN_FILE = 'NIGHTDESK_UPSTOX_TOKEN_FILE';
/** Where a token is set, for a person. */
export const UPSTOX_TOKEN_SETTINGS = `${TOKEN}, or a file named by ${TOKEN_FILE}`;

type Env = Readonly<Record<string, string | undefined>>;

/** Whether a token is set, good or not. */
export const hasUpstoxToken = (env: Env): boolean => isSet(env[TOKEN]) || isSet(env[TOKEN_FILE]);

const isSet = (value: string | undefined): value is string => value !== undefined && value.trim() !== '';

/**
 * The access that the environment gives: `NIGHTDESK_UPSTOX_TOKEN` (a read-only Analytics Token) or the file that
 * `NIGHTDESK_UPSTOX_TOKEN_FILE` names, and other endpoints by `NIGHTDESK_UPSTOX_WS_URLS`, `NIGHTDESK_UPSTOX_REST_URLS`
 * and `NIGHTDESK_UPSTOX_INSTRUMENTS_URLS`.
 * @throws EndpointError `bad_url` for an override that is not a URL of the right scheme
 */
export function upstoxAccess(env: Env): UpstoxAccess {
  return {
    webSocket: urlsFromEnvironment(env, 'NIGHTDESK_UPSTOX_WS_URLS', ['ws:', 'wss:']) ?? [UPSTOX.webSocket],
    rest: urlsFromEnvironment(env, 'NIGHTDESK_UPSTOX_REST_URLS', ['http:', 'https:']) ?? [UPSTOX.rest],
    instruments: urlsFromEnvironment(env, 'NIGHTDESK_UPSTOX_INSTRUMENTS_URLS', ['http:', 'https:']) ?? [UPSTOX.contracts.instruments],
    token: () => tokenOf(env),
  };
}

function tokenOf(env: Env): string {
  const text = isSet(env[TOKEN]) ? env[TOKEN] : textOfFile(env[TOKEN_FILE]);
  const token = text.trim();
  // The text itself is not told: it may be most of a token.
  if (!/^[\x21-\x7e]{8,}$/.test(token)) {
    throw new UpstoxAccessError(
      'bad_token',
      `The Upstox token must be one word of at least 8 visible characters, received ${token.length} characters`,
    );
  }
  return token;
}

function textOfFile(path: string | undefined): string {
  if (!isSet(path)) throw new UpstoxAccessError('no_token', `No Upstox token is set: set ${UPSTOX_TOKEN_SETTINGS}`);
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UpstoxAccessError('no_token', `The Upstox token cannot be read: ${messageOf(error)}`, { path }, { cause: error });
  }
}
