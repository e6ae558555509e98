// The browser side of Wayfare's checkout: finds wallets, makes delivery keys, pays, follows orders, opens deliveries.
//
// One module without dependencies or build step. Pure functions come first and are exported for tests; what touches
// the page comes after and starts only where the page has the section that it belongs to.
//
// What is trusted here: this file and the wallet. What the server answers is checked before anything is signed: that a
// transaction pays for this plan, at most this price, with this delivery key, and does nothing else. Secrets stay in
// memory: none is stored, and none is in a URL. What the tab stores of a purchase is public: see rememberedPurchase.

// ------------------------------------------------------------------------------------------------------------------
// Errors
// ------------------------------------------------------------------------------------------------------------------

/** Something that a person can be told as it stands. */
class Told extends Error {}

/** A text that others can follow: with a capital and a full stop. */
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?…]$/.test(text) ? "" : ".");

/** What the server answered instead of what was asked for. */
class ShopError extends Told {
  constructor(status, code, message, retryAfter, order = null) {
    super(sentence(message));
    this.status = status;
    this.code = code;
    /** Seconds, or null. */
    this.retryAfter = retryAfter;
    /** The address of the order that it is about, or null. */
    this.order = order;
  }

  /** Whether the same request may succeed later: the shop is busy, or cannot be reached. */
  get isPassing() {
    return this.status === 0 || this.status === 429 || this.status >= 502;
  }

  /** Whether nobody knows if what was asked for was done. */
  get isUnclear() {
    return this.isPassing || this.status >= 500;
  }
}

// ------------------------------------------------------------------------------------------------------------------
// Bytes
// ------------------------------------------------------------------------------------------------------------------

const utf8 = (text) => new TextEncoder().encode(text);

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

const fromBase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes));

function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const equal = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);

/** An unsigned number of 8 bytes, little-endian, as Borsh has it. */
function u64(number) {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(number), true);
  return bytes;
}

const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** Base58 as Bitcoin and Solana have it. */
export function base58Encode(bytes) {
  const digits = [];
  for (const byte of bytes) {
    let carry = byte;
    for (let at = 0; at < digits.length; at++) {
      carry += digits[at] * 256;
      digits[at] = carry % 58;
      carry = Math.floor(carry / 58);
    }
    for (; carry > 0; carry = Math.floor(carry / 58)) digits.push(carry % 58);
  }
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0) zeros++;
  return (
    "1".repeat(zeros) +
    digits
      .reverse()
      .map((digit) => BASE58[digit])
      .join("")
  );
}

/** The bytes of a base58 text. With `length`, that many or an error. */
export function base58Decode(text, length) {
  // Long texts would take quadratic time, and nothing here is long.
  if (text.length > 128) throw new Told("That text is too long.");
  const bytes = [];
  for (const character of text) {
    let carry = BASE58.indexOf(character);
    if (carry < 0) throw new Told(`“${character}” does not occur in such a text.`);
    for (let at = 0; at < bytes.length; at++) {
      carry += bytes[at] * 58;
      bytes[at] = carry & 255;
      carry >>= 8;
    }
    for (; carry > 0; carry >>= 8) bytes.push(carry & 255);
  }
  let zeros = 0;
  while (zeros < text.length && text[zeros] === "1") zeros++;
  const whole = Uint8Array.from([...new Array(zeros).fill(0), ...bytes.reverse()]);
  if (length !== undefined && whole.length !== length) {
    throw new Told(`That text stands for ${whole.length} bytes, not ${length}.`);
  }
  return whole;
}

/** Both directions, under one name. */
export const base58 = { encode: base58Encode, decode: base58Decode };

// ------------------------------------------------------------------------------------------------------------------
// HPKE (RFC 9180): base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM
// ------------------------------------------------------------------------------------------------------------------

const NONE = new Uint8Array();
const KEM_SUITE = concat(utf8("KEM"), [0, 0x20]);
const HPKE_SUITE = concat(utf8("HPKE"), [0, 0x20, 0, 1, 0, 2]);

/** What stands before the 32 bytes of a private key in PKCS #8 (RFC 8410 §7); WebCrypto takes no bare ones. */
const PKCS8_X25519 = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20];

async function hmac(key, bytes) {
  // HMAC fills short keys up with zeros (RFC 2104 §2), and WebCrypto refuses an empty one: 32 zeros are the same key.
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const filled = key.length === 0 ? new Uint8Array(32) : key;
  const imported = await crypto.subtle.importKey("raw", filled, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign(algorithm, imported, bytes));
}

const labeledExtract = (suite, salt, label, bytes) => hmac(salt, concat(utf8("HPKE-v1"), suite, utf8(label), bytes));

/** For at most 32 bytes, which is one block of HKDF-Expand (RFC 5869 §2.3). */
async function labeledExpand(suite, key, label, info, length) {
  const block = concat([0, length], utf8("HPKE-v1"), suite, utf8(label), info, [1]);
  return (await hmac(key, block)).subarray(0, length);
}

/** X25519 (RFC 7748) of a secret and a public key. */
async function x25519(secret, publicKey) {
  const pkcs8 = concat(PKCS8_X25519, secret);
  const name = "X25519";
  const mine = await crypto.subtle.importKey("pkcs8", pkcs8, { name }, false, ["deriveBits"]);
  pkcs8.fill(0);
  const theirs = await crypto.subtle.importKey("raw", publicKey, { name }, false, []);
  const bits = await crypto.subtle.deriveBits({ name, public: theirs }, mine, 256);
  const shared = new Uint8Array(bits);
  // A point of small order, which would share its secret with everybody (RFC 9180 §7.1.4).
  if (shared.every((byte) => byte === 0)) throw new Error("an X25519 key of small order");
  return shared;
}

/** The public key of a secret: its product with the base point, 9. */
export function publicKeyOf(secret) {
  const base = new Uint8Array(32);
  base[0] = 9;
  return x25519(secret, base);
}

/** `DeriveKeyPair` (§7.1.3), without fixing bits that X25519 fixes itself. */
export async function deriveKeyPair(ikm) {
  const extracted = await labeledExtract(KEM_SUITE, NONE, "dkp_prk", ikm);
  const secret = await labeledExpand(KEM_SUITE, extracted, "sk", NONE, 32);
  return { secret, public: await publicKeyOf(secret) };
}

/** `OpenBase` (§6.1) of an encapsulated key with the ciphertext after it. Rejects where it does not open. */
export async function hpkeOpen(secret, info, sealed, aad = NONE) {
  const enc = sealed.subarray(0, 32);
  const shared = await x25519(secret, enc);
  const context = concat(enc, await publicKeyOf(secret));
  const extracted = await labeledExtract(KEM_SUITE, NONE, "eae_prk", shared);
  const agreed = await labeledExpand(KEM_SUITE, extracted, "shared_secret", context, 32);

  const schedule = concat(
    [0],
    await labeledExtract(HPKE_SUITE, NONE, "psk_id_hash", NONE),
    await labeledExtract(HPKE_SUITE, NONE, "info_hash", info),
  );
  const prk = await labeledExtract(HPKE_SUITE, agreed, "secret", NONE);
  const key = await labeledExpand(HPKE_SUITE, prk, "key", schedule, 32);
  const iv = await labeledExpand(HPKE_SUITE, prk, "base_nonce", schedule, 12);
  const cipher = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
  const parameters = { name: "AES-GCM", iv, additionalData: aad, tagLength: 128 };
  return new Uint8Array(await crypto.subtle.decrypt(parameters, cipher, sealed.subarray(32)));
}

// ------------------------------------------------------------------------------------------------------------------
// Delivery keys
// ------------------------------------------------------------------------------------------------------------------

/** The text that a wallet signs to make the key of an order: `delivery_key::message` of the Rust code, to the byte. */
export const keyMessage = (market, plan, orderId) =>
  "Wayfare: the key to one eSIM order\n" +
  "\n" +
  "Whoever has this signature can read and use the eSIM that is delivered.\n" +
  "Sign this only in Wayfare, to buy or to read this order. Nowhere else.\n" +
  "This is no transaction: it moves no money.\n" +
  "\n" +
  `Market: ${market}\n` +
  `Plan: ${plan}\n` +
  `Order: ${orderId}\n`;

/** A new key, with the bits fixed that X25519 fixes, so that it reads the same everywhere. */
async function newKey() {
  const secret = crypto.getRandomValues(new Uint8Array(32));
  secret[0] &= 0xf8;
  secret[31] = (secret[31] & 0x7f) | 0x40;
  return { secret, public: await publicKeyOf(secret) };
}

const recoveryCheck = async (secret) => (await sha256(concat(utf8("wayfare/recovery"), secret))).subarray(0, 4);

/** A secret as a person keeps it, in groups of five characters. */
export async function encodeRecoveryCode(secret) {
  const text = base58Encode(concat(secret, await recoveryCheck(secret)));
  return text.match(/.{1,5}/g).join(" ");
}

/** The secret of a recovery code; spaces and dashes are no part of it. */
export async function decodeRecoveryCode(text) {
  const bare = text.replace(/[\s\u00a0\u2010-\u2015-]/gu, "");
  if (bare === "") throw new Told("Type or paste the recovery code first.");
  let bytes;
  try {
    bytes = base58Decode(bare, 36);
  } catch (error) {
    throw new Told(`This is no recovery code. ${error.message} Compare it with what you kept.`);
  }
  const secret = bytes.slice(0, 32);
  if (!equal(await recoveryCheck(secret), bytes.subarray(32))) {
    throw new Told("The recovery code has a mistake: compare each character with what you kept.");
  }
  return secret;
}

const KEY_FILE_KIND = "wayfare-delivery-key";

/** A key file as the command line writes and reads it. */
export const encodeKeyFile = (key) =>
  `${JSON.stringify({
    kind: KEY_FILE_KIND,
    public: base58Encode(key.public),
    secret: base58Encode(key.secret),
  })}\n`;

/** The key of a key file. No error repeats what stands in it. */
export async function decodeKeyFile(text) {
  let file;
  try {
    file = JSON.parse(text);
  } catch {
    file = null;
  }
  if (file?.kind !== KEY_FILE_KIND) throw new Told("This file is no delivery key of Wayfare.");
  let key;
  try {
    const secret = base58Decode(file.secret, 32);
    key = { secret, public: await publicKeyOf(secret) };
  } catch {
    throw new Told("The key file is damaged.");
  }
  if (base58Encode(key.public) !== file.public) {
    throw new Told("The key file is damaged: its public key is not the one of its secret.");
  }
  return key;
}

/** Whether an Ed25519 signature is valid; null where the browser cannot tell. */
async function verifySignature(publicKey, signature, bytes) {
  try {
    const name = "Ed25519";
    const key = await crypto.subtle.importKey("raw", publicKey, { name }, false, ["verify"]);
    return await crypto.subtle.verify({ name }, key, signature, bytes);
  } catch {
    return null;
  }
}

/** Why this browser cannot open deliveries, or null if it can. */
async function missingCryptography() {
  if (!globalThis.isSecureContext || !globalThis.crypto?.subtle) {
    return "This page was not loaded over a secure connection (https), so the browser does not let it encrypt.";
  }
  try {
    await crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]);
    return null;
  } catch {
    return "This browser does not have the encryption (X25519) that deliveries are protected with.";
  }
}

// ------------------------------------------------------------------------------------------------------------------
// Profiles: what is delivered (`profile.rs`, `lpa.rs` and `ids.rs` of the Rust code)
// ------------------------------------------------------------------------------------------------------------------

const PROFILE_FIELDS = [
  "lpa",
  "smdp_address",
  "matching_id",
  "confirmation_code",
  "iccid",
  "eid",
  "apn",
  "notes",
  "plan",
];

/** Why a host name is none (RFC 1123 §2.1), or null. */
function hostProblem(host) {
  const labels = host.split(".");
  if (host === "" || host.length > 253) return "its length";
  if (!/^[A-Za-z0-9.-]+$/.test(host)) return "a host name has letters, digits, - and points only";
  if (labels.some((label) => label === "" || label.length > 63)) return "the parts between its points";
  if (labels.some((label) => label.startsWith("-") || label.endsWith("-"))) return "a - at the end of a part";
  if (labels.length === 1) return "it has no point";
  return /^\d+$/.test(labels.at(-1)) ? "a number is no name" : null;
}

/** The parts of an activation code (SGP.22 §4.1). */
export function parseActivationCode(text) {
  if (!text.startsWith("LPA:1$")) throw new Told('an activation code starts with "LPA:1$"');
  if (utf8(text).length > 255) throw new Told("an activation code has at most 255 characters");
  const [address, matchingId, oid, flag, ...more] = text.slice("LPA:1$".length).split("$");
  if (matchingId === undefined) throw new Told("the activation code has no matching id");
  if (more.length > 0 || flag === "" || (oid === "" && flag === undefined)) {
    throw new Told('the activation code has too many "$"');
  }
  if (flag !== undefined && flag !== "1") throw new Told("the last part of an activation code is 1 or nothing");
  const problem = hostProblem(address);
  if (problem !== null) throw new Told(`the SM-DP+ address is no full host name: ${problem}`);
  if (!/^[A-Z0-9-]*$/.test(matchingId)) throw new Told("the matching id has only A to Z, 0 to 9 and -");
  if (oid && !/^(0|[1-9]\d*)(\.(0|[1-9]\d*))+$/.test(oid)) {
    throw new Told("the OID is not numbers between points");
  }
  return { text, address, matchingId, needsConfirmationCode: flag === "1" };
}

/** A text on one line: control characters could hide what stands around them. */
function line(field, text) {
  if (text === null) return null;
  if (/^\p{White_Space}*$/u.test(text)) throw new Told(`"${field}" is empty`);
  if (/\p{Cc}/u.test(text)) throw new Told(`"${field}" has a control character`);
  return text;
}

/** Whether 32 digits are 1 modulo 97 (ISO 7064). */
const isChecked = (eid) => [...eid].reduce((rest, digit) => (rest * 10 + Number(digit)) % 97, 0) === 1;

/** Reads a profile: an activation code, or a JSON object. Throws why it is none. */
export function parseProfile(bytes) {
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Told("it is not text in UTF-8");
  }
  // As Rust trims: not the byte order mark, which JavaScript's own trim takes for white space.
  text = text.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, "");
  let given = { lpa: text };
  if (text.startsWith("{")) {
    try {
      given = JSON.parse(text);
    } catch {
      throw new Told("the JSON object cannot be read");
    }
  }
  for (const [field, value] of Object.entries(given)) {
    if (!PROFILE_FIELDS.includes(field)) throw new Told("the JSON object has a field that is not known");
    if (value !== null && typeof value !== "string") throw new Told(`"${field}" is no text`);
  }
  const field = (name) => given[name] ?? null;
  const [lpa, address, id] = ["lpa", "smdp_address", "matching_id"].map(field);
  const confirmationCode = line("confirmation_code", field("confirmation_code"));
  if (field("plan") !== null) throw new Told('"plan" has no place in a profile');
  if (lpa !== null && (address !== null || id !== null)) throw new Told("it has two activation codes");
  if (lpa === null && (address === null || id === null)) throw new Told("it has no activation code");
  const code = parseActivationCode(lpa ?? `LPA:1$${address}$${id}${confirmationCode === null ? "" : "$$1"}`);
  if (code.matchingId === "") throw new Told("the activation code has no matching id");
  if (code.needsConfirmationCode && confirmationCode === null) {
    throw new Told("the activation code requires a confirmation code, and there is none");
  }
  const iccid = field("iccid");
  if (iccid !== null && !/^89\d{17,18}$/.test(iccid)) throw new Told("the ICCID is not 19 or 20 digits from 89");
  const eid = field("eid");
  if (eid !== null && !(/^89\d{30}$/.test(eid) && isChecked(eid))) throw new Told("the EID is wrong");
  const apn = line("apn", field("apn"));
  if (apn !== null && (utf8(apn).length > 100 || /\p{White_Space}/u.test(apn))) {
    throw new Told("the APN has at most 100 characters and no spaces");
  }
  return {
    activation_code: code.text,
    smdp_address: code.address,
    matching_id: code.matchingId,
    confirmation_code: confirmationCode,
    iccid,
    eid,
    apn,
    notes: line("notes", field("notes")),
  };
}

/** Fewest and most bytes of a delivery's ciphertext. */
const MIN_CIPHERTEXT = 81;
const MAX_CIPHERTEXT = 512;

/**
 * Opens a delivery with the order's own key, as the command line does. `problem` says in plain words why it is of no
 * use, and `evidence` what anybody can compare.
 */
export async function openDelivery(secret, order, ciphertext, commitment) {
  const evidence = (...rows) => [["order", order], ...rows].map(([name, value]) => `${name}: ${value}`).join("\n");
  const onChain = [
    ["ciphertext", hex(ciphertext)],
    ["committed to", hex(commitment)],
  ];
  let plain = null;
  if (ciphertext.length >= MIN_CIPHERTEXT && ciphertext.length <= MAX_CIPHERTEXT) {
    try {
      plain = await hpkeOpen(secret, base58Decode(order, 32), ciphertext);
    } catch {
      plain = null;
    }
  }
  if (plain === null || plain.length < 32) {
    return {
      problem:
        "The delivery cannot be decrypted, although this is the order's own key: it is damaged, or was made for " +
        "another order or another key.",
      evidence: evidence(...onChain),
    };
  }
  const content = plain.subarray(32);
  const opened = [
    ["order secret", hex(plain.subarray(0, 32))],
    ["content", hex(content)],
  ];
  const delivered = await sha256(plain);
  if (!equal(delivered, commitment)) {
    return {
      problem: "The seller delivered something else than it committed to.",
      evidence: `${evidence(["committed to", hex(commitment)], ["delivered", hex(delivered)], ...opened)}
sha256(order secret, content) is what was delivered, and anybody can compare it`,
    };
  }
  try {
    return { profile: parseProfile(content) };
  } catch (error) {
    return {
      problem: `What was delivered is no eSIM profile: ${error.message}.`,
      evidence: evidence(["committed to", hex(commitment)], ...opened),
    };
  }
}

// ------------------------------------------------------------------------------------------------------------------
// Transactions
// ------------------------------------------------------------------------------------------------------------------

const PROGRAM = "9nWHmGpdkpaK6oqT86ewqosmSbdz1JDbz79w69C48QK";
const COMPUTE_BUDGET = "ComputeBudget111111111111111111111111111111";
const ASSOCIATED_TOKEN = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";
const TOKEN_PROGRAMS = ["TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA", "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"];

/** What the data of an instruction starts with (idls/esim_market.json). */
const DISCRIMINATOR = {
  purchase: [21, 93, 113, 154, 193, 160, 242, 168],
  confirm_delivery: [11, 109, 227, 53, 179, 190, 88, 155],
  dispute: [216, 92, 128, 146, 202, 85, 135, 73],
  refund_undelivered: [190, 0, 173, 4, 203, 105, 145, 154],
  refund_unanswered: [79, 89, 92, 211, 175, 177, 220, 200],
  resolve_by_default: [79, 0, 51, 134, 89, 138, 75, 239],
  pay_out: [122, 7, 14, 119, 71, 188, 166, 34],
  close_order: [90, 103, 209, 28, 7, 63, 168, 4],
};

/** Where an instruction has the accounts that are checked. */
const PURCHASE_AT = { payer: 0, buyer: 1, market: 2, plan: 4, source: 7, order: 8, parent: 9 };
const DISPUTE_AT = { market: 0, order: 2, actor: 3 };
const SETTLE_AT = { market: 0, order: 4, actor: 5, refundTo: 7 };
const CLOSE_AT = { market: 0, order: 1, payer: 3, actor: 5 };

/** `CreateIdempotent` of the associated token program: makes the account unless it is there. */
const CREATE_IDEMPOTENT = [1];
const CREATE_AT = { payer: 0, made: 1, owner: 2 };

/** The byte of each reason of a dispute. */
const REASON_BYTE = {
  unreadable: 1,
  "not-installable": 2,
  "no-service": 3,
  "not-as-described": 4,
  "used-before": 5,
  unused: 6,
  other: 7,
};

/** Most that a transaction may add to the network's fee for being handled sooner: 0.01 SOL. */
const MAX_PRIORITY_LAMPORTS = 10_000_000n;

/** Reads a legacy transaction. Throws where it is anything else, and where anything is left over. */
export function decodeTransaction(bytes) {
  let at = 0;
  const take = (length) => {
    if (at + length > bytes.length) throw new Told("The transaction is cut short.");
    at += length;
    return bytes.slice(at - length, at);
  };
  const count = () => {
    let value = 0;
    for (let place = 0; place < 3; place++) {
      const [byte] = take(1);
      value |= (byte & 0x7f) << (7 * place);
      if (byte < 0x80) return value;
    }
    throw new Told("A length in the transaction has no end.");
  };
  const list = (read) => Array.from({ length: count() }, read);
  const key = () => base58Encode(take(32));

  const signatures = list(() => take(64));
  const start = at;
  const [required, readOnlySigned, readOnlyUnsigned] = take(3);
  if (required >= 0x80) throw new Told("The transaction is of a version that this page does not know.");
  const keys = list(key);
  const blockhash = key();
  const named = (index) => {
    if (index >= keys.length) throw new Told("The transaction names an account that it does not have.");
    return keys[index];
  };
  const instructions = list(() => ({
    program: named(take(1)[0]),
    accounts: Array.from(take(count()), named),
    data: take(count()),
  }));
  if (at !== bytes.length) throw new Told("Something is left over after the transaction.");
  if (required === 0 || required > keys.length || signatures.length !== required) {
    throw new Told("The transaction's signatures do not fit its accounts.");
  }
  return {
    signatures,
    message: bytes.slice(start),
    header: { required, readOnlySigned, readOnlyUnsigned },
    keys,
    blockhash,
    instructions,
  };
}

/** The prime of Curve25519, and the d of Ed25519's equation −x² + y² = 1 + dx²y² (RFC 8032 §5.1). */
const PRIME = 2n ** 255n - 19n;
const CURVE_D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

/** Whether 32 bytes are a point of Ed25519, and so may have a secret key. */
function isOnCurve(bytes) {
  const y = BigInt(`0x${hex(bytes.toReversed())}`) & (2n ** 255n - 1n);
  const u = y * y - 1n;
  const v = CURVE_D * y * y + 1n;
  // x² = u / v has a solution where uv is a square (Euler's criterion).
  let base = (((u * v) % PRIME) + PRIME) % PRIME;
  if (base === 0n) return true;
  let power = 1n;
  for (let exponent = (PRIME - 1n) / 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) power = (power * base) % PRIME;
    base = (base * base) % PRIME;
  }
  return power === 1n;
}

/** The address that a program has for these seeds: the first that no secret key belongs to (`find_program_address`). */
async function programAddress(seeds, program) {
  for (let bump = 255; bump >= 0; bump--) {
    const address = await sha256(concat(...seeds, [bump], base58Decode(program, 32), utf8("ProgramDerivedAddress")));
    if (!isOnCurve(address)) return base58Encode(address);
  }
  throw new Error("no program address");
}

/** The token accounts that a wallet can have for a mint, one for each token program. */
export const tokenAccounts = (wallet, mint) =>
  Promise.all(
    TOKEN_PROGRAMS.map((program) => {
      const seeds = [wallet, program, mint].map((address) => base58Decode(address, 32));
      return programAddress(seeds, ASSOCIATED_TOKEN);
    }),
  );

/**
 * Throws unless `account` alone signs and pays, and nothing but one instruction of the market's program is done. What the
 * associated token program is to do stands in `created`, for the caller to check.
 */
function onlyInstruction(transaction, account) {
  const lie = (what) => {
    throw new Told(`The shop's transaction was not what this page asked for (${what}), so nothing was signed.`);
  };
  const { header, keys, instructions } = transaction;
  if (header.required !== 1 || keys[0] !== account) lie("another wallet would sign or pay the fee");
  let units = null;
  let microLamports = 0n;
  let ours = null;
  const created = [];
  for (const { program, accounts, data } of instructions) {
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    if (program === COMPUTE_BUDGET) {
      if (data[0] === 2 && data.length === 5) units = view.getUint32(1, true);
      else if (data[0] === 3 && data.length === 9) microLamports = view.getBigUint64(1, true);
      else if (!((data[0] === 1 || data[0] === 4) && data.length === 5)) lie("an unknown compute budget");
    } else if (program === PROGRAM) {
      if (ours !== null) lie("more than one step");
      ours = { accounts, data };
    } else if (program === ASSOCIATED_TOKEN) {
      created.push({ accounts, data });
    } else {
      lie(`it calls the program ${program}`);
    }
  }
  if (ours === null) lie("the market's program is not called");
  // Without a limit of its own, each instruction counts for 200,000 units.
  const priced = BigInt(units ?? 200_000 * instructions.length) * microLamports;
  if (priced / 1_000_000n > MAX_PRIORITY_LAMPORTS) lie("it would pay too high a network fee");
  return { ...ours, created, lie };
}

/**
 * Throws unless the transaction is the purchase that this page asked for; gives the order's address. `asked` has
 * `account`, `market`, `plan`, `orderId`, `version`, `marketVersion`, `maxPrice`, `key` (32 bytes) and `sources`, the token
 * accounts that may pay.
 */
export function checkPurchase(transaction, asked) {
  const { accounts, data, created, lie } = onlyInstruction(transaction, asked.account);
  if (created.length > 0) lie("a token account");
  const expected = concat(
    DISCRIMINATOR.purchase,
    u64(asked.orderId),
    u64(asked.version),
    u64(asked.marketVersion),
    u64(asked.maxPrice),
    asked.key,
  );
  const parts = [
    ["another step", 0, 8],
    ["another order", 8, 16],
    ["another version of the plan", 16, 24],
    ["another version of the market's terms", 24, 32],
    ["another price", 32, 40],
    ["another delivery key", 40, 72],
  ];
  for (const [what, from, to] of parts) {
    if (!equal(data.subarray(from, to), expected.subarray(from, to))) lie(what);
  }
  if (data.length !== expected.length) lie("more than was asked for");
  if (accounts[PURCHASE_AT.plan] !== asked.plan) lie("another plan");
  if (accounts[PURCHASE_AT.market] !== asked.market) lie("another market");
  if (accounts[PURCHASE_AT.payer] !== asked.account) lie("another payer");
  if (accounts[PURCHASE_AT.buyer] !== asked.account) lie("another buyer");
  if (!asked.sources.includes(accounts[PURCHASE_AT.source])) lie("another token");
  // What is not given is named by the program's own address.
  if (accounts[PURCHASE_AT.parent] !== PROGRAM) lie("a top-up");
  return accounts[PURCHASE_AT.order];
}

/**
 * Throws unless the transaction takes this step with this order. `asked` has `account`, `market`, `order`, `payer` (who
 * paid the order), `action` and, for a dispute, `reason`.
 */
export function checkStep(transaction, asked) {
  const { accounts, data, created, lie } = onlyInstruction(transaction, asked.account);
  const allowed = {
    confirm: [DISCRIMINATOR.confirm_delivery],
    dispute: [[...DISCRIMINATOR.dispute, REASON_BYTE[asked.reason]]],
    refund: [DISCRIMINATOR.refund_undelivered, DISCRIMINATOR.refund_unanswered, DISCRIMINATOR.pay_out],
    resolve: [DISCRIMINATOR.resolve_by_default],
    close: [DISCRIMINATOR.close_order],
  }[asked.action];
  if (!allowed.some((bytes) => equal(data, bytes))) lie("another step");
  const place = { dispute: DISPUTE_AT, close: CLOSE_AT }[asked.action] ?? SETTLE_AT;
  if (accounts[place.order] !== asked.order) lie("another order");
  if (accounts[place.market] !== asked.market) lie("another market");
  if (accounts[place.actor] !== asked.account) lie("another signer");
  // The deposit goes back to who paid it.
  if (asked.action === "close" && accounts[place.payer] !== asked.payer) lie("another payer");

  // What brings money may make the account that it goes to first; `account` pays the deposit for it.
  const mayCreate = ["refund", "resolve"].includes(asked.action);
  if (created.length > (mayCreate ? 1 : 0)) lie("a token account");
  for (const creation of created) {
    const isTheRefunds =
      equal(creation.data, CREATE_IDEMPOTENT) &&
      creation.accounts[CREATE_AT.payer] === asked.account &&
      creation.accounts[CREATE_AT.made] === accounts[SETTLE_AT.refundTo] &&
      creation.accounts[CREATE_AT.owner] === asked.payer;
    if (!isTheRefunds) lie("an unknown token account");
  }
}

// ------------------------------------------------------------------------------------------------------------------
// QR codes (ISO/IEC 18004): byte mode, error correction level M
// ------------------------------------------------------------------------------------------------------------------

/** For each version from 1: error correction bytes of a block, and blocks. */
const QR_EC_BYTES = [
  10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
];
const QR_BLOCKS = [
  1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35,
  37, 38, 40, 43, 45, 47, 49,
];

/** Powers of 2 in GF(256) with the polynomial 0x11d, twice over, and their logarithms. */
const [GF_POWER, GF_LOG] = (() => {
  const power = new Uint8Array(510);
  const log = new Uint8Array(256);
  for (let at = 0, value = 1; at < 255; at++) {
    power[at] = power[at + 255] = value;
    log[value] = at;
    value = value * 2 > 255 ? (value * 2) ^ 0x11d : value * 2;
  }
  return [power, log];
})();

const gfMultiply = (a, b) => (a === 0 || b === 0 ? 0 : GF_POWER[GF_LOG[a] + GF_LOG[b]]);

/** The Reed–Solomon bytes of a block: its remainder by (x − 1)(x − 2)(x − 4)…, of that degree. */
function reedSolomon(block, degree) {
  let divisor = [1];
  for (let root = 0; root < degree; root++) {
    const next = [...divisor, 0];
    divisor.forEach((coefficient, at) => (next[at + 1] ^= gfMultiply(coefficient, GF_POWER[root])));
    divisor = next;
  }
  const rest = [...block, ...new Array(degree).fill(0)];
  for (let at = 0; at < block.length; at++) {
    const lead = rest[at];
    divisor.forEach((coefficient, place) => (rest[at + place] ^= gfMultiply(coefficient, lead)));
  }
  return rest.slice(block.length);
}

/** Where the centres of alignment patterns lie, in each direction. */
function qrAlignment(version) {
  if (version === 1) return [];
  const number = Math.floor(version / 7) + 2;
  const step = version === 32 ? 26 : Math.ceil((version * 4 + 4) / (number * 2 - 2)) * 2;
  const places = [6];
  for (let at = version * 4 + 10; places.length < number; at -= step) places.splice(1, 0, at);
  return places;
}

/** How many bytes a version holds, with error correction. */
function qrBytes(version) {
  let modules = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const number = Math.floor(version / 7) + 2;
    modules -= (25 * number - 10) * number - 55;
    if (version >= 7) modules -= 36;
  }
  return Math.floor(modules / 8);
}

/** The bytes of a code of the smallest version that holds the text, as they are placed in it. */
function qrContent(text) {
  const bytes = utf8(text);
  for (let version = 1; version <= 40; version++) {
    const degree = QR_EC_BYTES[version - 1];
    const blocks = QR_BLOCKS[version - 1];
    const total = qrBytes(version);
    const capacity = total - degree * blocks;
    const lengthBits = version < 10 ? 8 : 16;
    if (4 + lengthBits + 8 * bytes.length > 8 * capacity) continue;

    const bits = [];
    const put = (value, length) => {
      for (let at = length - 1; at >= 0; at--) bits.push((value >> at) & 1);
    };
    put(4, 4);
    put(bytes.length, lengthBits);
    bytes.forEach((byte) => put(byte, 8));
    put(0, Math.min(4, 8 * capacity - bits.length));
    put(0, (8 - (bits.length % 8)) % 8);
    for (let fill = 0xec; bits.length < 8 * capacity; fill ^= 0xec ^ 0x11) put(fill, 8);
    const data = [];
    for (let at = 0; at < bits.length; at += 8) data.push(parseInt(bits.slice(at, at + 8).join(""), 2));

    // The first blocks are shorter by a byte where the whole does not divide.
    const short = Math.floor(capacity / blocks);
    const shorts = blocks - (capacity % blocks);
    const parts = [];
    for (let block = 0, at = 0; block < blocks; block++) {
      const length = short + (block < shorts ? 0 : 1);
      const part = data.slice(at, at + length);
      parts.push({ part, correction: reedSolomon(part, degree) });
      at += length;
    }
    const placed = [];
    for (let at = 0; at <= short; at++) {
      for (const { part } of parts) if (at < part.length) placed.push(part[at]);
    }
    for (let at = 0; at < degree; at++) for (const { correction } of parts) placed.push(correction[at]);
    return { version, placed };
  }
  throw new Told("This is too long for a QR code.");
}

const QR_MASKS = [
  (x, y) => (x + y) % 2 === 0,
  (x, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** How hard a code is to read (§7.8.3): the mask with the lowest score is taken. */
function qrPenalty(dark) {
  const size = dark.length;
  let score = 0;
  const lines = [];
  for (let at = 0; at < size; at++) {
    lines.push(dark[at].map((on) => (on ? "1" : "0")).join(""));
    lines.push(dark.map((row) => (row[at] ? "1" : "0")).join(""));
  }
  for (const text of lines) {
    for (const [run] of text.matchAll(/0{5,}|1{5,}/g)) score += run.length - 2;
    for (let at = 0; at + 11 <= size; at++) {
      const part = text.slice(at, at + 11);
      if (part === "10111010000" || part === "00001011101") score += 40;
    }
  }
  let total = 0;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const on = dark[y][x];
      if (on) total++;
      if (x > 0 && y > 0 && on === dark[y][x - 1] && on === dark[y - 1][x] && on === dark[y - 1][x - 1]) score += 3;
    }
  }
  return score + 10 * Math.floor(Math.abs((100 * total) / (size * size) - 50) / 5);
}

/** The modules of a text's QR code, row by row: true is dark. Without the light margin of four. */
export function qrMatrix(text) {
  const { version, placed } = qrContent(text);
  const size = version * 4 + 17;
  const dark = Array.from({ length: size }, () => new Array(size).fill(false));
  const fixed = Array.from({ length: size }, () => new Array(size).fill(false));
  const set = (x, y, on) => {
    if (x < 0 || y < 0 || x >= size || y >= size) return;
    dark[y][x] = on;
    fixed[y][x] = true;
  };
  const rings = (x, y, radius, isDark) => {
    for (let dy = -radius; dy <= radius; dy++) {
      for (let dx = -radius; dx <= radius; dx++) set(x + dx, y + dy, isDark(Math.max(Math.abs(dx), Math.abs(dy))));
    }
  };

  for (let at = 0; at < size; at++) {
    set(6, at, at % 2 === 0);
    set(at, 6, at % 2 === 0);
  }
  // A finder with its light border, which the edges cut off.
  const finder = (ring) => ring !== 2 && ring !== 4;
  rings(3, 3, 4, finder);
  rings(size - 4, 3, 4, finder);
  rings(3, size - 4, 4, finder);
  const centres = qrAlignment(version);
  const last = centres.length - 1;
  centres.forEach((y, row) =>
    centres.forEach((x, column) => {
      const isCorner = (row === 0 && column === 0) || (row === 0 && column === last) || (row === last && column === 0);
      if (!isCorner) rings(x, y, 2, (ring) => ring !== 1);
    }),
  );

  const remainder = (value, polynomial, degree) => {
    let rest = value;
    for (let at = 0; at < degree; at++) rest = (rest << 1) ^ ((rest >> (degree - 1)) * polynomial);
    return (value << degree) | rest;
  };
  // The level's own two bits are 00, so that what is told is the mask's number alone.
  const setFormat = (mask) => {
    const bits = remainder(mask, 0x537, 10) ^ 0x5412;
    const bit = (at) => ((bits >> at) & 1) === 1;
    for (let at = 0; at < 6; at++) set(8, at, bit(at));
    set(8, 7, bit(6));
    set(8, 8, bit(7));
    set(7, 8, bit(8));
    for (let at = 9; at < 15; at++) set(14 - at, 8, bit(at));
    for (let at = 0; at < 8; at++) set(size - 1 - at, 8, bit(at));
    for (let at = 8; at < 15; at++) set(8, size - 15 + at, bit(at));
    set(8, size - 8, true);
  };
  setFormat(0);
  if (version >= 7) {
    const bits = remainder(version, 0x1f25, 12);
    for (let at = 0; at < 18; at++) {
      const on = ((bits >> at) & 1) === 1;
      const near = size - 11 + (at % 3);
      const far = Math.floor(at / 3);
      set(near, far, on);
      set(far, near, on);
    }
  }

  // Up and down in pairs of columns from the right, past the timing pattern.
  let bit = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    const isUpward = ((right + 1) & 2) === 0;
    for (let step = 0; step < size; step++) {
      const y = isUpward ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (fixed[y][x] || bit >= placed.length * 8) continue;
        dark[y][x] = ((placed[bit >> 3] >> (7 - (bit & 7))) & 1) === 1;
        bit++;
      }
    }
  }

  const flip = (mask) => {
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) if (!fixed[y][x] && QR_MASKS[mask](x, y)) dark[y][x] = !dark[y][x];
    }
  };
  const scores = QR_MASKS.map((_, mask) => {
    flip(mask);
    setFormat(mask);
    const score = qrPenalty(dark);
    flip(mask);
    return score;
  });
  const best = scores.indexOf(Math.min(...scores));
  flip(best);
  setFormat(best);
  return dark;
}

/** A QR code as SVG: always dark on light, whatever the page's colours are. */
function qrPicture(text, label) {
  const modules = qrMatrix(text);
  const side = modules.length + 8;
  // Whole pixels for each module, as far as the screen is wide enough: cameras like them all the same.
  const pixels = side * Math.max(Math.floor(400 / side), 4);
  const make = (name, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const picture = make("svg", {
    viewBox: `0 0 ${side} ${side}`,
    width: pixels,
    height: pixels,
    "shape-rendering": "crispEdges",
    role: "img",
    "aria-label": label,
  });
  const path = modules.flatMap((row, y) => row.map((on, x) => (on ? `M${x + 4} ${y + 4}h1v1h-1z` : ""))).join("");
  picture.append(make("rect", { width: side, height: side, fill: "#fff" }), make("path", { d: path, fill: "#000" }));
  return picture;
}

// ------------------------------------------------------------------------------------------------------------------
// The page: texts, times, focus
// ------------------------------------------------------------------------------------------------------------------

const byId = (id) => document.getElementById(id);

const show = (element, isShown = true) => {
  if (element) element.hidden = !isShown;
};

const page = () => document.body.dataset;

/** The name of a cluster: `solana:devnet` is devnet. */
const clusterOf = (chain) => chain.replace(/^solana:/, "");

/** Says something in the page's live region. `kind` is `info`, `wait` or `error`. */
function say(text, kind = "info") {
  const region = byId("status");
  if (!region) return;
  region.dataset.kind = kind;
  // Said once, not every time that it still holds.
  if (region.textContent === text) return;
  region.textContent = text;
  // News stay in sight for as long as it takes to see and read them.
  clearTimeout(newsEnd);
  region.dataset.isNew = "";
  newsEnd = setTimeout(() => delete region.dataset.isNew, NEWS_TIME + READING_TIME * text.length);
}

let newsEnd;

/** Milliseconds to see that there is something new, and to read a character of it. */
const NEWS_TIME = 4_000;
const READING_TIME = 60;

function sayError(error) {
  if (error instanceof Told) say(error.message, "error");
  else say(`Something went wrong in this page: ${error?.message ?? error}`, "error");
}

/** Brings a step's heading into view, and the keyboard and screen reader to it. */
function focusOn(heading) {
  heading.focus({ preventScroll: true });
  // At once, without a motion that some people cannot bear.
  heading.scrollIntoView({ block: "nearest", behavior: "instant" });
}

const TIME = {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZoneName: "short",
};

/** A time as people say it, and how far away it is. */
function when(unix, now) {
  const text = new Intl.DateTimeFormat("en-GB", TIME).format(new Date(unix * 1000));
  const away = Math.abs(unix - now);
  const [length, unit] = [
    [86_400, "day"],
    [3_600, "hour"],
    [60, "minute"],
    [1, "second"],
  ].find(([seconds]) => away >= 2 * seconds || seconds === 1);
  const number = Math.round(away / length);
  const far = `${number} ${unit}${number === 1 ? "" : "s"}`;
  return unix >= now ? `${text} (in ${far})` : `${text} (${far} ago)`;
}

/** Runs what a button starts: the section is busy meanwhile, and a failure ends in the live region. */
async function run(section, work) {
  if (section.getAttribute("aria-busy") === "true") return;
  const controls = section.querySelector("fieldset.controls");
  const focused = document.activeElement;
  section.setAttribute("aria-busy", "true");
  controls.disabled = true;
  try {
    await work();
  } catch (error) {
    sayError(error);
  } finally {
    section.removeAttribute("aria-busy");
    controls.disabled = false;
    // A disabled control loses the keyboard's place: it is given back, unless it went on.
    const isLost = document.activeElement === document.body || document.activeElement === null;
    if (isLost && focused?.isConnected && focused.getClientRects().length > 0) focused.focus();
  }
}

const onClick = (id, section, work) => byId(id).addEventListener("click", () => void run(section, work));

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Sleeps, but not beyond the moment when somebody looks at the page again. */
function sleepUntilSeen(ms) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
      resolve();
    };
    const seen = () => {
      if (document.visibilityState === "visible") end();
    };
    const timer = setTimeout(end, ms);
    document.addEventListener("visibilitychange", seen);
  });
}

/** Waits until somebody looks at the page. */
async function untilSeen() {
  while (document.hidden) await sleepUntilSeen(60_000);
}

/** A short form of an address, with the whole one for who asks for it. */
function showShort(id, address) {
  byId(id).textContent = shortAddress(address);
  byId(id).title = address;
}

/** Whether a button was pressed a second time: the first time it warns, and is called `again` until then. */
function isSure(id, warning, again) {
  const button = byId(id);
  const { calledBefore } = button.dataset;
  if (calledBefore !== undefined) {
    button.textContent = calledBefore;
    delete button.dataset.calledBefore;
    return true;
  }
  button.dataset.calledBefore = button.textContent;
  button.textContent = again;
  say(warning, "error");
  return false;
}

/** Copies a text; where the browser does not let it, selects it. */
async function copy(element, what) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    say(`${what} is copied.`);
  } catch {
    getSelection().selectAllChildren(element);
    say(`This browser does not copy by itself. ${what} is selected: copy it with your keyboard or menu.`);
  }
}

/** Offers a text as a file. */
function download(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** No key file is longer. */
const MAX_KEY_FILE = 4096;

async function readKeyFile(input) {
  const [file] = input.files;
  if (!file) throw new Told("Choose the key file first.");
  if (file.size > MAX_KEY_FILE) throw new Told("This file is no delivery key of Wayfare.");
  return decodeKeyFile(await file.text());
}

/** The key of the recovery code in `#recovery-input`. */
async function readRecoveryCode() {
  const secret = await decodeRecoveryCode(byId("recovery-input").value);
  return { secret, public: await publicKeyOf(secret) };
}

// ------------------------------------------------------------------------------------------------------------------
// The shop's server
// ------------------------------------------------------------------------------------------------------------------

/** Milliseconds between two looks at something that is waited for, and the most that it grows to. */
const POLL = 2_000;
const SLOW_POLL = 10_000;

/** The same where nothing is waited for, but the thing may be gone. */
const IDLE_POLL = 60_000;

/** How long a request that somebody waits for is tried again. */
const PATIENCE = 120_000;

/** Longer than the shop itself takes before it gives up (25 s). */
const REQUEST_TIMEOUT = 35_000;

/** `Retry-After` in seconds, from a number or a date; null where there is none. */
function retryAfter(response) {
  const text = response.headers.get("retry-after");
  if (text === null) return null;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 1), 60) : null;
}

async function request(path, options) {
  let response;
  try {
    response = await fetch(path, {
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      signal: AbortSignal.timeout(REQUEST_TIMEOUT),
      ...options,
    });
  } catch {
    throw new ShopError(0, "unreachable", "The shop does not answer.", null);
  }
  if (response.ok) return response;
  let told = null;
  try {
    told = await response.json();
  } catch {
    // An answer from something between the shop and here.
  }
  const unsaid = `The shop does not answer as it should (status ${response.status}).`;
  const message = typeof told?.message === "string" ? told.message : unsaid;
  const order = typeof told?.order === "string" ? told.order : null;
  throw new ShopError(response.status, told?.code ?? "unknown", message, retryAfter(response), order);
}

async function getJson(path) {
  const response = await request(path, { headers: { accept: "application/json" } });
  return readJson(response);
}

async function postJson(path, body) {
  const headers = { accept: "application/json", "content-type": "application/json" };
  const response = await request(path, { method: "POST", headers, body: JSON.stringify(body) });
  return readJson(response);
}

async function readJson(response) {
  try {
    return await response.json();
  } catch {
    throw new ShopError(0, "unreachable", "The shop's answer was cut short.", null);
  }
}

/** How long to wait after the nth failure in a row. */
const pauseAfter = (error, failures) => (error.retryAfter ?? Math.min(2 ** failures, SLOW_POLL / 1000)) * 1000;

/** Says that the shop is waited for, and what for. */
const sayWaiting = (error, what) =>
  say(`${error.message} ${what} goes on as soon as it can; no need to reload.`, "wait");

/** Asks again while the shop is busy or cannot be reached. `what` is waited for. Only for what may be asked twice. */
async function patiently(what, ask) {
  const end = Date.now() + PATIENCE;
  for (let failures = 1; ; failures++) {
    try {
      return await ask();
    } catch (error) {
      const pause = error instanceof ShopError && error.isPassing ? pauseAfter(error, failures) : null;
      if (pause === null || Date.now() + pause > end) throw error;
      sayWaiting(error, what);
      await sleep(pause);
    }
  }
}

const getOrder = (order) => getJson(`/orders/${order}`);

/** The order, or null while there is none. */
async function findOrder(order) {
  try {
    return await getOrder(order);
  } catch (error) {
    if (error instanceof ShopError && error.status === 404) return null;
    throw error;
  }
}

/** Several wallets have paid under the number and key of one purchase. Only who paid can tell which order is the own one. */
class SeveralPaid extends Told {
  constructor(orders) {
    super(
      "More than one wallet has paid for this purchase. Choose your order below, by the wallet that paid.",
    );
    this.orders = orders;
  }
}

/**
 * The order of this plan, public key (in base58) and number, if it was paid. Key and number are public once it is, so that
 * anybody can pay for another order under them: then it throws SeveralPaid.
 */
async function findPaid(plan, publicKey, orderId) {
  const { orders } = await getJson(`/orders?plan=${plan}&key=${publicKey}`);
  const paid = orders.filter((order) => order.plan === plan && order.order_id === String(orderId));
  if (paid.length > 1) throw new SeveralPaid(paid);
  return paid[0] ?? null;
}

/** Lists orders in `#found`, for somebody to choose from. */
function listFound(section, orders, choose) {
  byId("found-orders").replaceChildren(
    ...orders.map((order) => {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.order = order.order;
      const what = [order.plan_id ?? "A retired plan", order.price.text, order.state].join(", ");
      button.textContent = `${what}, bought ${when(order.purchased_at, order.now)} by ${order.buyer}`;
      button.addEventListener("click", () => void run(section, () => choose(order)));
      const item = document.createElement("li");
      item.append(button);
      return item;
    }),
  );
  show(byId("found"));
}

// ------------------------------------------------------------------------------------------------------------------
// Wallets (the Wallet Standard)
// ------------------------------------------------------------------------------------------------------------------

const CONNECT = "standard:connect";
const DISCONNECT = "standard:disconnect";
const EVENTS = "standard:events";
const SIGN_MESSAGE = "solana:signMessage";
const SIGN = "solana:signTransaction";
const SEND = "solana:signAndSendTransaction";

const registered = new Set();
const registryWatchers = new Set();

/** Finds wallets: those that are there already, and those that come later. */
function findWallets() {
  const changed = () => registryWatchers.forEach((watch) => watch());
  const register = (...wallets) => {
    wallets.forEach((wallet) => registered.add(wallet));
    changed();
    return () => {
      wallets.forEach((wallet) => registered.delete(wallet));
      changed();
    };
  };
  const api = Object.freeze({ register });
  addEventListener("wallet-standard:register-wallet", (event) => {
    try {
      event.detail(api);
    } catch {
      // A wallet that fails at this is not there; the others are.
    }
  });
  dispatchEvent(new CustomEvent("wallet-standard:app-ready", { detail: api }));
}

/** Why a wallet cannot be used on this page's cluster; null if it can, undefined if it is none for Solana at all. */
function walletProblem(wallet) {
  const chains = (wallet.chains ?? []).filter((chain) => chain.startsWith("solana:"));
  const features = wallet.features ?? {};
  if (chains.length === 0) return undefined;
  const wanted = page().chain;
  if (!chains.includes(wanted)) {
    const others = chains.map(clusterOf).join(", ");
    return `${wallet.name} is for ${others}, and this shop is on ${clusterOf(wanted)}: it cannot be used here.`;
  }
  if (!(CONNECT in features) || !(SIGN in features || SEND in features)) {
    return `${wallet.name} cannot sign transactions for web pages.`;
  }
  return null;
}

const usableWallets = () => [...registered].filter((wallet) => walletProblem(wallet) === null);

/** Lists the wallets in `#wallets` and `#other-wallets`, now and whenever one comes. */
function listWallets(choose) {
  const list = byId("wallets");
  const others = byId("other-wallets");
  const draw = () => {
    const usable = usableWallets();
    // Not drawn again where nothing changed: the keyboard may be on one of them.
    const names = usable.map((wallet) => wallet.name).join("\n");
    if (list.dataset.names !== names || list.childElementCount !== usable.length) {
      list.dataset.names = names;
      list.replaceChildren(...usable.map((wallet) => walletItem(wallet, choose)));
    }
    const problems = [...registered].map(walletProblem).filter((problem) => typeof problem === "string");
    others.replaceChildren(
      ...problems.map((problem) => Object.assign(document.createElement("li"), { textContent: problem })),
    );
    show(byId("no-wallet"), usable.length === 0);
  };
  draw();
  registryWatchers.add(draw);
  return () => registryWatchers.delete(draw);
}

function walletItem(wallet, choose) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.wallet = wallet.name;
  if (typeof wallet.icon === "string" && wallet.icon.startsWith("data:image/")) {
    const icon = document.createElement("img");
    Object.assign(icon, { src: wallet.icon, alt: "", width: 24, height: 24 });
    button.append(icon);
  }
  button.append(wallet.name);
  button.addEventListener("click", () => choose(wallet));
  const item = document.createElement("li");
  item.append(button);
  return item;
}

/** The wallet that was connected last: asked again without a choice. */
let lastWallet = null;

/** Runs `work` with a wallet: the only one or the last one at once, else the one that is chosen in `#wallets`. */
function withWallet(section, work) {
  const choice = byId("wallet-choice");
  const usable = usableWallets();
  const start = (wallet) =>
    run(section, async () => {
      show(choice, false);
      await work(wallet);
    });
  if (usable.length === 0) {
    const problems = [...registered].map(walletProblem).filter((problem) => typeof problem === "string");
    say([...problems, "No wallet in this browser can be used here. Install one and reload."].join(" "), "error");
  } else if (lastWallet !== null && usable.includes(lastWallet)) {
    void start(lastWallet);
  } else if (usable.length === 1) {
    void start(usable[0]);
  } else {
    chooseWallet = (wallet) => void start(wallet);
    show(choice);
    focusOn(byId("wallet-choice-heading"));
  }
}

/** What a click on a wallet in `#wallet-choice` does. */
let chooseWallet = () => {};

/** The code with which wallets say that their owner said no (EIP-1193). */
const USER_REJECTED = 4001;

/** Whether a wallet's error seems to say that its owner said no. Only for where nothing can have been sent. */
const isDecline = (error) =>
  error?.code === USER_REJECTED || /reject|declin|denied|cancel/i.test(String(error?.message ?? error));

const walletFailed = (wallet, error, consequence) =>
  new Told(`${sentence(`${wallet.name} failed: ${error?.message ?? error}`)} ${consequence}`);

/** What a wallet's error is to its owner. */
function walletError(wallet, error, consequence) {
  if (error instanceof Told) return error;
  if (isDecline(error)) return new Told(`You declined in ${wallet.name}. ${consequence}`);
  return walletFailed(wallet, error, consequence);
}

/** The wallet's accounts for this page's cluster, after its owner allowed the page to see them. */
async function connect(wallet) {
  say(`Allow this page in ${wallet.name}.`, "wait");
  let accounts;
  try {
    ({ accounts } = await wallet.features[CONNECT].connect());
  } catch (error) {
    throw walletError(wallet, error, "It is not connected.");
  }
  const found = solanaAccounts(accounts ?? wallet.accounts);
  if (found.length === 0) {
    const cluster = clusterOf(page().chain);
    throw new Told(`${wallet.name} showed no account for ${cluster}: choose one there and try again.`);
  }
  lastWallet = wallet;
  return found;
}

const solanaAccounts = (accounts) => accounts.filter((account) => (account.chains ?? []).includes(page().chain));

const shortAddress = (address) => `${address.slice(0, 4)}…${address.slice(-4)}`;

/** The account of the wallet with this address; any where `address` is null. */
async function connectAs(wallet, address) {
  const accounts = await connect(wallet);
  const account = address === null ? accounts[0] : accounts.find((account) => account.address === address);
  if (account) return account;
  // Another one may be chosen the next time.
  lastWallet = null;
  const shown = accounts.map((account) => shortAddress(account.address)).join(", ");
  throw new Told(
    `This needs the wallet that bought the order, ${address}. ${wallet.name} showed ${shown}: change the account there, ` +
      "or use another wallet.",
  );
}

const canSignTexts = (wallet, account) =>
  SIGN_MESSAGE in wallet.features && (account.features ?? [SIGN_MESSAGE]).includes(SIGN_MESSAGE);

/** A wallet's own key cannot be used, since it could not be found again: the page makes one instead. */
class NoWalletKey extends Told {}

/** The delivery key that the wallet's signature makes. `times` is 2 before paying, 1 for reading. */
async function walletKey(wallet, account, { market, plan, orderId }, times, consequence) {
  const text = utf8(keyMessage(market, plan, orderId));
  const signatures = [];
  for (let time = 1; time <= times; time++) {
    const count = times === 1 ? "" : ` (${time} of ${times})`;
    say(`Sign the text in ${wallet.name}${count}. It moves no money.`, "wait");
    let output;
    try {
      [output] = await wallet.features[SIGN_MESSAGE].signMessage({ account, message: text.slice() });
    } catch (error) {
      throw walletError(wallet, error, consequence);
    }
    const signed = output.signedMessage ?? text;
    if (!equal(new Uint8Array(signed), text)) throw new NoWalletKey(`${wallet.name} signs texts in a form of its own.`);
    signatures.push(new Uint8Array(output.signature));
  }
  const [signature] = signatures;
  if (signatures.some((other) => !equal(other, signature))) {
    throw new NoWalletKey(`${wallet.name} signs the same text differently each time.`);
  }
  const isSigned = signature.length === 64 && signature.some((byte) => byte !== 0);
  const isValid = isSigned && (await verifySignature(base58Decode(account.address, 32), signature, text));
  // For reading it need not be told: the order says whether the key is the right one.
  if (isValid === false || (isValid === null && times > 1)) {
    throw new NoWalletKey(`${wallet.name} did not sign the text itself with this account, as far as this browser can tell.`);
  }
  const key = await deriveKeyPair(signature);
  signatures.forEach((bytes) => bytes.fill(0));
  return key;
}

// ------------------------------------------------------------------------------------------------------------------
// Signing and sending
// ------------------------------------------------------------------------------------------------------------------

/** How long a signed transaction is sent and looked for: longer than its blockhash is valid. */
const SENT_PATIENCE = 180_000;

/** How long what was signed may still be taken: longer than a blockhash is valid, which is about a minute. */
const SIGNED_VALID = 90_000;

/** How long it is looked for what a wallet did that said that it failed. */
const FAILED_PATIENCE = 30_000;

/** Wallets that changed a transaction so that the shop does not pass it on: they send it themselves. */
const ownSenders = new WeakSet();

/**
 * Has a checked transaction signed and sent, and waits for what it does. `deed` says what it is:
 *
 *   check     throws unless a transaction is what was asked for
 *   arrived   gives what it made, or null
 *   sent      is called when it may be under way, whatever is heard of it
 *   unsent    is called when it is certain after all that it is not
 *   nothing   says what has not happened, while nothing is under way
 *   unseen    says what to do where that is not known
 *   waiting   says what is waited for
 */
async function signAndSend(wallet, account, bytes, deed) {
  const { features } = wallet;
  const chain = page().chain;
  const mustSend = !(SIGN in features) || (ownSenders.has(wallet) && SEND in features);
  say(`Approve the transaction in ${wallet.name}.`, "wait");
  if (mustSend) {
    deed.sent();
    try {
      await features[SEND].signAndSendTransaction({ account, transaction: bytes, chain });
    } catch (error) {
      if (error?.code === USER_REJECTED) {
        deed.unsent();
        throw walletError(wallet, error, deed.nothing());
      }
      // It may have been sent before it failed, whatever the error says, and after some time.
      deed.sent();
      say(walletFailed(wallet, error, "Looking whether it was sent all the same …").message, "wait");
      const result = await waitForSent(deed, FAILED_PATIENCE);
      if (result !== null) return result;
      throw walletFailed(wallet, error, deed.unseen);
    }
    // It may have been some time until it was approved.
    deed.sent();
    say(deed.waiting, "wait");
    const result = await waitForSent(deed, SENT_PATIENCE);
    if (result === null) throw new Told(deed.unseen);
    return result;
  }
  let output;
  try {
    [output] = await features[SIGN].signTransaction({ account, transaction: bytes, chain });
  } catch (error) {
    throw walletError(wallet, error, deed.nothing());
  }
  const signed = new Uint8Array(output.signedTransaction);
  let isSigned = true;
  try {
    // Wallets may add a fee of their own to it, or give it back in another version.
    const transaction = decodeTransaction(signed);
    isSigned = transaction.signatures[0].some((byte) => byte !== 0);
    deed.check(transaction);
  } catch {
    if (SEND in features) ownSenders.add(wallet);
    const advice = SEND in features ? "Try again: then it sends the transaction itself." : "Use another wallet.";
    throw new Told(
      `${wallet.name} changed the transaction to one that the shop does not send. ${deed.nothing()} ${advice}`,
    );
  }
  if (!isSigned) throw new Told(`${wallet.name} did not sign the transaction. ${deed.nothing()}`);
  deed.sent();
  return relay(signed, deed);
}

/** Sends the same bytes every two seconds, until what they do is there or they have expired. */
async function relay(signed, deed) {
  const body = { transaction: toBase64(signed) };
  const start = Date.now();
  // From the first answer on that is not a clear refusal, the network may have it.
  let mayHaveIt = false;
  say(deed.waiting, "wait");
  for (let failures = 0; Date.now() - start < SENT_PATIENCE;) {
    let pause = POLL;
    try {
      await postJson("/transactions", body);
      mayHaveIt = true;
      const result = await deed.arrived();
      if (result !== null) return result;
      failures = 0;
      say(deed.waiting, "wait");
    } catch (error) {
      if (!(error instanceof ShopError)) throw error;
      if (error.isUnclear) {
        mayHaveIt = true;
        failures++;
        pause = pauseAfter(error, failures);
        sayWaiting(error, "It is signed and may be on its way: sending it");
        // Who cannot send may still be able to look.
        const result = await deed.arrived().catch(() => null);
        if (result !== null) return result;
      } else {
        // It may have landed all the same, with an earlier try.
        const result = await lookPatiently(deed);
        if (result !== null) return result;
        const why = error.code === "expired" ? "It was signed too late." : error.message;
        if (!mayHaveIt) {
          deed.unsent();
          throw new Told(`${why} ${deed.nothing()} You can try again.`);
        }
        // A node that lags knows neither what landed nor the newest blockhashes: until it is too late for certain, it says
        // nothing.
        if (Date.now() - start > SIGNED_VALID) {
          throw new Told(error.code === "expired" ? deed.unseen : `${why} ${deed.unseen}`);
        }
        say(deed.waiting, "wait");
      }
    }
    await sleep(pause);
  }
  throw new Told(deed.unseen);
}

/** Looks for what a transaction does, which may be under way. */
async function lookPatiently(deed) {
  try {
    return await patiently("Looking for it", deed.arrived);
  } catch (error) {
    if (!(error instanceof ShopError)) throw error;
    throw new Told(`${error.message} ${deed.unseen}`);
  }
}

/** Waits for what a transaction does that the wallet sent. Gives null where it is not seen in time. */
async function waitForSent(deed, patience) {
  const end = Date.now() + patience;
  while (Date.now() < end) {
    const result = await lookPatiently(deed);
    if (result !== null) return result;
    await sleep(POLL);
  }
  return null;
}

// ------------------------------------------------------------------------------------------------------------------
// Buying: the section #checkout
// ------------------------------------------------------------------------------------------------------------------

/** How long after it was signed a payment may still arrive: longer than its blockhash is valid. */
const MAY_ARRIVE = 120_000;

const PAYMENT_UNSEEN =
  "It was signed, but nothing of it is seen yet; try again with the same wallet and account: the same order is never paid " +
  "twice.";

const PHONE_MAY_PAY =
  "Your phone may be paying at this moment, or have paid: look at its wallet first. Paying in another way as well would buy " +
  "this plan twice.";

/** How often it is looked for what a phone pays, at first and later; how long it is often; and when it ends. */
const WATCH = 3_000;
const WATCH_SLOWLY = 10_000;
const WATCHED_OFTEN = 120_000;
const WATCHED = 900_000;

const isBase58Of32 = (text) => {
  try {
    return base58Decode(text, 32).length === 32;
  } catch {
    return false;
  }
};

/** What is remembered of a purchase, as it was written; null where that is nothing that can be used. */
export function readPurchase(text) {
  try {
    const { orderId, signed, keys } = JSON.parse(text);
    const isNumber = /^\d{1,20}$/.test(orderId) && BigInt(orderId) < 1n << 64n;
    const isSigned =
      signed === null || (isBase58Of32(signed.account) && isBase58Of32(signed.order) && Number.isFinite(signed.at));
    if (!isNumber || !isSigned || !keys.every(isBase58Of32)) return null;
    return { orderId: BigInt(orderId), signed, keys };
  } catch {
    return null;
  }
}

/**
 * A purchase of a plan. The tab remembers it until its order was seen, so that after a reload the same order is tried
 * again. There is no secret in it:
 *
 *   orderId   the order's number: with the plan and the account it makes the order's address, so it is paid once
 *   signed    who signed a payment last, of which order, and when; null for nobody
 *   keys      public keys, made by this page, that a QR code was shown of
 */
function rememberedPurchase(plan) {
  const name = `wayfare-purchase-${plan}`;
  // Where the browser keeps nothing for pages, it holds as long as the page.
  const attempt = (work) => {
    try {
      return work();
    } catch {
      return null;
    }
  };
  const purchase = readPurchase(attempt(() => sessionStorage.getItem(name))) ?? {
    orderId: crypto.getRandomValues(new BigUint64Array(1))[0],
    signed: null,
    keys: [],
  };
  return Object.assign(purchase, {
    keep() {
      const { orderId, signed, keys } = purchase;
      const text = JSON.stringify({ orderId: String(orderId), signed, keys });
      attempt(() => sessionStorage.setItem(name, text));
    },
    /** Once its order was seen: what is bought next is another one. */
    forget() {
      attempt(() => sessionStorage.removeItem(name));
    },
    /** Whether something of it may have been paid. */
    mayBePaid() {
      return purchase.signed !== null || purchase.keys.length > 0;
    },
    /** Whether the payment that was signed last may still arrive. */
    mayArrive() {
      return purchase.signed !== null && Math.abs(Date.now() - purchase.signed.at) < MAY_ARRIVE;
    },
    /** The order, if it was paid: by a wallet here, or by a phone. */
    async find() {
      const { orderId, signed, keys } = purchase;
      const found = signed === null ? null : await findOrder(signed.order);
      if (found !== null) return found;
      for (const key of keys) {
        const paid = await findPaid(plan, key, orderId);
        if (paid !== null) return paid;
      }
      return null;
    },
  });
}

/** What is in the way of a phone by the shop's address, and whether it can pay all the same; null for nothing. */
export function phoneProblem(publicUrl) {
  const { protocol, hostname } = URL.canParse(publicUrl) ? new URL(publicUrl) : {};
  if (hostname === "localhost" || hostname === "127.0.0.1") {
    return {
      canPay: true,
      text: `This shop's address is ${hostname}, of this machine only: a phone cannot reach it, a wallet program here can.`,
    };
  }
  if (protocol !== "https:") {
    return {
      canPay: false,
      text: "Not possible in this shop: phones need an address of it that is encrypted (https).",
    };
  }
  return null;
}

async function wireCheckout(section) {
  const missing = await missingCryptography();
  if (missing !== null) {
    byId("cannot-open-why").textContent = missing;
    show(byId("cannot-open"));
    return;
  }
  const { plan, version, marketVersion, maxPrice, price, deposit, mint } = section.dataset;
  const { market } = page();

  // One number for all tries: whatever is tried again with the same account, it is bought once.
  const purchase = rememberedPurchase(plan);
  const { orderId } = purchase;
  purchase.keep();
  /** Keys of this page by their public keys: the order says which of them it was paid with. */
  const keys = new Map();
  const walletKeys = new Map(); // by account
  let wallet = null;
  let accounts = [];
  let ownKey = null; // made by this page
  let usesOwnKey = false;
  let isWatching = false;
  let knowsOfPhone = false;

  const steps = ["step-choose", "step-wallet", "step-key", "step-terms", "step-pay", "step-phone", "phone-back"];
  const showSteps = (...shown) => steps.forEach((id) => show(byId(id), shown.includes(id)));

  byId("pay-with-wallet").textContent = `Pay ${price}`;
  byId("pay-amount").textContent = `${price} at most (${maxPrice} base units)`;
  byId("pay-deposit").textContent = `${deposit} SOL, and the network's fee. The deposit comes back when the order is closed.`;
  showShort("pay-mint", mint);
  showShort("pay-plan", plan);
  const phone = phoneProblem(page().publicUrl);
  byId("phone-problem").textContent = phone?.text ?? "";
  show(byId("phone-problem"), phone !== null);
  show(byId("phone-way"), phone?.canPay !== false);
  show(byId("checkout-controls"));
  listWallets((chosen) => void run(section, () => useWallet(chosen)));

  /** What has not happened, as far as it is known. */
  function nothing() {
    if (purchase.signed !== null) return PAYMENT_UNSEEN;
    return purchase.keys.length > 0 ? "Nothing was paid in this browser." : "Nothing was paid.";
  }

  function hold(key) {
    keys.set(base58Encode(key.public), key);
    return key;
  }

  /** The key's first characters, as the wallet shows them too. */
  function showTerms(key) {
    const text = key === null ? null : base58Encode(key.public);
    byId("pay-key").textContent =
      text === null ? "made by your wallet, before it is asked to pay" : `${text.slice(0, 8)}…`;
    byId("pay-key").title = text ?? "";
  }

  async function useWallet(chosen) {
    accounts = await connect(chosen);
    wallet = chosen;
    byId("wallet-name").textContent = wallet.name;
    const select = byId("account");
    select.replaceChildren(...accounts.map(({ address }) => new Option(address, address)));
    usesOwnKey = !canSignTexts(wallet, accounts[0]);
    watchAccounts(wallet);
    await showWalletSteps();
    say(`${wallet.name} is connected.`);
    focusOn(byId("wallet-heading"));
  }

  async function showWalletSteps() {
    if (usesOwnKey) await showKey();
    showTerms(usesOwnKey ? ownKey : (walletKeys.get(byId("account").value) ?? null));
    showSteps("step-wallet", "step-terms", "step-pay", ...(usesOwnKey ? ["step-key"] : []));
    show(byId("wallet-asks-text"), !usesOwnKey);
    show(byId("use-recovery-code"), !usesOwnKey);
    mayPay();
  }

  function mayPay() {
    byId("pay-with-wallet").disabled = usesOwnKey && !byId("kept").checked;
  }

  async function showKey() {
    if (ownKey === null) {
      ownKey = hold(await newKey());
      // Of this key nobody has kept anything, whatever a browser that goes back remembers of the page.
      byId("kept").checked = false;
    }
    byId("recovery-code").textContent = await encodeRecoveryCode(ownKey.secret);
    byId("delivery-key").textContent = base58Encode(ownKey.public);
  }

  // A wallet whose accounts change meanwhile is chosen again.
  const watched = new WeakSet();
  function watchAccounts(chosen) {
    if (watched.has(chosen)) return;
    watched.add(chosen);
    chosen.features[EVENTS]?.on("change", ({ accounts: changed }) => {
      const isBusy = section.getAttribute("aria-busy") === "true";
      if (!changed || wallet !== chosen || isBusy || !section.isConnected) return;
      const now = solanaAccounts(changed).map(({ address }) => address);
      if (now.includes(byId("account").value)) return;
      wallet = null;
      showSteps("step-choose");
      say(`The account in ${chosen.name} changed. Choose the wallet again.`);
    });
  }

  /** The key that the order is bought with. */
  async function keyFor(account) {
    if (usesOwnKey) return ownKey;
    const known = walletKeys.get(account.address);
    if (known) return known;
    const again = `${nothing()} You can try again.`;
    const key = hold(await walletKey(wallet, account, { market, plan, orderId }, 2, again));
    walletKeys.set(account.address, key);
    return key;
  }

  /**
   * The order, if an earlier try has paid it after all; else null. Throws while a payment that `account`, or a phone for
   * null, did not make may still arrive: its order would be another one.
   */
  async function findEarlier(account) {
    if (!purchase.mayBePaid()) return null;
    const mayArrive = purchase.mayArrive();
    say("Looking whether it is paid already …", "wait");
    const found = await patiently("Looking for your payment", () => purchase.find());
    if (found !== null) return found;
    if (purchase.signed !== null && !mayArrive) {
      purchase.signed = null;
      purchase.keep();
    }
    if (purchase.signed !== null && purchase.signed.account !== account) {
      const signer = purchase.signed.account;
      throw new Told(
        `A payment from ${shortAddress(signer)} may still arrive, so nothing else is paid now. If its wallet still asks, ` +
          "decline there. Wait two minutes, and it is known; or try again with that wallet and account: the same order is " +
          "never paid twice.",
      );
    }
    return null;
  }

  /** The order that the shop says this account has paid already. */
  async function existing(address, account) {
    const lookUnder = `You have paid already, from ${account.address}: look for the order under “Orders”.`;
    const found = address === null ? null : await patiently("Looking for your order", () => findOrder(address));
    const isIt = found?.plan === plan && found.order_id === String(orderId) && found.buyer === account.address;
    if (!isIt) throw new Told(lookUnder);
    return found;
  }

  /** Pays, and gives the order. */
  async function pay() {
    const account = accounts.find(({ address }) => address === byId("account").value);
    if (!account) {
      chooseAgain();
      throw new Told("That account is not there any more. Choose the wallet again.");
    }
    if (!usesOwnKey && !canSignTexts(wallet, account)) {
      throw new NoWalletKey(`${wallet.name} does not sign texts with this account.`);
    }
    const earlier = await findEarlier(account.address);
    if (earlier !== null) return earlier;
    if (purchase.keys.length > 0 && !knowsOfPhone) {
      knowsOfPhone = true;
      throw new Told(`${PHONE_MAY_PAY} If it did not, press Pay again.`);
    }
    const key = await keyFor(account);
    showTerms(key);
    const sources = await tokenAccounts(account.address, mint);
    const terms = { version, marketVersion, maxPrice };
    const asked = { account: account.address, market, plan, orderId, ...terms, key: key.public, sources };
    say("Asking the shop for the payment …", "wait");
    let built;
    try {
      built = await patiently("The payment", () => postJson(payPath(key), { account: account.address }));
    } catch (error) {
      // An earlier try went through, perhaps with another key.
      if (error.code === "order-exists") return existing(error.order, account);
      show(byId("reload"), error.code === "repriced");
      const advice = error.code === "repriced" ? " Reload this page to see the plan as it is now." : "";
      throw error instanceof ShopError ? new Told(`${error.message} ${nothing()}${advice}`) : error;
    }
    const bytes = bytesOf(built.transaction);
    const check = (transaction) => checkPurchase(transaction, asked);
    const order = check(decodeTransaction(bytes));
    if (order !== built.order) throw new Told("The shop's answer contradicts itself, so nothing was signed.");
    const before = purchase.signed;
    const signedIs = (signed) => {
      purchase.signed = signed;
      purchase.keep();
    };
    return signAndSend(wallet, account, bytes, {
      check,
      arrived: () => findOrder(order),
      sent: () => signedIs({ account: account.address, order, at: Date.now() }),
      unsent: () => signedIs(before),
      nothing,
      unseen: PAYMENT_UNSEEN,
      waiting: "The payment is on its way …",
    });
  }

  const payPath = (key) =>
    `/pay/${plan}?order=${orderId}&key=${base58Encode(key.public)}&version=${version}&terms=${marketVersion}` +
    `&max=${maxPrice}`;

  /** Goes to the order that was paid, with its key if it is one of this page. */
  async function goToPaid(order, news) {
    const key = keys.get(order.encryption_key) ?? null;
    say(news);
    await goToOrder(order.order, key);
    if (key === null) {
      say(
        `${news} This page does not have its key: open the eSIM with the wallet that paid, or with the recovery code that ` +
          "you kept before you paid.",
        "error",
      );
    }
  }

  byId("buy-anew").addEventListener("click", () => {
    if (!isSure("buy-anew", "What is paid stays paid: this buys the plan once more.", "Buy it once more")) return;
    purchase.forget();
    location.reload();
  });

  /** Lets the buyer say which order is the own one. Nothing more is paid meanwhile. */
  function chooseOf(several) {
    listFound(section, several.orders, (order) => {
      // Whoever chose the wrong one comes back to the others.
      chosen.add(order.order);
      return goToPaid(order, "This is the order that you chose.");
    });
    showSteps();
    focusOn(byId("found-heading"));
    say(several.message, "error");
  }

  onClick("pay-with-wallet", section, async () => {
    try {
      await goToPaid(await pay(), "Paid.");
    } catch (error) {
      if (error instanceof SeveralPaid) return chooseOf(error);
      // What was signed may arrive while nobody does anything.
      if (purchase.signed !== null) void watchPayment();
      if (!(error instanceof NoWalletKey)) throw error;
      usesOwnKey = true;
      await showWalletSteps();
      focusOn(byId("key-heading"));
      say(`${error.message} ${nothing()} Keep the recovery code instead, then pay.`, "error");
    }
  });

  byId("account").addEventListener("change", () => {
    if (!usesOwnKey) showTerms(walletKeys.get(byId("account").value) ?? null);
  });

  onClick("use-recovery-code", section, async () => {
    usesOwnKey = true;
    await showWalletSteps();
    focusOn(byId("key-heading"));
    say("");
  });

  onClick("other-way", section, async () => chooseAgain());
  onClick("other-way-phone", section, async () => {
    // While no code was shown, no phone can pay.
    if (purchase.keys.length > 0 && !isSure("other-way-phone", PHONE_MAY_PAY, "Another way to pay all the same"))
      return;
    knowsOfPhone = true;
    chooseAgain();
  });

  function chooseAgain() {
    showSteps("step-choose");
    focusOn(byId("choose-heading"));
    say("");
  }

  byId("copy-recovery-code").addEventListener("click", () => void copy(byId("recovery-code"), "The recovery code"));
  byId("copy-delivery-key").addEventListener(
    "click",
    () => void copy(byId("delivery-key"), "The public delivery key, which is not the recovery code,"),
  );
  byId("download-key").addEventListener("click", () => {
    download(`wayfare-key-${base58Encode(ownKey.public).slice(0, 8)}.json`, encodeKeyFile(ownKey));
    say("The key file is saved where your browser keeps downloads.");
  });
  byId("reload").addEventListener("click", () => location.reload());

  byId("kept").addEventListener("change", () => {
    mayPay();
    if (!byId("step-wallet").hidden) return;
    if (byId("kept").checked) showPayment();
    else ["step-terms", "step-phone"].forEach((id) => show(byId(id), false));
  });

  onClick("pay-with-phone", section, async () => {
    try {
      const earlier = await findEarlier(null);
      if (earlier !== null) return goToPaid(earlier, "It is paid already.");
    } catch (error) {
      if (error instanceof SeveralPaid) return chooseOf(error);
      throw error;
    }
    wallet = null;
    usesOwnKey = true;
    await showKey();
    showSteps("step-key", "phone-back");
    if (byId("kept").checked) return showPayment();
    focusOn(byId("key-heading"));
    say("Keep the recovery code first. Then the payment code appears.");
  });

  /** The payment as a QR code and a link. Whoever scans it learns the public key only. */
  function showPayment() {
    const key = base58Encode(ownKey.public);
    if (!purchase.keys.includes(key)) {
      purchase.keys.push(key);
      purchase.keep();
    }
    const base = page().publicUrl.replace(/\/+$/, "");
    const link = `solana:${encodeURIComponent(base + payPath(ownKey))}`;
    byId("payment-qr").replaceChildren(qrPicture(link, `Payment of ${price}, as a QR code`));
    byId("payment-link").href = link;
    showTerms(ownKey);
    show(byId("step-terms"));
    show(byId("step-phone"));
    focusOn(byId("phone-heading"));
    say("Scan the code with your phone's wallet.");
    void watchPayment();
  }

  /** Looks for the order until somebody has paid for it, or nobody waits for that any more. */
  async function watchPayment() {
    if (isWatching) return;
    isWatching = true;
    show(byId("look-again"), false);
    const isBusy = () => section.getAttribute("aria-busy") === "true";
    let since = Date.now();
    let failures = 0;
    const isChoosing = () => !byId("found").hidden;
    while (section.isConnected) {
      if (isChoosing()) {
        isWatching = false;
        return;
      }
      if (document.hidden) {
        // Nobody looks. Who comes back waits anew.
        await untilSeen();
        since = Date.now();
      }
      if (Date.now() - since > WATCHED) break;
      let pause = Date.now() - since < WATCHED_OFTEN ? WATCH : WATCH_SLOWLY;
      const isOver = purchase.keys.length === 0 && !purchase.mayArrive();
      try {
        const paid = await purchase.find();
        // A purchase by a wallet in this page goes there by itself.
        if (paid !== null && section.isConnected && !isBusy() && !isChoosing()) {
          await goToPaid(paid, "Your payment has arrived.");
          return;
        }
        if (paid === null && isOver && !isBusy()) {
          isWatching = false;
          purchase.signed = null;
          purchase.keep();
          say(
            "No payment has arrived, and what was signed cannot arrive any more: nothing was paid. If your wallet still asks " +
              "for this payment, decline there before you pay in another way.",
          );
          return;
        }
        if (failures > 0 && !isBusy()) say("The shop answers again. Waiting for your payment.");
        failures = 0;
      } catch (error) {
        failures++;
        if (error instanceof SeveralPaid && section.isConnected && !isBusy()) {
          isWatching = false;
          if (!isChoosing()) chooseOf(error);
          return;
        }
        if (error instanceof ShopError && error.isPassing) {
          pause = Math.max(pauseAfter(error, failures), pause);
          if (!isBusy()) sayWaiting(error, "Waiting for your payment");
        } else {
          pause = WATCH_SLOWLY;
          if (!isBusy()) sayError(error);
        }
      }
      await sleepUntilSeen(pause);
    }
    isWatching = false;
    if (!section.isConnected) return;
    show(byId("look-again"));
    say("This page does not look for your payment any more. If you have paid, let it look again.");
  }

  byId("look-again").addEventListener("click", () => {
    say("Looking for your payment …", "wait");
    void watchPayment();
  });

  // What may have been paid before this page was loaded again is looked for first.
  if (purchase.mayBePaid()) {
    const lost =
      "The recovery code that it showed then is gone from it: only what you kept of that code opens the eSIM.";
    say(
      "If you have paid for this plan before this page was loaded again, your order appears here. " +
        (purchase.keys.length > 0 ? lost : ""),
      "wait",
    );
    void watchPayment();
  }
}

/** A plan's page on which nothing can be bought now: the last one may have been bought by who looks at it. */
async function findBought(plan) {
  const purchase = rememberedPurchase(plan);
  if (!purchase.mayBePaid()) return;
  const order = await patiently("Looking for your payment", () => purchase.find()).catch((error) => {
    throw error instanceof SeveralPaid
      ? new Told("More than one wallet has paid for this plan as you did: look for your order under “Your orders”.")
      : error;
  });
  if (order !== null) location.assign(`/orders/${order.order}`);
}

/** The path of what is shown, which `goToOrder` changes. */
let shownPath = typeof location === "undefined" ? "" : location.pathname;

/** The bytes of a transaction that the shop built. */
function bytesOf(text) {
  try {
    return fromBase64(text);
  } catch {
    throw new Told("The shop's answer is no transaction, so nothing was signed.");
  }
}

/** Orders that were chosen from several: until others are known not to be the own one, the purchase is not forgotten. */
const chosen = new Set();

/** Forgets what is remembered of a purchase, once its order was seen. */
function forgetPurchase(order) {
  if (chosen.has(order.order)) return;
  const purchase = rememberedPurchase(order.plan);
  if (String(purchase.orderId) === order.order_id) purchase.forget();
}

/**
 * Goes to an order's page without leaving this one: the key stays in memory. The page's own content comes from the
 * server, as it would if it was loaded.
 */
async function goToOrder(order, key) {
  const path = `/orders/${order}`;
  const content = await patiently("Your order", async () => {
    try {
      const response = await request(path, { headers: { accept: "text/html" } });
      return await response.text();
    } catch (error) {
      // It was seen a moment ago: who asks again may reach a node that lags.
      const isMissing = !(error instanceof ShopError) || error.status === 404;
      throw isMissing ? new ShopError(0, "unseen", "The shop does not show your order yet.", null) : error;
    }
  });
  const loaded = new DOMParser().parseFromString(content, "text/html");
  const main = loaded.getElementById("main");
  if (main?.querySelector("#order")?.dataset.order !== order) {
    throw new Told(`Your order is ${order}. Its page cannot be shown now: open ${path} in a moment.`);
  }
  // The live region stays the same one: what it says next is announced.
  main.querySelector("#status")?.remove();
  const status = byId("status");
  byId("main").replaceChildren(...document.adoptNode(main).childNodes);
  if (status) byId("main").append(status);
  document.title = loaded.title;
  history.pushState(null, "", path);
  shownPath = path;
  const heading = byId("main").querySelector("h1");
  if (heading) {
    heading.tabIndex = -1;
    focusOn(heading);
    scrollTo(0, 0);
  }
  wireOrder(byId("order"), key);
}

// ------------------------------------------------------------------------------------------------------------------
// One order: the section #order
// ------------------------------------------------------------------------------------------------------------------

const REASONS = {
  unreadable: "I cannot read what was delivered",
  "not-installable": "The eSIM cannot be installed",
  "no-service": "It is installed, but there is no service",
  "not-as-described": "It is not what the plan says",
  "used-before": "Somebody has used it before",
  unused: "I have not used it, and want to give it back",
  other: "Something else",
};

const ENDED = ["completed", "refunded", "resolved"];

/** How often in a row an order must be missing to be closed: a node that lags may not have one that others have. */
const MISSED = 2;

/** What is there instead of an order that was closed. */
const CLOSED = Symbol("closed");

const CLOSE_ERASES =
  "You have not opened the delivery in this page. Closing erases it, and nobody can read it again: open it first and keep " +
  "the activation code. To close it all the same, press again.";

const STEP_UNSEEN =
  "It was signed, but nothing of it is seen yet. Try again in a moment if this page stays as it is: it cannot be done twice.";

/** Most orders that are followed up from a top-up to the first. */
const MAX_TOP_UPS = 8;

function wireOrder(section, key = null) {
  const address = section.dataset.order;
  let order = null;
  let opened = null;
  let missing = null;
  let isClosed = false;
  let mayBeUnderWay = false; // a step that was signed
  let wake = () => {};

  show(byId("order-controls"));
  listWallets((wallet) => chooseWallet(wallet));

  // What is shown.

  const step = (action) => order.steps.find((step) => step.action === action);

  /** What this page does about the order, beside what the server's summary says of it; null for nothing. */
  function news() {
    if (order.state !== "paid" || order.now >= order.deliver_by) return null;
    const here = key === null ? "shows it" : "opens it by itself";
    return `Waiting for the seller to deliver. This page ${here}; you can also close it and come back.`;
  }

  function render() {
    const wasState = section.dataset.state;
    section.dataset.state = order.state;
    byId("order-news").textContent = news() ?? "";
    show(byId("order-news"), news() !== null);
    // The words that the server wrote above, as they are now.
    for (const [id, text] of Object.entries({ summary: order.summary, state: order.state })) {
      if (byId(id)) byId(id).textContent = text;
    }
    renderMoments();

    // With the key in memory, what comes opens by itself; what has ended without a delivery never opens.
    const isDelivered = order.ciphertext !== null;
    const mayOpen = isDelivered || (key === null && !ENDED.includes(order.state));
    show(byId("open"), opened === null && mayOpen);
    show(byId("open-later"), !isDelivered);
    show(byId("cannot-open"), missing !== null);
    show(byId("open-ways"), missing === null);
    byId("lost-key-text").textContent = refundPath();
    renderSteps();
    if (wasState !== undefined && wasState !== order.state) say(order.summary);
  }

  /** The times that the server wrote above, as they are now. Left alone while they are the same: somebody may be copying. */
  function renderMoments() {
    const rows = order.moments.flatMap(({ name, at, text }) => {
      const [term, value, time] = ["dt", "dd", "time"].map((tag) => document.createElement(tag));
      term.textContent = name;
      time.dateTime = at;
      time.textContent = text;
      value.append(time);
      return [term, value];
    });
    const now = rows.map((row) => row.textContent).join("\n");
    const list = byId("moments");
    if (now !== [...list.children].map((row) => row.textContent).join("\n")) list.replaceChildren(...rows);
  }

  function renderSteps() {
    const { now } = order;
    const anyWallet =
      "Any wallet can start it, and pays the network's fee; if the wallet that paid has no token account for it any more, " +
      "also about 0.002 SOL for a new one.";
    const isEnded = ENDED.includes(order.state);
    const texts = {
      refund: [
        // Once the order has ended, it is decided how much: the rest of that is brought.
        isEnded
          ? `What is still due to the wallet that paid is brought to it. ${anyWallet}`
          : `All of it goes back to the wallet that paid. ${anyWallet}`,
        "If the order is still open then, anyone can start it.",
      ],
      resolve: [
        `The arbiter did not decide in time: divide as the plan says. ${anyWallet}`,
        "If the arbiter does not decide until then, anyone can have the money divided as the plan says.",
      ],
      dispute: ["Your money waits on while the seller answers. Without an answer in time, it comes back.", ""],
      confirm: ["Only once the eSIM works: you cannot complain afterwards.", ""],
      close: [
        "The deposit in SOL goes back to the wallet that paid it, and the order is gone for good. " +
          (order.ciphertext === null ? "" : "This erases the delivery: keep the activation code first."),
        "",
      ],
    };
    for (const [action, [open, later]] of Object.entries(texts)) {
      const found = step(action);
      show(byId(`${action}-step`), found !== undefined);
      if (!found) continue;
      const isLater = !found.open && found.from !== null && now < found.from;
      const time = isLater
        ? `Possible from ${when(found.from, now)}.`
        : found.until !== null
          ? `Possible until ${when(found.until, now)}.`
          : "";
      const buyer = found.by === "buyer" ? `Only the wallet that bought can: ${shortAddress(order.buyer)}.` : "";
      byId(`${action}-when`).textContent = [time, found.open ? open : later, buyer].filter(Boolean).join(" ");
      show(byId(action), found.open);
    }
    const dispute = step("dispute");
    show(byId("dispute-controls"), dispute?.open === true);
    const select = byId("dispute-reason");
    const reasons = order.dispute_reasons.filter((reason) => reason in REASONS);
    if (reasons.join() !== [...select.options].map((option) => option.value).join()) {
      const chosen = select.value;
      select.replaceChildren(...reasons.map((reason) => new Option(REASONS[reason], reason)));
      if (reasons.includes(chosen)) select.value = chosen;
    }
    show(
      byId("steps"),
      Object.keys(texts).some((action) => step(action) !== undefined),
    );
  }

  /** What somebody who lost the key can do about the money. */
  function refundPath() {
    const { now } = order;
    const refund = step("refund");
    const dispute = step("dispute");
    if (refund?.open) return "The money can still come back: press Refund below.";
    if (step("resolve")?.open) return "The money can be divided as the plan says: press Divide below.";
    const ways = [];
    if (refund?.from) {
      ways.push(
        order.state === "paid"
          ? `If nothing is delivered until ${when(refund.from, now)}, all the money comes back with Refund below.`
          : `If the seller does not answer until ${when(refund.from, now)}, all the money comes back with Refund below.`,
      );
    }
    if (dispute?.open) {
      const until = dispute.until === null ? "" : ` until ${when(dispute.until, now)}`;
      ways.push(
        order.dispute_reasons.includes("unused")
          ? `This plan takes back what was not used: choose that reason under Complain${until}.`
          : `You can complain${until}, but a lost key is not the seller's fault: it may answer, and then an arbiter decides.`,
      );
    }
    if (!ENDED.includes(order.state)) ways.push("At any time the seller can give the money back: ask there.");
    return ways.length > 0 ? ways.join(" ") : "The order has ended, so no refund is open any more.";
  }

  // Opening.

  async function openWith(candidate, mismatch) {
    if (order === null) throw new Told("The order is not loaded yet: try again in a moment.");
    if (base58Encode(candidate.public) !== order.encryption_key) throw new Told(mismatch);
    key = candidate;
    if (order.ciphertext === null) {
      say("This is the right key. The eSIM opens here once it is delivered.");
      render();
      return;
    }
    const commitment = Uint8Array.from(order.commitment?.match(/../g) ?? [], (pair) => parseInt(pair, 16));
    opened = await openDelivery(key.secret, address, bytesOfDelivery(order.ciphertext), commitment);
    render();
    if (opened.profile) showProfile(opened.profile);
    else showProblem(opened);
  }

  function bytesOfDelivery(text) {
    try {
      return fromBase64(text);
    } catch {
      throw new Told("The shop's answer is damaged: reload this page.");
    }
  }

  function showProfile(profile) {
    const fields = {
      "activation-code": profile.activation_code,
      "smdp-address": profile.smdp_address,
      "matching-id": profile.matching_id,
      "confirmation-code": profile.confirmation_code,
      iccid: profile.iccid,
      eid: profile.eid,
      apn: profile.apn,
      notes: profile.notes,
    };
    for (const [id, value] of Object.entries(fields)) {
      byId(id).textContent = value ?? "";
      show(byId(id).closest("dl > div"), value !== null);
    }
    byId("delivery-qr").replaceChildren(qrPicture(profile.activation_code, "The activation code, as a QR code"));
    byId("lpa-link").href = profile.activation_code;
    section.dataset.opened = "profile";
    show(byId("delivery"));
    focusOn(byId("delivery-heading"));
    say("Your eSIM is open.");
  }

  function showProblem({ problem, evidence }) {
    byId("problem-text").textContent = problem;
    byId("evidence").textContent = evidence;
    byId("dispute-reason").value = "unreadable";
    section.dataset.opened = "problem";
    show(byId("delivery-problem"));
    focusOn(byId("problem-heading"));
    say(`${problem} You can dispute the delivery.`);
  }

  const WRONG_CODE =
    "This code or file is a good one, but of another order. Find its order under “Orders”, or use the wallet that bought.";

  async function readWithWallet(wallet) {
    const account = await connectAs(wallet, order.buyer);
    if (!canSignTexts(wallet, account)) {
      throw new Told(`${wallet.name} does not sign texts. Use the recovery code or the key file.`);
    }
    // A top-up has the key of the order that it tops up, and so on up to the first.
    let of = order;
    for (let orders = 1; ; orders++) {
      const named = { market: of.market, plan: of.plan, orderId: of.order_id };
      const again = "The delivery stays closed. You can try again.";
      const candidate = await walletKey(wallet, account, named, 1, again);
      const isKey = base58Encode(candidate.public) === order.encryption_key;
      const parent = isKey || !of.parent || orders === MAX_TOP_UPS ? null : of.parent;
      if (parent !== null) {
        of = await patiently("Looking for the order that this one tops up", () => findOrder(parent));
        if (of !== null) continue;
        throw new Told(
          `The order that this one tops up, ${parent}, was closed, and the text that made its key is not known any more. ` +
            "Use the recovery code or the key file.",
        );
      }
      return openWith(
        candidate,
        `The delivery is not encrypted to what ${wallet.name} signs. It was bought with a recovery code or a key file, as ` +
          `a gift, or with ${order.buyer} in another wallet program, which signs in a form of its own.`,
      );
    }
  }

  // Refund, dispute, confirm.

  async function take(action, wallet) {
    const found = step(action);
    if (!found?.open) throw new Told("This is not possible now.");
    const account = await connectAs(wallet, found.by === "buyer" ? order.buyer : null);
    const reason = action === "dispute" ? byId("dispute-reason").value : undefined;
    const before = order.state;
    say("Asking the shop for the transaction …", "wait");
    const body = { account: account.address, ...(reason === undefined ? {} : { reason }) };
    const built = await patiently("It", () => postJson(`/orders/${address}/${action}`, body));
    const bytes = bytesOf(built.transaction);
    const asked = {
      account: account.address,
      market: page().market,
      order: address,
      payer: order.payer,
      action,
      reason,
    };
    const check = (transaction) => checkStep(transaction, asked);
    check(decodeTransaction(bytes));
    let missed = 0;
    const mayBefore = mayBeUnderWay;
    const done = await signAndSend(wallet, account, bytes, {
      check,
      arrived: async () => {
        const now = await findOrder(address);
        missed = now === null ? missed + 1 : 0;
        if (action === "close") return missed >= MISSED ? CLOSED : null;
        // What is paid later leaves the state as it is.
        const isDone =
          now !== null && (now.state !== before || !now.steps.some((step) => step.action === action && step.open));
        return isDone ? now : null;
      },
      sent: () => (mayBeUnderWay = true),
      unsent: () => (mayBeUnderWay = mayBefore),
      nothing: () => (mayBeUnderWay ? STEP_UNSEEN : "Nothing was changed."),
      unseen: STEP_UNSEEN,
      waiting: "The transaction is on its way …",
    });
    mayBeUnderWay = false;
    if (done === CLOSED) {
      endOfOrder(`The deposit is back with the wallet that paid it, ${shortAddress(order.payer)}.`);
    } else {
      order = done;
      render();
      say(order.summary);
    }
    wake();
  }

  /** Nothing is left on chain. What was opened here stays in sight. */
  function endOfOrder(news) {
    isClosed = true;
    section.dataset.state = "closed";
    ["open", "steps", "order-news"].forEach((id) => show(byId(id), false));
    const keep = opened?.profile ? " Keep the activation code: this page is the last that shows it." : "";
    say(`This order has ended and was closed: nothing more can be done with it. ${news}${keep}`);
  }

  byId("read-with-wallet").addEventListener("click", () => withWallet(section, readWithWallet));
  onClick("open-with-code", section, async () => openWith(await readRecoveryCode(), WRONG_CODE));
  byId("recovery-input").addEventListener("keydown", (event) => {
    if (event.key === "Enter") byId("open-with-code").click();
  });
  byId("key-file").addEventListener("change", (event) => {
    const input = event.target;
    void run(section, async () => {
      try {
        await openWith(await readKeyFile(input), WRONG_CODE);
      } finally {
        input.value = "";
      }
    });
  });
  for (const action of ["refund", "resolve", "dispute", "confirm", "close"]) {
    byId(action).addEventListener("click", () => {
      const erases = action === "close" && order?.ciphertext != null && opened === null;
      if (erases && !isSure(action, CLOSE_ERASES, "Close it all the same")) return;
      withWallet(section, (wallet) => take(action, wallet));
    });
  }
  byId("copy-code").addEventListener("click", () => void copy(byId("activation-code"), "The activation code"));
  byId("copy-evidence").addEventListener("click", () => void copy(byId("evidence"), "The evidence"));

  // Following.

  /** Right after it was paid, or where a node lags, an order is missing that is there. */
  const sayMissing = () =>
    say(
      order === null
        ? "The shop does not see this order yet. It appears here as soon as it does; no need to reload."
        : "The shop does not see this order at the moment. Following it goes on; no need to reload.",
      "wait",
    );

  async function follow() {
    missing = await missingCryptography();
    if (missing !== null) byId("cannot-open-why").textContent = missing;
    const since = Date.now();
    let failures = 0;
    let missed = 0;
    while (section.isConnected && !isClosed) {
      // Nobody looks: what has come meanwhile is fetched for who comes back. A key that waits opens what comes all the same.
      if (order !== null && (key === null || opened !== null)) await untilSeen();
      let pause = SLOW_POLL;
      try {
        const now = await getOrder(address);
        if (!section.isConnected || isClosed) return;
        missed = 0;
        forgetPurchase(now);
        // While a step is taken, that one says how the order is.
        if (section.getAttribute("aria-busy") !== "true" || order === null) {
          order = now;
          render();
          if (failures > 0) say(order.summary);
          if (key !== null && opened === null && missing === null && order.ciphertext !== null) {
            await run(section, () => openWith(key, WRONG_CODE));
          }
          if (ENDED.includes(order.state)) {
            if (order.steps.length === 0) return;
            if (order.steps.every((step) => step.action === "close")) pause = IDLE_POLL;
          }
        }
        failures = 0;
        if (order.state === "paid") pause = Math.min(POLL + (Date.now() - since) / 60, SLOW_POLL);
      } catch (error) {
        failures++;
        if (error instanceof ShopError && error.isPassing) {
          pause = pauseAfter(error, failures);
          const waitsFor = { undefined: "Loading your order", paid: "Waiting for your eSIM" };
          sayWaiting(error, waitsFor[order?.state] ?? "Following your order");
        } else if (error instanceof ShopError && error.status === 404) {
          missed++;
          pause = Math.min(POLL * missed, SLOW_POLL);
          const isEnded = order !== null && ENDED.includes(order.state);
          // While a step is taken, that one says how the order is.
          const isBusy = section.getAttribute("aria-busy") === "true" || isClosed;
          if (!isBusy && isEnded && missed >= MISSED) return endOfOrder("");
          if (!isBusy) sayMissing();
        } else {
          sayError(error);
        }
      }
      await Promise.race([sleepUntilSeen(pause), new Promise((resolve) => (wake = resolve))]);
    }
  }

  void follow();
}

// ------------------------------------------------------------------------------------------------------------------
// Finding orders: the section #find
// ------------------------------------------------------------------------------------------------------------------

function wireFind(section) {
  show(byId("find-controls"));
  listWallets((wallet) => chooseWallet(wallet));
  byId("find-wallet").addEventListener("click", () =>
    withWallet(section, async (wallet) => {
      const account = await connectAs(wallet, null);
      location.assign(`/orders?buyer=${account.address}`);
    }),
  );

  /** Only the public key leaves the page. */
  async function findWith(key) {
    say("Looking for your orders …", "wait");
    const path = `/orders?key=${base58Encode(key.public)}`;
    const { orders, pages } = await patiently("Looking for your orders", () => getJson(path));
    show(byId("found"), false);
    show(byId("found-more"), pages > 1);
    byId("found-more-link").href = `${path}&page=2`;
    if (orders.length === 0) {
      throw new Told("There is no order for this code. If you have just paid, try again in a minute.");
    }
    if (orders.length === 1) return goToOrder(orders[0].order, key);
    listFound(section, orders, (order) => goToOrder(order.order, key));
    focusOn(byId("found-heading"));
    say(`${orders.length} orders found. Anybody can buy for your key: yours are those that your wallet bought.`);
  }

  onClick("find-code", section, async () => findWith(await readRecoveryCode()));
  byId("recovery-input").addEventListener("keydown", (event) => {
    if (event.key === "Enter") byId("find-code").click();
  });
  byId("key-file").addEventListener("change", (event) => {
    const input = event.target;
    void run(section, async () => {
      try {
        await findWith(await readKeyFile(input));
      } finally {
        input.value = "";
      }
    });
  });

  void missingCryptography().then((missing) => {
    if (missing === null) return;
    byId("cannot-open-why").textContent = missing;
    show(byId("cannot-open"));
    for (const id of ["recovery-input", "find-code", "key-file"]) byId(id).disabled = true;
  });
}

// ------------------------------------------------------------------------------------------------------------------
// Start
// ------------------------------------------------------------------------------------------------------------------

function start() {
  const [checkout, order, find] = ["checkout", "order", "find"].map(byId);
  const [, plan] = /^\/plans\/([1-9A-HJ-NP-Za-km-z]{32,44})$/.exec(location.pathname) ?? [];
  if (!checkout && plan !== undefined) void findBought(plan).catch(sayError);
  if (!checkout && !order && !find) return;
  // The same file under another address, as tests import it, is another module: the page is wired once.
  if ("wired" in page()) return;
  page().wired = "";
  findWallets();
  if (checkout) void wireCheckout(checkout).catch(sayError);
  if (order) wireOrder(order);
  if (find) wireFind(find);
  // After goToOrder, going back is to the page as the server has it. Jumps within a page are no going back.
  addEventListener("popstate", () => {
    if (location.pathname !== shownPath) location.reload();
  });
}

if (typeof document !== "undefined") start();
