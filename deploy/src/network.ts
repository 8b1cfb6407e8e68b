import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as logs from 'aws-cdk-lib/aws-logs';
import { RemovalPolicy } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** Of private addresses; CloudFront reaches in from these too. */
export const NETWORK = '10.40.0.0/16';

/**
 * Two zones. Nothing of ours has a public address: programs in private subnets reach out through NAT, those in isolated ones not at all,
 * nor does the database.
 */
export function createNetwork(scope: Construct, { natGateways }: { natGateways: 1 | 2 }): ec2.Vpc {
  const vpc = new ec2.Vpc(scope, 'Network', {
    ipAddresses: ec2.IpAddresses.cidr(NETWORK),
    maxAzs: 2,
    natGateways,
    restrictDefaultSecurityGroup: false,
    subnetConfiguration: [
      { name: 'public', subnetType: ec2.SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
      { name: 'private', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
      { name: 'isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 20 },
    ],
    gatewayEndpoints: { S3: { service: ec2.GatewayVpcEndpointAwsService.S3 } },
  });
  const group = new logs.LogGroup(scope, 'FlowLogs', {
    retention: logs.RetentionDays.THREE_MONTHS,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  vpc.addFlowLog('Flows', {
    destination: ec2.FlowLogDestination.toCloudWatchLogs(group),
    trafficType: ec2.FlowLogTrafficType.REJECT,
  });
  return vpc;
}
