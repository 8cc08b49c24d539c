/** Beside a deployed function's code, and in a state's folder: where models lie that nobody has named. */
export const MODEL_FOLDER = 'models';
