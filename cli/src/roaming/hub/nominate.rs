use anyhow::Result;
use clap::Args;
use wayfare_client::roaming::instruction;

use crate::context::Context;
use crate::draft::Receipt;
use crate::roaming::args::{HubAuthorityArgs, HubNameArgs, NomineeArgs};
use crate::roaming::find::find_hub;
use crate::views;

#[derive(Args)]
pub struct HubNominateArgs {
    #[command(flatten)]
    pub hub: HubNameArgs,
    #[command(flatten)]
    pub nominee: NomineeArgs,
    #[command(flatten)]
    pub by: HubAuthorityArgs,
}

impl HubNominateArgs {
    /// `clap` sees to it that there is either a nominee or `--withdraw`.
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        let name = &self.hub.name;
        match self.nominee.nominee {
            Some(nominee) => draft.describe(
                format!("nominate the next authority of the hub {name}"),
                vec![("pending authority", nominee.into())],
            ),
            None => draft.describe(
                format!("withdraw the nomination for the authority of the hub {name}"),
                vec![("pending authority", "none".into())],
            ),
        }
        draft.describe_before(|| {
            let (_, hub) = find_hub(ctx, name)?;
            let nominee = views::or_none(&views::key(&hub.pending_authority));
            Ok(vec![("pending authority", nominee.into())])
        })?;
        draft.add(instruction::nominate_authority(
            self.hub.address()?,
            draft.signer,
            self.nominee.nominee,
        ));
        draft.finish(Some(&self.by.confirm))
    }
}
