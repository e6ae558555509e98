//! Terms in their two encodings: Borsh in instructions and events, plain bytes in zero-copy accounts.
//!
//! One Rust type cannot be both: a client that is generated from the IDL has one encoding for a type. So
//! [`stored!`](crate::stored!) writes both structs from one list of fields.

/// A value with a form that a zero-copy account can hold.
pub trait Stored: Sized {
    /// That form.
    type Bytes;

    fn to_stored(&self) -> Self::Bytes;

    /// `None` for bytes that no program writes.
    fn from_stored(stored: &Self::Bytes) -> Option<Self>;
}

impl Stored for bool {
    type Bytes = u8;

    fn to_stored(&self) -> u8 {
        u8::from(*self)
    }

    fn from_stored(stored: &u8) -> Option<Self> {
        match stored {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

/// Lets a zero-copy account hold a fieldless enum as the number of its variant. The variants are all of them, in order.
#[macro_export]
macro_rules! stored_enum {
    ($name:ident: $($variant:ident),+ $(,)?) => {
        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),+];
        }

        // Each byte finds its variant by its number.
        const _: () = {
            let mut number = 0;
            while number < $name::ALL.len() {
                assert!($name::ALL[number] as usize == number, "a variant is out of order");
                number += 1;
            }
        };

        impl $crate::stored::Stored for $name {
            type Bytes = u8;

            fn to_stored(&self) -> u8 {
                // Fieldless and without numbers of its own: the variants count from 0.
                match self {
                    $(Self::$variant => const {
                        assert!((Self::$variant as usize) < 256);
                        Self::$variant as u8
                    },)+
                }
            }

            fn from_stored(stored: &u8) -> Option<Self> {
                $crate::numbers::variant(Self::ALL, *stored)
            }
        }
    };
}

/// Writes terms twice: the struct that instructions and events carry, and the one that a zero-copy account nests. The second
/// has the fields in the same order, those under `as u8` as bytes, then padding up to a multiple of its alignment, if it needs
/// any.
///
/// ```ignore
/// stored! {
///     /// What an authority decides.
///     #[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
///     pub struct Terms {
///         /// Base units.
///         pub price: u64,
///     } as u8 {
///         pub on_sale: bool,
///     }
///     /// The same in an account.
///     pub struct StoredTerms, padding: 7;
/// }
/// ```
#[macro_export]
macro_rules! stored {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* pub $field:ident: $type:tt,)*
        } $(as u8 {
            $($(#[$byte_meta:meta])* pub $byte:ident: $byte_type:tt,)*
        })?
        $(#[$stored_meta:meta])*
        pub struct $stored:ident $(, padding: $padding:literal)?;
    ) => {
        $(#[$meta])*
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
            $($($(#[$byte_meta])* pub $byte: $byte_type,)*)?
        }

        $(#[$stored_meta])*
        #[::anchor_lang::prelude::zero_copy]
        #[derive(Debug, PartialEq, Eq)]
        pub struct $stored {
            $($(#[$field_meta])* pub $field: $type,)*
            $($($(#[$byte_meta])* pub $byte: u8,)*)?
            $(pub padding: [u8; $padding],)?
        }

        impl $crate::stored::Stored for $name {
            type Bytes = $stored;

            fn to_stored(&self) -> $stored {
                $stored {
                    $($field: self.$field,)*
                    $($($byte: $crate::stored::Stored::to_stored(&self.$byte),)*)?
                    $(padding: [0; $padding],)?
                }
            }

            fn from_stored(stored: &$stored) -> Option<Self> {
                Some(Self {
                    $($field: stored.$field,)*
                    $($($byte: $crate::stored::Stored::from_stored(&stored.$byte)?,)*)?
                })
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use std::mem::size_of;

    use anchor_lang::prelude::*;

    use super::Stored;

    #[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Policy {
        Early,
        Late,
    }

    stored_enum!(Policy: Early, Late);

    stored! {
        /// Terms.
        #[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
        pub struct Terms {
            /// Base units.
            pub price: u64,
            pub key: Pubkey,
        } as u8 {
            pub policy: Policy,
            pub on_sale: bool,
        }
        /// Terms in an account.
        pub struct StoredTerms, padding: 6;
    }

    #[test]
    fn terms_come_back_as_they_were_put_in() {
        let terms = Terms {
            price: u64::MAX,
            key: Pubkey::new_from_array([7; 32]),
            policy: Policy::Late,
            on_sale: true,
        };
        let mut stored = terms.to_stored();
        assert_eq!(size_of::<StoredTerms>(), 48);
        assert_eq!(
            (stored.policy, stored.on_sale, stored.padding),
            (1, 1, [0; 6])
        );
        assert_eq!(Terms::from_stored(&stored), Some(terms));
        stored.policy = 2;
        assert_eq!(Terms::from_stored(&stored), None);
        stored.policy = 0;
        stored.on_sale = 2;
        assert_eq!(Terms::from_stored(&stored), None);
    }
}
