// SPDX-License-Identifier: Apache-2.0
// Says what failed in a folder of results of the conformance suite (its option -o), a line a check.
//   node failed.mjs FOLDER
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
for (const name of readdirSync(folder, { recursive: true }).filter(name => name.endsWith('checks.json')).sort()) {
  const failed = JSON.parse(readFileSync(join(folder, name), 'utf8')).filter(check => check.status === 'FAILURE' || check.status === 'WARNING');
  for (const check of failed)
    console.log(`${check.status} ${name.replace(/-2\d{3}-.*$|\/checks\.json$/, '')} ${check.id}: ${(check.errorMessage ?? check.description).slice(0, 500)}`);
}
