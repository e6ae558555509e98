use anyhow::{Context as _, Result, bail};
use clap::Args;
use esim_market::instructions::CreateMarketArgs;
use esim_market::state::{Market, MarketTerms};
use solana_pubkey::Pubkey;
use wayfare_client::error::InputError;
use wayfare_client::esim::instruction;
use wayfare_program::stored::Stored as _;

use crate::args::Seconds;
use crate::context::Context;
use crate::draft::Receipt;
use crate::esim::market::args::MarketNameArgs;
use crate::esim::market::update::window;
use crate::esim::views::MarketTermsView;
use crate::governance::AuthorityArgs;

#[derive(Args)]
pub struct MarketCreateArgs {
    #[command(flatten)]
    pub market: MarketNameArgs,

    /// Who divides what disputes are about
    #[arg(long, value_name = "PUBKEY")]
    pub arbiter: Pubkey,

    /// Who may pause
    #[arg(long, value_name = "PUBKEY")]
    pub guardian: Pubkey,

    /// Wallet whose associated token accounts get the fees
    #[arg(long, value_name = "PUBKEY")]
    pub treasury: Pubkey,

    /// The market's share of what sellers get, in basis points: at most 1000
    #[arg(long, value_name = "N")]
    pub fee_bps: u16,

    /// Longest time that a plan may give its seller to deliver
    #[arg(long, value_name = "SPAN", default_value = "1d")]
    pub max_delivery_window: Seconds,

    /// Shortest time that a plan may give its buyer to complain
    #[arg(long, value_name = "SPAN", default_value = "1d")]
    pub min_release_window: Seconds,

    /// Longest time that a plan may give its buyer to complain
    #[arg(long, value_name = "SPAN", default_value = "30d")]
    pub max_release_window: Seconds,

    /// Time for a seller to answer a dispute
    #[arg(long, value_name = "SPAN", default_value = "3d")]
    pub answer_window: Seconds,

    /// Time for the arbiter to resolve a contested order
    #[arg(long, value_name = "SPAN", default_value = "7d")]
    pub arbiter_window: Seconds,

    /// How long a delivery is kept for its buyer after the order's end
    #[arg(long, value_name = "SPAN", default_value = "30d")]
    pub retention: Seconds,

    #[command(flatten)]
    pub by: AuthorityArgs,
}

impl MarketCreateArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        let name = &self.market.name;
        let address = self.market.address()?;
        if !draft.is_offline() && ctx.cluster()?.find_state::<Market>(&address)?.is_some() {
            bail!(
                "there is a market {name} already: change it with `wayfare esim market update`, or choose another name"
            );
        }
        let terms = MarketTerms {
            arbiter: self.arbiter,
            treasury: self.treasury,
            max_delivery_window: window(self.max_delivery_window, "--max-delivery-window")?,
            min_release_window: window(self.min_release_window, "--min-release-window")?,
            max_release_window: window(self.max_release_window, "--max-release-window")?,
            answer_window: window(self.answer_window, "--answer-window")?,
            arbiter_window: window(self.arbiter_window, "--arbiter-window")?,
            retention: window(self.retention, "--retention")?,
            fee_bps: self.fee_bps,
        };
        let mut details = vec![
            ("address", address.into()),
            ("authority", draft.signer.into()),
            ("guardian", self.guardian.into()),
        ];
        details.extend(MarketTermsView::from(&terms.to_stored()).fields());
        draft.describe(format!("create the market {name}"), details);
        let args = CreateMarketArgs {
            name: name.clone(),
            terms,
            guardian: self.guardian,
        };
        let create = instruction::create_market(draft.payer, draft.signer, args)
            .ok_or_else(|| InputError::name("market", name))
            .context("cannot create the market")?;
        draft.add(create);
        draft.finish(Some(&self.by.confirm))
    }
}
