//! An epoch's published data, checked before anything is done with them.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use node_rewards::state::{Epoch as EpochAccount, Network};
use solana_pubkey::Pubkey;
use wayfare_client::account::AccountError;
use wayfare_client::error::ClientError;
use wayfare_client::rewards::address;
use wayfare_client::rewards::data_error::DataError;
use wayfare_client::rewards::published::{CompleteDir, Source};
use wayfare_core::rewards::epoch_data::{Epoch, EpochDir, Manifest};
use wayfare_core::rewards::verify;

use crate::context::Context;
use crate::error::Usage;

/// An epoch's data of which everything was recomputed.
pub struct Checked {
    /// Fetched files stay as long as this does.
    _dir: CompleteDir,
    pub epoch: Epoch,
}

impl Checked {
    pub fn manifest(&self) -> &Manifest {
        self.epoch.manifest()
    }

    pub fn dir(&self) -> &EpochDir {
        self.epoch.dir()
    }

    /// The network's address.
    pub fn network(&self) -> Pubkey {
        Pubkey::from(self.manifest().network)
    }
}

/// Where published data are, as a flag names it.
pub fn source(text: &str) -> Result<Source> {
    Ok(text
        .parse()
        .map_err(|error: DataError| Usage(error.to_string()))?)
}

/// Opens the data, recomputes all of them, and compares them with those of the epoch before where these are given.
pub fn check(ctx: &Context, data: &str, previous: Option<&Path>) -> Result<Checked> {
    let spinner = ctx.spinner("recomputing the epoch");
    let source = source(data)?;
    let path = match &source {
        Source::Directory(path) => path.clone(),
        // Not looked at: the files are fetched to a folder of their own.
        Source::Url(_) => Default::default(),
    };
    let opened = source.open(&ctx.cancel).map_err(ClientError::from)?;
    let dir = opened.complete(&path).map_err(ClientError::from)?;
    let epoch = verify::verify(dir.path(), previous)?;
    spinner.finish_and_clear();
    Ok(Checked { _dir: dir, epoch })
}

/// Opens data that a publisher puts its name to: those of the epoch before must be given, since only with them can be
/// seen that no owner loses anything.
pub fn check_to_sign(ctx: &Context, data: &str, previous: Option<&Path>) -> Result<Checked> {
    let checked = check(ctx, data, previous)?;
    let number = checked.manifest().epoch;
    if number > 1 && previous.is_none() {
        bail!(Usage(format!(
            "give the data of epoch {} with --previous: without them nobody sees whether an owner lost something",
            number.saturating_sub(1)
        )));
    }
    Ok(checked)
}

/// The network that the data are of, as the chain has it.
pub fn network_of(ctx: &Context, checked: &Checked) -> Result<Network> {
    let at = checked.network();
    match ctx.cluster()?.state(&at) {
        Err(ClientError::Account(AccountError::Missing(_))) => {
            bail!(
                "the data are of the network {at}, which is not on this cluster: check the data and --url"
            )
        }
        network => Ok(network?),
    }
}

/// The account of the network's epoch with this number, if it was ever proposed.
pub fn find_epoch(ctx: &Context, network: &Pubkey, number: u64) -> Result<Option<EpochAccount>> {
    if number == 0 {
        return Ok(None);
    }
    ctx.cluster()?
        .find_state(&address::epoch(network, number))
        .with_context(|| format!("epoch {number}"))
}
