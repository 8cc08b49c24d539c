import { Validations } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { REPORTS_PREFIX } from '../../../shared/store/reports/s3-reports.ts';
import { grantLedgerRead, grantRaisingAlerts } from './grants.ts';
import type { HouseFunction } from './house-function.ts';

/** What the night's work may do: read the ledger, raise an alert, and put reports. It can change no book, and delete nothing. */
export function nightly({ made, ledger, reports }: { readonly made: HouseFunction; readonly ledger: ITable; readonly reports: IBucket }): void {
  grantLedgerRead(ledger, made.role);
  grantRaisingAlerts(ledger, made.role);
  Validations.of(made.role).acknowledge({
    // Named as the rule does: by the export of the bucket's ARN.
    id: 'AwsSolutions::AwsSolutions-IAM5[Resource::NightdeskData:ExportsOutputFnGetAttReports65402A0AArn549BAC56/reports/*]',
    reason:
      'A report is named by its day. The function may put what begins with reports/ into this one bucket; it can neither read, list nor delete there.',
  });
  made.role.addToPolicy(new PolicyStatement({ actions: ['s3:PutObject'], resources: [reports.arnForObjects(`${REPORTS_PREFIX}*`)] }));
}
