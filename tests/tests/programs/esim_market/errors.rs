//! Every error of the program is one that a test expects.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use wayfare_tests::checkout;
use wayfare_tests::idl::ESIM_MARKET;

/// Errors that no transaction on a sound chain leads to.
const OUT_OF_REACH: [&str; 1] = [
    // A mint that takes something off a transfer is refused before it has a vault.
    "WrongVaultDelta",
];

fn words(folder: &Path, words: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            self::words(&path, words);
        } else if path.file_name().is_some_and(|name| name != "errors.rs") {
            let text = fs::read_to_string(&path).unwrap();
            let split = text.split(|c: char| !c.is_ascii_alphanumeric());
            words.extend(split.map(str::to_owned));
        }
    }
}

#[test]
fn each_is_expected_by_a_test() {
    let tests = checkout("tests/tests");
    let mut found = BTreeSet::new();
    words(&tests.join("programs/esim_market"), &mut found);
    words(&tests.join("hostile/esim"), &mut found);
    for error in &ESIM_MARKET.errors {
        let name = error.name.as_str();
        assert_ne!(
            found.contains(name),
            OUT_OF_REACH.contains(&name),
            "{name} ({})",
            error.code
        );
    }
}
