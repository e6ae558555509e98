use anyhow::{Result, bail};
use clap::Args;
use esim_market::state::{Seller, SellerProfile};
use solana_pubkey::Pubkey;
use wayfare_client::esim::{address, instruction};

use crate::args::{ConfirmArgs, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::error::Usage;
use crate::esim::find::find_market;
use crate::esim::seller::args::SellerArg;
use crate::esim::views::seller_status;

#[derive(Args)]
pub struct SellerApplyArgs {
    #[command(flatten)]
    pub seller: SellerArg,

    /// Wallet whose associated token accounts are paid [default: the authority]
    #[arg(long, value_name = "PUBKEY")]
    pub payout: Option<Pubkey>,

    /// Who reports installations and first uses [default: the authority]
    #[arg(long, value_name = "PUBKEY")]
    pub attester: Option<Pubkey>,

    /// X25519 public key that messages to the seller can be encrypted to [default: none]
    #[arg(long, value_name = "KEY")]
    pub contact: Option<Pubkey>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

impl SellerApplyArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let authority = self.seller.authority.as_ref();
        let mut draft = Draft::new(ctx, &self.transaction, authority, "the seller")?;
        let name = &self.seller.market.market;
        let market = address::market(name)
            .ok_or_else(|| Usage(format!("{name:?} is not a market's name")))?;
        let at = address::seller(&market, &draft.signer);
        if !draft.is_offline() {
            find_market(ctx, name)?;
            if let Some(seller) = ctx.cluster()?.find_state::<Seller>(&at)? {
                bail!(
                    "{} is a seller of the market {name} already, {}: change it with `wayfare esim seller update`",
                    draft.signer,
                    seller_status(&seller)
                );
            }
        }
        let profile = SellerProfile {
            payout: self.payout.unwrap_or(draft.signer),
            attester: self.attester.unwrap_or(draft.signer),
            contact: self.contact.unwrap_or_default().to_bytes(),
        };
        let mut details = vec![
            ("seller", at.into()),
            ("authority", draft.signer.into()),
            ("paid to", profile.payout.into()),
            ("attester", profile.attester.into()),
        ];
        details.extend(self.contact.map(|contact| ("contact", contact.into())));
        draft.describe(format!("apply to sell in the market {name}"), details);
        draft.add(instruction::apply(
            market,
            draft.payer,
            draft.signer,
            profile,
        ));
        draft.finish(Some(&self.confirm))
    }
}
