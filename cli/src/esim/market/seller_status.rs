use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use esim_market::state::{Seller, SellerStatus};
use solana_pubkey::Pubkey;
use wayfare_client::esim::instruction;

use crate::context::Context;
use crate::draft::Receipt;
use crate::esim::market::args::MarketNameArgs;
use crate::esim::views::seller_status;
use crate::governance::AuthorityArgs;

#[derive(Args)]
pub struct SellerStatusArgs {
    #[command(flatten)]
    pub market: MarketNameArgs,

    /// Address of the seller
    #[arg(value_name = "SELLER")]
    pub seller: Pubkey,

    /// What the seller becomes
    #[arg(value_enum)]
    pub status: Status,

    #[command(flatten)]
    pub by: AuthorityArgs,
}

/// Whether a seller may sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Status {
    /// Waits for a decision
    Pending,
    /// May sell
    Approved,
    /// May no longer sell
    Suspended,
}

impl From<Status> for SellerStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Pending => Self::Pending,
            Status::Approved => Self::Approved,
            Status::Suspended => Self::Suspended,
        }
    }
}

impl SellerStatusArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        let market = self.market.address()?;
        // None of the statuses is hidden, so each has a name.
        let status = self
            .status
            .to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned());
        draft.describe(
            format!("decide about a seller of the market {}", self.market.name),
            vec![("seller", self.seller.into()), ("status", status.into())],
        );
        draft.describe_before(|| {
            let seller: Seller = ctx.cluster()?.state(&self.seller)?;
            if seller.market != market {
                bail!("{} sells in another market, {}", self.seller, seller.market);
            }
            Ok(vec![("status", seller_status(&seller).into())])
        })?;
        draft.add(instruction::set_seller_status(
            market,
            draft.signer,
            self.seller,
            self.status.into(),
        ));
        draft.finish(Some(&self.by.confirm))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_the_programs() {
        let statuses: Vec<u8> = Status::value_variants()
            .iter()
            .map(|status| SellerStatus::from(*status) as u8)
            .collect();
        assert_eq!(statuses, [0, 1, 2]);
    }
}
