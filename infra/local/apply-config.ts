import { ALERT_VARIABLES } from '../../shared/config/alert-settings.ts';
import { symbolsOf } from '../../shared/config/deployment.ts';
import { SYMBOLS_VARIABLE } from '../../shared/config/instrument-facts.ts';
import { NSE_HOURS_VARIABLE } from '../../shared/config/nse-calendar-facts.ts';
import { messageOf } from '../../shared/kernel/errors.ts';
import { type ReadConfig, readConfigFile } from '../config/config-file.ts';

/**
 * Importing this applies `nightdesk.config.json` to the process: on AWS the stack sets the same variables. Instruments and
 * calendar read them when they are imported, so this import comes before every other.
 */
export const config: ReadConfig = readOrExit();

const { deployment } = config;
// What a person has set wins over the file.
if (deployment.symbols !== null || deployment.markets.length < 2) process.env[SYMBOLS_VARIABLE] ||= symbolsOf(deployment).join(',');
if (deployment.nseHours !== 'none') process.env[NSE_HOURS_VARIABLE] ||= deployment.nseHours;
if (deployment.alerts.quiet !== 'none') process.env[ALERT_VARIABLES.quiet] ||= deployment.alerts.quiet;
if (deployment.alerts.mute.length > 0) process.env[ALERT_VARIABLES.muted] ||= deployment.alerts.mute.join(',');

function readOrExit(): ReadConfig {
  try {
    return readConfigFile(process.env);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exit(2);
  }
}
