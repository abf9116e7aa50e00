/* A bid written and sealed on this machine. The form with the proposal is never sent: method="dialog". */
import { at, save, told } from './page.js';
const words = told('words'), call = told('call');
const page = at('[data-proposal]'), hand = at('[data-hand-in]'), said = at('[data-said]'), problems = at('[data-problems]');
const seal = await import(page.dataset.sealing);
const utf8 = new TextEncoder();
const say = text => { said.textContent = text };
const value = name => (page.elements[name]?.value ?? '').trim();

/* An amount in 万元 as whole fen; NaN where it is none. */
const fen = text => {
  const plain = text.normalize('NFKC').replace(/[,\s]/g, '');
  if (!plain) return 0;
  const found = /^(\d{1,9})(?:\.(\d{1,6}))?$/.exec(plain);
  return found ? +found[1] * 1000000 + +(found[2] || '').padEnd(6, '0') : NaN;
};
const rows = (prefix, names) => {
  const total = +value(`${prefix}-TOTAL_FORMS`);
  const all = Array.from({ length: total }, (_, i) => page.elements[`${prefix}-${i}-DELETE`]?.checked ? null
    : Object.fromEntries(names.map(name => [name, value(`${prefix}-${i}-${name}`)])));
  return all.filter(row => row && names.some(name => name !== 'target' && row[name]));
};
/* The call's own form: what is asked, given the answers before it; amounts as whole fen. */
const asked = () => {
  const codes = new Set();
  return (call.form || []).filter(one => {
    const met = !one.when_code || (codes.has(one.when_code) && value(`answers-${one.when_code}`) === one.when_value);
    if (met) codes.add(one.code);
    return met;
  });
};
const typed = one => one.kind === 'AMOUNT' ? fen(value(`answers-${one.code}`)) : value(`answers-${one.code}`);
const answers = () => Object.fromEntries(asked().filter(one => value(`answers-${one.code}`)).map(one => [one.code, typed(one)]));
const FITS = {
  NUMBER: told => /^-?\d{1,15}(\.\d{1,6})?$/.test(told), AMOUNT: told => !Number.isNaN(told),
  DATE: told => /^\d{4}-\d\d-\d\d$/.test(told) && !Number.isNaN(Date.parse(told)) };
const unanswered = () => asked().flatMap(one => {
  if (!value(`answers-${one.code}`)) return one.is_required ? [words.not_answered.replace('{label}', one.label)] : [];
  return (FITS[one.kind] || (() => true))(typed(one)) ? [] : [words.no_such_answer.replace('{label}', one.label)];
});
const collected = () => ({
  form: 'open-1', ...Object.fromEntries(['title', 'summary', 'route', 'basis'].map(name => [name, value(name)])),
  commitments: rows('commitments', ['target', 'value', 'how']), team: rows('team', ['name', 'role', 'organisation', 'task']),
  milestones: rows('milestones', ['title', 'due', 'evidence', 'public_fen']).map(row => ({ ...row, public_fen: fen(row.public_fen) })),
  budget: Object.fromEntries(['total_fen', 'public_fen', 'own_fen', 'other_fen', 'signing_fen'].map(name => [name, fen(value(name))])),
  ...(call.form ? { answers: answers() } : {}),
  other_public: value('other_public') === 'yes', other_public_note: value('other_public_note') });

/* What the platform would refuse of a proposal that it could read. */
const missing = bid => {
  const found = [], sum = bid.budget, targets = +value('commitments-TOTAL_FORMS');
  ['title', 'summary', 'route'].forEach(name => { if (!bid[name]) found.push(words[`no_${name}`]) });
  if (bid.commitments.filter(row => row.value).length < targets) found.push(words.no_commitment);
  if (!bid.milestones.length) found.push(words.no_milestone);
  if (bid.milestones.some(row => !row.title || !row.evidence || !/^\d{4}-\d\d-\d\d$/.test(row.due))) found.push(words.milestone_incomplete);
  if (bid.milestones.some((row, i) => i && row.due <= bid.milestones[i - 1].due)) found.push(words.milestones_out_of_order);
  if ([...Object.values(sum), ...bid.milestones.map(row => row.public_fen)].some(Number.isNaN)) found.push(words.no_amount);
  else {
    if (!sum.total_fen || sum.public_fen + sum.own_fen + sum.other_fen !== sum.total_fen) found.push(words.does_not_add_up);
    if (sum.signing_fen + bid.milestones.reduce((all, row) => all + row.public_fen, 0) !== sum.public_fen) found.push(words.instalments_do_not_add_up);
    if (sum.public_fen > call.public_fen) found.push(words.public_exceeds);
  }
  if (!value('other_public')) found.push(words.not_declared);
  return [...found, ...unanswered()];
};
const attached = async () => Promise.all([...page.elements.files.files].map(async file => {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const digest = seal.hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return { name: file.name, sha256: digest, content: btoa(text) };
}));

/* Where the price is sealed apart: the technical part without any amount, and the amounts alone. */
const parted = bid => (call.parts || []).includes('price') ? [
  ['technical', { ...bid, budget: {}, milestones: bid.milestones.map(row => ({ ...row, public_fen: 0 })) }],
  ['price', { budget: bid.budget, milestones: bid.milestones.map(row => row.public_fen) }]] : [['technical', bid]];

const sealing = async () => {
  const bid = collected(), found = missing(bid), list = problems.querySelector('ul');
  problems.hidden = !found.length;
  list.replaceChildren(...found.map(text => Object.assign(document.createElement('li'), { textContent: text })));
  if (found.length) return problems.focus();
  say(words.working);
  const fixed = seal.callFrom(call), files = await attached(), receipts = [];
  for (const [part, told] of parted(bid)) {
    const plain = utf8.encode(JSON.stringify(part === 'price' ? told : { ...told, files }));
    const file = await seal.seal(plain, fixed, page.dataset.unit, part);
    receipts.push(await seal.receiptOf(file, fixed));
    const carried = new DataTransfer(), mark = part === 'price' ? '-price' : '';
    carried.items.add(new File([file], `${call.challenge}${mark}.sealed`));
    hand.elements[part === 'price' ? 'price' : 'file'].files = carried.files;
  }
  save(`receipt-${call.challenge}.json`, receipts.length > 1 ? receipts : receipts[0]);
  say((receipts.length > 1 ? words.price_sealed : words.sealed) + ' ' + receipts.map(one => one.envelope.slice(0, 16) + '…').join(' '));
  hand.requestSubmit();
};

/* Drafts: all fields as typed, locked under the bidder's own words. */
const fields = () => [...page.elements].filter(one => one.name && one.type !== 'file' && one.name !== 'words');
const locking = async () => {
  const typed = fields().filter(one => one.type !== 'radio' || one.checked).map(one => [one.name, one.type === 'checkbox' ? one.checked : one.value]);
  if (value('words').length < 8) return say(words.short_words);
  say(words.working);
  const body = new FormData();
  body.set('csrfmiddlewaretoken', hand.elements.csrfmiddlewaretoken.value);
  body.set('file', new File([await seal.lockDraft(utf8.encode(JSON.stringify(typed)), page.elements.words.value, page.dataset.bound)], 'draft'));
  const answer = await fetch(page.dataset.draft, { method: 'POST', body, credentials: 'same-origin', headers: { 'Idempotency-Key': seal.hex(seal.random(16)) } });
  say(answer.ok ? words.locked : words.failed);
  if (answer.ok) at('[data-unlock]').hidden = false;
};
const filling = ([name, typed]) => {
  let control = page.elements[name];
  const row = /^(\w+)-(\d+)-/.exec(name);
  while (!control && row && at(`[data-add-row="${row[1]}"]`) && +value(`${row[1]}-TOTAL_FORMS`) <= +row[2]) { at(`[data-add-row="${row[1]}"]`).click(); control = page.elements[name] }
  if (!control || name.endsWith('_FORMS')) return;
  if (control instanceof RadioNodeList) control.value = typed; else if (control.type === 'checkbox') control.checked = typed; else control.value = typed;
  (control.closest?.('table') || page).dispatchEvent(new Event('input', { bubbles: true }));
};
const unlocking = async () => {
  say(words.working);
  const answer = await fetch(page.dataset.draft, { credentials: 'same-origin' });
  const file = new Uint8Array(await answer.arrayBuffer());
  JSON.parse(new TextDecoder().decode(await seal.unlockDraft(file, page.elements.words.value, page.dataset.bound))).forEach(filling);
  say(words.unlocked);
};

const able = await seal.isAble(call.profile);
at('[data-not-able]').hidden = able;
if (able) [['[data-seal]', sealing], ['[data-lock]', locking], ['[data-unlock]', unlocking]].forEach(([sel, act]) => {
  const button = at(sel);
  button.disabled = false;
  button.addEventListener('click', async () => {
    button.disabled = true;
    try { await act() } catch (error) { say(words[error.code] || words.failed) }
    button.disabled = false;
  });
});
page.addEventListener('submit', event => event.preventDefault());
