// Measures the npm package jose, and node's own RSA call next to it: bench/tokens/npm_jose.py runs
// this, and says what goes in and what comes out.
import * as crypto from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as jose from 'jose';

const { alg, enc, jwk, rounds, seconds, work, rsaAlone, name } = JSON.parse(readFileSync(0));
const { n, e, kty } = jwk;
const [publicKey, privateKey] = [await jose.importJWK({ n, e, kty }, alg), await jose.importJWK(jwk, alg)];
const padding = { oaepHash: 'sha1', padding: crypto.constants.RSA_PKCS1_OAEP_PADDING };
const toSeal = { key: crypto.createPublicKey({ key: { n, e, kty }, format: 'jwk' }), ...padding };
const toOpen = { key: crypto.createPrivateKey({ key: jwk, format: 'jwk' }), ...padding };
const cek = crypto.randomBytes(64);
const wrapped = crypto.publicEncrypt(toSeal, cek);
const header = { alg, typ: 'JWT', enc };
const options = { keyManagementAlgorithms: [alg], contentEncryptionAlgorithms: [enc] };

const encrypt = (plaintext) => new jose.CompactEncrypt(plaintext).setProtectedHeader(header).encrypt(publicKey);
const decrypt = async (token) => (await jose.compactDecrypt(token, privateKey, options)).plaintext;
const base64url = (bytes) => Buffer.from(bytes).toString('base64url');

// CPU seconds of all threads of this process, V8's compiler and collector included.
function used() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function turn(call, count) {
  const begin = used();
  for (let done = 0; done < count; done++) await call();
  return (used() - begin) / count;
}

// As many calls as take so long; the first ones compile what is called.
async function callsForATurn(call) {
  let [count, spent] = [0, 0];
  for (const begin = used(); spent < 10 * seconds || count < 3; spent = used() - begin, count++) await call();
  return Math.max(1, Math.round((seconds * count) / spent));
}

async function interleaved(calls) {
  const counts = {}, samples = {};
  for (const [subject, call] of Object.entries(calls)) {
    counts[subject] = await callsForATurn(call);
    samples[subject] = [];
  }
  for (let round = 0; round < rounds; round++) {
    const order = Object.keys(calls).sort(() => crypto.randomInt(2) - 0.5);
    for (const subject of order) samples[subject].push(await turn(calls[subject], counts[subject]));
  }
  return samples;
}

const answers = {};
for (const [size, { plaintext, token }] of Object.entries(work)) {
  const bytes = Buffer.from(plaintext, 'base64url');
  answers[size] = { token: await encrypt(bytes), plaintext: base64url(await decrypt(token)) };
  answers[size].encrypt = await interleaved({
    [rsaAlone]: () => crypto.publicEncrypt(toSeal, cek), [name]: () => encrypt(bytes),
  });
  answers[size].decrypt = await interleaved({
    [rsaAlone]: () => crypto.privateDecrypt(toOpen, wrapped), [name]: () => decrypt(token),
  });
}
console.log(JSON.stringify(answers));
