use anyhow::Result;
use wayfare_client::rewards::instruction;

use crate::cli::NetworkGuardianArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};

impl NetworkGuardianArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(
            ctx,
            &self.transaction,
            self.authority.as_ref(),
            "the authority",
        )?;
        draft.describe(
            format!("replace the guardian of the network {}", self.network.name),
            vec![("guardian", self.guardian.into())],
        );
        draft.describe_before(|| {
            let (_, network) = ctx.network(&self.network.name)?;
            Ok(vec![("guardian", network.scope.guardian.into())])
        })?;
        draft.add(
            instruction::governed(self.network.address()?)
                .set_guardian(draft.signer, self.guardian),
        );
        draft.finish(Some(&self.confirm))
    }
}
