/**
 * Importing this has `--config FILE` name the configuration, as `NIGHTDESK_CONFIG` does: it is read when `apply-config.ts` is
 * imported, long before options are.
 */
const named = process.argv.indexOf('--config');
const [, inline] = /^--config=(.+)$/.exec(process.argv.find((argument) => argument.startsWith('--config=')) ?? '') ?? [];
const file = inline ?? (named < 0 ? undefined : process.argv[named + 1]);
if (file !== undefined) process.env.NIGHTDESK_CONFIG = file;
