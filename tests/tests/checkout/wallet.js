// A wallet for tests: registers by the Wallet Standard and signs with a key that the test chose.
//
// It is put into each page before the page's own scripts (Page.addScriptToEvaluateOnNewDocument), after a script that sets
// window.__testWallet to what it is, or to a list of such wallets:
//
//   secret       seed of the Ed25519 key, 32 numbers
//   name         "Test Wallet"
//   chains       ["solana:localnet"]
//   signMessage  whether it signs texts (true)
//   decline      says no to whatever is to be signed (false)
//   sendOnly     cannot sign without sending, which it does by the page's own /transactions (false)
//   differs      signs the same text differently each time, as no honest wallet does (false)
//   tamper       changes a byte of each transaction before it signs (false)
//   versioned    gives what it signs back in another version than it got, where it does not send it itself (false)
//   failsAfter   sends a transaction itself, and then says that it was rejected, with no code (false)
//
// All but the name, the chains and sendOnly may be changed while the page is there: window.__testWallet.decline = false.
// window.__testWalletLog has what was asked: counts by name, `texts` that were signed, `transactions` in base64.
(() => {
  "use strict";
  if (!window.__testWallet) return;
  const log = {
    connect: 0,
    disconnect: 0,
    signMessage: 0,
    signTransaction: 0,
    signAndSendTransaction: 0,
    declined: 0,
    texts: [],
    transactions: [],
  };
  window.__testWalletLog = log;

  const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  const base58 = (bytes) => {
    let number = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    let text = "";
    for (; number > 0n; number /= 58n) text = ALPHABET[Number(number % 58n)] + text;
    return "1".repeat(bytes.findIndex((byte) => byte !== 0)) + text;
  };
  const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes));
  const equal = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);

  /** An Ed25519 key pair by its seed: WebCrypto takes it in PKCS #8 (RFC 8410), and tells the public key in a JWK. */
  async function keyPair(seed) {
    const prefix = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    const pkcs8 = Uint8Array.from([...prefix, ...seed]);
    const key = await crypto.subtle.importKey("pkcs8", pkcs8, { name: "Ed25519" }, true, ["sign"]);
    const { x } = await crypto.subtle.exportKey("jwk", key);
    const bytes = atob(x.replace(/-/g, "+").replace(/_/g, "/"));
    return { key, publicKey: Uint8Array.from(bytes, (c) => c.charCodeAt(0)) };
  }

  async function sign(seed, bytes) {
    const { key } = await keyPair(seed);
    return new Uint8Array(await crypto.subtle.sign({ name: "Ed25519" }, key, bytes));
  }

  function makeWallet(config) {
    const name = config.name ?? "Test Wallet";
    const chains = config.chains ?? ["solana:localnet"];
    let accounts = [];
    const listeners = new Set();
    const changed = () => listeners.forEach((listener) => listener({ accounts }));

    const decide = () => {
      if (!config.decline) return;
      log.declined += 1;
      throw Object.assign(new Error("User rejected the request."), { code: 4001 });
    };
    const requireAccount = (account) => {
      if (!accounts.includes(account)) throw new Error("the account is not one of this wallet");
    };

    /** Signs a transaction's message and puts the signature where this key stands among those that sign. */
    async function signTransaction({ account, transaction, chain }) {
      requireAccount(account);
      if (chain !== undefined && !chains.includes(chain)) throw new Error(`not a chain of this wallet: ${chain}`);
      const signed = Uint8Array.from(transaction);
      log.transactions.push(toBase64(signed));
      // Fewer than 128 signatures and keys, so that each count is one byte.
      const [signatures] = signed;
      const start = 1 + 64 * signatures;
      const message = signed.subarray(start);
      const [required] = message;
      const keyAt = (index) => message.subarray(4 + 32 * index, 36 + 32 * index);
      let slot = 0;
      while (slot < required && !equal(keyAt(slot), account.publicKey)) slot += 1;
      if (slot === required || required !== signatures) throw new Error("this key does not sign the transaction");
      if (config.tamper) signed[signed.length - 1] ^= 1;
      const signature = await sign(config.secret, message);
      signed.set(signature, 1 + 64 * slot);
      return { signed, signature };
    }

    const features = {
      "standard:connect": {
        version: "1.0.0",
        connect: async () => {
          log.connect += 1;
          const { publicKey } = await keyPair(config.secret);
          const able = Object.keys(features).filter((feature) => feature.startsWith("solana:"));
          accounts = [Object.freeze({ address: base58([...publicKey]), publicKey, chains, features: able })];
          changed();
          return { accounts };
        },
      },
      "standard:disconnect": {
        version: "1.0.0",
        disconnect: async () => {
          log.disconnect += 1;
          accounts = [];
          changed();
        },
      },
      "standard:events": {
        version: "1.0.0",
        on: (event, listener) => {
          if (event !== "change") return () => {};
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      },
      "solana:signAndSendTransaction": {
        version: "1.0.0",
        supportedTransactionVersions: ["legacy", 0],
        signAndSendTransaction: async (...inputs) => {
          const outputs = [];
          for (const input of inputs) {
            log.signAndSendTransaction += 1;
            decide();
            const { signed, signature } = await signTransaction(input);
            const response = await fetch("/transactions", {
              method: "POST",
              headers: { "content-type": "application/json" },
              body: JSON.stringify({ transaction: toBase64(signed) }),
            });
            if (!response.ok) throw new Error(`it was not sent: ${await response.text()}`);
            if (config.failsAfter) throw new Error("Transaction was rejected.");
            outputs.push({ signature });
          }
          return outputs;
        },
      },
    };
    if (!config.sendOnly) {
      features["solana:signTransaction"] = {
        version: "1.0.0",
        supportedTransactionVersions: ["legacy", 0],
        signTransaction: async (...inputs) => {
          const outputs = [];
          for (const input of inputs) {
            log.signTransaction += 1;
            decide();
            const { signed } = await signTransaction(input);
            // The version stands before the message, and the tables that it looks addresses up in after it: none.
            const version0 = [...signed.subarray(0, 65), 0x80, ...signed.subarray(65), 0];
            outputs.push({ signedTransaction: config.versioned ? Uint8Array.from(version0) : signed });
          }
          return outputs;
        },
      };
    }
    if (config.signMessage !== false) {
      features["solana:signMessage"] = {
        version: "1.0.0",
        signMessage: async (...inputs) => {
          const outputs = [];
          for (const { account, message } of inputs) {
            log.signMessage += 1;
            requireAccount(account);
            decide();
            log.texts.push(new TextDecoder().decode(message));
            const signature = await sign(config.secret, message);
            if (config.differs) crypto.getRandomValues(signature);
            outputs.push({ signedMessage: message, signature, signatureType: "ed25519" });
          }
          return outputs;
        },
      };
    }
    return Object.freeze({
      version: "1.0.0",
      name,
      icon: "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAgMCA4IDgiPjxjaXJjbGUgY3g9IjQiIGN5PSI0IiByPSI0IiBmaWxsPSIjZmZjOTRkIi8+PC9zdmc+",
      chains,
      features,
      get accounts() {
        return accounts;
      },
    });
  }

  // The page may listen already, or only later: both directions of the Wallet Standard.
  const wallets = [window.__testWallet].flat().map(makeWallet);
  const callback = ({ register }) => register(...wallets);
  window.addEventListener("wallet-standard:app-ready", (event) => callback(event.detail));
  window.dispatchEvent(new CustomEvent("wallet-standard:register-wallet", { detail: callback }));
})();
