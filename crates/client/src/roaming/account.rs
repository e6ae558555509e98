//! The accounts of roaming-escrow.

use std::ops::RangeInclusive;

use roaming_escrow::state::{Agreement, Hub, Operator, Statement};
#[cfg(test)]
use solana_pubkey::Pubkey;
use wayfare_core::{name::is_name, roaming::tadig};

use super::address::PROGRAM;
#[cfg(test)]
use crate::account::{AccountKind, ProgramAccount};
use crate::account::{Place, Stored, borsh, one, program_accounts, zero_copy};

program_accounts!(
    /// An account of the program.
    RoamingEscrowAccount, RoamingEscrowKind of PROGRAM, called "roaming-escrow":
    Hub, Operator, Agreement, Statement,
);

impl Stored for Hub {
    fn space() -> RangeInclusive<usize> {
        one(Self::SPACE)
    }

    fn read(data: &[u8]) -> Result<Box<Self>, &'static str> {
        let hub = zero_copy::<Self>(data)?;
        if !is_name(hub.scope.name().as_bytes()) {
            return Err("its name is not a valid one");
        }
        Ok(hub)
    }

    fn place(&self) -> Result<Place, &'static str> {
        let derived = Self::find_address(self.scope.name());
        Ok(Place::new(derived, self.scope.bump))
    }
}

impl Stored for Operator {
    fn space() -> RangeInclusive<usize> {
        one(Self::SPACE)
    }

    fn read(data: &[u8]) -> Result<Box<Self>, &'static str> {
        // What is behind a short name is left as it was, so it is not checked.
        let operator = borsh::<Self>(data, "a field is out of range")?;
        if !tadig::is_valid(&operator.tadig) {
            return Err("its TADIG code is not a valid one");
        }
        let profile = operator.profile();
        profile
            .validate()
            .map_err(|_| "its profile is not a valid one")?;
        Ok(operator)
    }

    fn place(&self) -> Result<Place, &'static str> {
        let derived = Self::find_address(&self.hub, &self.tadig);
        Ok(Place::new(derived, self.bump))
    }
}

impl Stored for Agreement {
    fn space() -> RangeInclusive<usize> {
        one(Self::SPACE)
    }

    fn read(data: &[u8]) -> Result<Box<Self>, &'static str> {
        let agreement = zero_copy::<Self>(data)?;
        agreement
            .state()
            .map_err(|_| "its state is not a valid one")?;
        agreement
            .offered_by()
            .map_err(|_| "what offers its terms is not a side")?;
        Ok(agreement)
    }

    fn place(&self) -> Result<Place, &'static str> {
        if self.first >= self.second {
            return Err("its operators are not in order");
        }
        let derived = Self::find_address(&self.hub, &self.first, &self.second, &self.mint);
        if Self::find_vault_address(&derived.0) != (self.vault, self.vault_bump) {
            return Err("its vault is not the one that its address leads to");
        }
        Ok(Place::new(derived, self.bump))
    }
}

impl Stored for Statement {
    fn space() -> RangeInclusive<usize> {
        one(Self::SPACE)
    }

    fn read(data: &[u8]) -> Result<Box<Self>, &'static str> {
        let statement = zero_copy::<Self>(data)?;
        statement
            .state()
            .map_err(|_| "its state is not a valid one")?;
        statement
            .home()
            .map_err(|_| "its home network is not a side")?;
        Ok(statement)
    }

    fn place(&self) -> Result<Place, &'static str> {
        let home = self.home().map_err(|_| "its home network is not a side")?;
        let derived = Self::find_address(&self.agreement, home, self.period);
        Ok(Place::new(derived, self.bump))
    }
}

/// An account's data as the program writes them.
#[cfg(test)]
pub(crate) fn encode(account: &RoamingEscrowAccount) -> Vec<u8> {
    let fields = match account {
        RoamingEscrowAccount::Hub(a) => bytemuck::bytes_of(&**a).to_vec(),
        RoamingEscrowAccount::Operator(a) => {
            let mut bytes = Vec::new();
            anchor_lang::AnchorSerialize::serialize(&**a, &mut bytes).unwrap();
            bytes
        }
        RoamingEscrowAccount::Agreement(a) => bytemuck::bytes_of(&**a).to_vec(),
        RoamingEscrowAccount::Statement(a) => bytemuck::bytes_of(&**a).to_vec(),
    };
    let mut data = [account.kind().discriminator(), &fields].concat();
    data.resize(*account.kind().space().end(), 0);
    data
}

/// Accounts of a small hub, for tests.
#[cfg(test)]
pub(crate) mod examples {
    use roaming_escrow::state::{
        AgreementState, AgreementTerms, OperatorStatus, Side, StatementState,
    };
    use wayfare_program::stored::Stored as _;

    use super::*;

    pub fn key(byte: u8) -> Pubkey {
        Pubkey::new_from_array([byte; 32])
    }

    pub const MINT: Pubkey = Pubkey::new_from_array([31; 32]);

    pub fn hub() -> (Pubkey, Hub) {
        let (address, bump) = Hub::find_address("eu");
        let mut hub: Hub = bytemuck::Zeroable::zeroed();
        hub.scope
            .open(Hub::VERSION, bump, "eu", key(1), key(3))
            .unwrap();
        hub.scope.sequence = 40;
        hub.terms.arbiter = key(2);
        hub.terms.treasury = key(4);
        hub.terms.fee_bps = 10;
        (address, hub)
    }

    pub fn operator(tadig: &[u8; 5], authority: u8) -> (Pubkey, Operator) {
        let (hub, _) = hub();
        let (address, bump) = Operator::find_address(&hub, tadig);
        let operator = Operator {
            version: Operator::VERSION,
            hub,
            authority: key(authority),
            pending_authority: Pubkey::default(),
            voucher_signer: key(authority + 1),
            payout: key(authority + 2),
            tadig: *tadig,
            status: OperatorStatus::Active,
            bump,
            spare: [0; 16],
            display_name: "An operator".to_owned(),
        };
        (address, operator)
    }

    /// The two operators in the order of their addresses.
    pub fn operators() -> [(Pubkey, Operator); 2] {
        let mut both = [operator(b"DEUD1", 10), operator(b"BELMO", 20)];
        both.sort_by_key(|(address, _)| *address);
        both
    }

    pub fn terms() -> AgreementTerms {
        AgreementTerms {
            first_tariff_hash: [5; 32],
            second_tariff_hash: [6; 32],
            statement_window: 100,
            dispute_window: 200,
            arbitration_window: 300,
            withdrawal_notice: 400,
            tolerance_bps: 100,
            default_award_bps: 5_000,
        }
    }

    /// Both sides have 1,000 units; nothing is stated yet.
    pub fn agreement() -> (Pubkey, Agreement) {
        let (hub, _) = hub();
        let [(first, _), (second, _)] = operators();
        let (address, bump) = Agreement::find_address(&hub, &first, &second, &MINT);
        let (vault, vault_bump) = Agreement::find_vault_address(&address);
        let mut agreement: Agreement = bytemuck::Zeroable::zeroed();
        agreement.version = Agreement::VERSION;
        agreement.hub = hub;
        agreement.first = first;
        agreement.second = second;
        agreement.mint = MINT;
        agreement.vault = vault;
        agreement.token_program = anchor_spl::token::ID;
        agreement.state = AgreementState::Active.to_stored();
        agreement.terms = terms().to_stored();
        agreement.fee_bps = 10;
        agreement.decimals = 6;
        agreement.bump = bump;
        agreement.vault_bump = vault_bump;
        agreement.first_books.balance = 1_000;
        agreement.second_books.balance = 1_000;
        (address, agreement)
    }

    /// Stated at 1,000: 400 units for 4 records, after `period` others of the same.
    pub fn statement(home: Side, period: u32) -> (Pubkey, Statement) {
        let (agreement, _) = agreement();
        let (address, bump) = Statement::find_address(&agreement, home, period);
        let mut statement: Statement = bytemuck::Zeroable::zeroed();
        statement.version = Statement::VERSION;
        statement.agreement = agreement;
        statement.rent_payer = key(40);
        statement.root = [7; 32];
        statement.records = 4;
        statement.first_record = u64::from(period) * 4;
        statement.total = 400;
        statement.stated_at = 1_000;
        statement.answer_by = 1_100;
        statement.terms = terms().to_stored();
        statement.period = period;
        statement.home = home.byte();
        statement.set_state(StatementState::Stated);
        statement.bump = bump;
        (address, statement)
    }
}

#[cfg(test)]
mod tests {
    use roaming_escrow::state::Side;

    use super::*;
    use crate::account::{AccountError, check_address, decode};

    fn all() -> Vec<(Pubkey, RoamingEscrowAccount)> {
        use RoamingEscrowAccount as Any;
        let (hub_at, hub) = examples::hub();
        let [(operator_at, operator), _] = examples::operators();
        let (agreement_at, agreement) = examples::agreement();
        let (statement_at, statement) = examples::statement(Side::Second, 3);
        vec![
            (hub_at, Any::Hub(Box::new(hub))),
            (operator_at, Any::Operator(Box::new(operator))),
            (agreement_at, Any::Agreement(Box::new(agreement))),
            (statement_at, Any::Statement(Box::new(statement))),
        ]
    }

    #[test]
    fn each_account_is_read_as_it_was_written_and_stands_where_it_says() {
        for (address, account) in all() {
            let data = encode(&account);
            let read: RoamingEscrowAccount = decode(&address, &PROGRAM, &data).unwrap();
            assert_eq!(read, account);
            check_address(&address, &read).unwrap();
            assert!(matches!(
                check_address(&examples::key(99), &read),
                Err(AccountError::Misplaced { .. })
            ));
            for length in [0, 7, 8, data.len() - 1] {
                let cut = decode::<RoamingEscrowAccount>(&address, &PROGRAM, &data[..length]);
                assert!(cut.is_err(), "{length}");
            }
        }
    }

    #[test]
    fn what_the_program_never_writes() {
        use RoamingEscrowAccount as Any;
        let refused = |account: Any| {
            let data = encode(&account);
            match decode::<Any>(&examples::key(9), &PROGRAM, &data) {
                Err(AccountError::Malformed { reason, .. }) => reason,
                other => panic!("{other:?}"),
            }
        };
        let mut hub = examples::hub().1;
        hub.scope.name_len = 40;
        assert_eq!(
            refused(Any::Hub(Box::new(hub))),
            "its name is not a valid one"
        );
        let [(_, mut operator), _] = examples::operators();
        operator.tadig = *b"deud1";
        let operator = Any::Operator(Box::new(operator));
        assert_eq!(refused(operator), "its TADIG code is not a valid one");
        let mut agreement = examples::agreement().1;
        agreement.state = 3;
        let agreement = Any::Agreement(Box::new(agreement));
        assert_eq!(refused(agreement), "its state is not a valid one");
        let mut statement = examples::statement(Side::First, 0).1;
        statement.home = 2;
        let statement = Any::Statement(Box::new(statement));
        assert_eq!(refused(statement), "its home network is not a side");
        // Two places that do not agree.
        let (address, mut agreement) = examples::agreement();
        agreement.vault = examples::key(8);
        assert!(matches!(
            check_address(&address, &Any::Agreement(Box::new(agreement))),
            Err(AccountError::Malformed { .. })
        ));
    }
}
