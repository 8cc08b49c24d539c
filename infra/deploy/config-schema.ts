import * as z from 'zod';
import { deploymentSchema } from '../../shared/config/deployment.ts';

/** The JSON schema of `nightdesk.config.json`, for editors. What no JSON schema can say (symbols of a market that is off) the reader says. */
export function configurationSchema(): unknown {
  const schema = z.toJSONSchema(deploymentSchema, { io: 'input' });
  return {
    title: 'Nightdesk configuration',
    description: 'nightdesk.config.json; every field has a default, an unknown field is an error',
    ...schema,
  };
}
