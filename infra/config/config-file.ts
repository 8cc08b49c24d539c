import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DEFAULT_DEPLOYMENT, type Deployment, readDeployment } from '../../shared/config/deployment.ts';
import { messageOf, NightdeskError } from '../../shared/kernel/errors.ts';

export class ConfigFileError extends NightdeskError<'unreadable' | 'not_json'> {}

/** Names another file than `nightdesk.config.json` in the root of the project; `none` for the defaults. */
const CONFIG_VARIABLE = 'NIGHTDESK_CONFIG';
const USUAL_FILE = fileURLToPath(new URL('../../nightdesk.config.json', import.meta.url));

/** A configuration with where it is from, in words. */
export interface ReadConfig {
  readonly deployment: Deployment;
  readonly from: string;
}

/**
 * The configuration of this checkout: the file that `NIGHTDESK_CONFIG` names, else `nightdesk.config.json`, else the defaults.
 * @throws ConfigFileError `unreadable`, `not_json`; DeploymentConfigError `bad_config`, `secret`; each with the file's name
 */
export function readConfigFile(env: Readonly<Record<string, string | undefined>>): ReadConfig {
  const named = env[CONFIG_VARIABLE];
  const file = named || USUAL_FILE;
  if (named === 'none') return { deployment: DEFAULT_DEPLOYMENT, from: `defaults (${CONFIG_VARIABLE}=none)` };
  if (!named && !existsSync(file)) return { deployment: DEFAULT_DEPLOYMENT, from: 'defaults (there is no nightdesk.config.json)' };
  return { deployment: readDeployment(parsed(file)), from: file };
}

function parsed(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigFileError('unreadable', `The configuration ${file} cannot be read: ${messageOf(error)}`, { file }, { cause: error });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's own message would repeat what stands there, which may be a secret.
    throw new ConfigFileError('not_json', `The configuration ${file} is not JSON`, { file }, { cause: error });
  }
}
