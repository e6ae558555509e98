use anyhow::Result;
use node_rewards::state::PublisherSet;
use wayfare_client::rewards::instruction;

use crate::cli::{NetworkPublishersArgs, PublisherArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::output::Shown;
use crate::views::rewards::PublishersView;

impl From<&PublisherArgs> for PublisherSet {
    fn from(args: &PublisherArgs) -> Self {
        Self {
            publishers: args.publishers.clone(),
            threshold: args.threshold,
        }
    }
}

impl NetworkPublishersArgs {
    /// Approvals that an open proposal has do not count any more: it must be proposed again.
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(
            ctx,
            &self.transaction,
            self.authority.as_ref(),
            "the authority",
        )?;
        let set = PublisherSet::from(&self.publishers);
        draft.describe(
            format!(
                "replace the publishers of the network {}",
                self.network.name
            ),
            vec![("publishers", Shown::of(PublishersView::from(&set)))],
        );
        draft.describe_before(|| {
            let (_, network) = ctx.network(&self.network.name)?;
            let publishers = PublishersView::from(&network.publisher_set());
            Ok(vec![("publishers", Shown::of(publishers))])
        })?;
        draft.add(instruction::set_publishers(
            self.network.address()?,
            draft.signer,
            set,
        ));
        draft.finish(Some(&self.confirm))
    }
}
