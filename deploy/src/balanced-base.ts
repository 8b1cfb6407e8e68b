import type { Stack } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { createBackups } from './backups.ts';
import { type Balancer, createBalancer } from './balancer.ts';
import { createInstallation, type Installation } from './containers.ts';
import { createInstance } from './database.ts';
import { createNetwork } from './network.ts';
import { Observation } from './observation.ts';
import { readSettings } from './settings.ts';
import { watchBalancer, watchInstance } from './watch.ts';
import { createLogBucket, createWeb } from './web.ts';

export interface Base {
  vpc: ec2.Vpc;
  installation: Installation;
  front: Balancer;
  observation: Observation;
  adminEmail: string;
}

/** What the monolith and the services have in common: network, database, cluster, load balancer, CloudFront, alarms, backups. */
export function createBase(stack: Stack): Base {
  const settings = readSettings(stack.node, [
    'domainName',
    'certificateArn',
    'edgeCertificateArn',
    'adminEmail',
    'alarmEmail',
    'copyRegion',
    'image',
  ]);
  const vpc = createNetwork(stack, { natGateways: 2 });
  const database = createInstance(stack, vpc);
  const logBucket = createLogBucket(stack);
  const front = createBalancer(stack, vpc, settings.certificateArn, logBucket);
  const api = origins.VpcOrigin.withApplicationLoadBalancer(front.balancer, {
    protocolPolicy: cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
    originSslProtocols: [cloudfront.OriginSslPolicy.TLS_V1_2],
  });
  createWeb(stack, settings, api, { logBucket });
  createBackups(stack, database, settings.copyRegion);
  const observation = new Observation(stack, settings.alarmEmail, database.key);
  watchBalancer(observation, front.balancer);
  watchInstance(observation, database.instance);
  const installation = createInstallation(stack, vpc, database, settings);
  return { vpc, installation, front, observation, adminEmail: settings.adminEmail };
}
