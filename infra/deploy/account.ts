import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

export interface Identity {
  readonly account: string;
  readonly arn: string;
}

/** What an account can be asked before anything in it is changed. Every question may fail: without credentials, without a network, without the right to ask. */
export interface AccountPort {
  readonly identity: () => Promise<Identity>;
  /** Version of what `cdk bootstrap` has set up in the region; null where it has not. */
  readonly bootstrapVersion: () => Promise<number | null>;
  readonly quota: (service: string, code: string) => Promise<number | null>;
}

/** The parameter in which the default bootstrap keeps its version. */
const BOOTSTRAP_PARAMETER = '/cdk-bootstrap/hnb659fds/version';
const PATIENCE = { maxAttempts: 2, requestHandler: { connectionTimeout: 4_000, requestTimeout: 8_000 } } as const;

/** The account of this machine's credentials. */
export function awsAccount(region: string): AccountPort {
  const client = { region, ...PATIENCE };
  return {
    identity: async () => {
      const { Account = '', Arn = '' } = await new STSClient(client).send(new GetCallerIdentityCommand({}));
      return { account: Account, arn: Arn };
    },
    bootstrapVersion: async () => {
      try {
        const { Parameter } = await new SSMClient(client).send(new GetParameterCommand({ Name: BOOTSTRAP_PARAMETER }));
        return Number(Parameter?.Value ?? Number.NaN);
      } catch (error) {
        if (error instanceof ParameterNotFound) return null;
        throw error;
      }
    },
    quota: async (ServiceCode, QuotaCode) => {
      const { Quota } = await new ServiceQuotasClient(client).send(new GetServiceQuotaCommand({ ServiceCode, QuotaCode }));
      return Quota?.Value ?? null;
    },
  };
}
