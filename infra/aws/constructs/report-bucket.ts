import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/** As long as the longest block of market data is kept: after that the ledger alone tells of a day. */
const KEPT = Duration.days(400);

/** The bucket of the day's reports. They stay when the stack goes, as the ledger does of which they tell. */
export function reportBucket(scope: Construct): IBucket {
  const bucket = new Bucket(scope, 'Reports', {
    encryption: BucketEncryption.S3_MANAGED,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    lifecycleRules: [{ expiration: KEPT, abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    removalPolicy: RemovalPolicy.RETAIN,
  });
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions::AwsSolutions-S1',
    reason: 'Four small writes a night by one function, whose own log tells of each: a second bucket of access logs would say less than that.',
  });
  return bucket;
}
