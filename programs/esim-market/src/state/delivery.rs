use anchor_lang::prelude::*;

/// What a seller delivered, readable by the holder of the order's encryption key alone.
///
/// Address: `["delivery", order]`. Closed with the order.
#[account]
#[derive(InitSpace, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub order: Pubkey,
    /// Who paid the rent, and gets it back.
    pub rent_payer: Pubkey,
    pub bump: u8,
    /// HPKE (RFC 9180, base mode): the encapsulated key, then the ciphertext with its tag. Its `info` is the order's
    /// address.
    #[max_len(wayfare_core::esim::MAX_CIPHERTEXT)]
    pub ciphertext: Vec<u8>,
}

impl Delivery {
    pub const SEED: &'static [u8] = b"delivery";

    /// Bytes of an account that holds a ciphertext of this length.
    pub fn space(ciphertext: usize) -> usize {
        // Above MAX_CIPHERTEXT the instruction is refused; a saturated sum would fail to allocate.
        (8usize + 32 + 32 + 1 + 4).saturating_add(ciphertext)
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
            order: Pubkey::new_from_array([1; 32]),
            rent_payer: Pubkey::new_from_array([2; 32]),
            bump: 3,
            ciphertext: vec![4; 5],
        };
        let mut bytes = vec![];
        delivery.serialize(&mut bytes).unwrap();
        let expected = [&[1; 32][..], &[2; 32], &[3], &[5, 0, 0, 0], &[4; 5]].concat();
        assert_eq!(bytes, expected);
        assert_eq!(8 + bytes.len(), Delivery::space(5));
    }
}
