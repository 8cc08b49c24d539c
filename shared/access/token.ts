import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { NightdeskError } from '../kernel/errors.ts';

export class TokenError extends NightdeskError<'too_little_randomness'> {}

const PREFIX = 'nightdesk_';
const SECRET_BYTES = 32;
/** Digits of base 62 that hold 256 bits, and the 32 bits of the checksum. */
const SECRET_DIGITS = 43;
const CHECKSUM_DIGITS = 6;
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** What a secret scanner looks for; its checksum (`isToken`) then tells a token from a text that looks like one. */
export const TOKEN_PATTERN = /\bnightdesk_[0-9A-Za-z]{49}\b/g;
const WHOLE = new RegExp(`^${TOKEN_PATTERN.source}$`);

/**
 * A bearer token: a prefix by which people and scanners know it, 256 random bits in base 62, and the CRC-32 of all before
 * in base 62.
 * @param random  32 bytes from a cryptographic source
 * @throws TokenError `too_little_randomness`
 */
export function tokenFrom(random: Uint8Array): string {
  if (random.byteLength !== SECRET_BYTES) {
    throw new TokenError('too_little_randomness', `A token is made of ${SECRET_BYTES} random bytes, received ${random.byteLength}`);
  }
  const secret = base62(BigInt(`0x${Buffer.from(random).toString('hex')}`), SECRET_DIGITS);
  return `${PREFIX}${secret}${checksum(`${PREFIX}${secret}`)}`;
}

/** Whether a text has the form of a token and its checksum is right. It says nothing about whether the token is accepted. */
export function isToken(text: string): boolean {
  return WHOLE.test(text) && checksum(text.slice(0, -CHECKSUM_DIGITS)) === text.slice(-CHECKSUM_DIGITS);
}

/**
 * What is kept of a token: SHA-256, hex. A slow hash with a salt is for passwords; 256 random bits cannot be guessed from
 * their digest, and a fast one keeps the authorizer cheap.
 */
export function tokenDigest(token: string): string {
  return hash('sha256', token, 'hex');
}

const checksum = (text: string): string => base62(BigInt(crc32(text)), CHECKSUM_DIGITS);

function base62(value: bigint, digits: number): string {
  const text: string[] = [];
  for (let rest = value; text.length < digits; rest /= 62n) text.unshift(ALPHABET[Number(rest % 62n)] ?? '');
  return text.join('');
}
