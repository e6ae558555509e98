mod accept;
mod nominate;

use clap::Subcommand;

use crate::rewards::network::authority::accept::AuthorityAcceptArgs;
use crate::rewards::network::authority::nominate::AuthorityNominateArgs;

#[derive(Subcommand)]
pub enum AuthorityCommand {
    /// Nominate the next authority, or withdraw the nomination
    Nominate(AuthorityNominateArgs),
    /// Take the authority over, as the nominee
    Accept(AuthorityAcceptArgs),
}
