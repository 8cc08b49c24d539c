/** Set where somebody else's models trade: the function that runs them, and which they are, as `<function> <strategy>:<version>,...`. */
export const OUTSIDE_MODELS_VARIABLE = 'NIGHTDESK_OUTSIDE_MODELS';
