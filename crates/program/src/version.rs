//! How accounts change from one release of a program to the next.
//!
//! The first byte behind an account's discriminator is the version of its layout, and every account ends its fixed fields
//! with spare bytes. The rule by which a version is read:
//!
//! 1. A field that a release adds is taken from the spare bytes. No field moves, shrinks or changes its meaning, so an
//!    account keeps its size for life, and a reader of an older release still finds what it knows.
//! 2. Spare bytes are zero until then: a new field says what 0 means, and it means what was true before the field was
//!    there. So a program reads accounts of every version up to its own without migrating them.
//! 3. An account is created with the version of its program. A program that writes a field which an older version does not
//!    have raises the version of that account, and in the same instruction that of the network, market or hub.
//! 4. A program refuses an account of a version above its own: a release that was rolled back must not write what it cannot
//!    read. It is checked in the account that counts the events, which every instruction that changes anything passes.
//! 5. A client refuses to interpret an account of a version above the one that it knows, and says so.

/// The version of every layout until a release changes one.
pub const FIRST: u8 = 1;

/// Whether a program that knows layouts up to `known` can read one of version `found`. 0 is what an account that was never
/// initialised has.
pub const fn is_readable(found: u8, known: u8) -> bool {
    found >= FIRST && found <= known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_up_to_the_known_one_are_readable() {
        assert!(!is_readable(0, 3));
        assert!((1..=3).all(|found| is_readable(found, 3)));
        assert!((4..=u8::MAX).all(|found| !is_readable(found, 3)));
    }
}
