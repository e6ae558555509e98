use clap::Args;
use solana_pubkey::Pubkey;

use crate::args::{ConfirmArgs, TransactionArgs, name};
use crate::signers::SignerSource;

/// Which market.
#[derive(Args, Clone, Debug)]
pub struct MarketArg {
    /// Name of the market
    #[arg(
        short,
        long,
        env = "WAYFARE_MARKET",
        hide_env_values = true,
        value_name = "NAME",
        value_parser = name
    )]
    pub market: String,
}

/// Which market, where an address may tell it.
#[derive(Args, Clone, Debug)]
pub struct OptionalMarketArg {
    /// Name of the market; needed where the plan is given by its id
    #[arg(
        short,
        long,
        env = "WAYFARE_MARKET",
        hide_env_values = true,
        value_name = "NAME",
        value_parser = name
    )]
    pub market: Option<String>,
}

#[derive(Args)]
pub struct OrderArgs {
    /// Address of the order
    #[arg(value_name = "ORDER")]
    pub order: Pubkey,

    /// The order's buyer [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub buyer: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}
