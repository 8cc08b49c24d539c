import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { NightdeskError } from '../../shared/kernel/errors.ts';

class BaseImageError extends NightdeskError<'not_pinned' | 'not_answered'> {}

/** An image as a Dockerfile names it. */
export interface PinnedImage {
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}

/** What the registry says of a pinned image. */
export interface RegistryAnswer {
  /** Architectures of the pinned digest; null when the registry does not have it. */
  readonly architectures: readonly string[] | null;
  /** What the tag means today. */
  readonly tagDigest: string | null;
}

const DOCKERFILE = fileURLToPath(new URL('../aws/feed-image/Dockerfile', import.meta.url));
const MANIFESTS = 'application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json';
const PATIENCE_MS = 8_000;

/** The image that the feed's is built on. @throws BaseImageError `not_pinned` */
export function pinnedBase(dockerfile = readFileSync(DOCKERFILE, 'utf8')): PinnedImage {
  const [, registry, repository, tag, digest] = /^FROM ([^/\s]+)\/(\S+):([^@\s]+)@(sha256:[0-9a-f]{64})$/m.exec(dockerfile) ?? [];
  if (registry === undefined || repository === undefined || tag === undefined || digest === undefined)
    throw new BaseImageError('not_pinned', 'The Dockerfile of the feed names its base without a digest');
  return { registry, repository, tag, digest };
}

const tokenSchema = z.object({ token: z.string() });
const indexSchema = z.object({
  manifests: z.array(z.object({ platform: z.object({ os: z.string(), architecture: z.string() }).optional() })).default([]),
});

/** Asks the public registry, which gives a token to anybody. @throws when it does not answer */
export async function askRegistry({ registry, repository, tag, digest }: PinnedImage, base = `https://${registry}`): Promise<RegistryAnswer> {
  const { token } = tokenSchema.parse(await (await get(`${base}/token/?service=${registry}&scope=repository:${repository}:pull`)).json());
  const headers = { authorization: `Bearer ${token}`, accept: MANIFESTS };
  const pinned = await get(`${base}/v2/${repository}/manifests/${digest}`, headers);
  const tagged = await get(`${base}/v2/${repository}/manifests/${tag}`, headers);
  await tagged.arrayBuffer();
  const { manifests } = pinned.ok ? indexSchema.parse(await pinned.json()) : { manifests: [] };
  return {
    architectures: pinned.ok ? manifests.flatMap(({ platform }) => (platform?.os === 'linux' ? platform.architecture : [])) : null,
    tagDigest: tagged.headers.get('docker-content-digest'),
  };
}

async function get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
  if (response.ok || response.status === 404) return response;
  throw new BaseImageError('not_answered', `${new URL(url).host} answered ${response.status}`);
}
