import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configurationSchema } from './config-schema.ts';

const FILE = fileURLToPath(new URL('../../nightdesk.config.schema.json', import.meta.url));

writeFileSync(FILE, `${JSON.stringify(configurationSchema(), null, 2)}\n`);
console.log(`wrote ${FILE}`);
