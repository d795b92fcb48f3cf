import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { documentedRoutes } from '../src/documented.js';
import { accessPage } from '../src/http/access.js';
import { openapi } from '../src/http/openapi.js';
import { root } from './stack/paths.js';

/** Writes docs/openapi.json and docs/access.md from the routes; a contract test compares them. */
writeFileSync(join(root, 'docs', 'openapi.json'), `${JSON.stringify(openapi(documentedRoutes()), null, 2)}\n`);
writeFileSync(join(root, 'docs', 'access.md'), accessPage(documentedRoutes()));
