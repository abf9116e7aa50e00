/* Sealed bids in the browser: the same files as `kechuang seal`, `custodian` and `open` write.
   Profile `intl` with WebCrypto alone: SHA-256, AES-256-GCM, X25519, HKDF (HPKE, RFC 9180, base mode).
   Profile `gm`: SM3 and SM4-GCM of sm-crypto-v2, which the page loads beforehand; shares are wrapped as in `intl`.
   No DOM here. What is random comes from `random(n)`, the system's generator but where vectors are made. */
const FORMAT = 'kechuang-seal-1', MAGIC = FORMAT + '\n', WRAP = 'hpke-x25519-sha256-aes256gcm';
const SEGMENT = 2 ** 20, TAG = 16, MOST = 2 ** 26, PRIME = 2n ** 256n + 297n, SHARE = 33;
const KEYS = ['challenge', 'criteria_hash', 'format', 'k', 'key_hash', 'part', 'prefix', 'profile', 'salt', 'share_wrap', 'shares', 'unit'];
const ROW = ['commitment', 'custodian', 'encapsulated', 'key_hash', 'sealed', 'x'];
const text = new TextEncoder(), read = new TextDecoder('utf-8', { fatal: true });
const EMPTY = new Uint8Array(0);

export class SealRefused extends Error {
  constructor(code, facts = {}) { super(code); this.code = code; this.facts = facts }
}
const refuse = (code, facts) => { throw new SealRefused(code, facts) };

export const random = n => crypto.getRandomValues(new Uint8Array(n));
export const hex = bytes => [...bytes].map(b => b.toString(16).padStart(2, '0')).join('');
export const unhex = (told, length) => {
  if (typeof told !== 'string' || !/^([0-9a-f]{2})*$/.test(told)) refuse('not_hexadecimal');
  if (length !== undefined && told.length !== 2 * length) refuse('wrong_length', { length });
  return Uint8Array.from(told.match(/../g) || [], pair => parseInt(pair, 16));
};
const join = (...parts) => {
  const whole = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
  parts.reduce((at, one) => { whole.set(one, at); return at + one.length }, 0);
  return whole;
};
const big = (number, length) => { const out = new Uint8Array(length); for (let i = length; i--; number = Math.floor(number / 256)) out[i] = number % 256; return out };
const sha256 = async bytes => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
const hmac = async (key, bytes) => new Uint8Array(await crypto.subtle.sign('HMAC',
  /* an empty key is one of zeros: WebCrypto refuses a key without length */
  await crypto.subtle.importKey('raw', key.length ? key : new Uint8Array(32), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']), bytes));

/* Labelled fields, each label with 4 bytes of length before it and each value with 8. */
export const framed = fields => join(...fields.flatMap(([label, value]) => {
  const name = text.encode(label);
  return [big(name.length, 4), name, big(value.length, 8), value];
}));

/* JSON as Python writes it with sorted keys and no spaces. */
const written = value => Array.isArray(value) ? '[' + value.map(written).join(',') + ']'
  : value && typeof value === 'object' ? '{' + Object.keys(value).sort().map(k => JSON.stringify(k) + ':' + written(value[k])).join(',') + '}'
  : JSON.stringify(value);

/* --- X25519 and HPKE ------------------------------------------------------------------------ */
const PKCS8 = unhex('302e020100300506032b656e04220420');
const privateKey = bytes => crypto.subtle.importKey('pkcs8', join(PKCS8, bytes), { name: 'X25519' }, true, ['deriveBits']);
export const publicOf = async bytes => {
  const told = (await crypto.subtle.exportKey('jwk', await privateKey(bytes))).x;
  return Uint8Array.from(atob(told.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0));
};
const exchange = async (mine, theirs) => {
  try {
    const key = await crypto.subtle.importKey('raw', theirs, { name: 'X25519' }, false, []);
    return new Uint8Array(await crypto.subtle.deriveBits({ name: 'X25519', public: key }, await privateKey(mine), 256));
  } catch { return refuse('no_x25519_key') }
};
const extract = (salt, suite, label, content) => hmac(salt, join(text.encode('HPKE-v1'), suite, text.encode(label), content));
const expand = async (secret, suite, label, info, length) => {
  const told = join(big(length, 2), text.encode('HPKE-v1'), suite, text.encode(label), info);
  return (await hmac(secret, join(told, Uint8Array.of(1)))).slice(0, length);
};
const AES_256_GCM = 2, KEM = join(text.encode('KEM'), big(0x20, 2));
const keyAndNonce = async (exchanged, ephemeral, recipient, info, aead) => {
  const SUITE = join(text.encode('HPKE'), big(0x20, 2), big(1, 2), big(aead, 2));
  const secret = await expand(await extract(EMPTY, KEM, 'eae_prk', exchanged), KEM, 'shared_secret', join(ephemeral, recipient), 32);
  const context = join(Uint8Array.of(0), await extract(EMPTY, SUITE, 'psk_id_hash', EMPTY), await extract(EMPTY, SUITE, 'info_hash', info));
  const prk = await extract(secret, SUITE, 'secret', EMPTY);
  return [await expand(prk, SUITE, 'key', context, aead === AES_256_GCM ? 32 : 16), await expand(prk, SUITE, 'base_nonce', context, 12)];
};
const importedKey = async (key, use) => crypto.subtle.importKey('raw', key, 'AES-GCM', false, [use]);
const gcm = async (use, key, nonce, bytes, bound) => new Uint8Array(await crypto.subtle[use]({ name: 'AES-GCM', iv: nonce, additionalData: bound }, key, bytes));

export const hpkeSeal = async (recipient, info, bound, content, ephemeral, aead = AES_256_GCM) => {
  const own = await publicOf(ephemeral);
  const [key, nonce] = await keyAndNonce(await exchange(ephemeral, recipient), own, recipient, info, aead);
  return [own, await gcm('encrypt', await importedKey(key, 'encrypt'), nonce, content, bound)];
};
export const hpkeOpen = async (mine, encapsulated, info, bound, sealed, aead = AES_256_GCM) => {
  const [key, nonce] = await keyAndNonce(await exchange(mine, encapsulated), encapsulated, await publicOf(mine), info, aead);
  try { return await gcm('decrypt', await importedKey(key, 'decrypt'), nonce, sealed, bound) } catch { return refuse('not_for_this_key') }
};

/* --- the two profiles: the hash, and the cipher of the content ---------------------------------- */
const gmLibrary = () => globalThis.SmCryptoV2 || refuse('no_gm_library');
const SUITES = {
  intl: {
    hash: sha256, keyBytes: 32,
    cipher: async key => { const own = await importedKey(key, 'encrypt'); return (nonce, bytes, bound) => gcm('encrypt', own, nonce, bytes, bound) } },
  gm: {
    hash: async bytes => unhex(gmLibrary().sm3(bytes), 32), keyBytes: 16,
    cipher: async key => (nonce, bytes, bound) => {
      const { output, tag } = gmLibrary().sm4.encrypt(bytes, key, { mode: 'gcm', iv: nonce, associatedData: bound, output: 'array', outputTag: true });
      return join(output, tag);
    } } };
const suiteOf = profile => Object.hasOwn(SUITES, profile) ? SUITES[profile] : refuse('other_profile', { profile });

/* The published vectors of SM3 (GB/T 32905, A.1) and SM4-GCM (RFC 8998, A.1): what is loaded is what it says. */
const knowsGm = async () => {
  const sealed = await (await SUITES.gm.cipher(unhex('0123456789abcdeffedcba9876543210')))(
    unhex('00001234567800000000abcd'),
    unhex('aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccddddddddddddddddeeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa'),
    unhex('feedfacedeadbeeffeedfacedeadbeefabaddad2'));
  return hex(await SUITES.gm.hash(text.encode('abc'))) === '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0'
    && hex(sealed) === '17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d'
      + '83de3541e4c2b58177e065a9bf7b62ec';
};

/* --- a key split among n custodians, any k of whom give it back (Shamir) ---------------------- */
const number = bytes => BigInt('0x' + hex(bytes));
const bytesOf = (value, length) => unhex(value.toString(16).padStart(2 * length, '0'));
export const split = (secret, k, n, draw) => {
  const coefficients = [number(secret)];
  while (coefficients.length < k) {
    const drawn = number(draw(SHARE)) & (2n ** 257n - 1n);
    if (drawn < PRIME) coefficients.push(drawn);
  }
  return Array.from({ length: n }, (_, i) => bytesOf(coefficients.reduceRight((found, one) => (found * BigInt(i + 1) + one) % PRIME, 0n), SHARE));
};

/* --- envelopes -------------------------------------------------------------------------------- */
export const fingerprint = async (key, profile = 'intl') => {
  const told = hex(await suiteOf(profile).hash(framed([['custodian key', key]]))).slice(0, 32).toUpperCase();
  return told.match(/.{4}/g).join(' ');
};

/* A call as the server publishes it: {challenge, custodians: [{name, public}], k, criteria_hash, profile}. */
export const callFrom = told => {
  const custodians = (told.custodians || []).map(row => ({ name: row.name, key: unhex(row.public, 32) }));
  const profile = told.profile || 'intl';
  suiteOf(profile);
  if (!custodians.length || custodians.some(row => !row.name)) refuse('no_custodians');
  if (new Set(custodians.map(row => hex(row.key))).size < custodians.length) refuse('key_twice');
  if (!Number.isInteger(told.k) || told.k < 1 || told.k > custodians.length || custodians.length > 255) refuse('not_k_of_n');
  return { challenge: told.challenge, custodians, k: told.k, profile, criteria: unhex(told.criteria_hash, 32) };
};

const contextOf = header => suiteOf(header.profile).hash(framed([
  ...['format', 'profile', 'challenge', 'unit', 'part', 'k'].map(name => [name, text.encode(String(header[name]))]),
  ...header.shares.map(row => ['custodian', unhex(row.key_hash)]),
  ...['criteria_hash', 'salt', 'key_hash', 'prefix'].map(name => [name, unhex(header[name])])]));
const shareInfo = (context, x) => framed([['kechuang share', text.encode('1')], ['context', context], ['x', Uint8Array.of(x)]]);
const nonceOf = (header, place, last) => join(unhex(header.prefix), big(place, 4), Uint8Array.of(last ? 1 : 0));
const contentKey = async (suite, key, context) => (await suite.hash(framed([['cipher', key], ['context', context]]))).slice(0, suite.keyBytes);

const padded = content => {
  let size = SEGMENT;
  while (size < content.length + 8) size *= 2;
  if (size > MOST) refuse('too_large', { most: MOST / 2 ** 20 });
  return join(big(content.length, 8), content, new Uint8Array(size - content.length - 8));
};

/* Seal one part of a bid for the custodians of a call; gives the envelope's file. */
export const seal = async (content, call, unit, part, draw = random) => {
  const plain = padded(content), key = draw(32), salt = draw(32), suite = suiteOf(call.profile);
  const header = {
    format: FORMAT, profile: call.profile, challenge: call.challenge, unit, part, k: call.k, criteria_hash: hex(call.criteria), salt: hex(salt),
    key_hash: hex(await suite.hash(framed([['content key', key], ['salt', salt]]))), prefix: hex(draw(7)), share_wrap: WRAP,
    shares: await Promise.all(call.custodians.map(async (row, i) => ({ x: i + 1, custodian: row.name, key_hash: hex(await suite.hash(row.key)) }))) };
  const context = await contextOf(header);
  const shares = split(key, call.k, call.custodians.length, draw);
  for (const [i, row] of header.shares.entries()) {
    const x = row.x, ephemeral = await hmac(key, join(text.encode('kechuang ephemeral'), Uint8Array.of(x), context));
    const [own, sealed] = await hpkeSeal(call.custodians[i].key, shareInfo(context, x), EMPTY, shares[i], ephemeral);
    const commitment = await suite.hash(framed([['context', context], ['x', Uint8Array.of(x)], ['share', shares[i]]]));
    Object.assign(row, { encapsulated: hex(own), sealed: hex(sealed), commitment: hex(commitment) });
  }
  const told = text.encode(written(header)), parts = [text.encode(MAGIC), big(told.length, 4), told];
  const encrypt = await suite.cipher(await contentKey(suite, key, context)), last = plain.length / SEGMENT - 1;
  for (let i = 0; i <= last; i++) parts.push(await encrypt(nonceOf(header, i, i === last), plain.subarray(i * SEGMENT, (i + 1) * SEGMENT), context));
  return join(...parts);
};

/* An envelope taken apart, strictly: the same bytes come out when it is written again. */
export const takenApart = file => { try { return strictly(file) } catch { return refuse('not_an_envelope') } };
const strictly = file => {
  const start = MAGIC.length + 4, length = new DataView(file.buffer, file.byteOffset).getUint32(MAGIC.length);
  const told = read.decode(file.subarray(start, start + length)), header = JSON.parse(told), keys = one => Object.keys(one).sort().join();
  const is = read.decode(file.subarray(0, MAGIC.length)) === MAGIC && written(header) === told && keys(header) === KEYS.join()
    && header.format === FORMAT && Object.hasOwn(SUITES, header.profile) && header.share_wrap === WRAP && header.shares.every((row, i) => keys(row) === ROW.join() && row.x === i + 1);
  return is ? { header, ciphertext: file.subarray(start + length) } : refuse('not_an_envelope');
};

const checkCall = async (header, call) => {
  const hashes = await Promise.all(call.custodians.map(async row => [row.name, hex(await suiteOf(call.profile).hash(row.key))]));
  const same = header.profile === call.profile && header.challenge === call.challenge && header.k === call.k && header.criteria_hash === hex(call.criteria)
    && JSON.stringify(header.shares.map(row => [row.custodian, row.key_hash])) === JSON.stringify(hashes);
  if (!same) refuse('another_call');
};

/* What a bidder keeps: hashes of what was sealed, and for whose keys. */
export const receiptOf = async (file, call) => {
  const { header, ciphertext } = takenApart(file);
  const { hash } = suiteOf(header.profile);
  await checkCall(header, call);
  return {
    format: 'kechuang-receipt-1', profile: header.profile, challenge: header.challenge, unit: header.unit, part: header.part,
    envelope: hex(await hash(file)), ciphertext: hex(await hash(ciphertext)), bytes: file.length, k: call.k,
    custodians: await Promise.all(call.custodians.map(async row => ({ name: row.name, fingerprint: await fingerprint(row.key, call.profile) }))) };
};

/* --- custodians -------------------------------------------------------------------------------- */
const postedInfo = (envelope, x) => framed([['kechuang posted share', text.encode('1')], ['envelope', envelope], ['x', Uint8Array.of(x)]]);

/* Refuse before the deadline by this machine's clock, and for an envelope that does not stand. */
export const mayOpen = async (file, call, deadline, now, current) => {
  await checkCall(takenApart(file).header, call);
  if (!(deadline instanceof Date) || isNaN(deadline) || now < deadline) refuse('deadline_not_passed', { deadline: String(deadline) });
  if (!current.includes(hex(await suiteOf(call.profile).hash(file)))) refuse('not_current');
};

/* A custodian's share of an envelope, sealed to the opening session's public key. */
export const giveShare = async (file, call, mine, session, draw = random) => {
  const { header } = takenApart(file);
  await checkCall(header, call);
  const own = hex(await publicOf(mine)), i = call.custodians.findIndex(row => hex(row.key) === own);
  if (i < 0) refuse('no_custodian');
  const x = i + 1, row = header.shares[i], context = await contextOf(header);
  const share = await hpkeOpen(mine, unhex(row.encapsulated), shareInfo(context, x), EMPTY, unhex(row.sealed));
  const told = await suiteOf(header.profile).hash(file), [encapsulated, sealed] = await hpkeSeal(session, postedInfo(told, x), EMPTY, share, draw(32));
  return { format: 'kechuang-share-1', envelope: hex(told), custodian: row.custodian, x, encapsulated: hex(encapsulated), sealed: hex(sealed) };
};

/* What a custodian posted, read by the opening session: [x, share]. */
export const readShare = async (posted, envelope, session) => {
  if (posted.envelope !== envelope) refuse('another_envelope');
  return [posted.x, await hpkeOpen(session, unhex(posted.encapsulated, 32), postedInfo(unhex(envelope, 32), posted.x), EMPTY, unhex(posted.sealed))];
};

/* --- drafts: under the bidder's own words, before they leave this machine ----------------------- */
const ROUNDS = 600_000;
const draftKey = async (words, salt, use) => {
  const base = await crypto.subtle.importKey('raw', text.encode(words.normalize('NFC')), 'PBKDF2', false, ['deriveKey']);
  return crypto.subtle.deriveKey({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations: ROUNDS }, base, { name: 'AES-GCM', length: 256 }, false, [use]);
};
const DRAFT = text.encode('kechuang-draft-1\n');
export const lockDraft = async (content, words, bound, draw = random) => {
  const salt = draw(16), nonce = draw(12);
  return join(DRAFT, salt, nonce, await gcm('encrypt', await draftKey(words, salt, 'encrypt'), nonce, padded(content), text.encode(bound)));
};
export const unlockDraft = async (file, words, bound) => {
  const at = DRAFT.length;
  if (hex(file.subarray(0, at)) !== hex(DRAFT)) refuse('not_a_draft');
  const salt = file.subarray(at, at + 16), nonce = file.subarray(at + 16, at + 28);
  try {
    const plain = await gcm('decrypt', await draftKey(words, salt, 'decrypt'), nonce, file.subarray(at + 28), text.encode(bound));
    return plain.slice(8, 8 + Number(number(plain.subarray(0, 8))));
  } catch { return refuse('wrong_words') }
};

/* WebCrypto stands on https and on this machine alone, and X25519 not in every browser; `gm` needs its library. */
export const isAble = async (profile = 'intl') => {
  try { return hex(await publicOf(new Uint8Array(32).fill(1))).length === 64 && (profile !== 'gm' || await knowsGm()) } catch { return false }
};
