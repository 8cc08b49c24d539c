import { GetParameterCommand, ParameterAlreadyExists, ParameterNotFound, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { bookFrom, bookText, TokenBookError } from './token-book.ts';
import type { TokenBookStore } from './token-book-store.ts';

/**
 * The hashes of the tokens in a SecureString of SSM, under the key that AWS keeps for the account at no charge. The
 * parameter is made by the first write: CloudFormation makes no SecureStrings.
 */
export function ssmTokenBook(parameter: string, { region }: { readonly region?: string } = {}): TokenBookStore {
  const client = new SSMClient({ maxAttempts: 3, ...(region === undefined ? {} : { region }) });
  const where = `the SSM parameter ${parameter}${region === undefined ? '' : ` in ${region}`}`;
  return {
    where,
    read: async () => {
      try {
        const { Parameter } = await client.send(new GetParameterCommand({ Name: parameter, WithDecryption: true }));
        return { book: bookFrom(Parameter?.Value ?? '', where), version: Parameter?.Version ?? 0 };
      } catch (error) {
        if (error instanceof ParameterNotFound) return null;
        throw error;
      }
    },
    write: async (book, over) => {
      const { Version } = await put(client, parameter, bookText(book), over !== null, where);
      // SSM has no condition on what it overwrites: that two wrote at once is seen afterwards, by a number that was left out.
      const expected = (over?.version ?? 0) + 1;
      if (Version !== expected) throw changedMeanwhile(where, `version ${expected} became ${Version}`);
    },
  };
}

async function put(client: SSMClient, parameter: string, value: string, isThere: boolean, where: string): Promise<{ Version?: number | undefined }> {
  try {
    return await client.send(
      new PutParameterCommand({
        Name: parameter,
        Description: 'Nightdesk: SHA-256 hashes of the tokens that open the API',
        Value: value,
        Type: 'SecureString',
        Tier: 'Standard',
        Overwrite: isThere,
      }),
    );
  } catch (error) {
    if (error instanceof ParameterAlreadyExists) throw changedMeanwhile(where, 'it was not there a moment ago');
    throw error;
  }
}

const changedMeanwhile = (where: string, how: string): TokenBookError =>
  new TokenBookError(
    'changed_meanwhile',
    `Somebody else has changed ${where} at the same time (${how}): look with show-where, and say again what you want`,
  );
