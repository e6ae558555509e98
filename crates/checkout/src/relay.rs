//! Signed transactions, passed on for wallets that only sign.

use axum::http::StatusCode;
use base64::{Engine, prelude::BASE64_STANDARD};
use solana_pubkey::Pubkey;
use solana_transaction::Transaction;
use wayfare_client::esim::address::PROGRAM;
use wayfare_client::send;

use crate::problem::Problem;
use crate::shop::Shop;

/// Programs that the shop's own transactions call.
const PROGRAMS: [Pubkey; 3] = [
    PROGRAM,
    solana_compute_budget_interface::ID,
    spl_associated_token_account_interface::program::ID,
];

impl Shop {
    /// Passes on a transaction of this market, and says its signature in base58. The same again does no harm.
    pub fn relay(&self, base64: &str) -> Result<String, Problem> {
        let bytes = BASE64_STANDARD
            .decode(base64.trim())
            .map_err(|_| Problem::bad_request("transaction is not base64"))?;
        let transaction = send::read_transaction(&bytes).map_err(bad_request)?;
        if !is_ours(&transaction, &self.market) {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "not-ours",
                "only transactions that this shop has made are passed on: send it with your wallet instead",
            ));
        }
        match send::relay(&self.cluster, &transaction) {
            Ok(signature) => Ok(signature.to_string()),
            Err(error) if matches!(error, wayfare_client::ClientError::Input(_)) => {
                Err(bad_request(error))
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn bad_request(error: wayfare_client::ClientError) -> Problem {
    Problem::bad_request(format!("transaction: {error}"))
}

/// Whether a transaction calls this market, and nothing that the shop's own transactions do not call.
fn is_ours(transaction: &Transaction, market: &Pubkey) -> bool {
    let message = &transaction.message;
    let key = |index: u8| message.account_keys.get(usize::from(index));
    let mut calls_market = false;
    for instruction in &message.instructions {
        match key(instruction.program_id_index) {
            Some(program) if *program == PROGRAM => {
                if !instruction
                    .accounts
                    .iter()
                    .any(|at| key(*at) == Some(market))
                {
                    return false;
                }
                calls_market = true;
            }
            Some(program) if PROGRAMS.contains(program) => {}
            _ => return false,
        }
    }
    calls_market
}

#[cfg(test)]
mod tests {
    use solana_instruction::{AccountMeta, Instruction};

    use super::*;

    #[test]
    fn only_what_the_shop_makes() {
        let key = |byte| Pubkey::new_from_array([byte; 32]);
        let (payer, market) = (key(1), key(2));
        let call = |program, market| {
            Instruction::new_with_bytes(program, &[], vec![AccountMeta::new(market, false)])
        };
        let ours = |calls: &[Instruction]| {
            let transaction = Transaction::new_with_payer(calls, Some(&payer));
            is_ours(&transaction, &market)
        };
        let budget = send::compute_unit_limit(1);
        assert!(ours(&[budget.clone(), call(PROGRAM, market)]));
        assert!(!ours(&[]));
        assert!(!ours(&[budget]));
        assert!(!ours(&[call(PROGRAM, key(3))]));
        assert!(!ours(&[call(PROGRAM, market), call(PROGRAM, key(3))]));
        assert!(!ours(&[call(PROGRAM, market), call(key(9), market)]));
    }
}
