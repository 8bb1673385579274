// Broken tokens as Node's crypto and npm's jose make them. Run by generate.py.
import crypto from 'node:crypto'
import zlib from 'node:zlib'
import fs from 'node:fs'
import * as jose from 'jose'

const keys = JSON.parse(fs.readFileSync(process.argv[2]))
const text = JSON.stringify({ card: 'canary-5513651111111111', padding: 'x'.repeat(40) })
const b64 = (raw) => Buffer.from(raw).toString('base64url')
const json = (value) => JSON.stringify(value)
const secret = (name) => Buffer.from(keys[name].k, 'base64url')
const load = (jwk) => crypto.createPrivateKey({ key: jwk, format: 'jwk' })
const rsa = load(keys.rsa)
const rsaPublic = crypto.createPublicKey(rsa)
const ecPublic = crypto.createPublicKey(load(keys.ec))
const OAEP = { key: rsaPublic, padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
const out = []
const add = (name, code, key, token, more = {}) => out.push({ by: 'node', name, code, key, token: String(token), ...more })

function gcm ({ header = { alg: 'RSA-OAEP-256', enc: 'A256GCM' }, head = b64(json(header)), cek = crypto.randomBytes(32), wrapped, aad = head, plaintext = text, size = 256 } = {}) {
  const iv = crypto.randomBytes(12)
  const cipher = crypto.createCipheriv(`aes-${size}-gcm`, cek, iv)
  if (aad !== null) cipher.setAAD(Buffer.from(aad))
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  wrapped ??= crypto.publicEncrypt(OAEP, cek)
  return { head, wrapped, iv, ciphertext, tag: cipher.getAuthTag() }
}
function cbc ({ header = { alg: 'RSA-OAEP-256', enc: 'A256CBC-HS512' }, cek = crypto.randomBytes(64), wrapped, mac, aes } = {}) {
  const half = cek.length / 2
  const bits = half * 8
  const iv = crypto.randomBytes(16)
  const head = b64(json(header))
  const cipher = crypto.createCipheriv(`aes-${bits}-cbc`, aes ?? cek.subarray(half), iv)
  const ciphertext = Buffer.concat([cipher.update(text), cipher.final()])
  const al = Buffer.alloc(8)
  al.writeBigUInt64BE(BigInt(head.length * 8))
  const tag = crypto.createHmac(`sha${bits * 2}`, mac ?? cek.subarray(0, half)).update(head).update(iv).update(ciphertext).update(al).digest().subarray(0, half)
  return { head, wrapped: wrapped ?? crypto.publicEncrypt(OAEP, cek), iv, ciphertext, tag }
}
const join = (t, encode = b64) => [t.head, encode(t.wrapped), encode(t.iv), encode(t.ciphertext), encode(t.tag)].join('.')

// What the structure shows.
let t = gcm()
add('ciphertext and tag in one, four segments', 'four_segments', 'rsa', [t.head, b64(t.wrapped), b64(t.iv), b64(Buffer.concat([t.ciphertext, t.tag]))].join('.'), { opens: true })
add("toString('latin1')", 'text_latin1', 'rsa', join(gcm(), (raw) => b64(Buffer.from(raw.toString('latin1'), 'utf8'))), { opens: true })
add("toString('binary') of the encrypted key alone", 'text_latin1', 'rsa', (() => { const v = gcm(); return [v.head, b64(Buffer.from(v.wrapped.toString('binary'))), b64(v.iv), b64(v.ciphertext), b64(v.tag)].join('.') })(), { opens: true })
add("toString('utf8')", 'text_lost', 'rsa', join(gcm(), (raw) => b64(raw.toString('utf8'))))
add('hex segments', 'hex_segment', 'rsa', join(gcm(), (raw) => raw.toString('hex')), { opens: true })
add('hex segments, encoded', 'hex_segment', 'rsa', join(gcm(), (raw) => b64(raw.toString('hex'))), { opens: true })
add('standard base64', 'standard_base64', 'rsa', join(gcm(), (raw) => raw.toString('base64')), { opens: true })
add('base64 in base64url', 'double_base64', 'rsa', join(gcm(), (raw) => b64(raw.toString('base64'))), { opens: true })
add('JSON.stringify twice for the header', 'header_json_string', 'rsa', join(gcm({ head: b64(json(json({ alg: 'RSA-OAEP-256', enc: 'A256GCM' }))) })))
add('a byte order mark in the header', 'header_bom', 'rsa', join(gcm({ head: b64('\ufeff' + json({ alg: 'RSA-OAEP-256', enc: 'A256GCM' })) })), { opens: true })
add('UTF-16 in the header', 'header_utf16', 'rsa', join(gcm({ head: b64(Buffer.from(json({ alg: 'RSA-OAEP-256', enc: 'A256GCM' }), 'utf16le')) })), { opens: true })
add('a header that is base64 twice', 'double_base64', 'rsa', join(gcm({ head: b64(b64(json({ alg: 'RSA-OAEP-256', enc: 'A256GCM' }))) })), { opens: true })
add('JSON.stringify of the token', 'json_string', 'rsa', json(join(gcm())), { opens: true })
add('btoa twice', 'base64_token', 'rsa', btoa(btoa(join(gcm()))), { opens: true })
add('a line end', 'white_space', 'rsa', join(gcm()) + '\n', { opens: true })
t = gcm()
add('IV and tag swapped, GCM', 'iv_tag_swapped', 'rsa', join({ ...t, iv: t.tag, tag: t.iv }), { opens: true })
add('16 bytes of IV for GCM', 'gcm_iv_16', 'rsa', (() => { const cek = crypto.randomBytes(32); const iv = crypto.randomBytes(16); const head = b64(json({ alg: 'RSA-OAEP-256', enc: 'A256GCM' })); const c = crypto.createCipheriv('aes-256-gcm', cek, iv); c.setAAD(Buffer.from(head)); const ciphertext = Buffer.concat([c.update(text), c.final()]); return join({ head, wrapped: crypto.publicEncrypt(OAEP, cek), iv, ciphertext, tag: c.getAuthTag() }) })(), { opens: true })
const koblitz = crypto.generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' })
add('an epk on secp256k1', 'curve_unknown', 'ec', join(gcm({ header: { alg: 'ECDH-ES', enc: 'A256GCM', epk: koblitz }, wrapped: Buffer.alloc(0) })))

// What only the key shows.
const hidden = (name, code, key, token, more = {}) => add(name, code, key, token, { hidden: true, opens: true, ...more })
hidden('publicEncrypt without oaepHash', 'oaep_hash', 'rsa', (() => { const cek = crypto.randomBytes(32); return join(gcm({ cek, wrapped: crypto.publicEncrypt(rsaPublic, cek) })) })())
hidden('RSA_PKCS1_PADDING', 'rsa1_5_used', 'rsa', (() => { const cek = crypto.randomBytes(32); return join(gcm({ cek, wrapped: crypto.publicEncrypt({ key: rsaPublic, padding: crypto.constants.RSA_PKCS1_PADDING }, cek) })) })())
hidden('no setAAD', 'aad_empty', 'rsa', join(gcm({ aad: null })))
hidden('setAAD of the JSON', 'aad_decoded', 'rsa', join(gcm({ aad: json({ alg: 'RSA-OAEP-256', enc: 'A256GCM' }) })))
hidden('aes-256-gcm under A128GCM', 'enc_of_other_size', 'rsa', join(gcm({ header: { alg: 'RSA-OAEP-256', enc: 'A128GCM' } })))
hidden('aes-128-gcm under A256GCM', 'enc_of_other_size', 'oct16', join(gcm({ header: { alg: 'dir', enc: 'A256GCM' }, cek: secret('oct16'), size: 128, wrapped: Buffer.alloc(0) })))
hidden('the hex text as dir key', 'secret_text', 'oct16', join(gcm({ header: { alg: 'dir', enc: 'A256GCM' }, cek: Buffer.from(secret('oct16').toString('hex')), wrapped: Buffer.alloc(0) })))
const wrap = (kek, cek) => { const c = crypto.createCipheriv(`id-aes${kek.length * 8}-wrap`, kek, Buffer.from('A6A6A6A6A6A6A6A6', 'hex')); return Buffer.concat([c.update(cek), c.final()]) }
hidden('the cut base64 text as A256KW key', 'secret_text', 'oct32', (() => { const cek = crypto.randomBytes(32); return join(gcm({ header: { alg: 'A256KW', enc: 'A256GCM' }, cek, wrapped: wrap(Buffer.from(secret('oct32').toString('base64')).subarray(0, 32), cek) })) })())
hidden('the SHA-256 of the secret as A256KW key', 'secret_hashed', 'oct32', (() => { const cek = crypto.randomBytes(32); return join(gcm({ header: { alg: 'A256KW', enc: 'A256GCM' }, cek, wrapped: wrap(crypto.createHash('sha256').update(secret('oct32')).digest(), cek) })) })())
hidden('another shared key', 'no_variant', 'oct32', (() => { const cek = crypto.randomBytes(32); return join(gcm({ header: { alg: 'A256KW', enc: 'A256GCM' }, cek, wrapped: wrap(crypto.randomBytes(32), cek) })) })(), { opens: false })
t = cbc({ header: { alg: 'RSA-OAEP-256', enc: 'A128CBC-HS256' }, cek: crypto.randomBytes(32) })
hidden('IV and tag swapped, CBC', 'iv_tag_swapped', 'rsa', join({ ...t, iv: t.tag, tag: t.iv }))
hidden('AES half of zeros', 'cbc_half_zero', 'rsa', join(cbc({ aes: Buffer.alloc(32) })))
hidden('MAC half of zeros', 'cbc_half_zero', 'rsa', join(cbc({ mac: Buffer.alloc(32) })))
hidden('another AES half', 'cbc_aes_key', 'rsa', (() => { const cek = crypto.randomBytes(64); return join(cbc({ cek, aes: crypto.createHash('sha256').update(cek).digest() })) })(), { opens: false })
hidden('deflateSync', 'zip_zlib', 'rsa', join(gcm({ header: { alg: 'RSA-OAEP-256', enc: 'A256GCM', zip: 'DEF' }, plaintext: zlib.deflateSync(text) })))
hidden('deflateRawSync, which is off', 'zip_off', 'rsa', join(gcm({ header: { alg: 'RSA-OAEP-256', enc: 'A256GCM', zip: 'DEF' }, plaintext: zlib.deflateRawSync(text) })))
const counted = (raw) => { const size = Buffer.alloc(4); size.writeUInt32BE(raw.length); return Buffer.concat([size, Buffer.from(raw)]) }
const number = (value) => { const raw = Buffer.alloc(4); raw.writeUInt32BE(value); return raw }
const sha256 = (...parts) => crypto.createHash('sha256').update(Buffer.concat(parts)).digest()
const info = (name = 'A256GCM', apu = '', apv = '') => Buffer.concat([counted(name), counted(apu), counted(apv), number(256)])
function agreed (derive, { wanted = () => true, members = {}, alg = 'ECDH-ES' } = {}) {
  for (;;) {
    const pair = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const z = crypto.diffieHellman({ privateKey: pair.privateKey, publicKey: ecPublic })
    if (!wanted(z)) continue
    const epk = pair.publicKey.export({ format: 'jwk' })
    const header = { alg, enc: 'A256GCM', epk: { kty: epk.kty, crv: epk.crv, x: epk.x, y: epk.y, ...(members.d === null ? { d: null } : {}) }, ...(members.apu ? { apu: members.apu } : {}) }
    const key = derive(z)
    const cek = alg === 'ECDH-ES' ? key : crypto.randomBytes(32)
    return join(gcm({ header, cek, wrapped: alg === 'ECDH-ES' ? Buffer.alloc(0) : wrap(key, cek) }))
  }
}
hidden('hkdfSync', 'kdf_other', 'ec', agreed((z) => Buffer.from(crypto.hkdfSync('sha256', z, '', '', 32))))
hidden('hkdfSync with the info', 'kdf_other', 'ec', agreed((z) => Buffer.from(crypto.hkdfSync('sha256', z, '', info(), 32))))
hidden('X9.63', 'kdf_other', 'ec', agreed((z) => sha256(z, number(1), info())))
hidden('SHA-256 of the shared secret', 'kdf_other', 'ec', agreed((z) => sha256(z)))
hidden('the shared secret itself', 'kdf_other', 'ec', agreed((z) => z))
hidden('the shared secret as a BigInt', 'kdf_secret', 'ec', agreed((z) => sha256(number(1), z.subarray(1), info()), { wanted: (z) => z[0] === 0 && z[1] !== 0 }))
hidden('apu as text', 'derivation', 'ec', agreed((z) => sha256(number(1), z, info('A256GCM', b64('Alice'))), { members: { apu: b64('Alice') } }))
hidden('the name A256KW', 'derivation', 'ec', agreed((z) => sha256(number(1), z, info('A256KW')), { alg: 'ECDH-ES+A256KW' }))
add('epk with "d": null', 'member_type', 'ec', agreed((z) => sha256(number(1), z, info()), { members: { d: null } }), { opens: true })
const password = Buffer.from('correct horse battery')
for (const [name, code, salt, word] of [['p2s alone as salt', 'pbes2_salt', '', password], ['a line end behind the password', 'password_line_end', 'PBES2-HS256+A128KW\0', Buffer.concat([password, Buffer.from('\n')])]]) {
  const p2s = crypto.randomBytes(16)
  const cek = crypto.randomBytes(32)
  const kek = crypto.pbkdf2Sync(word, Buffer.concat([Buffer.from(salt), p2s]), 1000, 16, 'sha256')
  hidden(name, code, 'password', join(gcm({ header: { alg: 'PBES2-HS256+A128KW', enc: 'A256GCM', p2s: b64(p2s), p2c: 1000 }, cek, wrapped: wrap(kek, cek) })))
}

// Signatures.
const signed = (name, code, key, alg, sign, more = {}) => {
  const head = b64(json({ alg }))
  const payload = more.payload ?? b64(text)
  add(name, code, key, [head, payload, sign(`${head}.${payload}`, head)].join('.'), { hidden: true, opens: true, expect: 'jws', ...more.told })
}
const pss = crypto.constants.RSA_PKCS1_PSS_PADDING
const signer = (hash, key, options = {}) => (data) => b64(crypto.sign(hash, Buffer.from(data), { key, ...options }))
signed('RSA_PKCS1_PSS_PADDING without saltLength', 'pss_salt', 'rsa', 'PS256', signer('sha256', rsa, { padding: pss }))
signed('PSS without the padding', 'pkcs1_for_pss', 'rsa', 'PS256', signer('sha256', rsa))
signed('PSS for RS256', 'pss_for_pkcs1', 'rsa', 'RS256', signer('sha256', rsa, { padding: pss, saltLength: 32 }))
signed('sha512 for RS256', 'signature_hash', 'rsa', 'RS256', signer('sha512', rsa))
signed('a hash that is signed', 'input_hashed', 'rsa', 'RS256', (data) => signer('sha256', rsa)(sha256(Buffer.from(data))))
signed('the payload alone', 'input_payload_alone', 'rsa', 'RS256', () => signer('sha256', rsa)(text))
signed('the JSON of the payload', 'b64_unannounced', 'rsa', 'RS256', (_, head) => signer('sha256', rsa)(`${head}.${text}`))
signed('DER of Node', 'ecdsa_der', 'ec', 'ES256', signer('sha256', load(keys.ec)), { told: { hidden: false } })
signed('a padded payload', 'input_padded', 'hs', 'HS256', (_, head) => b64(crypto.createHmac('sha256', secret('hs')).update(`${head}.${Buffer.from(text + ' ').toString('base64').replaceAll('+', '-').replaceAll('/', '_')}`).digest()), { payload: b64(text + ' ') })
signed('the base64 text as secret', 'secret_text', 'hs', 'HS256', (data) => b64(crypto.createHmac('sha256', secret('hs').toString('base64')).update(data).digest()))
signed("digest('hex')", 'hex_segment', 'hs', 'HS256', (data) => b64(crypto.createHmac('sha256', secret('hs')).update(data).digest('hex')), { told: { hidden: false } })
signed('another secret', 'signature_invalid', 'hs', 'HS256', (data) => b64(crypto.createHmac('sha256', 'other').update(data).digest()), { told: { opens: false } })

// npm's jose.
const by = (name, code, key, token, more = {}) => add(name, code, key, token, { by: 'jose', opens: true, ...more })
const joseRsa = await jose.importJWK({ ...keys.rsa, alg: 'RSA-OAEP-256' })
const josePublic = await jose.importJWK({ kty: 'RSA', n: keys.rsa.n, e: keys.rsa.e, alg: 'RSA-OAEP-256' })
const josePs = await jose.importJWK({ ...keys.rsa, alg: 'PS256' }, 'PS256')
const bytes = new TextEncoder().encode(text)
const other = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
by('general, the second recipient', 'json_serialization', 'rsa', json(await new jose.GeneralEncrypt(bytes).setProtectedHeader({ enc: 'A256GCM' }).addRecipient(other).setUnprotectedHeader({ alg: 'RSA-OAEP-256' }).addRecipient(josePublic).setUnprotectedHeader({ alg: 'RSA-OAEP-256' }).encrypt()))
by('flattened with aad', 'json_serialization', 'rsa', json(await new jose.FlattenedEncrypt(bytes).setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM' }).setAdditionalAuthenticatedData(new TextEncoder().encode('aad')).encrypt(josePublic)))
by('crit', 'crit_extension', 'rsa', await new jose.CompactEncrypt(bytes).setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', crit: ['exp'], exp: 4102444800 }).encrypt(josePublic, { crit: { exp: true } }), { hidden: true })
by('b64 false, which it detaches', 'payload_detached', 'rsa', await new jose.CompactSign(new TextEncoder().encode('plain')).setProtectedHeader({ alg: 'PS256', b64: false, crit: ['b64'] }).sign(josePs), { hidden: true, opens: false, expect: 'jws' })
by('general JWS', 'json_serialization', 'rsa', json(await new jose.GeneralSign(bytes).addSignature(josePs).setProtectedHeader({ alg: 'PS256' }).sign()), { expect: 'jws' })
for (const [alg, key] of [['RSA-OAEP', 'rsa'], ['RSA-OAEP-256', 'rsa'], ['ECDH-ES', 'ec'], ['ECDH-ES+A128KW', 'ec'], ['A256KW', 'oct32'], ['A256GCMKW', 'oct32'], ['PBES2-HS256+A128KW', 'password']]) {
  const jwk = key === 'password' ? password : await jose.importJWK(key === 'rsa' ? { kty: 'RSA', n: keys.rsa.n, e: keys.rsa.e } : key === 'ec' ? { ...keys.ec, d: undefined } : keys[key], alg)
  for (const enc of ['A256GCM', 'A128CBC-HS256']) by(`${alg} with ${enc}`, '', key, await new jose.CompactEncrypt(bytes).setProtectedHeader({ alg, enc }).encrypt(jwk))
}
for (const alg of ['RS256', 'PS256', 'PS512']) by(alg, '', 'rsa', await new jose.CompactSign(bytes).setProtectedHeader({ alg }).sign(await jose.importJWK(keys.rsa, alg)), { expect: 'jws' })
by('ES256', '', 'ec', await new jose.CompactSign(bytes).setProtectedHeader({ alg: 'ES256' }).sign(await jose.importJWK(keys.ec, 'ES256')), { expect: 'jws' })
by('HS256', '', 'hs', await new jose.CompactSign(bytes).setProtectedHeader({ alg: 'HS256' }).sign(secret('hs')), { expect: 'jws' })
console.log(json(out))
