import { ArnFormat, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import { Schedule } from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { DatabaseAccess } from './database.ts';
import { acknowledge } from './findings.ts';

const VAULT = 'coupon-book-copies';

/** In another region: where copies of the backups go. One for all forms. */
export class CopiesStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    const key = new kms.Key(this, 'Key', { enableKeyRotation: true, removalPolicy: RemovalPolicy.RETAIN });
    new backup.BackupVault(this, 'Vault', {
      backupVaultName: VAULT,
      encryptionKey: key,
      // Whoever may use the account cannot delete a copy before that.
      lockConfiguration: { minRetention: Duration.days(7) },
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }
}

/** Beside RDS's own (14 days, to any second): one a day for 35 days, and a copy of each in another region. */
export function createBackups(scope: Construct, { arn, key }: DatabaseAccess, copyRegion: string): void {
  const vault = new backup.BackupVault(scope, 'Vault', {
    encryptionKey: key,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  const copies = backup.BackupVault.fromBackupVaultArn(
    scope,
    'Copies',
    Stack.of(scope).formatArn({
      service: 'backup',
      region: copyRegion,
      resource: 'backup-vault',
      resourceName: VAULT,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    }),
  );
  const plan = new backup.BackupPlan(scope, 'Backups', { backupVault: vault });
  plan.addRule(
    new backup.BackupPlanRule({
      ruleName: 'daily',
      scheduleExpression: Schedule.cron({ hour: '3', minute: '0' }),
      startWindow: Duration.hours(1),
      completionWindow: Duration.hours(6),
      deleteAfter: Duration.days(35),
      copyActions: [{ destinationBackupVault: copies, deleteAfter: Duration.days(35) }],
    }),
  );
  const role = new iam.Role(scope, 'BackupRole', {
    assumedBy: new iam.ServicePrincipal('backup.amazonaws.com'),
    managedPolicies: ['ForBackup', 'ForRestores'].map((name) =>
      iam.ManagedPolicy.fromAwsManagedPolicyName(`service-role/AWSBackupServiceRolePolicy${name}`),
    ),
  });
  const managed = 'AWS Backup asks for its own policies, which change with it.';
  for (const name of ['ForBackup', 'ForRestores'])
    acknowledge(role, {
      [`IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSBackupServiceRolePolicy${name}]`]:
        managed,
    });
  plan.addSelection('Database', { resources: [backup.BackupResource.fromArn(arn)], role });
}
