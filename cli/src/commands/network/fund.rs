use anyhow::Result;
use wayfare_client::rewards::address;
use wayfare_client::rewards::instruction::{self, NetworkAccounts};

use crate::cli::NetworkFundArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::error::Usage;
use crate::output::{Amount, Shown};

impl NetworkFundArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(ctx, &self.transaction, self.funder.as_ref(), "the funder")?;
        let name = &self.network.name;
        let (accounts, decimals) = if draft.is_offline() {
            let missing = "--sign-only asks the network for nothing: give --mint, --token-program and --mint-decimals too";
            let (Some(mint), Some(token_program), Some(decimals)) = (
                self.mint,
                self.token_program,
                self.transaction.offline.mint_decimals,
            ) else {
                return Err(Usage(missing.into()).into());
            };
            let network = self.network.address()?;
            let accounts = NetworkAccounts {
                network,
                vault: address::vault(&network),
                mint,
                token_program: token_program.id(),
            };
            (accounts, decimals)
        } else {
            let (address, network) = ctx.network(name)?;
            (NetworkAccounts::of(address, &network), network.decimals)
        };
        let units = Draft::units(&self.amount, "amount", decimals)?;
        let source = self.source.unwrap_or_else(|| {
            wayfare_client::token::token_account(
                &draft.signer,
                &accounts.mint,
                &accounts.token_program,
            )
        });
        draft.describe(
            format!("fund the network {name}"),
            vec![
                (
                    "amount",
                    Shown::of(Amount::new(units, decimals, &accounts.mint)),
                ),
                ("mint", accounts.mint.into()),
                ("funder", draft.signer.into()),
                ("source", source.into()),
                ("vault", accounts.vault.into()),
            ],
        );
        draft.add(instruction::fund(&accounts, draft.signer, source, units));
        draft.finish(Some(&self.confirm))
    }
}
