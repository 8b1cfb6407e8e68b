import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeEnvironment } from '../../race/server-process.ts';
import { EVENT_SOURCE } from '../../src/modules/webhooks/relay/eventbridge.ts';
import { loggedMetricNames } from '../../src/plugins/logged-metrics.ts';
import { services } from '../../src/services.ts';
import { installWhenStale } from '../../../scripts/install.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const deploy = join(root, 'deploy');
const folder = mkdtempSync(join(tmpdir(), 'coupon-book-cdk-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const certificate = (region: string) => `arn:aws:acm:${region}:111111111111:certificate/a`;
const CONTEXT = {
  domainName: 'coupons.example.org',
  certificateArn: certificate('eu-west-1'),
  edgeCertificateArn: certificate('us-east-1'),
  adminEmail: 'admin@example.org',
  alarmEmail: 'alarms@example.org',
  webAclArn: 'arn:aws:wafv2:us-east-1:111111111111:global/webacl/a/b',
  originSecret: '2',
  bundle: join(folder, 'bundle'),
  web: join(folder, 'web'),
};

/** Whatever a template holds. */
type Json = ReturnType<typeof JSON.parse>;

interface Resource {
  Type: string;
  Properties: Record<string, Json>;
  DependsOn?: string | string[];
  DeletionPolicy?: string;
}
type Template = Record<string, Resource>;

interface Synthesised {
  Resources: Template;
  outputs: string[];
}

/** Nobody is asked: no network where the kernel lets us do without, and no credentials anywhere. */
async function synthesise(context: Record<string, string>): Promise<(stack: string) => Synthesised> {
  const out = join(folder, context.form!);
  const offline = spawnSync('unshare', ['--net', 'true']).status === 0 ? ['unshare', '--net'] : [];
  const [program, ...args] = [...offline, process.execPath, 'app.ts'];
  await promisify(execFile)(program!, args, {
    cwd: deploy,
    env: { ...nodeEnvironment(), CDK_OUTDIR: out, CDK_CONTEXT_JSON: JSON.stringify(context) },
  });
  return (stack) => {
    const { Resources, Outputs = {} } = JSON.parse(
      readFileSync(join(out, `CouponBook${stack}.template.json`), 'utf8'),
    ) as { Resources: Template; Outputs?: object };
    return { Resources, outputs: Object.keys(Outputs) };
  };
}

/** The variables of each program of ours, by the id of its task or function. */
function environments(template: Template): Map<string, Record<string, Json>> {
  const tasks = ofType(template, 'ECS::TaskDefinition').map(
    ({ id, ContainerDefinitions: [{ Environment }] }) => [
      id,
      Object.fromEntries(Environment.map(({ Name, Value }: Json) => [Name, Value])),
    ],
  );
  const functions = ofType(template, 'Lambda::Function')
    .filter(({ Handler }) => /^(lambda|scheduled|prepare)\.handler$/.test(Handler))
    .map(({ id, Environment }) => [id, Environment.Variables]);
  return new Map([...tasks, ...functions] as [string, Record<string, Json>][]);
}

const ofType = (template: Template, type: string) =>
  Object.entries(template)
    .filter(([, { Type }]) => Type === `AWS::${type}`)
    .map(([id, resource]) => ({ id, ...resource.Properties, resource }) as Record<string, Json>);

beforeAll(async () => {
  await installWhenStale(deploy, root);
  // What would be uploaded is not what is tested here.
  for (const path of [CONTEXT.bundle, CONTEXT.web]) {
    mkdirSync(path);
    writeFileSync(join(path, 'index.html'), '');
  }
});

test('the code of the deployment fits its types', async () => {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  await promisify(execFile)(process.execPath, [tsc, '--project', deploy]);
});

test('settings that are missing are named, all of them, and so are the forms', async () => {
  await expect(synthesise({ form: 'monolith', adminEmail: 'admin@example.org' })).rejects.toThrow(
    /Set domainName, certificateArn, edgeCertificateArn, alarmEmail/,
  );
  await expect(synthesise({ form: '' })).rejects.toThrow(/monolith, services or serverless/);
});

// A finding of cdk-nag that nobody has explained ends the synthesis.
describe.each([
  ['monolith', 'Monolith'],
  ['services', 'Services'],
  ['serverless', 'Serverless'],
])('%s, synthesised offline and without a finding that is not explained', (form, stack) => {
  let template: Template;
  let outputs: string[];
  let copies: Template;
  beforeAll(async () => {
    const read = await synthesise({ ...CONTEXT, form });
    ({ Resources: template, outputs } = read(stack));
    copies = read('Copies').Resources;
  });

  test('the database: two zones, encrypted, TLS only, kept when the stack goes, restored to any second of two weeks', () => {
    const [database] = ofType(template, form === 'serverless' ? 'RDS::DBCluster' : 'RDS::DBInstance');
    expect(database).toMatchObject({
      StorageEncrypted: true,
      DeletionProtection: true,
      BackupRetentionPeriod: 14,
      resource: { DeletionPolicy: 'Snapshot' },
    });
    if (form === 'serverless') expect(ofType(template, 'RDS::DBInstance')).toHaveLength(2);
    else expect(database).toMatchObject({ MultiAZ: true, PubliclyAccessible: false });
    const [parameters] = [
      ...ofType(template, 'RDS::DBParameterGroup'),
      ...ofType(template, 'RDS::DBClusterParameterGroup'),
    ];
    expect(parameters!.Parameters).toMatchObject({ 'rds.force_ssl': '1' });
  });

  test('its password is rotated, and no program gets it but from Secrets Manager', () => {
    expect(ofType(template, 'SecretsManager::RotationSchedule')).toHaveLength(1);
    const text = JSON.stringify([
      ...ofType(template, 'Lambda::Function'),
      ...ofType(template, 'ECS::TaskDefinition'),
    ]);
    expect(text).not.toContain('resolve:secretsmanager');
    expect(text).toContain('DATABASE_SECRET_ARN');
    // The certificate is checked.
    const urls = text.match(/sslmode=[\w-]+/g)!;
    expect(new Set(urls)).toEqual(new Set(['sslmode=verify-full']));
  });

  test('a backup each day, and a copy of it in another region that nobody can delete for a week', () => {
    const [plan] = ofType(template, 'Backup::BackupPlan');
    const [rule] = plan!.BackupPlan.BackupPlanRule;
    expect(JSON.stringify(rule.CopyActions)).toContain('eu-central-1');
    expect(ofType(copies, 'Backup::BackupVault')[0]).toMatchObject({
      BackupVaultName: 'coupon-book-copies',
      LockConfiguration: { MinRetentionDays: 7 },
    });
  });

  test('nothing has a public address', () => {
    for (const { Scheme } of ofType(template, 'ElasticLoadBalancingV2::LoadBalancer'))
      expect(Scheme).toBe('internal');
    for (const service of ofType(template, 'ECS::Service'))
      expect(service.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp).toBe('DISABLED');
    for (const { BucketEncryption, PublicAccessBlockConfiguration } of ofType(template, 'S3::Bucket')) {
      expect(BucketEncryption).toBeDefined();
      expect(PublicAccessBlockConfiguration.BlockPublicAcls).toBe(true);
    }
    const [{ DistributionConfig: edge }] = ofType(template, 'CloudFront::Distribution') as [
      Record<string, Json>,
    ];
    expect(edge.ViewerCertificate.MinimumProtocolVersion).toBe('TLSv1.2_2021');
  });

  test('the database is prepared before any program of the new version begins', () => {
    const [trigger] = Object.entries(template).filter(([, { Type }]) => Type === 'Custom::Trigger');
    const programs = [
      ...ofType(template, 'ECS::Service'),
      ...ofType(template, 'Lambda::Function').filter(({ Handler }) =>
        /^(lambda|scheduled)\.handler$/.test(Handler),
      ),
    ];
    expect(programs.length).toBeGreaterThan(0);
    for (const { resource } of programs) expect([resource.DependsOn].flat()).toContain(trigger![0]);
  });

  test('every alarm tells somebody, says what it means, and has a runbook', () => {
    const alarms = ofType(template, 'CloudWatch::Alarm');
    const runbooks = [
      ...readFileSync(join(root, 'docs/operations.md'), 'utf8').matchAll(/^### (\w+)$/gm),
    ].map(([, heading]) => heading);
    const named = alarms.map(({ AlarmActions, AlarmDescription }) => {
      expect(AlarmActions).toHaveLength(1);
      return /^[^.]+\. What to do: docs\/operations\.md, (\w+)\.$/.exec(AlarmDescription)?.[1];
    });
    expect(named.filter((name) => !runbooks.includes(name!))).toEqual([]);
    // What Prometheus is told of the product itself, CloudWatch is told too.
    expect(named).toEqual(
      expect.arrayContaining([
        ...['RequestsFail', 'CommandsSlow', 'InternalErrors', 'BackgroundSilent', 'DeadLetters'],
        ...['RelayStopped', 'RelayBehind', 'WebhookBehind', 'JobsNotRun', 'LocksNotSwept'],
        ...['TransactionForgotten', 'StockLow'],
      ]),
    );
    expect(ofType(template, 'CloudWatch::Dashboard')).toHaveLength(1);
  });

  test('the metrics of the product are read from the log of what works in the background, which writes them', () => {
    const filters = ofType(template, 'Logs::MetricFilter').map(
      ({ FilterPattern, MetricTransformations: [{ MetricName, MetricValue }] }) => ({
        FilterPattern,
        MetricName,
        MetricValue,
      }),
    );
    const logged = filters.filter(({ FilterPattern }) => FilterPattern.includes('$.metrics.'));
    expect(logged.map(({ MetricName }) => MetricName).sort()).toEqual([...loggedMetricNames].sort());
    for (const { MetricName, MetricValue } of logged) expect(MetricValue).toBe(`$.metrics.${MetricName}`);
    const writers = [...environments(template).values()].filter(
      ({ LOG_METRICS_SECONDS }) => LOG_METRICS_SECONDS === '60',
    );
    expect(writers).toHaveLength(1);
    // The same program hands events on.
    expect(Object.keys(writers[0]!)).toEqual(expect.arrayContaining(['SQS_QUEUE_URL', 'EVENT_BUS_NAME']));
    // Errors are looked for in the log of every program.
    const programs = [...environments(template).keys()].filter((id) => !/^prepare/i.test(id));
    expect(filters.filter(({ FilterPattern }) => FilterPattern.includes('$.level >= 50'))).toHaveLength(
      programs.length,
    );
  });

  test('events that nobody could work on end in a queue, and whoever hands events on may do just that', () => {
    const queues = ofType(template, 'SQS::Queue');
    expect(queues.filter(({ RedrivePolicy }) => RedrivePolicy)).toHaveLength(2);
    expect(queues.filter(({ FifoQueue }) => FifoQueue)).toHaveLength(2);
    for (const { KmsMasterKeyId } of queues) expect(KmsMasterKeyId).toBeDefined();
    expect(ofType(template, 'Events::EventBus')).toHaveLength(1);
    const senders = ofType(template, 'IAM::Policy').filter(({ PolicyDocument }) =>
      JSON.stringify(PolicyDocument).includes('sqs:SendMessage'),
    );
    expect(senders).toHaveLength(1);
    expect(JSON.stringify(senders[0])).toContain('events:PutEvents');
    const [rule] = ofType(template, 'Events::Rule').filter(({ EventBusName }) => EventBusName);
    expect(rule!.EventPattern).toEqual({ source: [{ prefix: EVENT_SOURCE }] });
  });

  test('people are told where it is, and how to begin', () => {
    expect(outputs).toEqual(
      expect.arrayContaining(['distributionDomain', 'adminPasswordSecret', 'databaseId', 'webBucket']),
    );
  });

  if (form !== 'serverless') {
    test('what a task runs is a program of the image', () => {
      const image = readFileSync(join(root, 'Dockerfile'), 'utf8');
      expect(image).toMatch(/^ENTRYPOINT \["node"[^\n]*\]\nCMD \["monolith\.js"\]$/m);
      for (const { ContainerDefinitions } of ofType(template, 'ECS::TaskDefinition')) {
        const [{ Command, ReadonlyRootFilesystem, EntryPoint }] = ContainerDefinitions;
        expect(EntryPoint).toBeUndefined();
        expect(Command).toHaveLength(1);
        expect(existsSync(join(root, 'api/src/run', Command[0].replace(/\.js$/, '.ts'))), Command[0]).toBe(
          true,
        );
        expect(ReadonlyRootFilesystem).toBe(true);
      }
    });
  }

  if (form === 'services') {
    test('the rules of the load balancer are those of services.ts, in their order, with five values at most', () => {
      const rules = ofType(template, 'ElasticLoadBalancingV2::ListenerRule').sort(
        (a, b) => a.Priority - b.Priority,
      );
      const paths: string[] = [];
      for (const { Conditions } of rules) {
        const values = Conditions.flatMap((condition: Json) => [
          ...(condition.PathPatternConfig?.Values ?? []),
          ...(condition.HttpRequestMethodConfig?.Values ?? []),
        ]) as string[];
        expect(values.length).toBeLessThanOrEqual(5);
        paths.push(...values.filter((value) => value.startsWith('/')));
      }
      const wanted = Object.values(services).flatMap(({ rules: own }) => own.map(({ path }) => path));
      expect(paths.slice(0, wanted.length).sort()).toEqual(wanted.sort());
    });
  }

  if (form === 'serverless') {
    test('the routes of API Gateway are those of services.ts, and all ask whether CloudFront sent the request', () => {
      const routes = ofType(template, 'ApiGatewayV2::Route');
      const wanted = Object.values(services).flatMap(({ rules }) =>
        (rules as { method?: string; path: string }[]).map(
          ({ method = 'ANY', path }) => `${method} ${path.replace(/\*$/, '{proxy+}')}`,
        ),
      );
      expect(routes.map(({ RouteKey }) => RouteKey).sort()).toEqual([...wanted, '$default'].sort());
      for (const { AuthorizationType } of routes) expect(AuthorizationType).toBe('CUSTOM');
    });

    test('the secret by which API Gateway knows CloudFront is another one when the settings say another number', () => {
      const ids = ofType(template, 'SecretsManager::Secret').map(({ id }) => id as string);
      const [secret] = ids.filter((id) => id.startsWith('OriginSecret'));
      expect(secret).toMatch(/^OriginSecret2/);
      const [authorizer] = ofType(template, 'Lambda::Function').filter(({ id }) => /^Authorizer/.test(id));
      expect(authorizer!.Environment.Variables.SECRET).toEqual({ Ref: secret });
      expect(JSON.stringify(ofType(template, 'CloudFront::Distribution'))).toContain(`{"Ref":"${secret}"}`);
    });

    test('functions have one connection each, through a proxy that takes TLS alone', () => {
      const functions = ofType(template, 'Lambda::Function').filter(
        ({ Handler }) => Handler === 'lambda.handler',
      );
      expect(functions).toHaveLength(Object.keys(services).length + 1);
      for (const { Environment, Architectures, TracingConfig } of functions) {
        expect(Environment.Variables).toMatchObject({ DATABASE_POOL_SIZE: '1', JOB_CONCURRENCY: '0' });
        expect(Architectures).toEqual(['arm64']);
        expect(TracingConfig).toEqual({ Mode: 'Active' });
      }
      expect(ofType(template, 'RDS::DBProxy')[0]).toMatchObject({ RequireTLS: true });
      expect(ofType(template, 'Scheduler::Schedule')[0]).toMatchObject({
        ScheduleExpression: 'rate(1 minute)',
      });
    });
  }
});
