use anyhow::{Result, bail};
use clap::Args;
use esim_market::state::MarketVault;
use solana_pubkey::Pubkey;
use wayfare_client::esim::{address, instruction};

use crate::args::{OFFLINE, TokenProgram};
use crate::context::Context;
use crate::draft::Receipt;
use crate::error::Usage;
use crate::esim::market::args::MarketNameArgs;
use crate::governance::AuthorityArgs;
use crate::mint;

#[derive(Args)]
pub struct AcceptMintArgs {
    #[command(flatten)]
    pub market: MarketNameArgs,

    /// The mint
    #[arg(value_name = "MINT")]
    pub mint: Pubkey,

    /// Program that owns the mint, where the network cannot be asked
    #[arg(long, value_name = "PROGRAM", requires = "blockhash", help_heading = OFFLINE)]
    pub token_program: Option<TokenProgram>,

    #[command(flatten)]
    pub by: AuthorityArgs,
}

impl AcceptMintArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        let market = self.market.address()?;
        let token_program = if draft.is_offline() {
            self.token_program.map(TokenProgram::id).ok_or_else(|| {
                Usage("--sign-only asks the network for nothing: give --token-program too".into())
            })?
        } else {
            let vault = address::vault(&market, &self.mint);
            if ctx.cluster()?.find_state::<MarketVault>(&vault)?.is_some() {
                bail!(
                    "the market accepted this mint before, and has a vault for it: if it was dropped, accept it again with \
                     `wayfare esim market readmit-mint`"
                );
            }
            let mint = mint::read(ctx.cluster()?, &self.mint)?;
            if mint.freeze_authority {
                ctx.note("note: the mint has a freeze authority, who could freeze the vault");
            }
            mint.token_program
        };
        draft.describe(
            format!("accept a mint in the market {}", self.market.name),
            vec![
                ("mint", self.mint.into()),
                ("token program", token_program.into()),
                ("vault", address::vault(&market, &self.mint).into()),
            ],
        );
        draft.add(instruction::accept_mint(
            market,
            draft.payer,
            draft.signer,
            self.mint,
            token_program,
        ));
        draft.finish(Some(&self.by.confirm))
    }
}
