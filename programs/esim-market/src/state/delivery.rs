use anchor_lang::prelude::*;
use wayfare_program::version;

/// What a seller delivered, readable by the holder of the order's encryption key alone.
///
/// Address: `["delivery", order]`. Closed with the order.
#[account]
#[derive(InitSpace, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Version of the layout: see [`wayfare_program::version`].
    pub version: u8,
    pub order: Pubkey,
    /// Paid the rent, and gets it back.
    pub rent_payer: Pubkey,
    pub bump: u8,
    /// Zero; for fields to come.
    pub spare: [u8; 8],
    /// HPKE (RFC 9180, base mode): the encapsulated key, then the ciphertext with its tag. Its `info` is the order's
    /// address.
    #[max_len(wayfare_core::esim::MAX_CIPHERTEXT)]
    pub ciphertext: Vec<u8>,
}

impl Delivery {
    pub const VERSION: u8 = version::FIRST;
    pub const SEED: &'static [u8] = b"delivery";

    /// Bytes of an account that holds a ciphertext of this length.
    pub fn space(ciphertext: usize) -> usize {
        // Above MAX_CIPHERTEXT the instruction is refused; a saturated sum would fail to allocate.
        (8usize + 1 + 32 + 32 + 1 + 8 + 4).saturating_add(ciphertext)
    }

    pub fn find_address(order: &Pubkey) -> (Pubkey, u8) {
        Pubkey::find_program_address(&[Self::SEED, order.as_ref()], &crate::ID)
    }
}

#[cfg(test)]
mod tests {
    use anchor_lang::Discriminator;

    use super::*;

    #[test]
    fn layout() {
        assert_eq!(Delivery::DISCRIMINATOR, [121, 32, 31, 112, 7, 74, 193, 19]);
        let delivery = Delivery {
            version: Delivery::VERSION,
            order: Pubkey::new_from_array([1; 32]),
            rent_payer: Pubkey::new_from_array([2; 32]),
            bump: 3,
            spare: [0; 8],
            ciphertext: vec![4; 5],
        };
        let mut bytes = vec![];
        delivery.serialize(&mut bytes).unwrap();
        let fields: [&[u8]; 7] = [
            &[1],
            &[1; 32],
            &[2; 32],
            &[3],
            &[0; 8],
            &[5, 0, 0, 0],
            &[4; 5],
        ];
        let expected = fields.concat();
        assert_eq!(bytes, expected);
        assert_eq!(8 + bytes.len(), Delivery::space(5));
    }
}
