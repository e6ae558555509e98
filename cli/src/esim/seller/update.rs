use anyhow::Result;
use clap::Args;
use esim_market::state::SellerProfile;
use solana_pubkey::Pubkey;
use wayfare_client::esim::instruction;

use crate::args::{ConfirmArgs, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::esim::find::{find_market, require_online};
use crate::esim::seller::args::SellerArg;
use crate::esim::seller::find::find_seller;
use crate::output::Shown;
use crate::views::key;

#[derive(Args)]
pub struct SellerUpdateArgs {
    #[command(flatten)]
    pub seller: SellerArg,

    #[command(flatten)]
    pub change: SellerChangeArgs,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
pub struct SellerChangeArgs {
    /// Wallet whose associated token accounts are paid
    #[arg(long, value_name = "PUBKEY")]
    pub payout: Option<Pubkey>,

    /// Who reports installations and first uses
    #[arg(long, value_name = "PUBKEY")]
    pub attester: Option<Pubkey>,

    /// X25519 public key that messages to the seller can be encrypted to
    #[arg(long, value_name = "KEY")]
    pub contact: Option<Pubkey>,

    /// Take the contact away
    #[arg(long, conflicts_with = "contact")]
    pub no_contact: bool,
}

impl SellerUpdateArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let authority = self.seller.authority.as_ref();
        let mut draft = Draft::new(ctx, &self.transaction, authority, "the seller")?;
        require_online(draft.is_offline())?;
        let name = &self.seller.market.market;
        let (market, _) = find_market(ctx, name)?;
        let (_, seller) = find_seller(ctx, &market, &draft.signer)?;
        let before = seller.profile();
        let change = &self.change;
        let contact = match (change.contact, change.no_contact) {
            (Some(contact), _) => contact.to_bytes(),
            (None, true) => [0; 32],
            (None, false) => before.contact,
        };
        let after = SellerProfile {
            payout: change.payout.unwrap_or(before.payout),
            attester: change.attester.unwrap_or(before.attester),
            contact,
        };
        draft.describe(
            format!("change a seller of the market {name}, for orders to come"),
            fields(&after),
        );
        draft.describe_before(|| Ok(fields(&before)))?;
        draft.add(instruction::update_seller(market, draft.signer, after));
        draft.finish(Some(&self.confirm))
    }
}

fn fields(profile: &SellerProfile) -> Vec<(&'static str, Shown)> {
    let contact = key(&Pubkey::new_from_array(profile.contact));
    vec![
        ("paid to", profile.payout.into()),
        ("attester", profile.attester.into()),
        (
            "contact",
            Shown::new(contact.as_deref().unwrap_or("none"), &contact),
        ),
    ]
}
