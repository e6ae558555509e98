mod accept;
mod nominate;

use clap::Subcommand;

use crate::esim::market::authority::accept::MarketAcceptArgs;
use crate::esim::market::authority::nominate::MarketNominateArgs;

#[derive(Subcommand)]
pub enum MarketAuthorityCommand {
    /// Nominate the next authority, or withdraw the nomination
    Nominate(MarketNominateArgs),
    /// Take the authority over, as the nominee
    Accept(MarketAcceptArgs),
}
