/* What a witness commits to: H over labelled fields with their lengths, the same bytes as
   `kechuang draw nonce` and tools/verify_draw.py. */
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
export const commitment = async (nonce, person) =>
  hex(new Uint8Array(await crypto.subtle.digest('SHA-256', framed([['custodian', text(person)], ['nonce', nonce]]))));
