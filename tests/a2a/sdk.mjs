// Card and signature, a blocking send, a stream, get, list, cancel: by the official SDK.   sdk.mjs MODULES BUILD
import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync, rmSync, chmodSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { generateKeyPairSync, randomUUID, randomBytes } from 'node:crypto';
import assert from 'node:assert/strict';

const [, , modules, build] = process.argv;
const need = createRequire(join(modules, 'package.json'));
const load = name => import(pathToFileURL(need.resolve(name)));
const sdk = await load('@a2a-js/sdk');
const { ClientFactory, ClientFactoryOptions, JsonRpcTransportFactory, DefaultAgentCardResolver } = await load('@a2a-js/sdk/client');
const dir = mkdtempSync(join(tmpdir(), 'proximo-a2a-'));
const firstLine = stream => new Promise((good, bad) => createInterface(stream).once('line', good).once('close', () => bad(new Error('it ended'))));
const children = [];
const start = (program, words, stdio) => { const c = spawn(join(build, program), words, { stdio }); children.push(c); return c; };

try {
    const sim = start('proximo-sim', ['--state-dir', dir, '--task-ms', '100'], ['pipe', 'pipe', 'inherit']);
    const ready = JSON.parse(await firstLine(sim.stdout));
    const token = randomBytes(24).toString('hex');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const file = (name, text) => { writeFileSync(join(dir, name), text); chmodSync(join(dir, name), 0o600); return join(dir, name); };
    const config = file('proximo.yaml', `mode: read
state_dir: ${join(dir, 'state')}
sites: {lab: {url: "${ready.url.split('/api2/')[0]}", fingerprint: "${ready.fingerprint}", token_file: ${ready.tokens.root}}}
a2a: {port: 0, token_file: ${file('a2a.token', token + '\n')}, signing_key_file: ${file('key.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }))}}
`);
    const face = start('proximo-a2a', ['--config', config], ['ignore', 'ignore', 'pipe']);
    const url = /http:\S+/.exec(await firstLine(face.stderr))[0];
    const fetchImpl = (u, i = {}) => { const h = new Headers(i.headers); h.set('authorization', `Bearer ${token}`); return fetch(u, { ...i, headers: h }); };
    const card = await (await fetch(url + '/.well-known/agent-card.json')).json();
    const keyOf = async (kid, jku) => (await (await fetch(jku)).json()).keys.find(k => k.kid === kid);
    await sdk.verifyAgentCardSignature(keyOf)(card);
    const log = console.error; console.error = () => {};
    await assert.rejects(sdk.verifyAgentCardSignature(keyOf)({ ...card, name: 'Mallory' }));
    console.error = log;
    const client = await new ClientFactory(ClientFactoryOptions.createFrom(ClientFactoryOptions.default,
        { transports: [new JsonRpcTransportFactory({ fetchImpl })], cardResolver: new DefaultAgentCardResolver({ fetchImpl }) })).createFromUrl(url);
    const message = content => ({ message: { messageId: randomUUID(), role: sdk.Role.ROLE_USER, contextId: '', taskId: '', extensions: [], metadata: undefined, referenceTaskIds: [],
        parts: [{ content, metadata: undefined, filename: '', mediaType: '' }] }, configuration: undefined, metadata: undefined, tenant: '' });
    const skill = (id, params) => message({ $case: 'data', value: { skill: id, params } });
    const answer = await client.sendMessage(skill('guest_status', { vmid: '105' }));
    const task = answer.payload?.value ?? answer.task ?? answer;
    assert.equal(task.status.state, sdk.TaskState.TASK_STATE_COMPLETED);
    assert.equal(task.artifacts[0].parts[0].content.value.item.name, 'web-cache');
    const kinds = [];
    for await (const event of client.sendMessageStream(skill('list_guests', {}))) kinds.push(event.payload?.$case ?? Object.keys(event)[0]);
    assert.ok(kinds[0] === 'task' && kinds.includes('artifactUpdate') && kinds.at(-1) === 'statusUpdate', kinds.join());
    assert.equal((await client.getTask({ id: task.id, tenant: '', historyLength: 0 })).id, task.id);
    const list = await client.listTasks({ tenant: '', contextId: '', status: 0, pageSize: 10, pageToken: '', historyLength: 0, statusTimestampAfter: undefined, includeArtifacts: false });
    assert.equal(list.tasks.length, 2);
    await assert.rejects(client.cancelTask({ id: task.id, tenant: '', metadata: undefined }), /ended/);
    await assert.rejects(client.sendMessage(skill('ct_exec', {})));
    console.log('a2a: the SDK agrees');
} finally {
    for (const child of children.reverse()) { const over = new Promise(r => child.once('exit', r)); child.kill('SIGTERM'); await over; }
    rmSync(dir, { recursive: true, force: true });
}
