import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { METRIC_NAMESPACE, METRICS } from '../../shared/config/metrics.ts';
import { metricsIn } from '../support/embedded-metrics.ts';
import { removeState, startNightdesk } from '../support/nightdesk-process.ts';

type Line = Readonly<Record<string, unknown>> & {
  readonly event: string;
  readonly outcome?: { readonly id?: string; readonly correlationIds?: readonly string[] };
};

describe('the log of the real program', () => {
  it('leads from a fill to the scan and the tick behind it, and on to who was told, by one id', async () => {
    const options = ['--feed', 'simulated', '--speed', '240', '--session', 'scalping,swing'];
    const running = await startNightdesk(options, { env: { NIGHTDESK_LOG: 'info' } });
    onTestFinished(() => {
      running.child.kill('SIGKILL');
      removeState(running.stateDir);
    });
    const texts = (): readonly string[] => readFileSync(join(running.stateDir, 'nightdesk.log'), 'utf8').trim().split('\n');
    const lines = (): readonly Line[] => texts().map((text) => JSON.parse(text) as Line);
    const toldFill = (): Line | undefined => lines().find(({ event, type }) => event === 'alerts-event-taken' && type === 'filled');
    const isRelayed = (id: unknown): boolean =>
      lines().some(({ event, type, correlationId }) => event === 'event-told' && type === 'filled' && correlationId === id);
    await expect.poll(() => isRelayed(toldFill()?.correlationId), { interval: 200 }).toBe(true);
    await running.interrupt();

    const correlationId = toldFill()?.correlationId;
    const chain = lines().filter((line) => line.correlationId === correlationId);
    const [placed] = chain.filter(({ event }) => event === 'order-placed');
    const [filled] = chain.filter(({ event }) => event === 'filled');
    // The scan: its own line names the id, and its id is the command of the order.
    const [scan] = lines().filter(({ event, outcome }) => event === 'scan-ran' && outcome?.correlationIds?.includes(String(correlationId)));
    expect(scan?.outcome?.id).toBe(placed?.commandId);
    // The order and its fill, by the ids under which ledger and API know them.
    expect(filled?.orderId).toBe(placed?.orderId);
    expect(filled?.fillId).toBe(`F:${String(placed?.orderId)}:1`);
    expect(Number(filled?.seq)).toBeGreaterThan(Number(placed?.seq));
    // The ticks that both were decided from: heard before the scan, and before the fill.
    expect(Number(placed?.quoteReceivedMs)).toBeLessThanOrEqual(Date.parse(String(scan?.scheduledTime)) + Number(scan?.lagMs));
    expect(Number(filled?.quoteReceivedMs)).toBeGreaterThan(0);
    expect(Object.keys(filled ?? {})).toEqual(expect.arrayContaining(['tickPrice', 'tickExchangeMs', 'tickReceivedMs', 'quoteExchangeMs']));
    // Told on the bus, and to the trader: the alert is named by the fill's row.
    expect(chain).toContainEqual(expect.objectContaining({ event: 'event-told', type: 'filled', seq: filled?.seq }));
    const raised = `${String(filled?.sessionId)}:${String(filled?.seq)}`;
    expect(chain).toContainEqual(expect.objectContaining({ event: 'alerts-event-taken', seq: filled?.seq, outcome: { raised } }));

    // What the runbook's query asks for is what the lines have.
    const runbook = readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
    const asked = /^fields @timestamp, (.+)$/m.exec(runbook)?.[1]?.split(', ') ?? [];
    expect(asked.length).toBeGreaterThan(8);
    const known = new Set(chain.flatMap((line) => [...Object.keys(line), ...Object.keys(line.outcome ?? {}).map((name) => `outcome.${name}`)]));
    expect(asked.filter((field) => !known.has(field))).toEqual([]);

    // Every line that carries metrics is one that CloudWatch would read, with declared names and no dimension.
    const metrics = texts().flatMap((text) => metricsIn(text) ?? []);
    for (const { namespace, dimensions } of metrics) expect([namespace, dimensions]).toEqual([METRIC_NAMESPACE, [[]]]);
    const names = new Set(metrics.flatMap(({ values }) => Object.keys(values)));
    expect([...names].filter((name) => !(name in METRICS))).toEqual([]);
    // All but the nightly one.
    expect(names.size).toBe(Object.keys(METRICS).length - 1);
  });
});
