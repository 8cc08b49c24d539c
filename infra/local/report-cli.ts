import { parseArgs } from 'node:util';
import { REPORTS_BUCKET_VARIABLE, reportSettings } from '../../shared/config/reports.ts';
import type { ReportStore } from '../../shared/engine/ports.ts';
import { messageOf, NightdeskError } from '../../shared/kernel/errors.ts';
import { fileReports } from '../../shared/store/reports/file-reports.ts';
import { s3Reports } from '../../shared/store/reports/s3-reports.ts';
import type { Terminal } from './ledger/subcommand.ts';
import { reportsFolder } from './reports-folder.ts';

class ReportCommandError extends NightdeskError<'bad_option'> {}

const EXIT = { sound: 0, unsound: 1, badOption: 2 } as const;

const HELP = `Shows the report of a trading day as it was kept that night: trades, result, costs, decisions, and whether the books are sound.

  npm run report [-- options]

  --day DATE     the trading day, such as 2026-11-27 (default: the newest that was kept)
  --json         for programs
  --state DIR    the folder that Nightdesk keeps its data in (default .nightdesk)
  --help         this page

With ${REPORTS_BUCKET_VARIABLE} set, and AWS_REGION and credentials (aws configure export-credentials --format env), that bucket is read.
Exit code 0: its books were sound. 1: they were not, or there is no report. 2: a bad option.`;

const SPEC = {
  day: { type: 'string' },
  json: { type: 'boolean', default: false },
  state: { type: 'string', default: '.nightdesk' },
  help: { type: 'boolean', default: false },
} as const;

/** The report command. @returns the exit code */
export async function runReportCommand(argv: readonly string[], { out, err, env }: Terminal): Promise<number> {
  try {
    const { help, day, json, state } = readOptions(argv);
    if (help) {
      out(HELP);
      return EXIT.sound;
    }
    const kept = await reportsIn(env, state).read(day ?? 'latest');
    if (kept === null) {
      err(day === undefined ? 'No report has been kept yet: the first one is made at 20:30 in India' : `No report of ${day} has been kept`);
      return EXIT.unsound;
    }
    out(json ? JSON.stringify(kept.report, null, 2) : kept.page.trimEnd());
    return kept.report.isSound ? EXIT.sound : EXIT.unsound;
  } catch (error) {
    err(messageOf(error));
    return error instanceof ReportCommandError ? EXIT.badOption : EXIT.unsound;
  }
}

function reportsIn(env: Terminal['env'], stateDir: string): ReportStore {
  return env[REPORTS_BUCKET_VARIABLE] ? s3Reports({ ...reportSettings(env), now: Date.now }) : fileReports(reportsFolder(stateDir));
}

/** @throws ReportCommandError `bad_option` */
function readOptions(argv: readonly string[]) {
  const values = parsed(argv);
  if (values.day !== undefined && !/^\d{4}-\d\d-\d\d$/.test(values.day))
    throw new ReportCommandError('bad_option', `--day takes a date such as 2026-11-27, received ${JSON.stringify(values.day)}`);
  return values;
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: SPEC, strict: true }).values;
  } catch (error) {
    throw new ReportCommandError('bad_option', messageOf(error).split('\n')[0] ?? '', {}, { cause: error });
  }
}
