//! Every error of a program is one that a test expects.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use wayfare_tests::checkout;
use wayfare_tests::idl::{self, Idl};

/// The error that no transaction on a sound chain leads to: a mint that takes something off a transfer is refused before
/// it has a vault.
const OUT_OF_REACH: &str = "WrongVaultDelta";

macro_rules! suite {
    (
        $($program:ident $constant:ident $name:literal $library:ident $room:ident $scope:ident $error:ident $account:ident,)*
    ) => {
        $(mod $room {
            #[test]
            fn each_is_expected_by_a_test() {
                let folders = [
                    concat!("programs/", stringify!($library)),
                    concat!("hostile/", stringify!($room)),
                ];
                super::each_is_expected_by_a_test(&super::idl::$constant, folders);
            }
        })*
    };
}
wayfare_programs::for_each_program!(suite);

fn each_is_expected_by_a_test(idl: &Idl, folders: [&str; 2]) {
    let tests = checkout("tests/tests");
    let mut found = BTreeSet::new();
    for path in ["programs/governance.rs", "programs/release.rs"] {
        words(&tests.join(path), &mut found);
    }
    for folder in folders {
        words(&tests.join(folder), &mut found);
    }
    for error in &idl.errors {
        assert_ne!(
            found.contains(&error.name),
            error.name == OUT_OF_REACH,
            "{} ({})",
            error.name,
            error.code
        );
    }
}

fn words(path: &Path, words: &mut BTreeSet<String>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            self::words(&entry.unwrap().path(), words);
        }
    } else {
        let text = fs::read_to_string(path).unwrap();
        let split = text.split(|c: char| !c.is_ascii_alphanumeric());
        words.extend(split.map(str::to_owned));
    }
}
