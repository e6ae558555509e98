use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use node_rewards::state::{Node, NodeKind};
use wayfare_client::rewards::{address, instruction};

use crate::args::{ConfirmArgs, JobArgs, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::rewards::args::NetworkArg;
use crate::rewards::node::args::PlaceArgs;
use crate::rewards::node::roster::ColumnName;
use crate::rewards::views;
use crate::signers::SignerSource;

#[derive(Args)]
pub struct NodeRegisterArgs {
    #[command(flatten)]
    pub network: NetworkArg,

    /// The device's own key: it signs too
    #[arg(long, value_name = "KEYPAIR", required_unless_present = "from_csv")]
    pub device: Option<SignerSource>,

    /// The node's owner, who signs [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub owner: Option<SignerSource>,

    #[command(flatten)]
    pub place: PlaceArgs,

    /// What the node offers
    #[arg(long, value_enum, default_value_t)]
    pub kind: Kind,

    #[command(flatten)]
    pub bulk: BulkRegisterArgs,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub job: JobArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

/// What a node offers to roaming subscribers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A public Wi-Fi hotspot with its own sign-on
    #[default]
    Wifi,
    /// A Wi-Fi hotspot in the WBA OpenRoaming federation
    OpenRoaming,
    /// A cellular small cell
    SmallCell,
}

impl From<Kind> for NodeKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Wifi => Self::Wifi,
            Kind::OpenRoaming => Self::OpenRoaming,
            Kind::SmallCell => Self::SmallCell,
        }
    }
}

#[derive(Args)]
#[command(next_help_heading = "Registering from a file")]
pub struct BulkRegisterArgs {
    /// CSV file with a node in each row: columns id, owner, latitude and longitude. Rows that cannot be registered
    /// are listed with their reason; the others are
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["device", "owner", "at", "location"],
        requires_all = ["device_keys", "owner_keys"]
    )]
    pub from_csv: Option<PathBuf>,

    /// What the columns are called in the file, as in id=OBJECTID,owner=Provider,latitude=Lat,longitude=Long
    #[arg(
        long,
        value_name = "COLUMN=NAME,…",
        value_delimiter = ',',
        requires = "from_csv"
    )]
    pub columns: Vec<ColumnName>,

    /// Folder with the devices' keys, ID.json each. Those that are missing are made
    #[arg(long, value_name = "DIR", requires = "from_csv")]
    pub device_keys: Option<PathBuf>,

    /// Folder with the owners' keys, OWNER.json each. Those that are missing are made
    #[arg(long, value_name = "DIR", requires = "from_csv")]
    pub owner_keys: Option<PathBuf>,

    /// CSV file with key files kept elsewhere: columns owner and keypair
    #[arg(long, value_name = "FILE", requires = "from_csv")]
    pub owners: Option<PathBuf>,

    /// Give the nodes of the first N rows an owner each, named after their id, whatever the owner column says
    #[arg(long, value_name = "N", default_value_t = 0, requires = "from_csv")]
    pub single_owners: usize,
}

impl NodeRegisterArgs {
    /// Registers one device. Owner and device sign; anyone may pay.
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(ctx, &self.transaction, self.owner.as_ref(), "the owner")?;
        let device = draft.also_signed_by(self.device.as_ref(), "the device")?;
        let name = &self.network.network;
        let network = self.network.address()?;
        let location = self.place.cell(ctx, name, draft.is_offline())?;
        let kind = self.kind.into();
        if !draft.is_offline() {
            let there: Option<Node> = ctx
                .cluster()?
                .find_state(&address::node(&network, &device))?;
            if let Some(node) = there {
                bail!(
                    "the device {device} is registered in the network {name} already, by the owner {}",
                    node.owner
                );
            }
        }
        draft.describe(
            format!("register a node in the network {name}"),
            vec![
                ("device", device.into()),
                ("owner", draft.signer.into()),
                ("kind", views::kind(kind).into()),
                ("location", views::cell(location).into()),
                ("address", address::node(&network, &device).into()),
            ],
        );
        draft.add(instruction::register_node(
            network,
            draft.payer,
            draft.signer,
            device,
            kind,
            location,
        ));
        draft.finish(None)
    }
}
