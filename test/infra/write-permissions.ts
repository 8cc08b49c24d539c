import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { permissionsPage } from './permissions-table.ts';
import { ROOT, synthesise } from './synthesis.ts';

const PAGE = 'docs/permissions.md';

writeFileSync(join(ROOT, PAGE), permissionsPage(synthesise().resources));
process.stdout.write(`Wrote ${PAGE}\n`);
