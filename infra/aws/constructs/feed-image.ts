import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType, AssetStaging, DockerImage } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import type { Construct, IDependable } from 'constructs';
import { buildSync } from 'esbuild';
import type { Deployment } from '../../../shared/config/deployment.ts';
import { builtImage } from './built-image.ts';
import { REQUIRE_BANNER, ROOT } from './house-function.ts';

const FOLDER = fileURLToPath(new URL('../feed-image/', import.meta.url));
const ENTRY = join(ROOT, 'functions/feed/main.ts');

/** The image, and what must be there before it can be run; null where deploying pushes it first. */
export interface FeedImage {
  readonly image: ContainerImage;
  readonly ready: IDependable | null;
}

/**
 * The image of the feed: a folder with its Dockerfile and one bundled file, put together at synthesis without a container
 * engine. The image itself is built when the stack is deployed: in the account, or on the machine that deploys.
 */
export function feedImage(scope: Construct, where: Deployment['feed']['image']): FeedImage {
  const folder = imageFolder(scope);
  if (where === 'docker') return { image: ContainerImage.fromAsset(folder, { platform: Platform.LINUX_ARM64 }), ready: null };
  const { repository, tag, ready } = builtImage(scope, folder);
  return { image: ContainerImage.fromEcrRepository(repository, tag), ready };
}

function imageFolder(scope: Construct): string {
  const staging = new AssetStaging(scope, 'ImageFolder', {
    sourcePath: FOLDER,
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never pulled: the bundling below runs here and always says that it did the work.
      image: DockerImage.fromRegistry('scratch'),
      local: {
        tryBundle(folder) {
          copyFileSync(join(FOLDER, 'Dockerfile'), join(folder, 'Dockerfile'));
          bundleFeed(join(folder, 'feed.mjs'));
          return true;
        },
      },
    },
  });
  return staging.absoluteStagedPath;
}

function bundleFeed(outfile: string): void {
  buildSync({
    entryPoints: [ENTRY],
    outfile,
    absWorkingDir: ROOT,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    minify: true,
    keepNames: true,
    sourcemap: true,
    sourcesContent: false,
    banner: { js: REQUIRE_BANNER },
    logLevel: 'warning',
  });
}
