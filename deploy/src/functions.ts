import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { DatabaseAccess } from './database.ts';
import { acknowledge } from './findings.ts';
import { acknowledgeBasicRole } from './prepare.ts';

/** What `npm run build-lambda` makes. */
const BUNDLE = fileURLToPath(new URL('../bundle', import.meta.url));

export interface FunctionProps {
  program: 'lambda' | 'scheduled' | 'prepare';
  environment: Record<string, string>;
  memorySize: number;
  timeout: Duration;
  /** Whether it reaches the internet; otherwise the database and Secrets Manager alone. */
  reachesOut?: boolean;
}

/** A function in the network of the database, which may read its secret, and nothing else. */
export function createFunction(
  scope: Construct,
  name: string,
  vpc: ec2.Vpc,
  database: DatabaseAccess,
  { program, environment, reachesOut = false, ...props }: FunctionProps,
): { handler: lambda.Function; log: logs.LogGroup } {
  const group = new ec2.SecurityGroup(scope, `${name}Group`, { vpc, description: `Coupon Book: ${name}` });
  const log = new logs.LogGroup(scope, `${name}Log`, {
    retention: logs.RetentionDays.THREE_MONTHS,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const handler = new lambda.Function(scope, name, {
    ...props,
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
    handler: `${program}.handler`,
    code: codeOf(scope),
    vpc,
    vpcSubnets: {
      subnetType: reachesOut ? ec2.SubnetType.PRIVATE_WITH_EGRESS : ec2.SubnetType.PRIVATE_ISOLATED,
    },
    securityGroups: [group],
    tracing: lambda.Tracing.ACTIVE,
    environment: {
      ...environment,
      DATABASE_URL: database.url,
      DATABASE_SECRET_ARN: database.secret.secretArn,
      // Those by which RDS is known, beside Node's own.
      NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem',
    },
    logGroup: log,
  });
  database.secret.grantRead(handler);
  group.connections.allowTo(database.connections, database.port);
  acknowledgeBasicRole(handler);
  acknowledge(handler.role!, { 'IAM5[Resource::*]': 'X-Ray has no resources to name.' });
  return { handler, log };
}

function codeOf(scope: Construct): lambda.Code {
  const folder = (scope.node.tryGetContext('bundle') as string | undefined) ?? BUNDLE;
  if (!existsSync(folder)) throw new Error('The functions are not built: npm run build-lambda');
  return lambda.Code.fromAsset(folder);
}

/** Refuses what did not come through CloudFront, and so around its web ACL: CloudFront sends a secret along. */
export function createAuthorizer(scope: Construct, secret: secretsmanager.ISecret): lambda.Function {
  const handler = new lambda.Function(scope, 'Authorizer', {
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
    handler: 'index.handler',
    timeout: Duration.seconds(5),
    memorySize: 128,
    environment: { SECRET: secret.secretArn },
    code: lambda.Code.fromInline(`
const { timingSafeEqual, createHash } = require('node:crypto');
const { SecretsManager } = require('@aws-sdk/client-secrets-manager');
const digest = (text) => createHash('sha256').update(text ?? '').digest();
let expected;
exports.handler = async ({ headers }) => {
  expected ??= new SecretsManager({}).getSecretValue({ SecretId: process.env.SECRET }).then(
    ({ SecretString }) => digest(SecretString));
  try {
    const isAuthorized = timingSafeEqual(digest(headers['x-origin-secret']), await expected);
    return { isAuthorized, context: isAuthorized ? { via: 'cloudfront' } : {} };
  } catch (error) {
    expected = undefined;
    throw error;
  }
};`),
    logGroup: new logs.LogGroup(scope, 'AuthorizerLog', {
      retention: logs.RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    }),
  });
  secret.grantRead(handler);
  acknowledgeBasicRole(handler);
  return handler;
}
