import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType, AssetStaging, DockerImage } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import type { Construct, IDependable } from 'constructs';
import type { Deployment } from '../../../shared/config/deployment.ts';
import { bundleFeed } from '../bundle.ts';
import { builtImage } from './built-image.ts';

const FOLDER = fileURLToPath(new URL('../feed-image/', import.meta.url));

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
