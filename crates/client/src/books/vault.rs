//! The token account that a program pays from.

use solana_account::Account;
use solana_pubkey::Pubkey;
use wayfare_core::mint::{check_mint, token_account};

use super::{checks::Checks, rule::Rule};

/// What a vault must be: a token account that one program-derived address controls.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// Where it is.
    pub address: Pubkey,
    pub token_program: Pubkey,
    pub mint: Pubkey,
    /// Who signs for it.
    pub owner: Pubkey,
}

/// A vault as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vault {
    /// Base units.
    pub balance: u64,
    /// Why it is not the owner's alone, if it is not.
    pub fault: Option<&'static str>,
    /// Whether the mint's freeze authority stopped it: nothing leaves it then.
    pub is_frozen: bool,
}

impl Vault {
    /// Holds what is at a vault's address against what must be there.
    pub fn read(account: Option<&Account>, expected: &Expected) -> Self {
        let Some(account) = account else {
            return Self {
                fault: Some("it does not exist"),
                ..Self::default()
            };
        };
        let view = token_account(&account.data);
        let fault = match &view {
            _ if account.owner != expected.token_program => Some("another program owns it"),
            None => Some("it is not a token account"),
            Some(view) if view.mint != expected.mint.as_array() => Some("it is of another mint"),
            Some(view) if view.owner != expected.owner.as_array() => Some("it has another owner"),
            Some(view) if view.has_delegate => Some("it has a delegate"),
            Some(view) if view.has_close_authority => Some("it has a close authority"),
            Some(_) => None,
        };
        Self {
            balance: view.as_ref().map_or(0, |view| view.amount),
            is_frozen: view.is_some_and(|view| view.is_frozen),
            fault,
        }
    }

    /// Checks that the vault is whose it should be.
    pub fn check_control(&self, checks: &mut Checks, rule: Rule, expected: &Expected) {
        checks.fact(
            rule,
            &expected.address,
            self.fault,
            format!(
                "a token account of mint {} that {} alone controls",
                expected.mint, expected.owner
            ),
        );
    }

    /// Checks that the vault is not frozen.
    pub fn check_freedom(&self, checks: &mut Checks, rule: Rule, expected: &Expected) {
        let fault = self
            .is_frozen
            .then_some("the mint's freeze authority has frozen it");
        checks.fact(rule, &expected.address, fault, "nobody stops payments");
    }
}

/// Checks that a mint still is one that the programs accept, with the decimals that they noted.
pub fn check_plain_mint(
    checks: &mut Checks,
    rule: Rule,
    expected: &Expected,
    decimals: u8,
    account: Option<&Account>,
) {
    let fault = match account {
        None => Some("it does not exist".to_owned()),
        Some(account) if account.owner != expected.token_program => {
            Some(format!("program {} owns it", account.owner))
        }
        Some(account) => match check_mint(&account.data) {
            Err(refused) => Some(refused.to_string()),
            Ok(mint) => {
                (mint.decimals != decimals).then(|| format!("it has {} decimals", mint.decimals))
            }
        },
    };
    checks.fact(
        rule,
        &expected.mint,
        fault,
        format!("a mint of {decimals} decimals without extensions that act"),
    );
}
