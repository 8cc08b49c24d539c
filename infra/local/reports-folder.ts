import { join } from 'node:path';

/** Where the reports of trading days lie, in the folder that Nightdesk keeps its data in. */
export const reportsFolder = (stateDir: string): string => join(stateDir, 'reports');
