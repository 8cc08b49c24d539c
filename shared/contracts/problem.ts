import * as z from 'zod';

/**
 * An error as a person and a program read it, RFC 9457. `code` is stable; further members carry what was received and what
 * is allowed.
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export const problemSchema = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number().int().min(400).max(599),
  detail: z.string(),
  code: z.string(),
});
export type Problem = z.infer<typeof problemSchema>;

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';
