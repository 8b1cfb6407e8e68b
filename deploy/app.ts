import { App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { CopiesStack } from './src/backups.ts';
import { EdgeStack } from './src/edge-stack.ts';
import { MonolithStack } from './src/monolith-stack.ts';
import { ServerlessStack } from './src/serverless-stack.ts';
import { ServicesStack } from './src/services-stack.ts';

/** `-c form=monolith`, `services` or `serverless`: see README.md. */
const app = new App();
const form = app.node.tryGetContext('form') as string | undefined;
const copyRegion = (app.node.tryGetContext('copyRegion') as string | undefined) ?? 'eu-central-1';

new CopiesStack(app, 'CouponBookCopies', { env: { region: copyRegion } });
switch (form) {
  case 'monolith':
    new MonolithStack(app, 'CouponBookMonolith');
    break;
  case 'services':
    new ServicesStack(app, 'CouponBookServices');
    break;
  case 'serverless':
    new EdgeStack(app, 'CouponBookEdge', { env: { region: 'us-east-1' } });
    // The web ACL comes first: its output is a setting of the other.
    if (app.node.tryGetContext('webAclArn')) new ServerlessStack(app, 'CouponBookServerless');
    break;
  default:
    throw new Error('Choose a form: -c form=monolith, services or serverless (see README.md)');
}
Tags.of(app).add('app', 'coupon-book');
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
