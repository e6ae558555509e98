use anyhow::Result;
use clap::Args;
use node_rewards::state::PublisherSet;
use solana_pubkey::Pubkey;
use wayfare_client::rewards::instruction;

use crate::args::{ConfirmArgs, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::output::Shown;
use crate::rewards::args::NetworkNameArgs;
use crate::rewards::views::PublishersView;
use crate::signers::SignerSource;

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

    /// The network's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
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
