use anyhow::Result;
use solana_pubkey::Pubkey;
use wayfare_client::roaming::address;
use wayfare_core::roaming::tadig::Tadig;

use crate::context::Context;
use crate::roaming::args::OperatorArg;
use crate::roaming::find::tadig;

/// Where an operator is, by the names that lead there.
pub struct Place {
    pub hub: Pubkey,
    pub tadig: Tadig,
    pub operator: Pubkey,
}

impl OperatorArg {
    pub fn place(&self, ctx: &Context) -> Result<Place> {
        let hub = self.hub.address()?;
        let tadig = tadig(ctx, &self.operator);
        Ok(Place {
            hub,
            tadig,
            operator: address::operator(&hub, tadig),
        })
    }
}
