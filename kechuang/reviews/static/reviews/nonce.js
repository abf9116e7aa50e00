/* What a witness commits to: H over labelled fields with their lengths, the same bytes as
   `kechuang draw nonce` and tools/verify_draw.py. H is SHA-256, or in the suite `gm` SM3 of sm-crypto-v2,
   which the page loads beforehand. */
const text = value => new TextEncoder().encode(value);
export const hex = bytes => [...bytes].map(b => b.toString(16).padStart(2, '0')).join('');
const number = (value, width) => {
  const out = new Uint8Array(width);
  new DataView(out.buffer).setUint32(width - 4, value);
  return out;
};
const framed = fields => new Uint8Array(fields.flatMap(([label, value]) => {
  const name = text(label);
  return [...number(name.length, 4), ...name, ...number(value.length, 8), ...value];
}));
const HASHES = {
  intl: async bytes => hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))),
  gm: async bytes => globalThis.SmCryptoV2.sm3(bytes) };
/* SM3 is known by the published value of "abc" (GB/T 32905, A.1). */
const ABC = '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0';
export const isAble = async suite => {
  try { return Boolean(crypto.subtle) && (suite !== 'gm' || await HASHES.gm(text('abc')) === ABC) && suite in HASHES } catch { return false }
};
export const commitment = (nonce, person, suite = 'intl') =>
  HASHES[suite](framed([['custodian', text(person)], ['nonce', nonce]]));
