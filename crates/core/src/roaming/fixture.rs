//! The BWRP books, and small ones made for a case.

use super::import::{
    Duplicates, Import, ImportOptions, MissingMonths, OtherPairs, Unpriced, import,
};
use super::record::Party;
use super::usage::{BookChoice, UsageError, UsageFile};

/// Decimals of the mint in most tests.
pub const DECIMALS: u8 = 6;

/// The two operators of the BWRP books, by the networks that each runs.
pub const DTAG: &str = "DEUD1+AAZTD";
pub const TMUS: &str = "BELMO+FRAF1+AAZOR";

pub fn party(text: &str) -> Party {
    Party::fold(text).unwrap().party
}

/// `data/bwrp-usage.json`.
pub fn bwrp() -> UsageFile {
    UsageFile::parse(&std::fs::read("../../data/bwrp-usage.json").unwrap()).unwrap()
}

/// Options that accept the BWRP books: duplicates kept, rows without charges at zero.
pub fn lenient<'a>(owner: &'a Party, partner: &'a Party) -> ImportOptions<'a> {
    ImportOptions {
        unpriced: Unpriced::Zero,
        duplicates: Duplicates::Keep,
        ..strict(owner, partner)
    }
}

/// Options that refuse everything an importer cannot judge.
pub fn strict<'a>(owner: &'a Party, partner: &'a Party) -> ImportOptions<'a> {
    ImportOptions {
        owner,
        partner,
        currency: "EUR".parse().unwrap(),
        decimals: DECIMALS,
        months: None,
        unpriced: Unpriced::Refuse,
        duplicates: Duplicates::Refuse,
        other_pairs: OtherPairs::Refuse,
        missing_months: MissingMonths::Refuse,
    }
}

/// Both operators' BWRP books: DTAG's and TMUS's.
pub fn bwrp_imports() -> [Import; 2] {
    let (dtag, tmus, file) = (party(DTAG), party(TMUS), bwrp());
    [("DTAG", &dtag, &tmus), ("TMUS", &tmus, &dtag)].map(|(name, owner, partner)| {
        let books = file.choose(&BookChoice::Owner(name.to_owned())).unwrap();
        import(&books, &lenient(owner, partner)).unwrap()
    })
}

/// A CSV file of these rows, without its header.
pub fn csv(rows: &[&str]) -> UsageFile {
    let text = format!(
        "month,home,visited,service,usage,unit,charge,currency\n{}\n",
        rows.join("\n")
    );
    UsageFile::parse(text.as_bytes()).unwrap()
}

/// Reads a file's books as one operator's.
pub fn read(file: &UsageFile, options: &ImportOptions) -> Result<Import, UsageError> {
    let books: Vec<_> = file.books.iter().collect();
    import(&books, options)
}
