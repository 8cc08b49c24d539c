import type { ModelSet } from './model-set.ts';

/** No model of any strategy. In a file of its own: a program without models loads nothing of what reads and asks them. */
export const NO_MODELS: ModelSet = { of: () => null, states: [] };
