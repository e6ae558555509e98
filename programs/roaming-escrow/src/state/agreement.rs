use anchor_lang::prelude::*;

use wayfare_program::{
    numbers::{after, part_of},
    stored::Stored,
    stored_enum, version,
};

use crate::{
    constants::REQUEST_LASTS,
    errors::RoamingEscrowError,
    state::{Side, Statement, StoredAgreementTerms, read},
};

/// What two operators agreed, and what each has in their common vault.
///
/// Address: `["agreement", hub, first, second, mint]`, where `first` is the operator with the smaller address. Its vault is
/// the token account at `["vault", agreement]`, owned by this account: the balances are a ledger inside it. Amounts are base
/// units of `mint`, times Unix seconds. Never closed: its periods would start again, and old vouchers would be good again.
///
/// INVARIANTS, checked by [`Agreement::invariant`] at the end of every instruction that moves value:
/// - vault balance ≥ first balance + second balance + fees
/// - a side in arrears has nothing, and at most one side is in arrears
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Version of the layout: see [`wayfare_program::version`].
    pub version: u8,
    pub bump: u8,
    pub vault_bump: u8,
    /// Decimals of the mint.
    pub decimals: u8,
    /// An [`AgreementState`].
    pub state: u8,
    /// The [`Side`] that proposes what is on offer.
    pub offered_by: u8,
    /// The hub's share of what settlements pay, as it was when the agreement was first accepted.
    pub fee_bps: u16,
    pub hub: Pubkey,
    /// The operator with the smaller address.
    pub first: Pubkey,
    pub second: Pubkey,
    pub mint: Pubkey,
    /// The token account at `["vault", agreement]`, owned by this account.
    pub vault: Pubkey,
    /// SPL Token or Token-2022: the program that owns the mint.
    pub token_program: Pubkey,
    pub first_books: SideBooks,
    pub second_books: SideBooks,
    /// The hub's fees that are still in the vault.
    pub fees: u64,
    /// When a closing agreement takes no more statements; 0 before.
    pub closes_at: i64,
    /// What is in force; all zero before the first acceptance.
    pub terms: StoredAgreementTerms,
    /// What one side proposes; all zero when nothing is on offer.
    pub offered: StoredAgreementTerms,
    /// 1 once somebody left it, or closed a statement of it, after its end: it stays ended, whatever the clock says from
    /// then on. Else 0.
    pub ended: u8,
    pub padding: [u8; 7],
    /// Zero; for fields to come.
    pub spare: [u8; 64],
}

/// Where an agreement is in its life.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgreementState {
    /// Waits for the other side to accept.
    Proposed,
    /// Takes deposits, statements and vouchers.
    Active,
    /// Takes statements until `closes_at`; then each side withdraws what is its own.
    Closing,
}

stored_enum!(AgreementState: Proposed, Active, Closing);

/// One side's part of an agreement's ledger.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SideBooks {
    /// What the side has in the vault.
    pub balance: u64,
    /// What it owes the other beyond its balance.
    pub arrears: u64,
    /// What it asked to withdraw.
    pub requested: u64,
    /// From then on, and for [`REQUEST_LASTS`], it may withdraw that; 0 without a request.
    pub withdrawable_at: i64,
    /// As home network: what statements that are not settled may still take.
    pub exposure: u64,
    /// As home network: the number of the first record of the next statement.
    pub next_record: u64,
    /// As home network: what vouchers of the next period moved.
    pub vouchers: u64,
    /// As home network: statements that are stated and neither settled nor returned.
    pub open_statements: u32,
    /// As home network: the period that is stated next.
    pub next_period: u32,
    /// As home network: 1 while the last statement is returned, and waits to be restated; else 0.
    pub returned: u8,
    /// Zero; for fields to come.
    pub spare: [u8; 7],
}

impl SideBooks {
    /// Whether the last statement waits to be restated.
    pub fn is_returned(&self) -> bool {
        self.returned != 0
    }

    /// Announces a withdrawal; an amount of 0 takes that back.
    pub fn request(&mut self, amount: u64, now: i64, notice: u32) -> Result<()> {
        // Of what is there now: else a request made once would let every later deposit go without a notice.
        require!(amount <= self.balance, RoamingEscrowError::AboveBalance);
        self.requested = amount;
        self.withdrawable_at = match amount {
            0 => 0,
            _ => after(now, notice).ok_or(RoamingEscrowError::Overflow)?,
        };
        Ok(())
    }

    /// What was announced, once the notice is over and as long as the request lasts.
    pub fn requested(&self, now: i64) -> Result<u64> {
        require!(self.requested > 0, RoamingEscrowError::NoRequest);
        if now < self.withdrawable_at {
            msg!("possible from {}", self.withdrawable_at);
            return err!(RoamingEscrowError::NoticeNotOver);
        }
        // Else a request made once would be a way out without a notice for ever.
        let lapses_at =
            after(self.withdrawable_at, REQUEST_LASTS).ok_or(RoamingEscrowError::Overflow)?;
        require!(now < lapses_at, RoamingEscrowError::NoRequest);
        Ok(self.requested)
    }

    /// Takes a statement into what may still be taken from the side.
    pub fn open(&mut self, statement: &Statement) -> Result<()> {
        self.exposure = self
            .exposure
            .checked_add(statement.exposure()?)
            .ok_or(RoamingEscrowError::Overflow)?;
        self.open_statements = self
            .open_statements
            .checked_add(u32::from(statement.is_open()?))
            .ok_or(RoamingEscrowError::Overflow)?;
        Ok(())
    }

    /// Takes a statement out again, as it was: before it changes.
    pub fn close(&mut self, statement: &Statement) -> Result<()> {
        self.exposure = self
            .exposure
            .checked_sub(statement.exposure()?)
            .ok_or(RoamingEscrowError::InvariantBroken)?;
        self.open_statements = self
            .open_statements
            .checked_sub(u32::from(statement.is_open()?))
            .ok_or(RoamingEscrowError::InvariantBroken)?;
        Ok(())
    }
}

/// What a settlement moves, in base units.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Netting {
    /// What the first side owed, arrears included.
    pub first_owed: u64,
    /// What the second side owed, arrears included.
    pub second_owed: u64,
    /// The side that pays the difference.
    pub payer: Side,
    /// What its balance covers of the difference, the hub's fee included.
    pub moved: u64,
    /// The hub's part of that.
    pub fee: u64,
    /// What the payer's balance does not cover.
    pub arrears: u64,
}

impl Agreement {
    pub const SEED: &'static [u8] = b"agreement";
    pub const VAULT_SEED: &'static [u8] = b"vault";
    pub const SPACE: usize = 8 + std::mem::size_of::<Self>();
    pub const VERSION: u8 = version::FIRST;

    /// The address for two operators, in whichever order.
    pub fn find_address(hub: &Pubkey, one: &Pubkey, other: &Pubkey, mint: &Pubkey) -> (Pubkey, u8) {
        let (first, second) = if one < other {
            (one, other)
        } else {
            (other, one)
        };
        Pubkey::find_program_address(
            &[
                Self::SEED,
                hub.as_ref(),
                first.as_ref(),
                second.as_ref(),
                mint.as_ref(),
            ],
            &crate::ID,
        )
    }

    pub fn find_vault_address(agreement: &Pubkey) -> (Pubkey, u8) {
        Pubkey::find_program_address(&[Self::VAULT_SEED, agreement.as_ref()], &crate::ID)
    }

    pub fn state(&self) -> Result<AgreementState> {
        read(&self.state)
    }

    pub fn offered_by(&self) -> Result<Side> {
        read(&self.offered_by)
    }

    /// Which side an operator is.
    pub fn side_of(&self, operator: &Pubkey) -> Result<Side> {
        if *operator == self.first {
            Ok(Side::First)
        } else if *operator == self.second {
            Ok(Side::Second)
        } else {
            err!(RoamingEscrowError::NotAParty)
        }
    }

    pub fn books(&self, side: Side) -> &SideBooks {
        match side {
            Side::First => &self.first_books,
            Side::Second => &self.second_books,
        }
    }

    pub fn books_mut(&mut self, side: Side) -> &mut SideBooks {
        match side {
            Side::First => &mut self.first_books,
            Side::Second => &mut self.second_books,
        }
    }

    /// Refuses what only an accepted agreement takes.
    pub fn require_accepted(&self) -> Result<()> {
        require!(
            self.state()? != AgreementState::Proposed,
            RoamingEscrowError::NotAccepted
        );
        Ok(())
    }

    /// Refuses what an agreement that ends takes no more.
    pub fn require_not_closing(&self) -> Result<()> {
        require!(
            self.state()? != AgreementState::Closing,
            RoamingEscrowError::ClosingAlready
        );
        Ok(())
    }

    /// Refuses statements of an agreement that is not accepted, or is closed.
    pub fn require_open(&self, now: i64) -> Result<()> {
        self.require_accepted()?;
        require!(!self.is_closed(now), RoamingEscrowError::AgreementClosed);
        Ok(())
    }

    /// Whether it takes no more statements.
    fn is_closed(&self, now: i64) -> bool {
        // The byte itself: the look-up of the state would cost as much as all the rest.
        self.ended != 0
            || self.state == AgreementState::Closing.to_stored() && now >= self.closes_at
    }

    /// Moves an amount that a side's balance covers to the other side, less the hub's fee. The fee is rounded down:
    /// against the hub.
    fn pay(&mut self, from: Side, amount: u64) -> Result<u64> {
        let fee = part_of(amount, self.fee_bps).ok_or(RoamingEscrowError::Overflow)?;
        let payer = self.books_mut(from);
        payer.balance = payer
            .balance
            .checked_sub(amount)
            .ok_or(RoamingEscrowError::InvariantBroken)?;
        self.credit(
            from.other(),
            amount
                .checked_sub(fee)
                .ok_or(RoamingEscrowError::Overflow)?,
        )?;
        self.fees = self
            .fees
            .checked_add(fee)
            .ok_or(RoamingEscrowError::Overflow)?;
        Ok(fee)
    }

    fn credit(&mut self, side: Side, amount: u64) -> Result<()> {
        let books = self.books_mut(side);
        books.balance = books
            .balance
            .checked_add(amount)
            .ok_or(RoamingEscrowError::Overflow)?;
        Ok(())
    }

    /// Nets what each side owes, its arrears included, and moves the difference as far as the payer's balance covers it.
    /// The rest becomes the payer's arrears.
    ///
    /// A debt stops at `u64::MAX`, above what any mint can have supplied: absurd totals must not stop settlements, and with
    /// them everybody's way out.
    pub fn net(&mut self, first_owes: u64, second_owes: u64) -> Result<Netting> {
        let first_owed = first_owes.saturating_add(self.first_books.arrears);
        let second_owed = second_owes.saturating_add(self.second_books.arrears);
        self.first_books.arrears = 0;
        self.second_books.arrears = 0;
        let (payer, difference) = if first_owed >= second_owed {
            (Side::First, first_owed.saturating_sub(second_owed))
        } else {
            (Side::Second, second_owed.saturating_sub(first_owed))
        };
        let moved = difference.min(self.books(payer).balance);
        let fee = self.pay(payer, moved)?;
        let arrears = difference.saturating_sub(moved);
        self.books_mut(payer).arrears = arrears;
        Ok(Netting {
            first_owed,
            second_owed,
            payer,
            moved,
            fee,
            arrears,
        })
    }

    /// Takes a deposit in. What a side is behind with is paid first.
    pub fn deposit(&mut self, side: Side, amount: u64) -> Result<()> {
        self.credit(side, amount)?;
        let arrears = self.books(side).arrears;
        if arrears > 0 {
            let part = arrears.min(self.books(side).balance);
            self.books_mut(side).arrears = arrears.saturating_sub(part);
            self.pay(side, part)?;
        }
        Ok(())
    }

    /// Moves what a voucher adds, without a fee: the statement trues it up, in either direction.
    pub fn redeem(&mut self, home: Side, amount: u64) -> Result<()> {
        let books = self.books_mut(home);
        books.balance = books
            .balance
            .checked_sub(amount)
            .ok_or(RoamingEscrowError::AboveBalance)?;
        let visited = home.other();
        // A visited network that is behind pays that first, back to the home network.
        let back = self.books(visited).arrears.min(amount);
        self.books_mut(visited).arrears = self.books(visited).arrears.saturating_sub(back);
        self.credit(home, back)?;
        self.credit(visited, amount.saturating_sub(back))
    }

    /// Whether it takes nothing more, and all its statements are settled: each side may leave.
    pub fn is_wound_up(&self, now: i64) -> Result<bool> {
        let settled = |books: &SideBooks| books.open_statements == 0 && !books.is_returned();
        Ok(self.is_closed(now) && settled(&self.first_books) && settled(&self.second_books))
    }

    /// Asks whether it is wound up, for something that cannot be undone, and holds on to a yes. Otherwise a clock that
    /// goes back would open it again, for statements that could not be settled beside a closed one.
    pub fn wind_up(&mut self, now: i64) -> Result<bool> {
        let over = self.is_wound_up(now)?;
        // What has ended is wound up.
        self.ended = over.into();
        Ok(over)
    }

    /// What a side may withdraw: its balance less what statements may still take.
    pub fn free_balance(&self, side: Side) -> Result<u64> {
        let books = self.books(side);
        require!(books.arrears == 0, RoamingEscrowError::InArrears);
        Ok(books.balance.saturating_sub(books.exposure))
    }

    /// The agreement's books, given the vault's balance in base units.
    pub fn invariant(&self, vault_balance: u64) -> Result<()> {
        let owed = u128::from(self.first_books.balance)
            .checked_add(u128::from(self.second_books.balance))
            .and_then(|sum| sum.checked_add(u128::from(self.fees)));
        let paid_up = |books: &SideBooks| books.arrears == 0 || books.balance == 0;
        require!(
            owed.is_some_and(|owed| u128::from(vault_balance) >= owed)
                && paid_up(&self.first_books)
                && paid_up(&self.second_books)
                && (self.first_books.arrears == 0 || self.second_books.arrears == 0),
            RoamingEscrowError::InvariantBroken
        );
        Ok(())
    }
}

#[cfg(test)]
// A test that overflows fails.
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use std::mem::{offset_of, size_of};

    use anchor_lang::Discriminator;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn layout() {
        assert_eq!(
            Agreement::DISCRIMINATOR,
            [83, 212, 5, 110, 225, 249, 197, 84]
        );
        assert_eq!(size_of::<Agreement>(), 600);
        assert_eq!(Agreement::SPACE, 608);
        let bytes = [
            offset_of!(Agreement, version),
            offset_of!(Agreement, bump),
            offset_of!(Agreement, vault_bump),
            offset_of!(Agreement, decimals),
            offset_of!(Agreement, state),
            offset_of!(Agreement, offered_by),
            offset_of!(Agreement, fee_bps),
        ];
        assert!(bytes.into_iter().eq(0..7));
        let keys = [
            offset_of!(Agreement, hub),
            offset_of!(Agreement, first),
            offset_of!(Agreement, second),
            offset_of!(Agreement, mint),
            offset_of!(Agreement, vault),
            offset_of!(Agreement, token_program),
        ];
        assert!(keys.into_iter().eq((8..200).step_by(32)));
        assert_eq!(offset_of!(Agreement, first_books), 200);
        assert_eq!(offset_of!(Agreement, second_books), 272);
        assert_eq!(offset_of!(Agreement, fees), 344);
        assert_eq!(offset_of!(Agreement, closes_at), 352);
        assert_eq!(offset_of!(Agreement, terms), 360);
        assert_eq!(offset_of!(Agreement, offered), 444);
        assert_eq!(offset_of!(Agreement, ended), 528);
        assert_eq!(offset_of!(Agreement, padding), 529);
        assert_eq!(offset_of!(Agreement, spare), 536);
    }

    #[test]
    fn layout_of_a_side() {
        assert_eq!(size_of::<SideBooks>(), 72);
        let longs = [
            offset_of!(SideBooks, balance),
            offset_of!(SideBooks, arrears),
            offset_of!(SideBooks, requested),
            offset_of!(SideBooks, withdrawable_at),
            offset_of!(SideBooks, exposure),
            offset_of!(SideBooks, next_record),
            offset_of!(SideBooks, vouchers),
        ];
        assert!(longs.into_iter().eq((0..56).step_by(8)));
        assert_eq!(offset_of!(SideBooks, open_statements), 56);
        assert_eq!(offset_of!(SideBooks, next_period), 60);
        assert_eq!(offset_of!(SideBooks, returned), 64);
        assert_eq!(offset_of!(SideBooks, spare), 65);
    }

    #[test]
    fn a_request_is_for_what_is_there_and_for_a_while() {
        let mut books = SideBooks {
            balance: 100,
            ..SideBooks::default()
        };
        assert_eq!(books.requested(0), err!(RoamingEscrowError::NoRequest));
        assert_eq!(
            books.request(101, 1_000, 50),
            err!(RoamingEscrowError::AboveBalance)
        );
        books.request(100, 1_000, 50).unwrap();
        for (now, expected) in [
            (1_049, err!(RoamingEscrowError::NoticeNotOver)),
            (1_050, Ok(100)),
            (1_050 + 604_799, Ok(100)),
            (1_050 + 604_800, err!(RoamingEscrowError::NoRequest)),
            (i64::MAX, err!(RoamingEscrowError::NoRequest)),
        ] {
            assert_eq!(books.requested(now), expected, "{now}");
        }
        books.request(0, 2_000, 50).unwrap();
        assert_eq!((books.requested, books.withdrawable_at), (0, 0));
        assert_eq!(
            books.request(1, i64::MAX, 1),
            err!(RoamingEscrowError::Overflow)
        );
    }

    /// What two sides have, owe and paid for the hub, in numbers that do not end: a model of the ledger that shares
    /// nothing with it. Of each side: index 0 is the first.
    #[derive(Clone, Debug, Default, PartialEq)]
    struct Ledger {
        balance: [u128; 2],
        arrears: [u128; 2],
        fees: u128,
    }

    impl Ledger {
        fn of(agreement: &Agreement) -> Self {
            let of = |read: fn(&SideBooks) -> u64| {
                [&agreement.first_books, &agreement.second_books].map(|books| read(books).into())
            };
            Self {
                balance: of(|books| books.balance),
                arrears: of(|books| books.arrears),
                fees: agreement.fees.into(),
            }
        }

        fn total(&self) -> u128 {
            self.balance[0] + self.balance[1] + self.fees
        }

        /// What each side is worth: what it has less what it owes plus what it is owed.
        fn worth(&self, side: usize) -> i128 {
            let signed = |n: u128| i128::try_from(n).unwrap();
            signed(self.balance[side]) - signed(self.arrears[side]) + signed(self.arrears[1 - side])
        }

        /// A debt of one side to the other is paid out of its balance as far as that goes.
        fn owe(&mut self, from: usize, amount: u128, fee_bps: u16) {
            let paid = amount.min(self.balance[from]);
            let fee = paid * u128::from(fee_bps) / 10_000;
            self.balance[from] -= paid;
            self.balance[1 - from] += paid - fee;
            self.fees += fee;
            self.arrears[from] = amount - paid;
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Net(u64, u64),
        Deposit(Side, u64),
        Redeem(Side, u64),
        Withdraw(Side),
    }

    fn step() -> impl Strategy<Value = Step> {
        let amount = || prop_oneof![0..=30u64, 0..=1_000_000_000u64];
        let side = || prop_oneof![Just(Side::First), Just(Side::Second)];
        prop_oneof![
            (amount(), amount()).prop_map(|(a, b)| Step::Net(a, b)),
            (side(), amount()).prop_map(|(side, n)| Step::Deposit(side, n)),
            (side(), amount()).prop_map(|(side, n)| Step::Redeem(side, n)),
            side().prop_map(Step::Withdraw),
        ]
    }

    proptest! {
        #[test]
        fn the_ledger_is_the_one_of_an_independent_model(
            fee_bps in 0..=100u16,
            steps in prop::collection::vec(step(), 1..40),
        ) {
            let mut agreement: Agreement = bytemuck::Zeroable::zeroed();
            agreement.fee_bps = fee_bps;
            let mut model = Ledger::default();
            let mut vault = 0u128;
            for step in steps {
                let before = model.clone();
                let mut worth = [0, 1].map(|side| before.worth(side));
                match step {
                    Step::Net(first, second) => {
                        let netting = agreement.net(first, second).unwrap();
                        let owed = [
                            u128::from(first) + model.arrears[0],
                            u128::from(second) + model.arrears[1],
                        ];
                        model.arrears = [0, 0];
                        let payer = usize::from(owed[0] < owed[1]);
                        let difference = owed[0].abs_diff(owed[1]);
                        model.owe(payer, difference, fee_bps);
                        prop_assert_eq!(netting, Netting {
                            first_owed: owed[0].try_into().unwrap(),
                            second_owed: owed[1].try_into().unwrap(),
                            payer: [Side::First, Side::Second][payer],
                            moved: (before.balance[payer] - model.balance[payer]).try_into().unwrap(),
                            fee: (model.fees - before.fees).try_into().unwrap(),
                            arrears: model.arrears[payer].try_into().unwrap(),
                        });
                        let [a, b] = [first, second].map(i128::from);
                        worth = [worth[0] - a + b, worth[1] - b + a];
                    }
                    Step::Deposit(side, amount) => {
                        agreement.deposit(side, amount).unwrap();
                        let i = usize::from(side.byte());
                        model.balance[i] += u128::from(amount);
                        let arrears = model.arrears[i];
                        model.owe(i, arrears, fee_bps);
                        vault += u128::from(amount);
                        worth[i] += i128::from(amount);
                    }
                    Step::Redeem(home, amount) => {
                        let i = usize::from(home.byte());
                        if u128::from(amount) > model.balance[i] {
                            prop_assert_eq!(
                                agreement.redeem(home, amount),
                                err!(RoamingEscrowError::AboveBalance)
                            );
                            continue;
                        }
                        agreement.redeem(home, amount).unwrap();
                        let back = model.arrears[1 - i].min(amount.into());
                        model.arrears[1 - i] -= back;
                        model.balance[i] -= u128::from(amount) - back;
                        model.balance[1 - i] += u128::from(amount) - back;
                        worth[i] -= i128::from(amount);
                        worth[1 - i] += i128::from(amount);
                    }
                    Step::Withdraw(side) => {
                        let i = usize::from(side.byte());
                        if model.arrears[i] > 0 {
                            prop_assert_eq!(
                                agreement.free_balance(side),
                                err!(RoamingEscrowError::InArrears)
                            );
                            continue;
                        }
                        let free = agreement.free_balance(side).unwrap();
                        prop_assert_eq!(u128::from(free), model.balance[i]);
                        agreement.books_mut(side).balance = 0;
                        model.balance[i] = 0;
                        vault -= u128::from(free);
                        worth[i] -= i128::from(free);
                    }
                }
                prop_assert_eq!(&Ledger::of(&agreement), &model);
                agreement.invariant(vault.try_into().unwrap()).unwrap();
                prop_assert_eq!(model.total(), vault);
                // Nobody gains or loses but by what is owed and, for one of the two, the fee.
                let after = [0, 1].map(|side| model.worth(side));
                let lost = [worth[0] - after[0], worth[1] - after[1]];
                prop_assert!(lost.iter().all(|lost| *lost >= 0));
                let fee = i128::try_from(model.fees - before.fees).unwrap();
                prop_assert_eq!(lost[0] + lost[1], fee);
                if vault > 0 {
                    let less = u64::try_from(vault - 1).unwrap();
                    prop_assert_eq!(
                        agreement.invariant(less),
                        err!(RoamingEscrowError::InvariantBroken)
                    );
                }
            }
        }

        /// Whatever was stated, a settlement is possible and keeps the books.
        #[test]
        fn no_debt_stops_a_settlement(debts in prop::collection::vec(
            (prop_oneof![Just(0), any::<u64>(), Just(u64::MAX)], prop_oneof![Just(0), any::<u64>(), Just(u64::MAX)]),
            1..8,
        )) {
            let mut agreement: Agreement = bytemuck::Zeroable::zeroed();
            agreement.fee_bps = 100;
            agreement.deposit(Side::First, 1_000).unwrap();
            agreement.deposit(Side::Second, 2_000).unwrap();
            for (first, second) in debts {
                agreement.net(first, second).unwrap();
                agreement.invariant(3_000).unwrap();
                prop_assert_eq!(Ledger::of(&agreement).total(), 3_000);
            }
        }
    }

    #[test]
    fn what_statements_may_take_is_counted_in_and_out() {
        let mut books = SideBooks::default();
        let mut statement: Statement = bytemuck::Zeroable::zeroed();
        (statement.total, statement.paid) = (100, 30);
        books.open(&statement).unwrap();
        assert_eq!((books.exposure, books.open_statements), (70, 1));
        // A second one up to the limit, and none beyond.
        let mut large = statement;
        large.total = u64::MAX - 70 + 30;
        books.open(&large).unwrap();
        assert_eq!((books.exposure, books.open_statements), (u64::MAX, 2));
        assert_eq!(
            books.clone().open(&statement),
            err!(RoamingEscrowError::Overflow)
        );
        books.close(&large).unwrap();
        books.close(&statement).unwrap();
        assert_eq!(books, SideBooks::default());
        assert_eq!(
            books.close(&statement),
            err!(RoamingEscrowError::InvariantBroken)
        );
    }

    #[test]
    fn what_was_seen_wound_up_stays_so() {
        let mut agreement: Agreement = bytemuck::Zeroable::zeroed();
        agreement.state = AgreementState::Active.to_stored();
        assert_eq!(agreement.wind_up(i64::MAX), Ok(false));
        agreement.state = AgreementState::Closing.to_stored();
        agreement.closes_at = 100;
        assert_eq!(agreement.wind_up(99), Ok(false));
        agreement.second_books.returned = 1;
        assert_eq!(agreement.wind_up(100), Ok(false));
        agreement.second_books.returned = 0;
        // To be looked at changes nothing.
        assert_eq!(agreement.is_wound_up(100), Ok(true));
        assert_eq!(agreement.require_open(99), Ok(()));
        assert_eq!(agreement.wind_up(100), Ok(true));
        assert_eq!(agreement.wind_up(99), Ok(true));
        assert_eq!(
            agreement.require_open(99),
            err!(RoamingEscrowError::AgreementClosed)
        );
    }

    #[test]
    fn one_side_in_arrears_with_nothing() {
        let mut agreement: Agreement = bytemuck::Zeroable::zeroed();
        agreement.first_books.balance = 5;
        agreement.fees = 2;
        assert_eq!(agreement.invariant(7), Ok(()));
        agreement.first_books.arrears = 1;
        assert_eq!(
            agreement.invariant(7),
            err!(RoamingEscrowError::InvariantBroken)
        );
        agreement.first_books.balance = 0;
        assert_eq!(agreement.invariant(7), Ok(()));
        agreement.second_books.arrears = 1;
        assert_eq!(
            agreement.invariant(7),
            err!(RoamingEscrowError::InvariantBroken)
        );
        agreement.second_books.arrears = 0;
        (agreement.second_books.balance, agreement.fees) = (u64::MAX, 1);
        assert_eq!(
            agreement.invariant(u64::MAX),
            err!(RoamingEscrowError::InvariantBroken)
        );
    }
}
