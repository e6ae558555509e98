//! The countries that a plan covers, as a set of ISO 3166-1 alpha-2 codes.
//!
//! There are 26 × 26 codes of two letters. Code `XY` is bit `26 × (X - 'A') + (Y - 'A')`, and bit `i`
//! is bit `i % 8`, counted from the lowest, of byte `i / 8`. 676 bits are 84½ bytes: the four highest
//! bits of the last byte are always zero.
//!
//! The program stores and checks only the bits. The assignment of codes changes over the years, so
//! that is left to clients; they read and show codes and names (feature `host`).

#[cfg(feature = "host")]
mod names;
#[cfg(feature = "host")]
mod text;

#[cfg(feature = "host")]
pub use text::{CountriesError, UnknownCountry};

use bytemuck::{Pod, Zeroable};
use core::fmt;

/// Bytes of a set.
pub const COUNTRIES_BYTES: usize = 85;

/// Letters of the alphabet.
const LETTERS: u16 = 26;

/// Codes of two letters: bits in use.
const CODES: u16 = LETTERS * LETTERS;

/// The bits of the last byte that no code has.
const UNUSED: u8 = 0xf0;

/// A set of countries. The layout is fixed, so that an account can hold it as it is: 85 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(transparent)]
pub struct Countries(pub [u8; COUNTRIES_BYTES]);

/// Two capital letters, `A` to `Z`: a code that a set can hold, assigned or not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code([u8; 2]);

impl Code {
    /// The code of two letters, in either case; `None` for anything else.
    pub const fn new(letters: [u8; 2]) -> Option<Self> {
        let [first, second] = letters;
        if first.is_ascii_alphabetic() && second.is_ascii_alphabetic() {
            Some(Self([
                first.to_ascii_uppercase(),
                second.to_ascii_uppercase(),
            ]))
        } else {
            None
        }
    }

    /// The two capital letters.
    pub const fn letters(self) -> [u8; 2] {
        self.0
    }

    /// The code of a bit; `None` from 676 on.
    fn from_bit(bit: u16) -> Option<Self> {
        if bit >= CODES {
            return None;
        }
        // Both are below 26.
        let letter = |place: u16| u8::try_from(place).ok()?.checked_add(b'A');
        let (first, second) = (bit.checked_div(LETTERS)?, bit.checked_rem(LETTERS)?);
        Some(Self([letter(first)?, letter(second)?]))
    }

    /// Its bit, 0 to 675.
    fn bit(self) -> u16 {
        // Neither can saturate: the letters are `A` to `Z`.
        let [first, second] = self.0.map(|letter| u16::from(letter.saturating_sub(b'A')));
        first.saturating_mul(LETTERS).saturating_add(second)
    }

    /// The place of its bit: the byte, and the bit in it.
    fn place(self) -> (usize, u8) {
        let bit = self.bit();
        (usize::from(bit >> 3), 1 << (bit & 7))
    }
}

impl Countries {
    /// No countries. Not a valid set for a plan.
    pub const NONE: Self = Self([0; COUNTRIES_BYTES]);

    /// Whether a plan can have this set: at least one country, and no bits outside the codes.
    pub fn is_valid(&self) -> bool {
        let [.., last] = self.0;
        last & UNUSED == 0 && self.0.iter().any(|byte| *byte != 0)
    }

    /// Whether the set has this country.
    pub fn contains(&self, code: Code) -> bool {
        let (at, bit) = code.place();
        self.0.get(at).is_some_and(|byte| byte & bit != 0)
    }

    /// Adds a country. Returns whether it is new.
    pub fn insert(&mut self, code: Code) -> bool {
        let (at, bit) = code.place();
        // Always there: the last bit, 675, is in byte 84.
        self.0.get_mut(at).is_some_and(|byte| {
            let is_new = *byte & bit == 0;
            *byte |= bit;
            is_new
        })
    }

    /// The number of countries.
    pub fn len(&self) -> u32 {
        self.iter()
            .fold(0, |count, _| u32::saturating_add(count, 1))
    }

    /// Whether it has no countries.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The countries in the order of their codes.
    pub fn iter(&self) -> impl Iterator<Item = Code> {
        (0..CODES)
            .filter_map(Code::from_bit)
            .filter(|code| self.contains(*code))
    }
}

impl fmt::Debug for Countries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = self.0.map(char::from);
        write!(f, "{first}{second}")
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(text: &str) -> Code {
        Code::new(text.as_bytes().try_into().unwrap()).unwrap()
    }

    #[test]
    fn bits_are_where_the_layout_says() {
        for (text, byte, bit) in [
            ("AA", 0, 0),
            ("AB", 0, 1),
            ("AH", 0, 7),
            ("AI", 1, 0),
            ("BA", 3, 2),
            // 26 × 5 + 17 = 147.
            ("FR", 18, 3),
            ("ZZ", 84, 3),
        ] {
            let mut countries = Countries::NONE;
            assert!(countries.insert(code(text)), "{text}");
            let mut expected = [0; 85];
            expected[byte] = 1 << bit;
            assert_eq!(countries.0, expected, "{text}");
        }
    }

    #[test]
    fn every_code_has_its_own_bit() {
        let mut countries = Countries::NONE;
        for first in b'A'..=b'Z' {
            for second in b'A'..=b'Z' {
                let code = Code::new([first, second]).unwrap();
                assert_eq!(Code::from_bit(code.bit()), Some(code));
                assert!(!countries.contains(code));
                assert!(countries.insert(code));
                assert!(!countries.insert(code));
                assert!(countries.contains(code));
                assert!(countries.is_valid());
            }
        }
        assert_eq!(countries.len(), 676);
        assert_eq!(countries.0[84], 0x0f);
        assert_eq!(Code::from_bit(676), None);
        assert_eq!(Code::from_bit(u16::MAX), None);
    }

    #[test]
    fn sets_that_are_not_valid() {
        assert!(!Countries::NONE.is_valid());
        for bit in 4..8 {
            let mut countries = Countries::NONE;
            countries.insert(code("FR"));
            countries.0[84] |= 1 << bit;
            assert!(!countries.is_valid(), "{bit}");
        }
    }

    #[test]
    fn letters_come_back() {
        assert_eq!(Code::new(*b"fr").map(Code::letters), Some(*b"FR"));
    }

    #[test]
    fn letters_that_are_not_a_code() {
        assert_eq!(Code::new(*b"fr"), Code::new(*b"FR"));
        for wrong in [*b"F1", *b"@A", *b"A[", *b"`a", *b"a{", [0xc3, 0xa9], [0, 0]] {
            assert_eq!(Code::new(wrong), None, "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn a_set_keeps_what_was_put_in(bits in proptest::collection::btree_set(0u16..676, 0..60)) {
            let codes: Vec<_> = bits.iter().map(|bit| Code::from_bit(*bit).unwrap()).collect();
            let mut countries = Countries::NONE;
            for code in &codes {
                prop_assert!(countries.insert(*code));
            }
            prop_assert_eq!(countries.iter().collect::<Vec<_>>(), codes);
            prop_assert_eq!(countries.is_empty(), bits.is_empty());
            prop_assert_eq!(countries.is_valid(), !bits.is_empty());
            prop_assert_eq!(countries.len() as usize, bits.len());
        }

        #[test]
        fn any_bytes_end_in_a_result(bytes in proptest::collection::vec(any::<u8>(), 85)) {
            let countries = Countries(bytes.try_into().unwrap());
            prop_assert_eq!(countries.is_valid(), countries.0[84] < 16 && !countries.is_empty());
        }
    }
}
