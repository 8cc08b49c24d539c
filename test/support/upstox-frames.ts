import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import protobuf from 'protobufjs';

/** A `FeedResponse` as the definition has it; what is left out is not on the wire. */
export interface FeedResponse {
  readonly type?: number;
  readonly feeds?: Readonly<Record<string, unknown>>;
  readonly currentTs?: number;
  readonly marketInfo?: unknown;
}

const DEFINITION = join(import.meta.dirname, '../../shared/feeds/nse/upstox-feed.proto');
const { root } = protobuf.parse(readFileSync(DEFINITION, 'utf8'), { keepCase: true });
const type = root.lookupType('com.upstox.marketdatafeederv3udapi.rpc.proto.FeedResponse');

/** A frame's bytes, by the published definition and protobufjs' own encoder. */
export const encodeUpstox = (frame: FeedResponse): Buffer => Buffer.from(type.encode(type.fromObject({ ...frame })).finish());

/** What protobufjs' own decoder reads from bytes, every default filled in. */
export const decodeUpstox = (bytes: Uint8Array): Record<string, unknown> =>
  type.toObject(type.decode(bytes), { longs: Number, defaults: true, objects: true, arrays: true, oneofs: true });

export interface Picture {
  readonly ltp: number;
  readonly ltt: number;
  readonly ltq?: number;
  readonly vtt?: number;
  readonly bid?: number;
  readonly ask?: number;
  readonly minute?: {
    readonly ts: number;
    readonly open: number;
    readonly high: number;
    readonly low: number;
    readonly close: number;
    readonly vol: number;
  };
}

/** What a frame in mode `full` tells of one instrument. */
export function picture({ ltp, ltt, ltq = 10, vtt, bid, ask, minute }: Picture): unknown {
  const marketFF = {
    ltpc: { ltp, ltt, ltq, cp: ltp },
    ...(bid === undefined || ask === undefined ? {} : { marketLevel: { bidAskQuote: [{ bidQ: 100, bidP: bid, askQ: 200, askP: ask }] } }),
    ...(minute === undefined
      ? {}
      : {
          marketOHLC: {
            ohlc: [
              { interval: '1d', ...minute },
              { interval: 'I1', ...minute },
            ],
          },
        }),
    ...(vtt === undefined ? {} : { vtt }),
  };
  return { fullFeed: { marketFF } };
}
