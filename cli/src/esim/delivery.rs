//! A delivery as its buyer reads it.

use std::fmt::{self, Display};
use std::fs::OpenOptions;
use std::io::BufWriter;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use esim_market::state::{Delivery, Order};
use qrcode::render::unicode::Dense1x2;
use qrcode::{Color, QrCode};
use serde::Serialize;
use solana_pubkey::Pubkey;
use wayfare_client::account::AccountError;
use wayfare_client::error::ClientError;
use wayfare_client::esim::address;
use wayfare_core::esim::delivery::{self, OpenError};
use wayfare_core::esim::delivery_key::DeliveryKey;
use wayfare_core::esim::profile::Profile;

use crate::context::Context;
use crate::error::Exit;
use crate::output::Fields;

/// What was delivered, decrypted.
#[derive(Serialize)]
#[serde(tag = "delivery", rename_all = "kebab-case")]
pub enum Delivered {
    /// The profile that the seller committed to.
    Profile(ProfileView),
    /// The seller committed to it, but it is not a profile.
    NotAProfile {
        why: String,
        /// Hexadecimal.
        delivered: String,
        order: String,
    },
    /// The seller committed to something else than was delivered.
    Mismatch {
        why: String,
        /// SHA-256 of what was delivered, and the commitment on the chain, in hexadecimal.
        delivered_hash: String,
        committed_hash: String,
        /// The order's secret and what follows it, in hexadecimal: their SHA-256 is `delivered_hash`.
        secret: String,
        delivered: String,
        order: String,
    },
}

/// What a phone needs.
#[derive(Serialize)]
pub struct ProfileView {
    activation_code: String,
    smdp_address: String,
    matching_id: String,
    confirmation_code: Option<String>,
    iccid: Option<String>,
    eid: Option<String>,
    apn: Option<String>,
    notes: Option<String>,
    #[serde(skip)]
    qr: String,
}

impl Delivered {
    /// How a command ends that shows it.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Profile(_) => Exit::Done,
            Self::NotAProfile { .. } | Self::Mismatch { .. } => Exit::Refused,
        }
    }
}

impl Display for Delivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = match self {
            Self::Profile(profile) => return profile.fmt(f),
            Self::NotAProfile {
                why,
                delivered,
                order,
            } => {
                writeln!(f, "what was delivered is not an eSIM profile: {why}")?;
                Fields(&[("delivered", delivered)]).fmt(f)?;
                order
            }
            Self::Mismatch {
                why,
                delivered_hash,
                committed_hash,
                secret,
                delivered,
                order,
            } => {
                writeln!(f, "{why}")?;
                Fields(&[
                    ("committed to", committed_hash),
                    ("delivered", delivered_hash),
                    ("order secret", secret),
                    ("content", delivered),
                ])
                .fmt(f)?;
                writeln!(
                    f,
                    "keep this: sha256(order secret, content) is what was delivered, and anybody can compare it"
                )?;
                order
            }
        };
        writeln!(f, "next: wayfare esim dispute {order} --reason unreadable")
    }
}

impl Display for ProfileView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = vec![
            ("activation code", &self.activation_code),
            ("SM-DP+ address", &self.smdp_address),
            ("matching id", &self.matching_id),
        ];
        let more = [
            ("confirmation code", &self.confirmation_code),
            ("ICCID", &self.iccid),
            ("for the chip", &self.eid),
            ("APN", &self.apn),
            ("notes", &self.notes),
        ];
        fields.extend(
            more.iter()
                .filter_map(|(name, value)| Some((*name, value.as_ref()?))),
        );
        Fields(&fields).fmt(f)?;
        writeln!(f, "{}", self.qr)
    }
}

/// Decrypts an order's delivery with its key, and holds it against what the seller committed to. With `png`, the QR
/// code goes there too.
pub fn read(
    ctx: &Context,
    at: &Pubkey,
    order: &Order,
    key: &DeliveryKey,
    png: Option<&Path>,
) -> Result<Delivered> {
    let delivery: Delivery = match ctx.cluster()?.state(&address::delivery(at)) {
        Err(ClientError::Account(AccountError::Missing(_))) => {
            bail!("the order {at} has no delivery: it was closed")
        }
        result => result?,
    };
    decrypt(at, order, &delivery.ciphertext, key, png)
}

fn decrypt(
    at: &Pubkey,
    order: &Order,
    ciphertext: &[u8],
    key: &DeliveryKey,
    png: Option<&Path>,
) -> Result<Delivered> {
    if *key.public() != order.encryption_key {
        bail!(
            "this key cannot decrypt the delivery of {at}: it is {}, and the order's is {}; give the key file that the \
             order was bought with, or the buyer's wallet",
            Pubkey::new_from_array(*key.public()),
            Pubkey::new_from_array(order.encryption_key)
        );
    }
    match delivery::open(key, at.as_array(), ciphertext, &order.commitment) {
        Ok(opened) => Ok(match opened.profile() {
            Ok(profile) => Delivered::Profile(ProfileView::new(&profile, png)?),
            Err(error) => Delivered::NotAProfile {
                why: error.to_string(),
                delivered: hex::encode(&*opened.bytes),
                order: at.to_string(),
            },
        }),
        Err(OpenError::CommitmentMismatch(evidence)) => Ok(Delivered::Mismatch {
            why: "the seller committed to something else than was delivered".to_owned(),
            delivered_hash: hex::encode(evidence.delivered),
            committed_hash: hex::encode(evidence.committed),
            secret: hex::encode(*evidence.opened.secret),
            delivered: hex::encode(&*evidence.opened.bytes),
            order: at.to_string(),
        }),
        Err(error) => Err(error).with_context(|| {
            format!(
                "the delivery of {at} cannot be read, with the order's own key: `wayfare esim dispute {at} --reason \
                 unreadable` has the money back unless the seller answers"
            )
        }),
    }
}

impl ProfileView {
    fn new(profile: &Profile, png: Option<&Path>) -> Result<Self> {
        let code = profile.activation_code();
        let text = code.to_string();
        let qr = QrCode::new(&text).context("the activation code is too long for a QR code")?;
        if let Some(file) = png {
            write_png(&qr, file)?;
        }
        let own = |text: Option<&str>| text.map(ToOwned::to_owned);
        Ok(Self {
            smdp_address: code.smdp_address().to_owned(),
            matching_id: code.matching_id().to_owned(),
            activation_code: text,
            confirmation_code: own(profile.confirmation_code()),
            iccid: own(profile.iccid().map(|iccid| iccid.as_str())),
            eid: own(profile.eid().map(|eid| eid.as_str())),
            apn: own(profile.apn()),
            notes: own(profile.notes()),
            // Terminals write light on dark, and a code is dark on light: what is drawn is its light part.
            qr: qr
                .render::<Dense1x2>()
                .dark_color(Dense1x2::Light)
                .light_color(Dense1x2::Dark)
                .build(),
        })
    }
}

/// Pixels for each module of the code, and modules of margin around it (ISO/IEC 18004 wants four).
const SCALE: usize = 8;

const MARGIN: usize = 4;

/// Writes a QR code as a PNG, readable by its owner only, to a file that does not exist yet.
fn write_png(qr: &QrCode, file: &Path) -> Result<()> {
    let modules = qr.width();
    let colors = qr.to_colors();
    let side = modules.saturating_add(2 * MARGIN).saturating_mul(SCALE);
    let mut pixels = Vec::with_capacity(side.saturating_mul(side));
    for y in 0..side {
        for x in 0..side {
            let module = |pixel: usize| {
                (pixel / SCALE)
                    .checked_sub(MARGIN)
                    .filter(|at| *at < modules)
            };
            let is_dark = module(x)
                .zip(module(y))
                .and_then(|(x, y)| colors.get(y.saturating_mul(modules).saturating_add(x)))
                .is_some_and(|color| *color == Color::Dark);
            pixels.push(if is_dark { 0 } else { 255 });
        }
    }
    let save = || -> Result<()> {
        let out = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(file)?;
        let side = u32::try_from(side)?;
        let mut encoder = png::Encoder::new(BufWriter::new(out), side, side);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&pixels)?;
        writer.finish()?;
        Ok(())
    };
    save().with_context(|| format!("cannot write the QR code to {}", file.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const LPA: &str = "LPA:1$rsp.example.com$QR-G-5C-1LS-1W1Z9P7";

    fn order(key: &DeliveryKey) -> (Pubkey, Order) {
        let mut order: Order = bytemuck::Zeroable::zeroed();
        order.encryption_key = *key.public();
        (Pubkey::new_from_array([9; 32]), order)
    }

    #[test]
    fn a_delivery_is_read_by_its_key_alone() {
        let mut rng = delivery::rng().unwrap();
        let key = DeliveryKey::generate(&mut rng);
        let (at, mut order) = order(&key);
        let profile = Profile::parse(LPA.as_bytes()).unwrap();
        let sealed = delivery::seal(key.public(), at.as_array(), &profile, &mut rng).unwrap();
        order.commitment = sealed.commitment;

        let folder = tempfile::tempdir().unwrap();
        let png = folder.path().join("qr.png");
        let read = decrypt(&at, &order, &sealed.ciphertext, &key, Some(&png)).unwrap();
        assert_eq!(read.exit(), Exit::Done);
        let json = serde_json::to_value(&read).unwrap();
        assert_eq!(json["activation_code"], LPA);
        assert_eq!(json["delivery"], "profile");
        assert!(read.to_string().contains(LPA) && read.to_string().contains('█'));
        let written = std::fs::read(&png).unwrap();
        assert!(written.starts_with(b"\x89PNG"));
        let mode = std::fs::metadata(&png).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        // What is there is not overwritten.
        assert!(decrypt(&at, &order, &sealed.ciphertext, &key, Some(&png)).is_err());

        let other = DeliveryKey::generate(&mut rng);
        let error = decrypt(&at, &order, &sealed.ciphertext, &other, None)
            .err()
            .unwrap();
        assert!(error.to_string().contains("cannot decrypt"), "{error}");
        // For another order, and cut short.
        let elsewhere = Pubkey::new_from_array([8; 32]);
        for (at, ciphertext) in [
            (&elsewhere, &sealed.ciphertext[..]),
            (&at, &sealed.ciphertext[..sealed.ciphertext.len() - 1]),
            (&at, &sealed.ciphertext[..40]),
        ] {
            let error = decrypt(at, &order, ciphertext, &key, None).err().unwrap();
            assert!(format!("{error:#}").contains("dispute"), "{error:#}");
        }
        // Committed to something else: the evidence is shown.
        order.commitment[0] ^= 1;
        let read = decrypt(&at, &order, &sealed.ciphertext, &key, None).unwrap();
        assert_eq!(read.exit(), Exit::Refused);
        let json = serde_json::to_value(&read).unwrap();
        assert_eq!(json["committed_hash"], hex::encode(order.commitment));
        assert_eq!(json["delivered_hash"], hex::encode(sealed.commitment));
        assert!(read.to_string().contains("--reason unreadable"));
    }
}
