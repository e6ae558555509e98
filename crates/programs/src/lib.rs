//! The list of Wayfare's programs, and the only one: whatever has a line for each program expands it.
//!
//! Without dependencies, so that the project's own commands can read it before any program is built.
//! `docs/adding-a-program.md` says what a new line brings with it.

#![forbid(unsafe_code)]

/// One of Wayfare's programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What the documentation calls it, its package, and its folder in `programs/`.
    pub name: &'static str,
    /// Its library, and its files in `idls/`, `target/deploy/` and `tests/planted/`, without an extension.
    pub library: &'static str,
    /// Its module in the client, the command line and the tests.
    pub room: &'static str,
    /// The account that governs it and counts its events, as instructions and events call it.
    pub scope: &'static str,
}

/// Expands a macro with every program, in the order of the documentation: its names, then its types, as
/// `NodeRewards NODE_REWARDS "node-rewards" node_rewards rewards network NodeRewardsError NodeRewardsAccount`.
///
/// The macro sees, for each: the variant and the constant that stand for it, its name, its library, its room, its scope, its error
/// (`errors` of its library) and its accounts (`account` of its room in the client).
#[macro_export]
macro_rules! for_each_program {
    ($($expand:ident)::+) => {
        $($expand)::+! {
            NodeRewards NODE_REWARDS "node-rewards" node_rewards rewards network NodeRewardsError NodeRewardsAccount,
            EsimMarket ESIM_MARKET "esim-market" esim_market esim market EsimMarketError EsimMarketAccount,
            RoamingEscrow ROAMING_ESCROW "roaming-escrow" roaming_escrow roaming hub RoamingEscrowError RoamingEscrowAccount,
        }
    };
}

macro_rules! listed {
    ($($variant:ident $constant:ident $name:literal $library:ident $room:ident $scope:ident $error:ident $account:ident,)*) => {
        /// Every program, in the order of the documentation.
        pub const PROGRAMS: &[Listed] = &[
            $(Listed {
                name: $name,
                library: stringify!($library),
                room: stringify!($room),
                scope: stringify!($scope),
            },)*
        ];
    };
}
for_each_program!(listed);

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    #[test]
    fn every_folder_of_programs_is_listed() {
        let folder = Path::new("../../programs");
        let folders: BTreeSet<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.path().is_dir())
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        let listed: BTreeSet<_> = PROGRAMS
            .iter()
            .map(|program| program.name.to_owned())
            .collect();
        assert_eq!(listed.len(), PROGRAMS.len(), "a program is listed twice");
        assert_eq!(
            listed, folders,
            "crates/programs/src/lib.rs and the folders of programs/ differ: see docs/adding-a-program.md"
        );
    }

    #[test]
    fn a_library_is_named_like_its_program() {
        for program in PROGRAMS {
            assert_eq!(program.library, program.name.replace('-', "_"));
        }
    }
}
