use std::fs;

use clap::error::ErrorKind::{
    self, ArgumentConflict, InvalidValue, MissingRequiredArgument, ValueValidation,
};

use super::*;
use crate::commands::reference::reference;

#[test]
fn the_arguments_are_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn the_documentation_is_the_reference() {
    assert!(
        fs::read_to_string("../docs/cli.md").unwrap() == reference(Cli::command()),
        "docs/cli.md is out of date: cargo run -p wayfare-cli -- reference > docs/cli.md"
    );
}

/// The error that `clap` gives for a command line, or none.
fn error(line: &str) -> Option<ErrorKind> {
    let words = ["wayfare"].into_iter().chain(line.split(' '));
    Cli::try_parse_from(words).err().map(|error| error.kind())
}

#[test]
fn what_must_stand_together_and_what_must_not() {
    let unpause = "network unpause n";
    let key = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";
    let hash = "--blockhash 4sGjMW1sUnHzSxGspuhpqLDx6wiyjNtZAMdL4VZHirAn";
    assert_eq!(error(unpause), None);
    assert_eq!(
        error(&format!("{unpause} --sign-only")),
        Some(MissingRequiredArgument)
    );
    assert_eq!(error(&format!("{unpause} --sign-only {hash}")), None);
    assert_eq!(
        error(&format!("{unpause} --nonce {key}")),
        Some(MissingRequiredArgument)
    );
    assert_eq!(error(&format!("{unpause} --nonce {key} {hash}")), None);
    assert_eq!(
        error(&format!(
            "{unpause} --export-encoding base58 --sign-only {hash}"
        )),
        Some(ArgumentConflict)
    );
    assert_eq!(error("network update n"), Some(MissingRequiredArgument));
    assert_eq!(
        error("network update n --epoch-length 1d --emission-cap 5"),
        None
    );
    let csv = "node register -n n --from-csv a.csv";
    assert_eq!(error(csv), Some(MissingRequiredArgument));
    assert_eq!(
        error(&format!("{csv} --device-keys d --owner-keys o")),
        None
    );
    assert_eq!(
        error(&format!(
            "{csv} --device-keys d --owner-keys o --device k.json"
        )),
        Some(ArgumentConflict)
    );
    assert_eq!(error("node register -n n"), Some(MissingRequiredArgument));
    assert_eq!(
        error(&format!(
            "rewards claim -n n --data d --all-owners --owner {key}"
        )),
        Some(ArgumentConflict)
    );
}

#[test]
fn what_must_stand_together_in_a_market() {
    let key = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";
    let hash = "--blockhash 4sGjMW1sUnHzSxGspuhpqLDx6wiyjNtZAMdL4VZHirAn";
    for (line, expected) in [
        (
            "plans -m travel --country France --country jp".to_owned(),
            None,
        ),
        (
            "plans -m travel --country Atlantis".to_owned(),
            Some(ValueValidation),
        ),
        (
            "plans -m travel --min-data 5".to_owned(),
            Some(ValueValidation),
        ),
        ("plans -m Travel".to_owned(), Some(ValueValidation)),
        (
            "plans -m travel --sort colour".to_owned(),
            Some(InvalidValue),
        ),
        ("buy fr-5gb -m travel --wait --png a.png".to_owned(), None),
        (
            "buy fr-5gb --png a.png".to_owned(),
            Some(MissingRequiredArgument),
        ),
        (format!("buy a --gift {key} --wait"), Some(ArgumentConflict)),
        (
            format!("buy a --gift {key} --delivery-key k"),
            Some(ArgumentConflict),
        ),
        ("buy a --wait --dry-run".to_owned(), Some(ArgumentConflict)),
        (
            format!("buy a --wait --sign-only {hash}"),
            Some(ArgumentConflict),
        ),
        (format!("top-up {key}"), Some(MissingRequiredArgument)),
        (format!("dispute {key}"), Some(MissingRequiredArgument)),
        (format!("dispute {key} --reason none"), Some(InvalidValue)),
        (format!("dispute {key} --reason no-service"), None),
        (
            "market update travel".to_owned(),
            Some(MissingRequiredArgument),
        ),
        (
            "market update travel --fee-bps 5 --retention 1d".to_owned(),
            None,
        ),
        (
            format!("market seller-status travel {key} friendly"),
            Some(InvalidValue),
        ),
        (format!("market resolve {key} --split 10000"), None),
        (
            format!("market resolve {key} --split 10001"),
            Some(ValueValidation),
        ),
        (
            format!("market resolve {key} --split -1"),
            Some(ErrorKind::UnknownArgument),
        ),
    ] {
        assert_eq!(error(&format!("esim {line}")), expected, "{line}");
    }
}

#[test]
fn networks_markets_and_hubs_are_governed_by_the_same_words() {
    let key = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";
    for noun in ["network", "esim market", "roaming hub"] {
        for (words, expected) in [
            (format!("authority nominate n {key}"), None),
            ("authority nominate n --withdraw".into(), None),
            ("authority nominate n".into(), Some(MissingRequiredArgument)),
            (
                format!("authority nominate n {key} --withdraw"),
                Some(ArgumentConflict),
            ),
            ("authority accept n".into(), None),
            (format!("guardian n {key}"), None),
            ("guardian n".into(), Some(MissingRequiredArgument)),
            ("pause n --for 1h".into(), None),
            ("pause n".into(), Some(MissingRequiredArgument)),
            ("pause n --for 1h --until 5".into(), Some(ArgumentConflict)),
            ("unpause n".into(), None),
            ("unpause --help".into(), Some(ErrorKind::DisplayHelp)),
            ("unpause -n".into(), Some(ErrorKind::UnknownArgument)),
            ("unpause -- -n".into(), Some(ValueValidation)),
        ] {
            assert_eq!(
                error(&format!("{noun} {words}")),
                expected,
                "{noun} {words}"
            );
        }
    }
}
