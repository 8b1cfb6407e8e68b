import { CfnOutput, Duration } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import type { Rule } from '../../api/src/services.ts';
import { PORT } from './containers.ts';
import { NETWORK } from './network.ts';
import { createWebAcl } from './waf.ts';

/** A rule of a listener takes five values, of which a method is one. */
const VALUES = 5;

export interface Balancer {
  balancer: elb.ApplicationLoadBalancer;
  listener: elb.ApplicationListener;
}

/** In private subnets: only CloudFront reaches it, through its VPC origin. */
export function createBalancer(
  scope: Construct,
  vpc: ec2.Vpc,
  certificateArn: string,
  logBucket: s3.Bucket,
): Balancer {
  const securityGroup = new ec2.SecurityGroup(scope, 'BalancerGroup', {
    vpc,
    description: 'CloudFront reaches the load balancer from addresses in this network',
    allowAllOutbound: false,
  });
  securityGroup.addIngressRule(ec2.Peer.ipv4(NETWORK), ec2.Port.tcp(443));
  const balancer = new elb.ApplicationLoadBalancer(scope, 'Balancer', {
    vpc,
    internetFacing: false,
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
    securityGroup,
    deletionProtection: true,
    dropInvalidHeaderFields: true,
    // A stream is silent for 15 s at most.
    idleTimeout: Duration.seconds(60),
  });
  logTo(balancer, logBucket);
  new CfnOutput(scope, 'balancerArn', { value: balancer.loadBalancerArn });
  const listener = balancer.addListener('Https', {
    port: 443,
    open: false,
    sslPolicy: elb.SslPolicy.TLS13_RES,
    certificates: [acm.Certificate.fromCertificateArn(scope, 'Certificate', certificateArn)],
    defaultAction: elb.ListenerAction.fixedResponse(404, {
      contentType: 'application/json',
      messageBody: '{"status":404,"code":"not-found","title":"Not found"}',
    }),
  });
  new wafv2.CfnWebACLAssociation(scope, 'WebAclAssociation', {
    resourceArn: balancer.loadBalancerArn,
    webAclArn: createWebAcl(scope, 'REGIONAL').attrArn,
  });
  return { balancer, listener };
}

/** By hand: CDK's own wants to know the region at synthesis. */
function logTo(balancer: elb.ApplicationLoadBalancer, bucket: s3.Bucket): void {
  const prefix = 'balancer';
  balancer.setAttribute('access_logs.s3.enabled', 'true');
  balancer.setAttribute('access_logs.s3.bucket', bucket.bucketName);
  balancer.setAttribute('access_logs.s3.prefix', prefix);
  bucket.addToResourcePolicy(
    new iam.PolicyStatement({
      actions: ['s3:PutObject'],
      principals: [new iam.ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com')],
      resources: [bucket.arnForObjects(`${prefix}/AWSLogs/*`)],
    }),
  );
  balancer.node.addDependency(bucket);
}

export function createTargets(
  scope: Construct,
  name: string,
  vpc: ec2.Vpc,
  service: ecs.FargateService,
): elb.ApplicationTargetGroup {
  return new elb.ApplicationTargetGroup(scope, `${name}Targets`, {
    vpc,
    port: PORT,
    protocol: elb.ApplicationProtocol.HTTP,
    targets: [service.loadBalancerTarget({ containerName: 'app', containerPort: PORT })],
    // While DRAIN_SECONDS last, a task that stops says that it is not ready, and still answers.
    healthCheck: {
      path: '/health/ready',
      interval: Duration.seconds(5),
      timeout: Duration.seconds(4),
      unhealthyThresholdCount: 2,
    },
    deregistrationDelay: Duration.seconds(30),
    loadBalancingAlgorithmType: elb.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
  });
}

/** Rules of services.ts as conditions of a listener, in their order. */
export function conditionsOf(rules: readonly Rule[]): elb.ListenerCondition[][] {
  const byMethod = Map.groupBy(rules, ({ method }) => method);
  return [...byMethod].flatMap(([method, group]) => {
    const room = method ? VALUES - 1 : VALUES;
    const paths = group.map(({ path }) => path);
    return Array.from({ length: Math.ceil(paths.length / room) }, (_, index) => [
      ...(method ? [elb.ListenerCondition.httpRequestMethods([method])] : []),
      elb.ListenerCondition.pathPatterns(paths.slice(index * room, (index + 1) * room)),
    ]);
  });
}
