import { failedAtOnce } from './at-once.ts';

const PARTS = ['check:types', 'check:lint', 'check:unused'];

const commands = Object.fromEntries(PARTS.map((part) => [part, ['npm', 'run', '--silent', part]] as const));
const failed = await failedAtOnce(commands, (text) => void process.stdout.write(text));
process.exitCode = failed.length > 0 ? 1 : 0;
