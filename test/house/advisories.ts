import * as z from 'zod';

const reportSchema = z.looseObject({ vulnerabilities: z.record(z.string(), z.looseObject({ severity: z.string(), range: z.string().default('') })) });
const refusalSchema = z.looseObject({ message: z.string() });

/** What `npm audit --json` said, of everything and of what runs in production. */
export interface Audits {
  readonly all: string;
  readonly production: string;
}

export interface Verdict {
  /** Whether the build fails. */
  readonly fails: boolean;
  readonly lines: readonly string[];
}

/** Advisories about these fail the build when what they are about runs in production. */
const SEVERE = ['moderate', 'high', 'critical'];

/**
 * What the advisories of today come to. An advisory about what runs in production fails the build from moderate on; one
 * about a tool is told. A registry that does not answer fails nothing, and is never taken for one that knows of nothing.
 */
export function advisoriesOf({ all, production }: Audits): Verdict {
  const [everything, running] = [findings(all), findings(production)];
  if (typeof everything === 'string' || typeof running === 'string') {
    const why = typeof everything === 'string' ? everything : String(running);
    return { fails: false, lines: [`NOT AUDITED: the registry cannot be asked about advisories (${why}). Nothing is known about today's.`] };
  }
  const severe = [...running].filter(([, { severity }]) => SEVERE.includes(severity));
  const lines = [...everything].map(([name, { severity, range }]) => `${severity}: ${name} ${range}${running.has(name) ? '' : ' (a tool)'}`);
  return { fails: severe.length > 0, lines: [...lines.sort(), `${everything.size} advisories, ${severe.length} of them fail the build`] };
}

type Findings = ReadonlyMap<string, { readonly severity: string; readonly range: string }>;

/** The findings, or in words why there are none to be had. */
function findings(text: string): Findings | string {
  const answer = jsonOf(text);
  const report = reportSchema.safeParse(answer);
  if (report.success) return new Map(Object.entries(report.data.vulnerabilities));
  const refusal = refusalSchema.safeParse(answer);
  return refusal.success ? refusal.data.message : 'npm audit gave no report';
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
