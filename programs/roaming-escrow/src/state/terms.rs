use anchor_lang::prelude::*;
use wayfare_program::{numbers::WHOLE_BPS, stored, stored::Stored, stored_enum};

use crate::{constants::MAX_WINDOW, errors::RoamingEscrowError};

/// One of an agreement's two operators. Of a statement or voucher: the home network, whose subscribers roamed, and
/// which pays.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    First,
    Second,
}

stored_enum!(Side: First, Second);

impl Side {
    pub fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }

    /// In accounts, in a statement's address, and in a voucher.
    pub fn byte(self) -> u8 {
        self.to_stored()
    }
}

/// A value that an account holds. Only the program writes it, so anything else is a broken account.
pub fn read<T: Stored>(stored: &T::Bytes) -> Result<T> {
    Ok(T::from_stored(stored).ok_or(RoamingEscrowError::InvariantBroken)?)
}

stored! {
    /// What two operators agree on. Windows are seconds, shares basis points.
    #[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct AgreementTerms {
        /// SHA-256 of the tariff for the first operator's subscribers on the second's network.
        pub first_tariff_hash: [u8; 32],
        /// SHA-256 of the tariff for the second operator's subscribers on the first's network.
        pub second_tariff_hash: [u8; 32],
        /// For the home network to answer a statement, and for the visited one to restate a returned one.
        pub statement_window: u32,
        /// For the two to agree on a disputed difference.
        pub dispute_window: u32,
        /// For the arbiter to award it after that.
        pub arbitration_window: u32,
        /// Between the request of a withdrawal and the withdrawal, and between the start of closing and its end.
        pub withdrawal_notice: u32,
        /// Basis points of a statement's total by which the books may differ.
        pub tolerance_bps: u16,
        /// Basis points of a disputed difference for the visited network when the arbiter stays silent.
        pub default_award_bps: u16,
    }
    /// The same in an account; all zero where there are none.
    #[derive(Default)]
    pub struct StoredAgreementTerms;
}

impl AgreementTerms {
    /// Refuses windows that are zero or absurd, and shares above the whole.
    pub fn validate(&self) -> Result<()> {
        let windows = [
            self.statement_window,
            self.dispute_window,
            self.arbitration_window,
            self.withdrawal_notice,
        ];
        require!(
            windows
                .iter()
                .all(|window| (1..=MAX_WINDOW).contains(window)),
            RoamingEscrowError::BadWindow
        );
        require!(
            self.tolerance_bps <= WHOLE_BPS && self.default_award_bps <= WHOLE_BPS,
            RoamingEscrowError::BadShare
        );
        Ok(())
    }
}

impl StoredAgreementTerms {
    /// The terms, where there are any: no possible terms are all zero.
    pub fn get(&self) -> Option<AgreementTerms> {
        if *self == Self::default() {
            return None;
        }
        AgreementTerms::from_stored(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Terms are the same bytes in an account as in an instruction.
    #[test]
    fn layout_of_terms() {
        let terms = terms();
        let mut bytes = vec![];
        terms.serialize(&mut bytes).unwrap();
        let mut expected = [[1; 32], [2; 32]].concat();
        expected.extend((3u32..=6).flat_map(u32::to_le_bytes));
        expected.extend((7u16..=8).flat_map(u16::to_le_bytes));
        assert_eq!(bytes, expected);
        assert_eq!(bytemuck::bytes_of(&terms.to_stored()), expected);
        assert_eq!(terms.to_stored().get(), Some(terms));
        assert_eq!(AgreementTerms::default().to_stored().get(), None);
    }

    fn terms() -> AgreementTerms {
        AgreementTerms {
            first_tariff_hash: [1; 32],
            second_tariff_hash: [2; 32],
            statement_window: 3,
            dispute_window: 4,
            arbitration_window: 5,
            withdrawal_notice: 6,
            tolerance_bps: 7,
            default_award_bps: 8,
        }
    }

    #[test]
    fn terms_are_possible_ones() {
        type Set<T> = fn(&mut AgreementTerms, T);
        let windows: [Set<u32>; 4] = [
            |terms, n| terms.statement_window = n,
            |terms, n| terms.dispute_window = n,
            |terms, n| terms.arbitration_window = n,
            |terms, n| terms.withdrawal_notice = n,
        ];
        let shares: [Set<u16>; 2] = [
            |terms, n| terms.tolerance_bps = n,
            |terms, n| terms.default_award_bps = n,
        ];
        let mut tried = terms();
        for set in windows {
            for (window, fine) in [
                (0, false),
                (1, true),
                (15_552_000, true),
                (15_552_001, false),
                (u32::MAX, false),
            ] {
                tried = terms();
                set(&mut tried, window);
                let expected = if fine {
                    Ok(())
                } else {
                    err!(RoamingEscrowError::BadWindow)
                };
                assert_eq!(tried.validate(), expected, "{window}");
            }
        }
        for set in shares {
            for (share, fine) in [(0, true), (9_999, true), (10_000, true), (10_001, false)] {
                tried = terms();
                set(&mut tried, share);
                let expected = if fine {
                    Ok(())
                } else {
                    err!(RoamingEscrowError::BadShare)
                };
                assert_eq!(tried.validate(), expected, "{share}");
            }
        }
        assert_ne!(tried, AgreementTerms::default());
    }
}
