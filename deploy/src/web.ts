import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type CfnElement, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as deployment from 'aws-cdk-lib/aws-s3-deployment';
import type { Construct } from 'constructs';
import { acknowledge } from './findings.ts';
import type { Settings } from './settings.ts';

const WEB = fileURLToPath(new URL('../../web/dist', import.meta.url));
const edge = (name: string) => fileURLToPath(new URL(`../edge/${name}.js`, import.meta.url));

/** What the API answers; everything else is the web app's. */
const API_PATHS = [
  '/api/*',
  '/docs',
  '/docs/*',
  '/openapi.json',
  '/problems/*',
  '/.well-known/*',
  '/health/*',
];

/** As the API's own: see api/src/plugins/headers.ts. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'self'",
  "object-src 'none'",
  "img-src 'self' data:",
  "style-src 'self' 'unsafe-inline'",
].join(';');

/** Logs of what reaches CloudFront and the load balancer. */
export function createLogBucket(scope: Construct): s3.Bucket {
  const bucket = new s3.Bucket(scope, 'AccessLogs', {
    encryption: s3.BucketEncryption.S3_MANAGED,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    // CloudFront writes its logs with an ACL.
    objectOwnership: s3.ObjectOwnership.OBJECT_WRITER,
    lifecycleRules: [{ expiration: Duration.days(90) }],
    removalPolicy: RemovalPolicy.RETAIN,
  });
  acknowledge(bucket, { S1: 'It is where the access logs go: logging access to it would log itself.' });
  return bucket;
}

export interface WebOptions {
  logBucket: s3.Bucket;
  webAclArn?: string;
  /** Whether the origin wants to be asked by its own name, as API Gateway does. */
  hostIsOfOrigin?: boolean;
}

/** The web app from S3 and the API from `api`, under one name, so that no browser has to be told of a second origin. */
export function createWeb(
  scope: Construct,
  { domainName, edgeCertificateArn }: Pick<Settings, 'domainName' | 'edgeCertificateArn'>,
  api: cloudfront.IOrigin,
  { logBucket, webAclArn, hostIsOfOrigin = false }: WebOptions,
): cloudfront.Distribution {
  const files = new s3.Bucket(scope, 'Web', {
    encryption: s3.BucketEncryption.S3_MANAGED,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    serverAccessLogsBucket: logBucket,
    serverAccessLogsPrefix: 'web-bucket/',
    removalPolicy: RemovalPolicy.DESTROY,
    autoDeleteObjects: false,
  });
  const toApi: cloudfront.BehaviorOptions = {
    origin: api,
    viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
    allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
    cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
    originRequestPolicy: hostIsOfOrigin
      ? cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER
      : cloudfront.OriginRequestPolicy.ALL_VIEWER,
    functionAssociations: [associate(scope, 'viewer')],
  };
  const distribution = new cloudfront.Distribution(scope, 'Distribution', {
    domainNames: [domainName],
    certificate: acm.Certificate.fromCertificateArn(scope, 'EdgeCertificate', edgeCertificateArn),
    minimumProtocolVersion: cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
    httpVersion: cloudfront.HttpVersion.HTTP2_AND_3,
    webAclId: webAclArn,
    enableLogging: true,
    logBucket,
    logFilePrefix: 'cloudfront/',
    defaultBehavior: {
      origin: origins.S3BucketOrigin.withOriginAccessControl(files),
      viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      cachePolicy: cloudfront.CachePolicy.CACHING_OPTIMIZED,
      responseHeadersPolicy: securityHeaders(scope),
      functionAssociations: [associate(scope, 'page')],
      compress: true,
    },
    additionalBehaviors: Object.fromEntries(API_PATHS.map((path) => [path, toApi])),
  });
  acknowledge(distribution, {
    CFR1: 'Who may use it is not a matter of countries.',
    ...(!webAclArn && {
      CFR2: 'The web ACL is at the load balancer, which is the only way to the API; the rest are public files.',
    }),
  });
  new CfnOutput(scope, 'distributionDomain', {
    description: 'where the domain name has to point to',
    value: distribution.distributionDomainName,
  });
  new CfnOutput(scope, 'webBucket', { value: files.bucketName });
  upload(scope, files, distribution);
  return distribution;
}

function associate(scope: Construct, name: 'viewer' | 'page'): cloudfront.FunctionAssociation {
  const edgeFunction = new cloudfront.Function(scope, `At${name}`, {
    code: cloudfront.FunctionCode.fromFile({ filePath: edge(name) }),
    runtime: cloudfront.FunctionRuntime.JS_2_0,
  });
  return { function: edgeFunction, eventType: cloudfront.FunctionEventType.VIEWER_REQUEST };
}

function securityHeaders(scope: Construct): cloudfront.ResponseHeadersPolicy {
  return new cloudfront.ResponseHeadersPolicy(scope, 'Headers', {
    securityHeadersBehavior: {
      contentSecurityPolicy: { contentSecurityPolicy: CONTENT_SECURITY_POLICY, override: true },
      contentTypeOptions: { override: true },
      frameOptions: { frameOption: cloudfront.HeadersFrameOption.DENY, override: true },
      referrerPolicy: { referrerPolicy: cloudfront.HeadersReferrerPolicy.NO_REFERRER, override: true },
      strictTransportSecurity: {
        accessControlMaxAge: Duration.days(365),
        includeSubdomains: true,
        override: true,
      },
    },
  });
}

/** First the files whose names carry a hash of their content, then the page that names them. Old ones stay, for pages that are open. */
function upload(scope: Construct, destinationBucket: s3.Bucket, distribution: cloudfront.Distribution): void {
  const web = (scope.node.tryGetContext('web') as string | undefined) ?? WEB;
  if (!existsSync(web)) throw new Error('The web app is not built: npm run build');
  const source = deployment.Source.asset(web, { exclude: ['*.br', '*.gz', '.built-from'] });
  const assets = new deployment.BucketDeployment(scope, 'Assets', {
    sources: [source],
    destinationBucket,
    exclude: ['*'],
    include: ['assets/*'],
    prune: false,
    cacheControl: [deployment.CacheControl.fromString('public, max-age=31536000, immutable')],
  });
  const pages = new deployment.BucketDeployment(scope, 'Pages', {
    sources: [source],
    destinationBucket,
    exclude: ['assets/*'],
    prune: false,
    cacheControl: [deployment.CacheControl.noCache()],
    distribution,
    distributionPaths: ['/*'],
  });
  pages.node.addDependency(assets);
  acknowledgeUpload(scope, destinationBucket);
}

/** The function of CDK that copies files: all uploads of a stack share it. */
function acknowledgeUpload(scope: Construct, bucket: s3.Bucket): void {
  const stack = Stack.of(scope);
  const handler = stack.node.children.find(({ node }) => node.id.startsWith('Custom::CDKBucketDeployment'))!;
  const files = 'It copies all files of one folder into one bucket, and tells CloudFront.';
  const bucketId = stack.getLogicalId(bucket.node.defaultChild as CfnElement);
  acknowledge(handler, {
    L1: 'CDK chooses the runtime of its own function.',
    'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]':
      'To write its log.',
    ...Object.fromEntries(
      ['Abort*', 'DeleteObject*', 'GetBucket*', 'GetObject*', 'List*'].map((action) => [
        `IAM5[Action::s3:${action}]`,
        files,
      ]),
    ),
    'IAM5[Resource::*]': files,
    [`IAM5[Resource::<${bucketId}.Arn>/*]`]: files,
    'IAM5[Resource::arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-<AWS::Region>/*]': files,
  });
}
