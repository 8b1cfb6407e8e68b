import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { createWebAcl } from './waf.ts';

/** The web ACL of the serverless form. In us-east-1, where AWS wants what belongs to CloudFront. */
export class EdgeStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    new CfnOutput(this, 'webAclArn', { value: createWebAcl(this, 'CLOUDFRONT').attrArn });
  }
}
