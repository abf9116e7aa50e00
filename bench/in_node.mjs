/* The browser's sealing outside a page, for the bench: one JSON order on stdin, one JSON answer on stdout.
   `bidder` seals a proposal and locks a draft; `time` seals 5 MiB and gives milliseconds. */
import { readFileSync } from 'node:fs';
import { webcrypto } from 'node:crypto';
import { runInThisContext } from 'node:vm';
globalThis.crypto ??= webcrypto;
const order = JSON.parse(readFileSync(0, 'utf8'));
runInThisContext(readFileSync(order.library, 'utf8'));
const seal = await import(order.module), utf8 = new TextEncoder();
const base64 = bytes => Buffer.from(bytes).toString('base64');
const acts = {
  bidder: async () => ({
    envelope: base64(await seal.seal(utf8.encode(order.proposal), seal.callFrom(order.call), order.unit, 'technical')),
    draft: base64(await seal.lockDraft(utf8.encode(order.draft), order.words, order.bound)) }),
  time: async () => {
    const content = new Uint8Array(5 * 2 ** 20).fill(7), call = seal.callFrom(order.call), taken = [];
    for (let n = 0; n < order.times; n++) {
      const began = performance.now();
      await seal.seal(content, call, 'U', 'technical');
      taken.push(performance.now() - began);
    }
    return taken.sort((a, b) => a - b)[taken.length >> 1];
  } };
console.log(JSON.stringify(await acts[order.act]()));
