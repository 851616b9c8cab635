// SPDX-License-Identifier: Apache-2.0
// What there is to be read, found out from the server itself: every client test runs through the same.
import { readdirSync, readFileSync } from 'node:fs';

// The arguments of the first row of every tool in tests/tools. Where that row is for an earlier release of Proxmox alone, so is
// the tool: its name goes into `earlier` as well.
export function rowsOfTools(earlier = new Set()) {
  const folder = new URL('../tools/', import.meta.url);
  const rows = new Map();
  for (const plane of readdirSync(folder, { withFileTypes: true })) {
    if (!plane.isDirectory() || ['examples', 'plans', 'wrong'].includes(plane.name)) continue;
    for (const file of readdirSync(new URL(`${plane.name}/`, folder)).filter(name => name.endsWith('.json'))) {
      for (const row of JSON.parse(readFileSync(new URL(`${plane.name}/${file}`, folder), 'utf8')).rows)
        if (!rows.has(row.tool)) {
          rows.set(row.tool, row.arguments ?? {});
          if (row.until) earlier.add(row.tool);
        }
    }
  }
  return rows;
}

// Every read tool with arguments that work: those of its first test row, with a task of the demo in place of what only the
// test's simulator can know. A tool without a row is called as the example of proximo_describe says.
// call(name, arguments) -> the tool's structured content.
export async function readsOf(call) {
  const found = await call('proximo_find', { query: '', limit: 200 });
  const earlier = new Set();
  const rows = rowsOfTools(earlier);
  const names = found.rows.filter(row => row.kind === 'read' && !earlier.has(row.name)).map(row => row.name);
  const tasks = await call('proximo_read', { tool: 'pve_tasks_list', arguments: { limit: 1 } });
  const known = { upid: tasks.rows[0]?.upid };
  // Backups of the demo's Backup Server are named by the time at which it starts.
  const backups = await call('proximo_read', { tool: 'pve_backup_list', arguments: { storage: 'pbs-main', node: 'pve1', vmid: '105' } });
  const named = { volid: backups.rows?.[0]?.volid };
  const reads = [];
  for (const name of names) {
    const { tools: [described] } = await call('proximo_describe', { tool: name });
    const shown = rows.get(name) ?? described.example?.arguments?.arguments ?? described.example?.arguments ?? {};
    const given = Object.fromEntries(Object.entries(known).filter(([key]) => described.inputSchema.properties?.[key]));
    const answered = Object.fromEntries(Object.entries(shown).filter(([key, value]) => named[key] && String(value).startsWith('{before:'))
      .map(([key]) => [key, named[key]]));
    reads.push({ name, arguments: { ...shown, ...answered, ...given } });
  }
  return reads;
}

// Values for the variables of templates and the arguments of prompts, where completion offers none.
const FALLBACK = { vmid: '105', seq: '1', purpose: 'a mail relay' };
export const fallbackOf = name => FALLBACK[name];

// The variables of a URI template.
export const variablesOf = template => [...template.matchAll(/\{(\w+)\}/g)].map(found => found[1]);

export const filled = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values[name]));
