import { Validations } from 'aws-cdk-lib';
import { GatewayVpcEndpointAwsService, Peer, Port, SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';

// HTTPS for AWS and for the venues, and the port on which Binance offers its streams beside it.
const VENUE_PORTS = [443, 9443];

export interface FeedNetwork {
  readonly vpc: Vpc;
  readonly securityGroup: SecurityGroup;
}

/** A network of public subnets only: the feed calls out and is never called. A NAT gateway would cost more than everything else. */
export function feedNetwork(scope: Construct): FeedNetwork {
  const vpc = new Vpc(scope, 'Network', {
    maxAzs: 2,
    natGateways: 0,
    subnetConfiguration: [{ name: 'public', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: false }],
    // Free of charge, and the way of most of the feed's traffic: prices to DynamoDB, image layers from S3.
    gatewayEndpoints: {
      dynamodb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
      s3: { service: GatewayVpcEndpointAwsService.S3 },
    },
  });
  Validations.of(vpc).acknowledge({
    id: 'AwsSolutions::AwsSolutions-VPC7',
    reason: 'Flow logs of one task that accepts no connection and streams prices all day would cost more than the task.',
  });
  const securityGroup = new SecurityGroup(scope, 'SecurityGroup', {
    vpc,
    description: 'The feed calls out to venues and AWS; nothing calls in',
    allowAllOutbound: false,
  });
  for (const port of VENUE_PORTS) securityGroup.addEgressRule(Peer.anyIpv4(), Port.tcp(port), 'Venues and AWS');
  return { vpc, securityGroup };
}
