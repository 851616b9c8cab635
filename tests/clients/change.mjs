// SPDX-License-Identifier: Apache-2.0
// One change from plan to undo through an official SDK's own client, against `proximo serve --demo`: plan, the wrong echo,
// a declined form, a form with the wrong words, consent, progress, receipt, a second apply, undo, the ledger.
//   node change.mjs MODULES PROXIMO MODE     MODE as in sdk.mjs
// Ends with 0 if everything was as it should be, 1 otherwise.
// design 3: "`human` is a form in the protocol"
import { connect as connectTo, modeOf } from './sdk.mjs';

const [modules, proximo, mode] = process.argv.slice(2);
const chosen = modeOf(mode);

let failures = 0;
function check(good, what, detail) {
  console.log(`${good ? 'ok  ' : 'FAIL'} ${what}${good || detail === undefined ? '' : `: ${JSON.stringify(detail).slice(0, 900)}`}`);
  if (!good) failures++;
}

async function connect(capabilities, answer) {
  const open = await connectTo(modules, proximo, chosen, { capabilities, answer });
  const call = async (name, args = {}, options) => {
    const result = await open.call(name, args, options);
    return { failed: result.isError === true, code: result.structuredContent?.error?.code, ...result.structuredContent };
  };
  return { client: open.client, call };
}

// What the person at the client does with the next form; every form that was shown.
let person = () => ({ action: 'cancel' });
const forms = [];
const { client, call } = await connect({ elicitation: {} }, params => { forms.push(params); return person(params); });
const run = { vmid: '105', action: 'stop' };
try {
  const plan = await call('proximo_plan', { tool: 'pve_guest_power', arguments: run });
  check(!plan.failed && plan.plan_id && plan.action === 'guest.stop' && plan.subject === 'guest/105', 'a stop is planned', plan);
  check(plan.risk === 'high' && plan.consent === 'human', 'it is high and needs a person', plan);
  const echo = { plan_id: plan.plan_id, action: plan.action, subject: plan.subject };
  const status = async () => (await call('proximo_read', { tool: 'pve_guest_status', arguments: { vmid: '105' } })).item?.status;
  check(await status() === 'running', 'planning has changed nothing');

  const wrong = await call('proximo_apply', { ...echo, subject: 'guest/106' });
  check(wrong.failed && wrong.code === 'PX-ECHO' && forms.length === 0, 'a wrong subject is refused before anybody is asked', wrong);

  const dismissed = await call('proximo_apply', echo);
  check(dismissed.failed && dismissed.code === 'PX-CONSENT' && forms.length === 1, 'a dismissed form is no consent', dismissed);
  check(/guest\/105/.test(forms[0]?.message ?? '') && forms[0]?.requestedSchema?.properties, 'the form says what would happen', forms[0]);

  const field = Object.keys(forms[0]?.requestedSchema?.properties ?? { subject: 0 })[0];
  person = () => ({ action: 'accept', content: { [field]: 'guest/106' } });
  const mistyped = await call('proximo_apply', echo);
  check(mistyped.failed && mistyped.code === 'PX-CONSENT', 'the wrong words are no consent', mistyped);
  check(await status() === 'running', 'the guest still runs');

  person = () => ({ action: 'accept', content: { [field]: 'guest/105' } });
  const told = [];
  const applied = await call('proximo_apply', echo, { onprogress: progress => told.push(progress) });
  check(!applied.failed && applied.outcome === 'ok' && /^r\d+-[0-9a-f]{16}$/.test(applied.receipt ?? ''), 'consent given: applied, with a receipt', applied);
  check(told.length > 0, 'progress was told', told);
  check(await status() === 'stopped', 'the guest is stopped');

  const again = await call('proximo_apply', echo);
  check(again.failed && again.code === 'PX-PLAN', 'a plan is good for one time', again);
  const known = await call('proximo_status', { plan_id: plan.plan_id });
  check(JSON.stringify(known).includes(applied.receipt), 'proximo_status knows the receipt', known);

  const undo = await call('proximo_undo', { receipt: applied.receipt });
  check(!undo.failed && undo.plan_id && undo.action === 'guest.start', 'the way back is a plan of its own', undo);
  const back = await call('proximo_apply', { plan_id: undo.plan_id, action: undo.action, subject: undo.subject });
  check(!back.failed && back.outcome === 'ok' && await status() === 'running', 'undone: the guest runs', back);

  const drifting = await call('pve_guest_config_set', { vmid: '105', changes: { description: 'one' } });
  const first = await call('pve_guest_config_set', { vmid: '105', changes: { description: 'two' } });
  const done = await call('proximo_apply', { plan_id: first.plan_id, action: first.action, subject: first.subject });
  check(!done.failed && done.outcome === 'ok', 'a configuration change needs its plan id only', done);
  const drift = await call('proximo_apply', { plan_id: drifting.plan_id, action: drifting.action, subject: drifting.subject });
  check(drift.failed && drift.code === 'PX-DRIFT' && JSON.stringify(drift.error).includes('description'), 'drift is refused, field by field', drift);

  const verified = await call('audit_verify');
  check(!verified.failed && verified.verdict === 'ok' && verified.records >= 8, 'the ledger verifies', verified);
} catch (error) {
  check(false, `the conversation went on (${error.stack ?? error})`);
}
await client.close();

// design 3: "No way to ask = refused, saying what the human can do"
try {
  const mute = await connect({});
  const plan = await mute.call('pve_guest_power', run);
  const refused = await mute.call('proximo_apply', { plan_id: plan.plan_id, action: plan.action, subject: plan.subject });
  check(refused.failed && refused.code === 'PX-CONSENT' && (refused.error?.next ?? '').length > 20, 'a client without forms is refused and told what to do', refused);
  await mute.client.close();
} catch (error) {
  check(false, `the second conversation went on (${error.stack ?? error})`);
}
process.exit(failures ? 1 : 0);
