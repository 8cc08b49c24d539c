import { absent, type Reading } from '../confidence.ts';

/** The odds of a trained model. Without a fitted model there are none: the component is absent, never a made-up number. */
export const NO_MODEL: Reading = absent('no model is fitted');
