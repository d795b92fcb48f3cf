import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { documentedRoutes } from '../src/documented.js';
import { openapi } from '../src/http/openapi.js';
import { root } from './stack/paths.js';

/** Writes docs/openapi.json from the routes; the contract test compares the two. */
writeFileSync(join(root, 'docs', 'openapi.json'), `${JSON.stringify(openapi(documentedRoutes()), null, 2)}\n`);
