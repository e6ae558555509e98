use anchor_lang::prelude::*;
use wayfare_program::version;

/// Where an owner wants to be paid. Without one, the owner's own associated token account is paid.
///
/// Address: `["payout", network, owner]`.
#[account]
#[derive(InitSpace, Debug, PartialEq, Eq)]
pub struct Payout {
    pub version: u8,
    pub network: Pubkey,
    pub owner: Pubkey,
    /// The wallet whose associated token account is paid.
    pub wallet: Pubkey,
    /// Paid the rent, and gets it back.
    pub rent_payer: Pubkey,
    pub bump: u8,
    /// Zero; for fields to come.
    pub spare: [u8; 7],
}

/// What a claim asks a [`Payout`] for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayoutKeys<'a> {
    pub network: &'a [u8; 32],
    pub owner: &'a [u8; 32],
    pub wallet: &'a [u8; 32],
}

impl Payout {
    pub const SEED: &'static [u8] = b"payout";
    pub const SPACE: usize = 8 + Self::INIT_SPACE;
    /// Of the layout.
    pub const VERSION: u8 = version::FIRST;

    pub fn find_address(network: &Pubkey, owner: &Pubkey) -> (Pubkey, u8) {
        Pubkey::find_program_address(&[Self::SEED, network.as_ref(), owner.as_ref()], &crate::ID)
    }

    /// The keys in an account of this program, if it is a payout account: read where they stand, which costs a claim
    /// less than a copy.
    pub fn keys(data: &[u8]) -> Option<PayoutKeys<'_>> {
        let whole: &[u8; Self::SPACE] = data.try_into().ok()?;
        let (_version, keys) = whole.strip_prefix(Self::DISCRIMINATOR)?.split_first()?;
        let (network, keys) = keys.split_first_chunk()?;
        let (owner, keys) = keys.split_first_chunk()?;
        let (wallet, _) = keys.split_first_chunk()?;
        Some(PayoutKeys {
            network,
            owner,
            wallet,
        })
    }
}

#[cfg(test)]
mod tests {
    use anchor_lang::Discriminator;

    use super::*;

    #[test]
    fn layout() {
        assert_eq!(
            Payout::DISCRIMINATOR,
            [69, 45, 245, 131, 218, 101, 158, 228]
        );
        let payout = Payout {
            version: 6,
            network: Pubkey::new_from_array([1; 32]),
            owner: Pubkey::new_from_array([2; 32]),
            wallet: Pubkey::new_from_array([3; 32]),
            rent_payer: Pubkey::new_from_array([4; 32]),
            bump: 5,
            spare: [7; 7],
        };
        let mut bytes = vec![];
        payout.serialize(&mut bytes).unwrap();
        let expected = [
            &[6][..],
            &[1; 32],
            &[2; 32],
            &[3; 32],
            &[4; 32],
            &[5],
            &[7; 7],
        ]
        .concat();
        assert_eq!(bytes, expected);
        assert_eq!(bytes.len(), Payout::INIT_SPACE);
        assert_eq!(Payout::SPACE, 145);

        let mut account = vec![];
        payout.try_serialize(&mut account).unwrap();
        let keys = PayoutKeys {
            network: &[1; 32],
            owner: &[2; 32],
            wallet: &[3; 32],
        };
        assert_eq!(Payout::keys(&account), Some(keys));
        for len in 0..account.len() {
            assert_eq!(Payout::keys(&account[..len]), None);
        }
        account[7] ^= 1;
        assert_eq!(Payout::keys(&account), None);
    }
}
