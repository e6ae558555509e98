//! Names that people type: of networks, markets, hubs and plans.

/// Longest name, in bytes: it is a seed of an address, and a seed has at most 32.
pub const MAX_NAME_LEN: usize = 32;

/// The rule in words, for messages.
pub const RULE: &str = "1 to 32 of a-z, 0-9 and -, without a - at either end";

/// Whether these bytes are a valid name: 1 to 32 of `a`–`z`, `0`–`9` and `-`, neither starting nor ending with `-`. No
/// name can be taken for a command-line option, and no two names look alike.
pub fn is_name(name: &[u8]) -> bool {
    let allowed = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-';
    name.len() <= MAX_NAME_LEN
        && name.iter().all(allowed)
        && name.first().is_some_and(|b| *b != b'-')
        && name.last().is_some_and(|b| *b != b'-')
}

/// A valid name as accounts hold it: its bytes, padded with zeros, and its length. `None` for any other text.
pub fn padded(name: &str) -> Option<([u8; MAX_NAME_LEN], u8)> {
    if !is_name(name.as_bytes()) {
        return None;
    }
    let mut bytes = [0; MAX_NAME_LEN];
    bytes
        .get_mut(..name.len())?
        .copy_from_slice(name.as_bytes());
    Some((bytes, u8::try_from(name.len()).ok()?))
}

/// A padded name as text; empty for bytes that no program wrote.
pub fn trimmed(name: &[u8; MAX_NAME_LEN], len: u8) -> &str {
    name.get(..usize::from(len))
        .and_then(|name| core::str::from_utf8(name).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let longest = "a".repeat(MAX_NAME_LEN);
        for name in ["a", "0", "travel", "nyc-hotspots", "a--b", &longest] {
            assert!(is_name(name.as_bytes()), "{name}");
            let (bytes, len) = padded(name).unwrap();
            assert_eq!(trimmed(&bytes, len), name);
        }
        let too_long = "a".repeat(MAX_NAME_LEN + 1);
        for name in [
            "", "-", "--help", "-a", "a-", "A", "a b", "a_b", "a.b", "é", "a\n", "a\0", &too_long,
        ] {
            assert!(!is_name(name.as_bytes()), "{name}");
            assert_eq!(padded(name), None);
        }
    }

    #[test]
    fn bytes_that_no_program_wrote_give_no_text() {
        assert_eq!(trimmed(&[b'a'; 32], 33), "");
        assert_eq!(trimmed(&[0xff; 32], 3), "");
        assert_eq!(trimmed(&[b'a'; 32], 0), "");
    }
}
