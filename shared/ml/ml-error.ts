import { NightdeskError } from '../kernel/errors.ts';

export class MlError extends NightdeskError<'bad_shape' | 'too_few_rows' | 'one_class'> {}
