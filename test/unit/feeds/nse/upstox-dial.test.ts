import { afterEach, describe, expect, it } from 'vitest';
import type { Dial, Wire } from '../../../../shared/feeds/connection/wire.ts';
import { upstoxDial } from '../../../../shared/feeds/nse/upstox-dial.ts';
import { HOUR_MS, MINUTE_MS } from '../../../../shared/kernel/time.ts';
import { movableClock } from '../../../support/movable-clock.ts';
import { startUpstoxServer, type UpstoxServer } from '../../../support/upstox-server.ts';

const TOKEN = 'read-only-token-of-a-test';

let server: UpstoxServer;
afterEach(() => server.close());

async function play() {
  server = await startUpstoxServer({ token: TOKEN });
  const clock = movableClock(Date.UTC(2026, 9, 13, 5, 30));
  return { clock, dial: upstoxDial({ clock, token: () => TOKEN }) };
}

/** Opens a wire; gives it, or the seconds to wait and the words of a refusal. */
function meet(dial: Dial): Promise<{ readonly wire: Wire; readonly gone: Promise<void> } | { readonly waitS: string | null; readonly text: string }> {
  const gone = Promise.withResolvers<void>();
  const met = Promise.withResolvers<Awaited<ReturnType<typeof meet>>>();
  const wire = dial(server.url, {
    opened: () => met.resolve({ wire, gone: gone.promise }),
    refused: ({ retryAfter, text }) => met.resolve({ waitS: retryAfter, text }),
    text: () => {},
    pinged: () => {},
    failed: () => {},
    closed: () => gone.resolve(),
  });
  return met.promise;
}

async function openAndDrop(dial: Dial): Promise<void> {
  const met = await meet(dial);
  if (!('wire' in met)) throw new Error(`refused: ${met.text}`);
  met.wire.terminate();
  await met.gone;
}

describe('a token that Upstox refuses', () => {
  it.each([401, 403])(
    'is shown again soon after a connection that was good, and after a quarter of an hour when that fails too (%i)',
    async (status) => {
      const { dial } = await play();
      await openAndDrop(dial);
      server.refuse(status);
      expect(await meet(dial)).toMatchObject({ waitS: '30', text: expect.stringContaining('still count') });
      for (let n = 0; n < 2; n++) expect(await meet(dial)).toMatchObject({ waitS: '900', text: expect.stringContaining('refuses the token') });
      server.refuse(null);
      await openAndDrop(dial);
      server.refuse(status);
      expect(await meet(dial)).toMatchObject({ waitS: '30' });
    },
  );

  it('is left alone for a quarter of an hour when no connection was good lately', async () => {
    const { dial, clock } = await play();
    server.refuse(401);
    expect(await meet(dial)).toMatchObject({ waitS: '900' });
    server.refuse(null);
    await openAndDrop(dial);
    clock.move(HOUR_MS);
    server.refuse(401);
    expect(await meet(dial)).toMatchObject({ waitS: '900' });
  });

  it('counts a connection as good until it ended, however long it was', async () => {
    const { dial, clock } = await play();
    const met = await meet(dial);
    if (!('wire' in met)) throw new Error(met.text);
    clock.move(6 * HOUR_MS);
    met.wire.terminate();
    await met.gone;
    clock.move(MINUTE_MS);
    server.refuse(403);
    expect(await meet(dial)).toMatchObject({ waitS: '30' });
  });
});
