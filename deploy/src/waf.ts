import { RemovalPolicy } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';

/** Requests of one address in five minutes. The service's own limits are lower, and know who asks. */
const REQUESTS = 3_000;

const MANAGED = [
  'AWSManagedRulesAmazonIpReputationList',
  'AWSManagedRulesKnownBadInputsRuleSet',
  'AWSManagedRulesCommonRuleSet',
  'AWSManagedRulesSQLiRuleSet',
] as const;

/** Uploads of codes are larger than what this rule set takes for a form, and may hold what it takes for a script. */
const COUNTED: Partial<Record<(typeof MANAGED)[number], string[]>> = {
  AWSManagedRulesCommonRuleSet: ['SizeRestrictions_BODY', 'CrossSiteScripting_BODY', 'GenericRFI_BODY'],
  AWSManagedRulesSQLiRuleSet: ['SQLi_BODY'],
};

/** @param scope at the load balancer, or at CloudFront (in us-east-1) */
export function createWebAcl(scope: Construct, where: 'REGIONAL' | 'CLOUDFRONT'): wafv2.CfnWebACL {
  const visibility = (metricName: string) => ({
    cloudWatchMetricsEnabled: true,
    sampledRequestsEnabled: true,
    metricName,
  });
  const acl = new wafv2.CfnWebACL(scope, 'WebAcl', {
    scope: where,
    defaultAction: { allow: {} },
    visibilityConfig: visibility('coupon-book'),
    rules: [
      {
        name: 'rate',
        priority: 0,
        action: { block: { customResponse: { responseCode: 429 } } },
        visibilityConfig: visibility('rate'),
        statement: {
          rateBasedStatement:
            where === 'CLOUDFRONT'
              ? { limit: REQUESTS, aggregateKeyType: 'IP' }
              : {
                  limit: REQUESTS,
                  aggregateKeyType: 'FORWARDED_IP',
                  // CloudFront writes it: see edge/viewer.js.
                  forwardedIpConfig: { headerName: 'true-client-ip', fallbackBehavior: 'MATCH' },
                },
        },
      },
      ...MANAGED.map((name, index) => ({
        name,
        priority: index + 1,
        overrideAction: { none: {} },
        visibilityConfig: visibility(name),
        statement: {
          managedRuleGroupStatement: {
            vendorName: 'AWS',
            name,
            ruleActionOverrides: COUNTED[name]?.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
          },
        },
      })),
    ],
  });
  const group = new logs.LogGroup(scope, 'WebAclLog', {
    // The prefix is AWS WAF's condition.
    logGroupName: `aws-waf-logs-coupon-book-${where.toLowerCase()}-${scope.node.addr.slice(-8)}`,
    retention: logs.RetentionDays.THREE_MONTHS,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  new wafv2.CfnLoggingConfiguration(scope, 'WebAclLogging', {
    resourceArn: acl.attrArn,
    logDestinationConfigs: [group.logGroupArn],
    redactedFields: [{ singleHeader: { Name: 'authorization' } }, { singleHeader: { Name: 'cookie' } }],
  });
  return acl;
}
