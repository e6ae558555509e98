//! The programs' interfaces, as `cargo xtask idl` wrote them: what the generated tests go through.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::refusal::Refusal;

macro_rules! idls {
    (
        $($program:ident $constant:ident $name:literal $library:ident $room:ident $scope:ident $error:ident $account:ident,)*
    ) => {
        $(
            #[doc = concat!("The interface of ", $name, ".")]
            pub static $constant: LazyLock<Idl> = LazyLock::new(|| read(stringify!($library)));
        )*
    };
}
wayfare_programs::for_each_program!(idls);

fn read(program: &str) -> Idl {
    let name = format!("idls/{program}.json");
    let text = std::fs::read_to_string(crate::checkout(&name))
        .unwrap_or_else(|error| panic!("cannot read {name}: {error}. Run `cargo xtask idl` first"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[derive(Debug, Deserialize)]
pub struct Idl {
    /// The program's.
    pub address: String,
    pub instructions: Vec<Instruction>,
    pub errors: Vec<ProgramError>,
    pub events: Vec<Event>,
}

impl Idl {
    /// The program's error with a name.
    #[track_caller]
    pub fn error(&self, name: &str) -> Refusal {
        let error = self.errors.iter().find(|error| error.name == name);
        Refusal::custom(error.expect("an error of the IDL").code, name.to_owned())
    }
}

#[derive(Debug, Deserialize)]
pub struct Event {
    pub name: String,
    pub discriminator: Vec<u8>,
}

#[derive(Debug, Deserialize)]
pub struct Instruction {
    pub name: String,
    pub discriminator: Vec<u8>,
    /// In the order in which a transaction names them.
    pub accounts: Vec<Slot>,
}

/// A place for an account.
#[derive(Debug, Deserialize)]
pub struct Slot {
    pub name: String,
    /// Where only one account can stand there.
    pub address: Option<String>,
    #[serde(default)]
    pub writable: bool,
    #[serde(default)]
    pub signer: bool,
    /// The program's id stands for none.
    #[serde(default)]
    pub optional: bool,
}

#[derive(Debug, Deserialize)]
pub struct ProgramError {
    pub code: u32,
    pub name: String,
}
