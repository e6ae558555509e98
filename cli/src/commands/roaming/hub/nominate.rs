use anyhow::Result;
use wayfare_client::governance::Governed;
use wayfare_client::roaming::address::PROGRAM;

use crate::cli::roaming::HubNominateArgs;
use crate::commands::roaming::find_hub;
use crate::context::Context;
use crate::draft::Receipt;
use crate::views;

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
            let nominee = views::or_none(&views::key(&hub.scope.pending_authority));
            Ok(vec![("pending authority", nominee.into())])
        })?;
        draft.add(
            Governed {
                program: PROGRAM,
                address: self.hub.address()?,
            }
            .nominate_authority(draft.signer, self.nominee.nominee),
        );
        draft.finish(Some(&self.by.confirm))
    }
}
