// Opens and seals with one npm implementation of HPKE. Runs in a folder with the packages; reads
// jobs as JSON on standard input and prints the results.
//
// A job: {kem, kdf, aead: the names in `names` below; priv, pub, info, aad, plaintext,
// encapsulated, ciphertext: hex}. A result: {opened, encapsulated, ciphertext: hex}.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const require = createRequire(process.cwd() + "/");
const load = (name) => import(pathToFileURL(require.resolve(name)));
const bytes = (hex) => new Uint8Array(Buffer.from(hex, "hex"));
const hex = (raw) => Buffer.from(raw).toString("hex");
if (!globalThis.crypto) globalThis.crypto = (await import("node:crypto")).webcrypto;

async function panva() {
  const HPKE = await load("hpke");
  const noble = await load("@panva/hpke-noble");
  // WebCrypto where this node has the algorithm, and otherwise the implementations of noble.
  const made = (job, from) => new HPKE.CipherSuite(from[job.kem], from[job.kdf], from[job.aead]);
  const suite = (job) => made(job, noble);
  return {
    open: async (job) => {
      const its = suite(job);
      const key = await its.DeserializePrivateKey(bytes(job.priv));
      const more = { info: bytes(job.info), aad: bytes(job.aad) };
      return its.Open(key, bytes(job.encapsulated), bytes(job.ciphertext), more);
    },
    seal: async (job) => {
      const its = suite(job);
      const key = await its.DeserializePublicKey(bytes(job.pub));
      const more = { info: bytes(job.info), aad: bytes(job.aad) };
      const made = await its.Seal(key, bytes(job.plaintext), more);
      return { encapsulated: hex(made.encapsulatedSecret), ciphertext: hex(made.ciphertext) };
    },
  };
}

async function dajiaji() {
  const core = await load("@hpke/core");
  const { Chacha20Poly1305 } = await load("@hpke/chacha20poly1305");
  const kinds = {
    KEM_DHKEM_P256_HKDF_SHA256: core.DhkemP256HkdfSha256,
    KEM_DHKEM_P384_HKDF_SHA384: core.DhkemP384HkdfSha384,
    KEM_DHKEM_P521_HKDF_SHA512: core.DhkemP521HkdfSha512,
    KEM_DHKEM_X25519_HKDF_SHA256: core.DhkemX25519HkdfSha256,
    KEM_DHKEM_X448_HKDF_SHA512: core.DhkemX448HkdfSha512,
    KDF_HKDF_SHA256: core.HkdfSha256,
    KDF_HKDF_SHA384: core.HkdfSha384,
    KDF_HKDF_SHA512: core.HkdfSha512,
    AEAD_AES_128_GCM: core.Aes128Gcm,
    AEAD_AES_256_GCM: core.Aes256Gcm,
    AEAD_ChaCha20Poly1305: Chacha20Poly1305,
  };
  const suite = (job) =>
    new core.CipherSuite({
      kem: new kinds[job.kem](),
      kdf: new kinds[job.kdf](),
      aead: new kinds[job.aead](),
    });
  return {
    open: async (job) => {
      const its = suite(job);
      const recipientKey = await its.kem.deserializePrivateKey(bytes(job.priv));
      const context = { recipientKey, enc: bytes(job.encapsulated), info: bytes(job.info) };
      return its.open(context, bytes(job.ciphertext), bytes(job.aad));
    },
    seal: async (job) => {
      const its = suite(job);
      const recipientPublicKey = await its.kem.deserializePublicKey(bytes(job.pub));
      const context = { recipientPublicKey, info: bytes(job.info) };
      const made = await its.seal(context, bytes(job.plaintext), bytes(job.aad));
      return { encapsulated: hex(made.enc), ciphertext: hex(made.ct) };
    },
  };
}

// Of ML-DSA: {alg, seed, message, signature, pub: hex}; a result has verified, pub and signature.
async function noble() {
  const all = await load("@noble/post-quantum/ml-dsa.js");
  const of = (alg) => all[`ml_dsa${alg.slice(-2)}`];
  return {
    open: async (job) => {
      const is = of(job.alg).verify(bytes(job.signature), bytes(job.message), bytes(job.pub));
      return new Uint8Array([is ? 1 : 0]);
    },
    seal: async (job) => {
      const pair = of(job.alg).keygen(bytes(job.seed));
      const signature = of(job.alg).sign(bytes(job.message), pair.secretKey);
      return { pub: hex(pair.publicKey), signature: hex(signature) };
    },
  };
}

const { library, jobs } = JSON.parse(readFileSync(0, "utf8"));
const peer = await { panva, dajiaji, noble }[library]();
const results = [];
for (const job of jobs) {
  results.push({ opened: hex(await peer.open(job)), ...(await peer.seal(job)) });
}
process.stdout.write(JSON.stringify(results));
