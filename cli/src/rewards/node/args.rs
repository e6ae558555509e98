use std::str::FromStr;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use node_rewards::state::Node;
use solana_pubkey::Pubkey;
use wayfare_core::h3;

use crate::context::Context;
use crate::error::Usage;
use crate::rewards::args::NetworkArg;
use crate::rewards::find::find_network;

#[derive(Args)]
#[group(multiple = false)]
pub struct PlaceArgs {
    /// Latitude and longitude in degrees: only the H3 cell around them is published
    #[arg(long, value_name = "LAT,LNG", allow_hyphen_values = true)]
    pub at: Option<LatLng>,

    /// H3 cell, as its 15 hexadecimal digits
    #[arg(long, value_name = "CELL")]
    pub location: Option<Cell>,
}

impl PlaceArgs {
    /// The cell to publish: as given, or around a place at the network's resolution. The place itself stays here.
    pub fn cell(&self, ctx: &Context, network: &str, is_offline: bool) -> Result<u64> {
        match (self.location, self.at) {
            (Some(Cell(cell)), _) => Ok(cell),
            (None, Some(_)) if is_offline => {
                bail!(Usage("--sign-only asks the network for nothing, so its resolution is not known: give --location instead of --at".into()))
            }
            (None, Some(at)) => {
                let (_, network) = find_network(ctx, network)?;
                h3::cell_at(at.latitude, at.longitude, network.terms.location_resolution)
                    .context("--at")
            }
            (None, None) => bail!(Usage(
                "say where the node is: --at LAT,LNG or --location CELL".into()
            )),
        }
    }
}

/// Degrees, as WGS 84 has them. Whether there is such a place is checked when its cell is looked up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatLng {
    pub latitude: f64,
    pub longitude: f64,
}

impl FromStr for LatLng {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let degrees = |text: &str| text.trim().parse::<f64>().ok();
        text.split_once(',')
            .and_then(|(latitude, longitude)| {
                Some(Self {
                    latitude: degrees(latitude)?,
                    longitude: degrees(longitude)?,
                })
            })
            .ok_or_else(|| format!("{text:?} is not a place: write degrees as in 40.7459,-73.9940"))
    }
}

/// An H3 cell index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell(pub u64);

impl FromStr for Cell {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        u64::from_str_radix(text, 16)
            .ok()
            .filter(|cell| wayfare_core::h3cell::resolution(*cell).is_some())
            .map(Self)
            .ok_or_else(|| {
                format!(
                    "{text:?} is not an H3 cell: write its hexadecimal index, as in 882a100d2bfffff"
                )
            })
    }
}

#[derive(Args)]
pub struct NodeDeviceArgs {
    #[command(flatten)]
    pub network: NetworkArg,

    /// The device's public key
    pub device: Pubkey,
}

impl NodeDeviceArgs {
    /// The node of the device.
    pub fn find(&self, ctx: &Context) -> Result<Node> {
        let (network, _) = find_network(ctx, &self.network.network)?;
        let at = wayfare_client::rewards::address::node(&network, &self.device);
        match ctx.cluster()?.find_state(&at)? {
            Some(node) => Ok(node),
            None => bail!(
                "the device {} is not registered in the network {}: `wayfare node list` shows all",
                self.device,
                self.network.network
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let place: LatLng = "40.7459, -73.9940".parse().unwrap();
        assert_eq!((place.latitude, place.longitude), (40.7459, -73.9940));
        for text in ["", "40", "40,x", "40,1,2"] {
            assert!(text.parse::<LatLng>().is_err(), "{text}");
        }
        assert_eq!("882a100d2bfffff".parse(), Ok(Cell(0x0882_a100_d2bf_ffff)));
        for text in ["", "0", "882a100d2bffff", "zz", "882a100d2bffffe"] {
            assert!(text.parse::<Cell>().is_err(), "{text}");
        }
    }
}
