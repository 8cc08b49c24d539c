import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType, AssetStaging, DockerImage } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { bundleFeed } from '../bundle.ts';

const FOLDER = fileURLToPath(new URL('../feed-image/', import.meta.url));

/**
 * The image of the feed: a folder with its Dockerfile and one bundled file, put together at synthesis without Docker. The
 * image itself is built when the stack is deployed.
 */
export function feedImage(scope: Construct): ContainerImage {
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
  return ContainerImage.fromAsset(staging.absoluteStagedPath, { platform: Platform.LINUX_ARM64 });
}
