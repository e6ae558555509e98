//! The governance of a network, a market or a hub, written once: who decides, under which name, whether entries are
//! paused, and the number of the last event.
//!
//! Each program nests a [`Scope`] first in that account, tells its own events, and has its own error for each
//! [`ScopeError`].

use anchor_lang::prelude::*;
use wayfare_core::name::{self, MAX_NAME_LEN};

use crate::version;

/// Longest time, in seconds, for which entries can be paused at once: 7 days. A lost guardian's pause lifts by itself.
pub const MAX_PAUSE: i64 = 7 * 24 * 60 * 60;

/// What governs a network, a market or a hub. Times are Unix seconds.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct Scope {
    /// Version of the account's layout: see [`crate::version`].
    pub version: u8,
    pub bump: u8,
    pub name_len: u8,
    pub padding: [u8; 5],
    /// Configures the account: a multisig.
    pub authority: Pubkey,
    /// The nominee of a hand-over, or all zero.
    pub pending_authority: Pubkey,
    /// Pauses entries. Moves no money.
    pub guardian: Pubkey,
    /// The name, padded with zeros.
    pub name: [u8; MAX_NAME_LEN],
    /// Entries are refused until then; 0 when never paused.
    pub paused_until: i64,
    /// Number of the last event. Each event takes the next one, so a gap shows a missed event.
    pub sequence: u64,
    /// Zero; for fields to come.
    pub spare: [u8; 40],
}

/// Why a [`Scope`] refuses something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeError {
    /// Not a name: see [`name::is_name`].
    BadName,
    /// The key that nobody holds was given a role.
    ZeroKey,
    /// The signer is not the one whom the authority nominated last.
    NotNominee,
    /// Not ahead, or by more than [`MAX_PAUSE`].
    BadPause,
    /// Entries are paused.
    Paused,
    /// No number is left for an event.
    Overflow,
    /// A newer release of the program wrote the account.
    NewerVersion,
}

impl Scope {
    /// Sets up a zeroed scope. The version is that of the account's layout.
    ///
    /// # Errors
    ///
    /// [`ScopeError::BadName`]; [`ScopeError::ZeroKey`] for the guardian.
    pub fn open(
        &mut self,
        version: u8,
        bump: u8,
        name: &str,
        authority: Pubkey,
        guardian: Pubkey,
    ) -> std::result::Result<(), ScopeError> {
        let (name, name_len) = name::padded(name).ok_or(ScopeError::BadName)?;
        self.version = version;
        self.bump = bump;
        self.name = name;
        self.name_len = name_len;
        self.authority = authority;
        self.set_guardian(guardian)?;
        Ok(())
    }

    /// The name, for display and as a seed.
    pub fn name(&self) -> &str {
        name::trimmed(&self.name, self.name_len)
    }

    /// Takes the number of the next event. `known` is the newest version that the program can read.
    ///
    /// # Errors
    ///
    /// [`ScopeError::NewerVersion`]; [`ScopeError::Overflow`].
    pub fn next_sequence(&mut self, known: u8) -> std::result::Result<u64, ScopeError> {
        if !version::is_readable(self.version, known) {
            return Err(ScopeError::NewerVersion);
        }
        self.sequence = self.sequence.checked_add(1).ok_or(ScopeError::Overflow)?;
        Ok(self.sequence)
    }

    /// Refuses entries while a pause lasts. Exits never ask.
    ///
    /// # Errors
    ///
    /// [`ScopeError::Paused`].
    pub fn require_not_paused(&self, now: i64) -> std::result::Result<(), ScopeError> {
        if now < self.paused_until {
            return Err(ScopeError::Paused);
        }
        Ok(())
    }

    /// Refuses entries until a time, and returns until when they were refused before.
    ///
    /// # Errors
    ///
    /// [`ScopeError::BadPause`].
    pub fn pause(&mut self, until: i64, now: i64) -> std::result::Result<i64, ScopeError> {
        if until <= now || until > now.saturating_add(MAX_PAUSE) {
            return Err(ScopeError::BadPause);
        }
        Ok(std::mem::replace(&mut self.paused_until, until))
    }

    /// Ends a pause, and returns until when it would have lasted.
    pub fn unpause(&mut self) -> i64 {
        std::mem::take(&mut self.paused_until)
    }

    /// Nominates the next authority; `None` withdraws the nomination. Returns the nominee before, who is one no longer.
    ///
    /// # Errors
    ///
    /// [`ScopeError::ZeroKey`]: it stands for "nobody" in the account, so nominating it would look like a withdrawal.
    pub fn nominate(
        &mut self,
        nominee: Option<Pubkey>,
    ) -> std::result::Result<Option<Pubkey>, ScopeError> {
        if nominee == Some(Pubkey::default()) {
            return Err(ScopeError::ZeroKey);
        }
        let old = std::mem::replace(&mut self.pending_authority, nominee.unwrap_or_default());
        Ok(Some(old).filter(|key| *key != Pubkey::default()))
    }

    /// Makes the nominee the authority, and returns the one before. The second step of a hand-over: a key that nobody
    /// holds can never become authority.
    ///
    /// # Errors
    ///
    /// [`ScopeError::NotNominee`].
    pub fn accept(&mut self, nominee: Pubkey) -> std::result::Result<Pubkey, ScopeError> {
        // While nobody is nominated the zero key is in the account. It cannot sign, and is refused all the same.
        if self.pending_authority != nominee || nominee == Pubkey::default() {
            return Err(ScopeError::NotNominee);
        }
        self.pending_authority = Pubkey::default();
        Ok(std::mem::replace(&mut self.authority, nominee))
    }

    /// Replaces the guardian, and returns the one before.
    ///
    /// # Errors
    ///
    /// [`ScopeError::ZeroKey`].
    pub fn set_guardian(&mut self, guardian: Pubkey) -> std::result::Result<Pubkey, ScopeError> {
        if guardian == Pubkey::default() {
            return Err(ScopeError::ZeroKey);
        }
        Ok(std::mem::replace(&mut self.guardian, guardian))
    }
}

#[cfg(test)]
mod tests {
    use std::mem::{offset_of, size_of};

    use super::*;

    fn key(n: u8) -> Pubkey {
        Pubkey::new_from_array([n; 32])
    }

    fn scope() -> Scope {
        let mut scope: Scope = bytemuck::Zeroable::zeroed();
        scope.open(1, 254, "travel", key(1), key(2)).unwrap();
        scope
    }

    #[test]
    fn layout() {
        assert_eq!(size_of::<Scope>(), 192);
        assert_eq!(offset_of!(Scope, version), 0);
        assert_eq!(offset_of!(Scope, bump), 1);
        assert_eq!(offset_of!(Scope, name_len), 2);
        assert_eq!(offset_of!(Scope, authority), 8);
        assert_eq!(offset_of!(Scope, pending_authority), 40);
        assert_eq!(offset_of!(Scope, guardian), 72);
        assert_eq!(offset_of!(Scope, name), 104);
        assert_eq!(offset_of!(Scope, paused_until), 136);
        assert_eq!(offset_of!(Scope, sequence), 144);
        assert_eq!(offset_of!(Scope, spare), 152);
    }

    #[test]
    fn opens_with_a_name_and_a_guardian() {
        let opened = scope();
        assert_eq!((opened.name(), opened.bump), ("travel", 254));
        let mut scope: Scope = bytemuck::Zeroable::zeroed();
        for name in ["", "--help", "Travel"] {
            let refused = scope.open(1, 254, name, key(1), key(2));
            assert_eq!(refused, Err(ScopeError::BadName), "{name}");
        }
        let refused = scope.open(1, 254, "travel", key(1), Pubkey::default());
        assert_eq!(refused, Err(ScopeError::ZeroKey));
    }

    #[test]
    fn events_count_up_unless_a_newer_release_wrote_the_account() {
        let mut scope = scope();
        assert_eq!(scope.next_sequence(1), Ok(1));
        assert_eq!(scope.next_sequence(2), Ok(2));
        scope.version = 2;
        assert_eq!(scope.next_sequence(1), Err(ScopeError::NewerVersion));
        scope.version = 0;
        assert_eq!(scope.next_sequence(1), Err(ScopeError::NewerVersion));
        scope.version = 1;
        scope.sequence = u64::MAX;
        assert_eq!(scope.next_sequence(1), Err(ScopeError::Overflow));
    }

    #[test]
    fn a_pause_is_ahead_and_short() {
        let mut scope = scope();
        for until in [99, 100, 101 + MAX_PAUSE, i64::MAX, i64::MIN] {
            assert_eq!(scope.pause(until, 100), Err(ScopeError::BadPause));
        }
        assert_eq!(scope.require_not_paused(0), Ok(()));
        assert_eq!(scope.pause(100 + MAX_PAUSE, 100), Ok(0));
        assert_eq!(scope.pause(200, 100), Ok(100 + MAX_PAUSE));
        assert_eq!(scope.require_not_paused(199), Err(ScopeError::Paused));
        assert_eq!(scope.require_not_paused(200), Ok(()));
        assert_eq!(scope.unpause(), 200);
        assert_eq!(scope.require_not_paused(100), Ok(()));
    }

    #[test]
    fn only_the_last_nominee_takes_over() {
        let mut scope = scope();
        assert_eq!(scope.accept(Pubkey::default()), Err(ScopeError::NotNominee));
        assert_eq!(
            scope.nominate(Some(Pubkey::default())),
            Err(ScopeError::ZeroKey)
        );
        assert_eq!(scope.nominate(Some(key(3))), Ok(None));
        assert_eq!(scope.nominate(Some(key(4))), Ok(Some(key(3))));
        assert_eq!(scope.accept(key(3)), Err(ScopeError::NotNominee));
        assert_eq!(scope.accept(key(4)), Ok(key(1)));
        assert_eq!(scope.authority, key(4));
        assert_eq!(scope.accept(key(4)), Err(ScopeError::NotNominee));
        assert_eq!(scope.nominate(Some(key(5))), Ok(None));
        assert_eq!(scope.nominate(None), Ok(Some(key(5))));
        assert_eq!(scope.accept(key(5)), Err(ScopeError::NotNominee));
    }

    #[test]
    fn a_guardian_is_somebody() {
        let mut scope = scope();
        assert_eq!(
            scope.set_guardian(Pubkey::default()),
            Err(ScopeError::ZeroKey)
        );
        assert_eq!(scope.set_guardian(key(6)), Ok(key(2)));
        assert_eq!(scope.guardian, key(6));
    }
}
