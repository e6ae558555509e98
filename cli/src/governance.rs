//! How networks, markets and hubs are governed: `authority nominate`, `authority accept`, `guardian`, `pause` and
//! `unpause`, once for the nouns of all programs.

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use solana_pubkey::Pubkey;
use wayfare_client::governance::Governed;

use crate::args::{ConfirmArgs, OfflineArgs, Seconds, TransactionArgs, UnixTime};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::error::Usage;
use crate::output::{Moment, Shown};
use crate::signers::SignerSource;
use crate::views;

/// A network, a market or a hub, as an argument names it.
pub trait Noun: Args {
    /// What it is called, as in "network".
    const NOUN: &'static str;

    /// What a pause of it stops, and what it does not.
    const PAUSE: &'static str;

    fn name(&self) -> &str;

    /// The program, and the address that the name leads to.
    fn governed(&self) -> Result<Governed>;

    /// Its roles on the chain.
    fn roles(&self, ctx: &Context) -> Result<Roles>;
}

/// The roles that these commands change.
pub struct Roles {
    /// All zero where nobody is nominated.
    pub pending_authority: Pubkey,
    pub guardian: Pubkey,
}

#[derive(Subcommand)]
pub enum GovernanceCommand<N: Noun> {
    /// Hand the authority over, in two steps
    #[command(subcommand)]
    Authority(AuthorityCommand<N>),
    /// Replace the guardian
    Guardian(GuardianArgs<N>),
    #[command(about = N::PAUSE)]
    Pause(PauseArgs<N>),
    /// End a pause
    Unpause(UnpauseArgs<N>),
}

#[derive(Subcommand)]
pub enum AuthorityCommand<N: Noun> {
    /// Nominate the next authority, or withdraw the nomination
    Nominate(NominateArgs<N>),
    /// Take the authority over, as the nominee
    Accept(AcceptArgs<N>),
}

/// What every change by the authority has.
#[derive(Args)]
pub struct AuthorityArgs {
    /// The authority, who signs [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct NominateArgs<N: Noun> {
    #[command(flatten)]
    pub noun: N,
    #[command(flatten)]
    pub nominee: NomineeArgs,
    #[command(flatten)]
    pub by: AuthorityArgs,
}

/// Whom to nominate, or nobody.
#[derive(Args)]
pub struct NomineeArgs {
    /// Whom to nominate
    #[arg(value_name = "PUBKEY", required_unless_present = "withdraw")]
    pub nominee: Option<Pubkey>,

    /// Withdraw the nomination
    #[arg(long, conflicts_with = "nominee")]
    pub withdraw: bool,
}

#[derive(Args)]
pub struct AcceptArgs<N: Noun> {
    #[command(flatten)]
    pub noun: N,
    #[command(flatten)]
    pub by: AcceptedByArgs,
}

/// What every acceptance by a nominee has.
#[derive(Args)]
pub struct AcceptedByArgs {
    /// The nominee, who signs [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub nominee: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct GuardianArgs<N: Noun> {
    #[command(flatten)]
    pub noun: N,

    /// The new guardian
    #[arg(value_name = "PUBKEY")]
    pub guardian: Pubkey,

    #[command(flatten)]
    pub by: AuthorityArgs,
}

#[derive(Args)]
pub struct PauseArgs<N: Noun> {
    #[command(flatten)]
    pub noun: N,
    #[command(flatten)]
    pub end: PauseEnd,

    /// The guardian, who signs [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub guardian: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct PauseEnd {
    /// How long from now, at most 7d
    #[arg(long = "for", value_name = "SPAN")]
    pub span: Option<Seconds>,

    /// Until when, at most 7 days ahead
    #[arg(long, value_name = "TIME")]
    pub until: Option<UnixTime>,
}

#[derive(Args)]
pub struct UnpauseArgs<N: Noun> {
    #[command(flatten)]
    pub noun: N,
    #[command(flatten)]
    pub by: AuthorityArgs,
}

impl<N: Noun> GovernanceCommand<N> {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        match self {
            Self::Authority(AuthorityCommand::Nominate(args)) => args.run(ctx),
            Self::Authority(AuthorityCommand::Accept(args)) => args.run(ctx),
            Self::Guardian(args) => args.run(ctx),
            Self::Pause(args) => args.run(ctx),
            Self::Unpause(args) => args.run(ctx),
        }
    }
}

impl AuthorityArgs {
    /// Begins a transaction of the authority.
    pub fn draft<'a>(&'a self, ctx: &'a Context) -> Result<Draft<'a>> {
        let authority = self.authority.as_ref();
        Draft::new(ctx, &self.transaction, authority, "the authority")
    }
}

impl AcceptedByArgs {
    /// Begins a transaction of the nominee.
    pub fn draft<'a>(&'a self, ctx: &'a Context) -> Result<Draft<'a>> {
        let nominee = self.nominee.as_ref();
        Draft::new(ctx, &self.transaction, nominee, "the nominee")
    }
}

/// What is governed, in words.
fn named<N: Noun>(noun: &N) -> String {
    format!("the {} {}", N::NOUN, noun.name())
}

impl NomineeArgs {
    /// Says what a nomination for `whose` authority changes; `pending` reads the nominee that it replaces.
    pub fn describe(
        &self,
        draft: &mut Draft,
        whose: &str,
        pending: impl FnOnce() -> Result<Pubkey>,
    ) -> Result<()> {
        // `clap` requires either a nominee or --withdraw.
        let (action, nominee) = match self.nominee {
            Some(nominee) => ("nominate the next authority of", nominee.into()),
            None => (
                "withdraw the nomination for the authority of",
                "none".into(),
            ),
        };
        draft.describe(
            format!("{action} {whose}"),
            vec![("pending authority", nominee)],
        );
        draft.describe_before(|| {
            let nominee = views::or_none(&views::key(&pending()?));
            Ok(vec![("pending authority", nominee.into())])
        })
    }
}

impl<N: Noun> NominateArgs<N> {
    fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        self.nominee.describe(&mut draft, &named(&self.noun), || {
            Ok(self.noun.roles(ctx)?.pending_authority)
        })?;
        let governed = self.noun.governed()?;
        draft.add(governed.nominate_authority(draft.signer, self.nominee.nominee));
        draft.finish(Some(&self.by.confirm))
    }
}

impl<N: Noun> AcceptArgs<N> {
    fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        draft.describe(
            format!("take over the authority of {}", named(&self.noun)),
            vec![("authority", draft.signer.into())],
        );
        draft.add(self.noun.governed()?.accept_authority(draft.signer));
        draft.finish(Some(&self.by.confirm))
    }
}

impl<N: Noun> GuardianArgs<N> {
    fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        draft.describe(
            format!("replace the guardian of {}", named(&self.noun)),
            vec![("guardian", self.guardian.into())],
        );
        draft.describe_before(|| {
            let guardian = self.noun.roles(ctx)?.guardian;
            Ok(vec![("guardian", guardian.into())])
        })?;
        let governed = self.noun.governed()?;
        draft.add(governed.set_guardian(draft.signer, self.guardian));
        draft.finish(Some(&self.by.confirm))
    }
}

impl<N: Noun> PauseArgs<N> {
    fn run(&self, ctx: &Context) -> Result<Receipt> {
        let guardian = self.guardian.as_ref();
        let mut draft = Draft::new(ctx, &self.transaction, guardian, "the guardian")?;
        let until = self.end.moment(ctx, &self.transaction.offline)?;
        draft.describe(
            format!("pause {}", named(&self.noun)),
            vec![("paused until", Shown::of(Moment(until)))],
        );
        draft.add(self.noun.governed()?.pause(draft.signer, until));
        draft.finish(Some(&self.confirm))
    }
}

impl PauseEnd {
    /// When the pause ends, in Unix seconds.
    fn moment(&self, ctx: &Context, offline: &OfflineArgs) -> Result<i64> {
        match (self.until, self.span) {
            (Some(until), _) => Ok(until.0),
            (None, Some(span)) if offline.blockhash.is_none() => {
                // By the cluster's clock, which the program goes by.
                Ok(ctx.cluster()?.unix_time()?.saturating_add_unsigned(span.0))
            }
            _ => bail!(Usage("with --blockhash every signer must sign the same time: give --until instead of --for".into())),
        }
    }
}

impl<N: Noun> UnpauseArgs<N> {
    fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        draft.describe(format!("end the pause of {}", named(&self.noun)), vec![]);
        draft.add(self.noun.governed()?.unpause(draft.signer));
        draft.finish(Some(&self.by.confirm))
    }
}
