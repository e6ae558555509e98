//! Vouchers, and the ed25519 program's instructions that verify their signatures, byte by byte as the design and the
//! runtime's documentation have them.

use roaming_escrow::state::Side;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::keys;

/// What a voucher says.
#[derive(Clone, Copy, Debug)]
pub struct Voucher {
    pub program: Pubkey,
    pub agreement: Pubkey,
    pub home: Side,
    pub period: u32,
    /// Base units of the period so far.
    pub cumulative: u64,
}

impl Voucher {
    /// What the voucher's signer signs.
    pub fn message(&self) -> Vec<u8> {
        let mut message = b"wayfare/voucher/v1".to_vec();
        message.extend(self.program.to_bytes());
        message.extend(self.agreement.to_bytes());
        message.push(match self.home {
            Side::First => 0,
            Side::Second => 1,
        });
        message.extend(self.period.to_le_bytes());
        message.extend(self.cumulative.to_le_bytes());
        message
    }
}

/// The header of an instruction of the ed25519 program with one signature: seven numbers behind the count
/// (`Ed25519SignatureOffsets`).
#[derive(Clone, Copy, Debug)]
pub struct Header {
    pub signature_offset: u16,
    pub signature_instruction: u16,
    pub key_offset: u16,
    pub key_instruction: u16,
    pub message_offset: u16,
    pub message_size: u16,
    pub message_instruction: u16,
}

impl Header {
    /// Key, signature and message behind the header, in this order.
    pub fn standard(message: &[u8]) -> Self {
        Self {
            signature_offset: 48,
            signature_instruction: u16::MAX,
            key_offset: 16,
            key_instruction: u16::MAX,
            message_offset: 112,
            message_size: message.len().try_into().expect("a short message"),
            message_instruction: u16::MAX,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        [
            self.signature_offset,
            self.signature_instruction,
            self.key_offset,
            self.key_instruction,
            self.message_offset,
            self.message_size,
            self.message_instruction,
        ]
        .iter()
        .flat_map(|field| field.to_le_bytes())
        .collect()
    }
}

/// A person's signature over a message.
pub fn sign(signer: &Pubkey, message: &[u8]) -> [u8; 64] {
    let keypair = keys::keypair(signer).expect("a person");
    keypair.sign_message(message).into()
}

/// Lets the runtime verify a person's signature over a message.
pub fn verification(signer: &Pubkey, message: &[u8]) -> Instruction {
    verification_with(
        &Header::standard(message),
        signer,
        &sign(signer, message),
        message,
    )
}

/// The same with any header, key and signature.
pub fn verification_with(
    header: &Header,
    key: &Pubkey,
    signature: &[u8; 64],
    message: &[u8],
) -> Instruction {
    let mut data = vec![1, 0];
    data.extend(header.bytes());
    data.extend(key.to_bytes());
    data.extend(signature);
    data.extend(message);
    ed25519(data)
}

/// An instruction of the ed25519 program.
pub fn ed25519(data: Vec<u8>) -> Instruction {
    Instruction {
        program_id: solana_sdk_ids::ed25519_program::ID,
        accounts: vec![],
        data,
    }
}
