import { NightdeskError } from '../../kernel/errors.ts';

class EndpointError extends NightdeskError<'bad_url'> {}

/**
 * The URLs of an environment variable, comma separated, without trailing slashes and in their order; null where it is not set.
 * @param schemes such as `wss:`
 * @throws EndpointError `bad_url` for what is not a URL of one of the schemes
 */
export function urlsFromEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  schemes: readonly string[],
): readonly string[] | null {
  const urls = (env[name] ?? '')
    .split(',')
    .map((url) => url.trim().replace(/\/+$/, ''))
    .filter((url) => url !== '');
  for (const url of urls) {
    if (!URL.canParse(url) || !schemes.includes(new URL(url).protocol)) {
      const message = `${name} takes comma separated ${schemes.join('// or ')}// URLs, received ${JSON.stringify(url)}`;
      throw new EndpointError('bad_url', message, { name, url });
    }
  }
  return urls.length > 0 ? urls : null;
}
