use anyhow::Result;
use clap::Args;
use node_rewards::state::PublisherSet;
use solana_pubkey::Pubkey;
use wayfare_client::rewards::instruction;

use crate::context::Context;
use crate::draft::Receipt;
use crate::governance::AuthorityArgs;
use crate::output::Shown;
use crate::rewards::args::NetworkNameArgs;
use crate::rewards::find::find_network;
use crate::rewards::views::PublishersView;

#[derive(Args)]
pub struct PublisherArgs {
    /// Who may propose and approve epochs: 1 to 5, the option repeated
    #[arg(long = "publisher", value_name = "PUBKEY", required = true)]
    pub publishers: Vec<Pubkey>,

    /// Approvals that an epoch needs
    #[arg(long, value_name = "N")]
    pub threshold: u8,
}

#[derive(Args)]
pub struct NetworkPublishersArgs {
    #[command(flatten)]
    pub network: NetworkNameArgs,

    #[command(flatten)]
    pub publishers: PublisherArgs,

    #[command(flatten)]
    pub by: AuthorityArgs,
}

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
        let mut draft = self.by.draft(ctx)?;
        let set = PublisherSet::from(&self.publishers);
        draft.describe(
            format!(
                "replace the publishers of the network {}",
                self.network.name
            ),
            vec![("publishers", Shown::of(PublishersView::from(&set)))],
        );
        draft.describe_before(|| {
            let (_, network) = find_network(ctx, &self.network.name)?;
            let publishers = PublishersView::from(&network.publisher_set());
            Ok(vec![("publishers", Shown::of(publishers))])
        })?;
        draft.add(instruction::set_publishers(
            self.network.address()?,
            draft.signer,
            set,
        ));
        draft.finish(Some(&self.by.confirm))
    }
}
