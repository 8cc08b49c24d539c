/** A refusal names its rule; where a limit spoke, also the value and the threshold. */
export interface GateRefusal {
  readonly verdict: 'refused';
  readonly reason: string;
  readonly why: string;
  readonly limit: { readonly name: string; readonly value: number; readonly threshold: number } | null;
}

export const refuse = (reason: string, why: string, limit: GateRefusal['limit'] = null): GateRefusal => ({ verdict: 'refused', reason, why, limit });

/** A limit that was passed. */
export const over = (name: string, value: number, threshold: number, why: string): GateRefusal => refuse(name, why, { name, value, threshold });

export const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;

export const isRefusal = <Pass extends { readonly verdict: 'passed' }>(verdict: Pass | GateRefusal): verdict is GateRefusal =>
  verdict.verdict === 'refused';
