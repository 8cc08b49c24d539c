import type { AlarmEvent } from '../contracts/alarm-event.ts';
import type { Alert } from '../contracts/alert.ts';
import type { Evidence } from '../market/price.ts';

/**
 * What a change of an alarm tells: that something is wrong, and that it is over. The first look at an alarm, and one that has
 * lost its data, tell nothing.
 */
export function alarmAlert(
  { alarmName, state, previousState, configuration }: AlarmEvent['detail'],
  world: { readonly scope: string; readonly evidence: Evidence },
): Alert | null {
  const isOver = state.value === 'OK' && previousState?.value === 'ALARM';
  if (state.value !== 'ALARM' && !isOver) return null;
  const name = shortName(alarmName);
  return {
    id: `alarm:${alarmName}:${state.timestamp}`,
    kind: 'alarm',
    severity: isOver ? 'info' : 'critical',
    atMs: Date.parse(state.timestamp),
    ...world,
    sessionId: null,
    symbol: null,
    title: isOver ? `Alarm ${name} is over` : `Alarm ${name}`,
    text: isOver ? 'What it watches is well again' : (configuration?.description ?? state.reason) || alarmName,
    facts: { alarm: alarmName, state: state.value },
  };
}

/** Without what CloudFormation puts around the name: `NightdeskTrading-AlarmsPricesSilent1A2B3C4D-xyz`. */
const shortName = (alarmName: string): string => /Alarms([A-Za-z]+?)[0-9A-F]{8}/.exec(alarmName)?.[1] ?? alarmName;
