//! A wallet that speaks Solana Pay: what is on the other side of a payment code.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_transaction::Transaction;
use wayfare_client::send::read_transaction;

use crate::web::{self, Answer};

/// Reads the transaction of an answer, and checks what a wallet checks before it shows it: that it is for this account to
/// sign and pay, alone, and that it says when it ends.
#[track_caller]
pub fn read(answer: &Value, account: &Pubkey) -> Transaction {
    let text = answer["transaction"].as_str().unwrap();
    let transaction = read_transaction(&BASE64_STANDARD.decode(text).unwrap()).unwrap();
    let message = &transaction.message;
    assert_eq!(
        message.account_keys.first(),
        Some(account),
        "who pays the fee"
    );
    assert_eq!(message.header.num_required_signatures, 1, "{message:?}");
    assert_ne!(message.recent_blockhash, Default::default());
    let signed = transaction
        .signatures
        .iter()
        .map(|signature| signature.as_ref());
    assert!(signed.eq([[0; 64]]), "nobody has signed yet");
    transaction
}

/// The transaction with the wallet's signature, in base64.
pub fn sign(mut transaction: Transaction, wallet: &Keypair) -> String {
    let message = transaction.message_data();
    transaction.signatures = vec![wallet.sign_message(&message)];
    // A count, the signatures, the message.
    let count = u8::try_from(transaction.signatures.len()).unwrap();
    let signatures = transaction
        .signatures
        .iter()
        .flat_map(|signature| signature.as_ref());
    let bytes: Vec<u8> = [count]
        .iter()
        .chain(signatures)
        .chain(&message)
        .copied()
        .collect();
    BASE64_STANDARD.encode(bytes)
}

/// Pays what a payment code asks for, as a phone does: gets the label, posts the account, signs, and sends the transaction
/// to the network by an RPC node of its own. Gives the order's address.
#[track_caller]
pub fn pay(payment_code: &str, wallet: &Keypair, rpc: &str) -> String {
    let link = link_of(payment_code);
    let label = web::get_json(&link).ok();
    assert!(
        label["label"]
            .as_str()
            .is_some_and(|label| !label.is_empty())
    );
    let built = ask(&link, &wallet.pubkey()).ok();
    let signed = sign(read(&built, &wallet.pubkey()), wallet);
    let options = json!({ "encoding": "base64", "preflightCommitment": "confirmed" });
    wayfare_tests::proxy::call(rpc, "sendTransaction", json!([signed, options]));
    built["order"].as_str().unwrap().to_owned()
}

/// The address that a `solana:` URL stands for.
#[track_caller]
pub fn link_of(payment_code: &str) -> String {
    let encoded = payment_code
        .strip_prefix("solana:")
        .expect("a URL of Solana Pay");
    let mut link = vec![];
    let mut bytes = encoded.bytes();
    while let Some(byte) = bytes.next() {
        link.push(match byte {
            b'%' => {
                let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            byte => byte,
        });
    }
    String::from_utf8(link).unwrap()
}

/// Posts an account to the address of a transaction request.
#[track_caller]
pub fn ask(link: &str, account: &Pubkey) -> Answer {
    web::post(link, &json!({ "account": account.to_string() }))
}
