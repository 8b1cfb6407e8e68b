import { CfnOutput, Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { acknowledge } from './findings.ts';

const NAME = 'coupon_book';
/** Not the one that everybody tries. */
const PORT = 5433;
const ROTATION = {
  automaticallyAfter: Duration.days(30),
  excludeCharacters: ' %+~`#$&*()|[]{}:;<>?!\'/@"\\',
};

export interface DatabaseAccess {
  /** Without a password: see DATABASE_SECRET_ARN. */
  url: string;
  secret: secretsmanager.ISecret;
  key: kms.Key;
  connections: ec2.IConnectable;
  port: ec2.Port;
  /** What has to be there before anybody connects. */
  parts: Construct[];
  /** What backups select. */
  arn: string;
}

const shared = (scope: Construct) => {
  const key = new kms.Key(scope, 'Key', {
    enableKeyRotation: true,
    description: 'Coupon Book: database, backups, secrets',
    removalPolicy: RemovalPolicy.RETAIN,
  });
  return { key, credentials: rds.Credentials.fromGeneratedSecret(NAME, { encryptionKey: key }) };
};

/** The certificate is checked, and so is the name in it. */
const urlOf = (host: string, port: number) =>
  `postgresql://${NAME}@${host}:${port}/${NAME}?sslmode=verify-full`;

/** PostgreSQL in two zones, with one that takes over. */
export function createInstance(
  scope: Construct,
  vpc: ec2.Vpc,
): DatabaseAccess & { instance: rds.DatabaseInstance } {
  const { key, credentials } = shared(scope);
  const engine = rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_17 });
  const instance = new rds.DatabaseInstance(scope, 'Database', {
    engine,
    vpc,
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
    port: PORT,
    instanceType: ec2.InstanceType.of(ec2.InstanceClass.M7G, ec2.InstanceSize.LARGE),
    multiAz: true,
    storageType: rds.StorageType.GP3,
    allocatedStorage: 100,
    maxAllocatedStorage: 1_000,
    storageEncrypted: true,
    storageEncryptionKey: key,
    databaseName: NAME,
    credentials,
    parameterGroup: new rds.ParameterGroup(scope, 'Parameters', {
      engine,
      parameters: { 'rds.force_ssl': '1' },
    }),
    iamAuthentication: true,
    backupRetention: Duration.days(14),
    copyTagsToSnapshot: true,
    deletionProtection: true,
    removalPolicy: RemovalPolicy.SNAPSHOT,
    autoMinorVersionUpgrade: true,
    enablePerformanceInsights: true,
    performanceInsightEncryptionKey: key,
    monitoringInterval: Duration.minutes(1),
    cloudwatchLogsExports: ['postgresql', 'upgrade'],
  });
  acknowledgeMonitoring(instance);
  instance.addRotationSingleUser(ROTATION);
  new CfnOutput(scope, 'databaseId', { value: instance.instanceIdentifier });
  const { hostname } = instance.instanceEndpoint;
  return {
    instance,
    url: urlOf(hostname, PORT),
    secret: instance.secret!,
    key,
    connections: instance,
    port: ec2.Port.tcp(PORT),
    parts: [instance.node.defaultChild as Construct],
    arn: instance.instanceArn,
  };
}

/** Aurora that grows with the load, behind a proxy that shares few connections among many functions. */
export function createCluster(
  scope: Construct,
  vpc: ec2.Vpc,
): DatabaseAccess & { cluster: rds.DatabaseCluster } {
  const { key, credentials } = shared(scope);
  const engine = rds.DatabaseClusterEngine.auroraPostgres({
    version: rds.AuroraPostgresEngineVersion.VER_17_9,
  });
  const isolated = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
  const instance = { enablePerformanceInsights: true, performanceInsightEncryptionKey: key };
  const cluster = new rds.DatabaseCluster(scope, 'Database', {
    engine,
    vpc,
    vpcSubnets: isolated,
    port: PORT,
    writer: rds.ClusterInstance.serverlessV2('writer', instance),
    readers: [rds.ClusterInstance.serverlessV2('reader', { ...instance, scaleWithWriter: true })],
    serverlessV2MinCapacity: 0.5,
    serverlessV2MaxCapacity: 16,
    storageEncrypted: true,
    storageEncryptionKey: key,
    defaultDatabaseName: NAME,
    credentials,
    parameterGroup: new rds.ParameterGroup(scope, 'Parameters', {
      engine,
      parameters: { 'rds.force_ssl': '1' },
    }),
    iamAuthentication: true,
    backup: { retention: Duration.days(14) },
    copyTagsToSnapshot: true,
    deletionProtection: true,
    removalPolicy: RemovalPolicy.SNAPSHOT,
    monitoringInterval: Duration.minutes(1),
    cloudwatchLogsExports: ['postgresql'],
  });
  acknowledgeMonitoring(cluster);
  new CfnOutput(scope, 'databaseId', { value: cluster.clusterIdentifier });
  cluster.addRotationSingleUser({ ...ROTATION, vpcSubnets: isolated });
  const proxy = cluster.addProxy('Proxy', {
    vpc,
    vpcSubnets: isolated,
    secrets: [cluster.secret!],
    requireTLS: true,
    idleClientTimeout: Duration.minutes(30),
    maxConnectionsPercent: 90,
    debugLogging: false,
  });
  return {
    cluster,
    // A proxy always listens on the usual port.
    url: urlOf(proxy.endpoint, 5432),
    secret: cluster.secret!,
    key,
    connections: proxy,
    port: ec2.Port.tcp(5432),
    parts: proxy.node.children.filter((child) => child instanceof rds.CfnDBProxyTargetGroup),
    arn: cluster.clusterArn,
  };
}

function acknowledgeMonitoring(database: Construct): void {
  acknowledge(database.node.findChild('MonitoringRole'), {
    'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole]':
      'The policy that AWS keeps for enhanced monitoring, and the only one of this role.',
  });
}
