//! Every error of the program is one that a test expects.

use std::fs;
use std::path::Path;

use wayfare_tests::checkout;
use wayfare_tests::idl::NODE_REWARDS;

/// Errors that no transaction on a sound chain leads to.
const OUT_OF_REACH: [&str; 1] = [
    // A mint that takes something off a transfer is refused when the network is created.
    "WrongVaultDelta",
];

fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.file_name().is_some_and(|name| name != "errors.rs") {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn each_is_expected_by_a_test() {
    let mut text = String::new();
    sources(&checkout("tests/tests"), &mut text);
    let words: std::collections::BTreeSet<_> =
        text.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    for error in &NODE_REWARDS.errors {
        let name = error.name.as_str();
        assert_ne!(
            words.contains(name),
            OUT_OF_REACH.contains(&name),
            "{name} ({})",
            error.code
        );
    }
}
