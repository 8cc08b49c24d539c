import type { Cancel } from '../../kernel/clock.ts';
import { type EpochMs, MINUTE_MS } from '../../kernel/time.ts';

/** How often one address may connect to a venue: at most `most` attempts in any `windowMs`. */
export interface ConnectLimit {
  readonly most: number;
  readonly windowMs: number;
}

/** What all connections of this process to one venue share: the attempts they have left, and what the venue told one of them. */
export interface ConnectBudget {
  /**
   * The first instant, now or later, at which there is room for an attempt. When many were made already, `gapMs` after the last
   * one: a venue that stays away is asked at a steady pace, and something is left for the moment it is back.
   */
  roomFromMs(nowMs: EpochMs, gapMs: number): EpochMs;
  spend(nowMs: EpochMs): void;
  /** Nobody calls the URL's host before the instant. Limits and bans of a venue are for a host, not for one of its ports. */
  wait(url: string, untilMs: EpochMs): void;
  /** Nobody calls the URL before the instant, unless it serves somebody. */
  pause(url: string, untilMs: EpochMs): void;
  /** The first instant at which the URL may be called, by what was told of its host and of itself; 0 where nothing was. */
  waitsUntilMs(url: string): EpochMs;
  /** Until the instant the URL is only tried when no other one is left. */
  avoid(url: string, untilMs: EpochMs): void;
  isAvoided(url: string, nowMs: EpochMs): boolean;
  /** Nobody could be met at the URL at the instant. */
  failed(url: string, nowMs: EpochMs): void;
  /** When the URL last failed, if that is recent and it has not served since; else 0. */
  failedMs(url: string, nowMs: EpochMs): EpochMs;
  /** Somebody receives data from the URL: those who wait for a next attempt need not wait any longer. */
  served(url: string): void;
  onServed(listener: (url: string) => void): Cancel;
}

/** Share of the attempts of a window that may be made at once. */
const BURST_SHARE = 0.1;
/** An older failure says nothing about now. */
const FAILURE_COUNTS_MS = MINUTE_MS;

export function createConnectBudget({ most, windowMs }: ConnectLimit): ConnectBudget {
  const burst = Math.floor(most * BURST_SHARE);
  const waits = new Map<string, EpochMs>();
  const pauses = new Map<string, EpochMs>();
  const avoided = new Map<string, EpochMs>();
  const failures = new Map<string, EpochMs>();
  const listeners = new Set<(url: string) => void>();
  let attempts: EpochMs[] = [];

  return {
    roomFromMs(nowMs, gapMs) {
      attempts = attempts.filter((atMs) => atMs > nowMs - windowMs);
      const oldest = attempts.at(-most);
      const limitMs = oldest === undefined ? nowMs : oldest + windowMs + 1;
      const last = attempts.length < burst ? undefined : attempts.at(-1);
      return Math.max(nowMs, limitMs, last === undefined ? nowMs : last + gapMs);
    },
    spend: (nowMs) => void attempts.push(nowMs),
    wait: (url, untilMs) => void waits.set(hostOf(url), Math.max(untilMs, waits.get(hostOf(url)) ?? 0)),
    pause: (url, untilMs) => void pauses.set(url, Math.max(untilMs, pauses.get(url) ?? 0)),
    waitsUntilMs: (url) => Math.max(waits.get(hostOf(url)) ?? 0, pauses.get(url) ?? 0),
    avoid: (url, untilMs) => void avoided.set(url, untilMs),
    isAvoided: (url, nowMs) => (avoided.get(url) ?? 0) > nowMs,
    failed: (url, nowMs) => void failures.set(url, nowMs),
    failedMs(url, nowMs) {
      const atMs = failures.get(url) ?? 0;
      return nowMs - atMs <= FAILURE_COUNTS_MS ? atMs : 0;
    },
    served(url) {
      failures.delete(url);
      avoided.delete(url);
      pauses.delete(url);
      for (const listener of [...listeners]) listener(url);
    },
    onServed(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const hostOf = (url: string): string => new URL(url).hostname;
