import { type CfnElement, Duration, Fn, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as gateway from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Trigger } from 'aws-cdk-lib/triggers';
import type { Construct } from 'constructs';
import { type Rule, services } from '../../api/src/services.ts';
import { createBackups } from './backups.ts';
import { LOG_METRICS } from './containers.ts';
import { createCluster } from './database.ts';
import { acknowledge } from './findings.ts';
import { createAuthorizer, createFunction } from './functions.ts';
import { createNetwork, NETWORK } from './network.ts';
import { Observation } from './observation.ts';
import { createAdminSecret } from './prepare.ts';
import { readSettings } from './settings.ts';
import { createQueues } from './queues.ts';
import { watchBackground, watchCluster, watchErrors, watchFunctions } from './watch.ts';
import { createLogBucket, createWeb } from './web.ts';

const MINUTE = Duration.minutes(1);

/** A function for each service, and nothing that waits: what is not used costs little. */
export class ServerlessStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const settings = readSettings(this.node, [
      'domainName',
      'edgeCertificateArn',
      'adminEmail',
      'alarmEmail',
      'copyRegion',
      'webAclArn',
      'originSecret',
    ]);
    const vpc = createNetwork(this, { natGateways: 1 });
    this.#reachSecrets(vpc);
    const database = createCluster(this, vpc);
    const observation = new Observation(this, settings.alarmEmail, database.key);
    watchCluster(observation, database.cluster);
    createBackups(this, database, settings.copyRegion);

    const environment = { NODE_ENV: 'production', PUBLIC_URL: `https://${settings.domainName}` };
    const forHttp = (name: string, modules: readonly string[]) =>
      createFunction(this, name, vpc, database, {
        program: 'lambda',
        memorySize: 1769, // One whole processor.
        timeout: Duration.seconds(30),
        environment: {
          ...environment,
          MODULES: modules.join(','),
          DATABASE_POOL_SIZE: '1',
          JOB_CONCURRENCY: '0',
          // What API Gateway and Lambda let through, as base64.
          MAX_UPLOAD_BYTES: String(4 * 2 ** 20),
        },
      });
    const functions = Object.entries(services).map(([name, { modules, rules }]) => ({
      name,
      rules: rules as readonly Rule[],
      ...forHttp(name, modules),
    }));
    const docs = forHttp(
      'docs',
      Object.values(services).flatMap(({ modules }) => modules),
    );

    const background = createFunction(this, 'background', vpc, database, {
      program: 'scheduled',
      memorySize: 1769,
      timeout: Duration.minutes(15),
      // Webhooks are anywhere.
      reachesOut: true,
      environment: { ...environment, ...LOG_METRICS, DATABASE_POOL_SIZE: '5' },
    });
    const queues = createQueues(this, database.key, observation, background.handler.role!);
    for (const [name, value] of Object.entries(queues)) background.handler.addEnvironment(name, value);
    new scheduler.Schedule(this, 'EachMinute', {
      schedule: scheduler.ScheduleExpression.rate(MINUTE),
      target: new LambdaInvoke(background.handler, {
        retryAttempts: 0,
        maxEventAge: MINUTE,
        role: this.#mayInvoke(background.handler),
      }),
      description: 'Expired locks, keys, jobs, events that leave',
    });

    const adminSecret = createAdminSecret(this, database);
    const prepare = createFunction(this, 'prepare', vpc, database, {
      program: 'prepare',
      memorySize: 1769,
      timeout: Duration.minutes(14),
      environment: {
        ...environment,
        ADMIN_EMAIL: settings.adminEmail,
        ADMIN_PASSWORD_SECRET_ARN: adminSecret.secretArn,
      },
    });
    adminSecret.grantRead(prepare.handler);
    new Trigger(this, 'PrepareNow', {
      handler: prepare.handler,
      timeout: Duration.minutes(14),
      executeAfter: database.parts,
      executeBefore: [...functions, docs, background].map(
        ({ handler }) => handler.node.defaultChild as Construct,
      ),
    });

    const originSecret = new secretsmanager.Secret(this, `OriginSecret${settings.originSecret}`, {
      description: 'Coupon Book: what CloudFront shows to API Gateway',
      encryptionKey: database.key,
      generateSecretString: { passwordLength: 48, excludePunctuation: true },
    });
    acknowledge(originSecret, {
      SMG4: 'CloudFront and the authorizer have to change together: see README.md.',
    });
    const secretValue = originSecret.secretValue.unsafeUnwrap();
    const api = this.#createApi(functions, docs.handler, createAuthorizer(this, originSecret));
    const logBucket = createLogBucket(this);
    const origin = new origins.HttpOrigin(Fn.select(2, Fn.split('/', api.apiEndpoint)), {
      protocolPolicy: cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
      customHeaders: { 'x-origin-secret': secretValue },
    });
    createWeb(this, settings, origin, { logBucket, webAclArn: settings.webAclArn, hostIsOfOrigin: true });
    const programs = [...functions, { name: 'docs', ...docs }];
    watchFunctions(
      observation,
      api,
      programs.map(({ handler }) => handler),
      background.handler,
    );
    watchBackground(observation, this, background.log);
    programs.push({ name: 'background', ...background });
    watchErrors(observation, this, Object.fromEntries(programs.map(({ name, log }) => [name, log])));
  }

  /** The one service of AWS that all functions ask: from inside, since most of them reach nothing else. */
  #reachSecrets(vpc: ec2.Vpc): void {
    const group = new ec2.SecurityGroup(this, 'SecretsGroup', {
      vpc,
      description: 'Secrets Manager, from this network',
    });
    group.addIngressRule(ec2.Peer.ipv4(NETWORK), ec2.Port.tcp(443));
    vpc.addInterfaceEndpoint('Secrets', {
      service: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
      securityGroups: [group],
      open: false,
    });
  }

  #mayInvoke(handler: lambda.Function): iam.Role {
    const role = new iam.Role(this, 'SchedulerRole', {
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com'),
    });
    const id = this.getLogicalId(handler.node.defaultChild as CfnElement);
    acknowledge(role, { [`IAM5[Resource::<${id}.Arn>:*]`]: 'Versions of the one function that it calls.' });
    return role;
  }

  #createApi(
    functions: { name: string; rules: readonly Rule[]; handler: lambda.Function }[],
    docs: lambda.Function,
    authorizerFunction: lambda.Function,
  ): gateway.HttpApi {
    const authorizer = new HttpLambdaAuthorizer('ThroughCloudFront', authorizerFunction, {
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      identitySource: ['$request.header.x-origin-secret'],
      resultsCacheTtl: Duration.minutes(5),
    });
    const api = new gateway.HttpApi(this, 'Api', {
      createDefaultStage: false,
      defaultAuthorizer: authorizer,
      defaultIntegration: new HttpLambdaIntegration('docs', docs),
    });
    for (const { name, rules, handler } of functions) {
      const integration = new HttpLambdaIntegration(name, handler);
      for (const { method, path } of rules) {
        api.addRoutes({
          path: path.replace(/\*$/, '{proxy+}'),
          methods: [method ? gateway.HttpMethod[method] : gateway.HttpMethod.ANY],
          integration,
        });
      }
    }
    const log = new logs.LogGroup(this, 'ApiLog', {
      retention: logs.RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const stage = new gateway.HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
    });
    (stage.node.defaultChild as gateway.CfnStage).accessLogSettings = {
      destinationArn: log.logGroupArn,
      // The route and not the path: a path may hold a code.
      format: JSON.stringify({
        at: '$context.requestTime',
        request: '$context.requestId',
        route: '$context.routeKey',
        status: '$context.status',
        ms: '$context.responseLatency',
        error: '$context.integrationErrorMessage',
      }),
    };
    return api;
  }
}
