//! What a new network holds: the programs, two mints, and the wallet's tokens.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_rpc_client::rpc_client::RpcClient;
use solana_signer::Signer;
use solana_system_interface::instruction::create_account;
use solana_transaction::Transaction;
use spl_associated_token_account_interface::address::get_associated_token_address_with_program_id;
use spl_associated_token_account_interface::instruction::create_associated_token_account;
use spl_token_2022_interface::instruction::{initialize_mint2, mint_to_checked};

use crate::network::{Network, WALLET_LAMPORTS};
use crate::programs::Program;
use crate::wallet::{Wallet, well_known_key};

/// The seeds of the mints' keys. Everybody has them, so the mints are the same in every run, and
/// nothing of value may ever be kept under them: they are for local networks only.
const SPL_MINT_SEED: &[u8; 32] = b"wayfare localnet spl-token mint ";
const TOKEN_2022_MINT_SEED: &[u8; 32] = b"wayfare localnet token-2022 mint";

/// Of both mints.
const DECIMALS: u8 = 6;
/// What the wallet gets of each, in whole tokens.
const WALLET_TOKENS: u64 = 10_000_000;

/// Length of a mint without extensions, in bytes (`spl_token_interface::state::Mint::LEN`).
const MINT_BYTES: usize = 82;

/// The mints, once created.
pub struct Setup {
    spl_mint: Pubkey,
    token_2022_mint: Pubkey,
}

impl Setup {
    /// Creates both mints, by their own programs, with the wallet as authority and first holder.
    pub fn create(rpc: &RpcClient, wallet: &Keypair) -> Result<Self> {
        Ok(Self {
            spl_mint: create_mint(rpc, wallet, SPL_MINT_SEED, &spl_token_interface::ID)?,
            token_2022_mint: create_mint(
                rpc,
                wallet,
                TOKEN_2022_MINT_SEED,
                &spl_token_2022_interface::ID,
            )?,
        })
    }

    pub fn json(&self, network: &Network, wallet: &Wallet, programs: &[Program]) -> Value {
        let programs: serde_json::Map<_, _> = programs
            .iter()
            .map(|program| (program.name.clone(), json!(program.id.to_string())))
            .collect();
        json!({
            "rpc_url": network.rpc_url(),
            "ws_url": network.ws_url(),
            "wallet": wallet.path,
            "spl_mint": self.spl_mint.to_string(),
            "token_2022_mint": self.token_2022_mint.to_string(),
            "programs": programs,
        })
    }

    pub fn text(&self, network: &Network, wallet: &Wallet, programs: &[Program]) -> String {
        let mut text = format!(
            "RPC              {}\nWebSocket        {}\nWallet           {}\n                 {}, with {} SOL and {WALLET_TOKENS} of each token\nSPL mint         {}\nToken-2022 mint  {}\n",
            network.rpc_url(),
            network.ws_url(),
            wallet.path.display(),
            wallet.key.pubkey(),
            WALLET_LAMPORTS / 1_000_000_000,
            self.spl_mint,
            self.token_2022_mint,
        );
        for program in programs {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{:<16} {}", program.name, program.id);
        }
        text.push_str("Ctrl-C stops it.\n");
        text
    }
}

fn create_mint(
    rpc: &RpcClient,
    wallet: &Keypair,
    seed: &[u8; 32],
    token_program: &Pubkey,
) -> Result<Pubkey> {
    let key = well_known_key(seed)?;
    let (mint, owner) = (key.pubkey(), wallet.pubkey());
    let account = get_associated_token_address_with_program_id(&owner, &mint, token_program);
    let amount = WALLET_TOKENS * 10u64.pow(DECIMALS.into());
    let rent = rpc.get_minimum_balance_for_rent_exemption(MINT_BYTES)?;
    let instructions = [
        create_account(&owner, &mint, rent, MINT_BYTES as u64, token_program),
        initialize_mint2(token_program, &mint, &owner, None, DECIMALS)?,
        create_associated_token_account(&owner, &owner, &mint, token_program),
        mint_to_checked(
            token_program,
            &mint,
            &account,
            &owner,
            &[],
            amount,
            DECIMALS,
        )?,
    ];
    let transaction = Transaction::new_signed_with_payer(
        &instructions,
        Some(&owner),
        &[wallet, &key],
        rpc.get_latest_blockhash()?,
    );
    rpc.send_and_confirm_transaction(&transaction)
        .with_context(|| format!("cannot create the mint {mint}"))?;
    Ok(mint)
}
