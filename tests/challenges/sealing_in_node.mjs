/* Runs the browser's sealing outside a page: one JSON order on stdin, one JSON answer on stdout. */
import { readFileSync } from 'node:fs';
import { webcrypto } from 'node:crypto';
import { runInThisContext } from 'node:vm';
globalThis.crypto ??= webcrypto;
const order = JSON.parse(readFileSync(0, 'utf8'));
/* the library of profile gm, as a page loads it: a script beside the module */
if (order.library) runInThisContext(readFileSync(order.library, 'utf8'));
const seal = await import(order.module);
const { hex, unhex } = seal;
const stream = () => { let at = 0; const all = unhex(order.random || ''); return n => { if (at + n > all.length) throw Error('too little randomness'); return all.slice(at, at += n) } };
const file = () => new Uint8Array(readFileSync(order.file));
const acts = {
  seal: async () => hex(await seal.seal(unhex(order.content), seal.callFrom(order.call), order.unit, order.part, order.random ? stream() : seal.random)),
  receipt: async () => seal.receiptOf(file(), seal.callFrom(order.call)),
  share: async () => seal.giveShare(file(), seal.callFrom(order.call), unhex(order.private), unhex(order.session), order.random ? stream() : seal.random),
  read: async () => { const [x, share] = await seal.readShare(order.posted, order.envelope, unhex(order.private)); return [x, hex(share)] },
  may: async () => { await seal.mayOpen(file(), seal.callFrom(order.call), new Date(order.deadline), new Date(order.now), order.current); return 'may' },
  hpke: async () => { const [own, sealed] = await seal.hpkeSeal(unhex(order.recipient), unhex(order.info), unhex(order.bound), unhex(order.content), unhex(order.ephemeral), order.aead); return [hex(own), hex(sealed)] },
  unhpke: async () => hex(await seal.hpkeOpen(unhex(order.private), unhex(order.encapsulated), unhex(order.info), unhex(order.bound), unhex(order.sealed), order.aead)),
  fingerprint: async () => seal.fingerprint(unhex(order.key), order.call.profile),
  able: async () => seal.isAble(order.call.profile),
  draft: async () => { const kept = await seal.lockDraft(unhex(order.content), order.words, order.bound); return [kept.length, hex(await seal.unlockDraft(kept, order.words, order.bound))] },
  strange: async () => seal.unlockDraft(await seal.lockDraft(unhex(order.content), order.words, order.bound), order.others, order.bound),
};
try { console.log(JSON.stringify({ done: await acts[order.act]() })) }
catch (error) { if (!error.code) throw error; console.log(JSON.stringify({ refused: error.code })) }
