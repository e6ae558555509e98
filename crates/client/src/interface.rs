//! The programs' interfaces: the IDLs of `idls/`, and the events of any transaction read by them.
//!
//! [`crate::event`] gives a program's events as their types; here they are names and values, to be shown.

use std::sync::LazyLock;

use anchor_lang::event::EVENT_IX_TAG_LE;
use anchor_lang_idl_spec::{Idl, IdlArrayLen, IdlDefinedFields, IdlType, IdlTypeDef, IdlTypeDefTy};
use serde::{Serialize, Serializer, ser::SerializeMap};
use solana_pubkey::Pubkey;
use solana_sha256_hasher::hash;
use wayfare_programs::PROGRAMS;

use crate::{
    event::{EventError, event_authority},
    programs::IDLS,
};

/// Deepest nesting of types that is read. Those of the programs are far from it.
const MAX_DEPTH: u8 = 16;

/// A program, and how its accounts, instructions and events are written.
pub struct Interface {
    /// What the documentation calls the program.
    pub name: &'static str,
    /// The name of its library and of its files in `idls/` and `target/deploy/`, without an extension.
    pub library: &'static str,
    pub program: Pubkey,
    /// The IDL as it is in `idls/`.
    pub text: &'static str,
    idl: Idl,
    event_authority: Pubkey,
}

/// The interfaces of all programs. That each file is an IDL is tested.
static INTERFACES: LazyLock<Vec<Interface>> = LazyLock::new(|| {
    let programs = PROGRAMS.iter().zip(IDLS);
    let interfaces = programs.filter_map(|(listed, text)| {
        let idl: Idl = serde_json::from_str(text).ok()?;
        let program = idl.address.parse().ok()?;
        Some(Interface {
            name: listed.name,
            library: listed.library,
            program,
            text,
            idl,
            event_authority: event_authority(&program),
        })
    });
    interfaces.collect()
});

/// The interfaces of all programs, in the order of the documentation.
pub fn interfaces() -> &'static [Interface] {
    &INTERFACES
}

impl Interface {
    /// That of a program; `None` for any other program.
    pub fn of(program: &Pubkey) -> Option<&'static Self> {
        interfaces().iter().find(|i| i.program == *program)
    }

    /// What an instruction is called; `None` for bytes that are not an instruction of the program.
    pub fn instruction(&self, data: &[u8]) -> Option<&str> {
        let mut instructions = self.idl.instructions.iter();
        let named =
            instructions.find(|instruction| data.starts_with(&instruction.discriminator))?;
        Some(&named.name)
    }

    /// Name and message of the program's own error with a number.
    pub fn error(&self, number: u32) -> Option<(&str, &str)> {
        let error = self.idl.errors.iter().find(|error| error.code == number)?;
        Some((&error.name, error.msg.as_deref().unwrap_or_default()))
    }

    /// SHA-256 of the IDL as it is in `idls/`.
    pub fn sha256(&self) -> [u8; 32] {
        hash(self.text.as_bytes()).to_bytes()
    }
}

/// An event as names and values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedEvent {
    /// What the documentation calls the program.
    pub program: &'static str,
    /// As the IDL has it.
    pub name: String,
    pub fields: Vec<(String, Value)>,
}

impl NamedEvent {
    /// The network, market or hub that the event is about.
    pub fn scope(&self) -> Option<Pubkey> {
        self.fields.iter().find_map(|(name, value)| match value {
            Value::Key(key) if PROGRAMS.iter().any(|program| program.scope == name) => Some(*key),
            _ => None,
        })
    }

    /// Its number in the sequence of that.
    pub fn sequence(&self) -> Option<u64> {
        self.fields.iter().find_map(|(name, value)| match value {
            Value::Number(number) if name == "sequence" => u64::try_from(*number).ok(),
            _ => None,
        })
    }
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing, where there could be something.
    None,
    Bool(bool),
    /// Base units, seconds, basis points or a count.
    Number(u128),
    /// Unix seconds: the only signed numbers that the programs have.
    Time(i64),
    Key(Pubkey),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Self>),
    Fields(Vec<(String, Self)>),
    /// A variant of an enum, with its fields if it has any.
    Variant(String, Vec<(String, Self)>),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_none(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            // As text: many readers of JSON round numbers above 2^53.
            Self::Number(value) => serializer.serialize_str(&value.to_string()),
            Self::Time(value) => serializer.serialize_i64(*value),
            Self::Key(key) => serializer.serialize_str(&key.to_string()),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Bytes(bytes) => serializer.serialize_str(&hex::encode(bytes)),
            Self::List(values) => values.serialize(serializer),
            Self::Fields(fields) => {
                serializer.collect_map(fields.iter().map(|(name, value)| (name, value)))
            }
            Self::Variant(name, fields) if fields.is_empty() => serializer.serialize_str(name),
            Self::Variant(name, fields) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(name, &Self::Fields(fields.clone()))?;
                map.end()
            }
        }
    }
}

/// The event in an inner instruction of a transaction that succeeded; `None` when the instruction is not an
/// event of a program.
///
/// It is genuine only if the program's event authority signed, which only the program can do: the program refuses
/// an instruction with the mark of an event that it did not sign.
///
/// # Errors
///
/// [`EventError`] when the instruction is an event but cannot be read. Any bytes end in a result.
pub fn event(
    program: &Pubkey,
    accounts: &[Pubkey],
    data: &[u8],
) -> Option<Result<NamedEvent, EventError>> {
    let interface = Interface::of(program)?;
    let event = data.strip_prefix(EVENT_IX_TAG_LE)?;
    if accounts.first() != Some(&interface.event_authority) {
        return None;
    }
    let Some((discriminator, bytes)) = event.split_at_checked(8) else {
        return Some(Err(EventError::Unknown(event.to_vec())));
    };
    let mut events = interface.idl.events.iter();
    let Some(known) = events.find(|event| event.discriminator == discriminator) else {
        return Some(Err(EventError::Unknown(discriminator.to_vec())));
    };
    let mut reader = Reader {
        types: &interface.idl.types,
        bytes,
    };
    Some(match reader.defined(&known.name, 0) {
        Some(Value::Fields(fields)) if reader.bytes.is_empty() => Ok(NamedEvent {
            program: interface.name,
            name: known.name.clone(),
            fields,
        }),
        _ => Err(EventError::Malformed(&known.name)),
    })
}

/// An account as names and values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedAccount {
    /// What the documentation calls the program.
    pub program: &'static str,
    /// The kind of account, as the IDL has it.
    pub name: String,
    pub fields: Vec<(String, Value)>,
}

/// The fields of an account of a program; `None` for bytes that do not start with one of its accounts. What follows the
/// fields is left alone: an account in Borsh has the room of its longest content.
///
/// Nothing is proved of where the account stands, or of values that the program never writes: see
/// [`crate::programs::decode_any`].
pub fn account(program: &Pubkey, data: &[u8]) -> Option<NamedAccount> {
    let interface = Interface::of(program)?;
    let (discriminator, bytes) = data.split_at_checked(8)?;
    let mut accounts = interface.idl.accounts.iter();
    let known = accounts.find(|account| account.discriminator == discriminator)?;
    let mut reader = Reader {
        types: &interface.idl.types,
        bytes,
    };
    match reader.defined(&known.name, 0)? {
        Value::Fields(fields) => Some(NamedAccount {
            program: interface.name,
            name: known.name.clone(),
            fields,
        }),
        _ => None,
    }
}

/// Values in Borsh, by their types. `None` stands for bytes that are not such a value.
struct Reader<'a> {
    types: &'static [IdlTypeDef],
    bytes: &'a [u8],
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        Some(*taken)
    }

    fn slice(&mut self, length: usize) -> Option<Vec<u8>> {
        let (taken, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(taken.to_vec())
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(self.take()?)).ok()
    }

    fn value(&mut self, name: &str, ty: &IdlType, depth: u8) -> Option<Value> {
        let depth = depth.checked_add(1).filter(|depth| *depth <= MAX_DEPTH)?;
        Some(match ty {
            IdlType::Bool => match self.take()? {
                [0] => Value::Bool(false),
                [1] => Value::Bool(true),
                _ => return None,
            },
            IdlType::U8 => Value::Number(u8::from_le_bytes(self.take()?).into()),
            IdlType::U16 => Value::Number(u16::from_le_bytes(self.take()?).into()),
            IdlType::U32 => Value::Number(u32::from_le_bytes(self.take()?).into()),
            IdlType::U64 => Value::Number(u64::from_le_bytes(self.take()?).into()),
            IdlType::U128 => Value::Number(u128::from_le_bytes(self.take()?)),
            IdlType::I64 => Value::Time(i64::from_le_bytes(self.take()?)),
            IdlType::Pubkey => Value::Key(Pubkey::new_from_array(self.take()?)),
            IdlType::String => {
                let length = self.length()?;
                Value::Text(String::from_utf8(self.slice(length)?).ok()?)
            }
            IdlType::Bytes => {
                let length = self.length()?;
                Value::Bytes(self.slice(length)?)
            }
            IdlType::Option(ty) => match self.take()? {
                [0] => Value::None,
                [1] => self.value(name, ty, depth)?,
                _ => return None,
            },
            IdlType::Vec(ty) => {
                let length = self.length()?;
                self.list(name, ty, length, depth)?
            }
            IdlType::Array(ty, IdlArrayLen::Value(length)) => {
                self.list(name, ty, *length, depth)?
            }
            IdlType::Defined { name, generics } if generics.is_empty() => {
                self.defined(name, depth)?
            }
            // The programs have none of these.
            _ => return None,
        })
    }

    fn list(&mut self, name: &str, ty: &IdlType, length: usize, depth: u8) -> Option<Value> {
        if *ty == IdlType::U8 {
            let bytes = self.slice(length)?;
            // The only bytes that are letters.
            return Some(match String::from_utf8(bytes) {
                Ok(text) if name == "tadig" => Value::Text(text),
                Ok(text) => Value::Bytes(text.into_bytes()),
                Err(error) => Value::Bytes(error.into_bytes()),
            });
        }
        // Every value of the programs has a byte at least: a longer list than that ends here, and not in memory.
        if length > self.bytes.len() {
            return None;
        }
        let values = (0..length).map(|_| self.value(name, ty, depth));
        values.collect::<Option<_>>().map(Value::List)
    }

    fn defined(&mut self, name: &str, depth: u8) -> Option<Value> {
        let definition = self.types.iter().find(|ty| ty.name == name)?;
        match &definition.ty {
            IdlTypeDefTy::Struct { fields } => {
                self.fields(fields.as_ref(), depth).map(Value::Fields)
            }
            IdlTypeDefTy::Enum { variants } => {
                let [variant] = self.take()?;
                let variant = variants.get(usize::from(variant))?;
                let fields = self.fields(variant.fields.as_ref(), depth)?;
                Some(Value::Variant(variant.name.clone(), fields))
            }
            IdlTypeDefTy::Type { alias } => self.value(name, alias, depth),
        }
    }

    fn fields(
        &mut self,
        fields: Option<&IdlDefinedFields>,
        depth: u8,
    ) -> Option<Vec<(String, Value)>> {
        match fields {
            None => Some(vec![]),
            Some(IdlDefinedFields::Named(fields)) => fields
                .iter()
                .map(|field| {
                    let value = self.value(&field.name, &field.ty, depth)?;
                    Some((field.name.clone(), value))
                })
                .collect(),
            Some(IdlDefinedFields::Tuple(types)) => types
                .iter()
                .enumerate()
                .map(|(at, ty)| Some((at.to_string(), self.value("", ty, depth)?)))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use anchor_lang::Event as _;
    use node_rewards::state::{NetworkTerms, NodeKind, PublisherSet};
    use proptest::prelude::*;

    use super::*;
    use crate::{esim, rewards};

    fn key(byte: u8) -> Pubkey {
        Pubkey::new_from_array([byte; 32])
    }

    /// What a program writes for an event.
    fn written(event: &impl anchor_lang::Event) -> Vec<u8> {
        [EVENT_IX_TAG_LE, &event.data()].concat()
    }

    fn read(program: &Pubkey, data: &[u8]) -> Option<Result<NamedEvent, EventError>> {
        event(program, &[event_authority(program)], data)
    }

    #[test]
    fn every_program_has_its_interface() {
        macro_rules! ids {
            ($($program:ident $constant:ident $name:literal $library:ident $($more:ident)*,)*) => {
                [$($library::ID),*]
            };
        }
        let programs: Vec<Pubkey> = interfaces().iter().map(|i| i.program).collect();
        assert_eq!(programs, wayfare_programs::for_each_program!(ids));
        for interface in interfaces() {
            assert_eq!(interface.idl.metadata.name, interface.library);
            assert_eq!(interface.name.replace('-', "_"), interface.library);
        }
        assert_eq!(
            event_authority(&rewards::address::PROGRAM),
            rewards::address::event_authority()
        );
        assert!(Interface::of(&key(1)).is_none());
    }

    #[test]
    fn an_event_by_name() {
        let program = rewards::address::PROGRAM;
        let created = node_rewards::events::NetworkCreated {
            network: key(1),
            sequence: u64::MAX,
            authority: key(2),
            guardian: key(3),
            mint: key(6),
            vault: key(7),
            terms: NetworkTerms {
                epoch_length: 1,
                challenge_period: 2,
                emission_cap: 3,
                limiter_capacity: 4,
                limiter_refill: 5,
                location_resolution: 8,
            },
            publisher_set: PublisherSet {
                publishers: vec![key(4), key(5)],
                threshold: 2,
            },
        };
        let event = read(&program, &written(&created)).unwrap().unwrap();
        assert_eq!(
            (event.program, event.name.as_str()),
            ("node-rewards", "NetworkCreated")
        );
        assert_eq!(event.scope(), Some(key(1)));
        assert_eq!(event.sequence(), Some(u64::MAX));
        let json = serde_json::to_value(Value::Fields(event.fields)).unwrap();
        assert_eq!(json["sequence"], u64::MAX.to_string());
        assert_eq!(json["publisher_set"]["publishers"][1], key(5).to_string());
        assert_eq!(json["terms"]["limiter_refill"], "5");
    }

    #[test]
    fn enums_times_options_and_hashes() {
        let pause = node_rewards::events::PauseChanged {
            network: key(1),
            sequence: 2,
            old: 0,
            new: 1_800_000_000,
            by: key(3),
        };
        let event = read(&rewards::address::PROGRAM, &written(&pause));
        let fields = event.unwrap().unwrap().fields;
        assert!(fields.contains(&("new".into(), Value::Time(1_800_000_000))));

        let registered = node_rewards::events::NodeRegistered {
            network: key(1),
            sequence: 2,
            device: key(3),
            owner: key(4),
            kind: NodeKind::OpenRoaming,
            location: 5,
            node_count: 6,
        };
        let event = read(&rewards::address::PROGRAM, &written(&registered));
        let fields = event.unwrap().unwrap().fields;
        let kind = Value::Variant("OpenRoaming".into(), vec![]);
        assert!(fields.contains(&("kind".into(), kind.clone())));
        assert_eq!(serde_json::to_value(&kind).unwrap(), "OpenRoaming");

        let nominated = esim_market::events::AuthorityNominated {
            market: key(1),
            sequence: 2,
            old: None,
            new: Some(key(3)),
        };
        let event = read(&esim::address::PROGRAM, &written(&nominated));
        let event = event.unwrap().unwrap();
        assert_eq!(event.scope(), Some(key(1)));
        assert!(event.fields.contains(&("old".into(), Value::None)));
        assert!(event.fields.contains(&("new".into(), Value::Key(key(3)))));
    }

    #[test]
    fn what_is_no_event_or_none_that_can_be_read() {
        let program = rewards::address::PROGRAM;
        let pause = node_rewards::events::PauseChanged {
            network: key(1),
            sequence: 2,
            old: 3,
            new: 4,
            by: key(5),
        };
        let data = written(&pause);
        // Of another program, without its mark, and without the signature of the program's event authority.
        assert_eq!(read(&key(9), &data), None);
        assert_eq!(read(&program, &pause.data()), None);
        assert_eq!(event(&program, &[], &data), None);
        assert_eq!(event(&program, &[key(1)], &data), None);
        let other = event_authority(&esim::address::PROGRAM);
        assert_eq!(event(&program, &[other], &data), None);
        for length in 8..16 {
            assert!(matches!(
                read(&program, &data[..length]),
                Some(Err(EventError::Unknown(_)))
            ));
        }
        let malformed = Some(Err(EventError::Malformed("PauseChanged")));
        for length in 16..data.len() {
            assert_eq!(read(&program, &data[..length]), malformed);
        }
        assert_eq!(read(&program, &[&data[..], &[0]].concat()), malformed);
    }

    proptest! {
        /// Whatever follows the discriminator of any event.
        #[test]
        fn any_bytes_end_in_a_result(
            program in 0usize..3,
            which in any::<prop::sample::Index>(),
            fields in proptest::collection::vec(any::<u8>(), 0..400),
        ) {
            let interface = &interfaces()[program];
            let known = which.get(&interface.idl.events);
            let data = [EVENT_IX_TAG_LE, &known.discriminator[..], &fields].concat();
            prop_assert!(read(&interface.program, &data).is_some());
        }
    }

    /// Every kind of account, whether the program keeps it in Borsh or in place: with room for it and to spare.
    #[test]
    fn an_account_of_any_kind_by_name() {
        for interface in interfaces() {
            assert!(!interface.idl.accounts.is_empty());
            for kind in &interface.idl.accounts {
                let data = [&kind.discriminator[..], &[0; 8_192]].concat();
                let named = account(&interface.program, &data).unwrap();
                assert_eq!((named.program, &named.name), (interface.name, &kind.name));
                assert!(!named.fields.is_empty());
                assert_eq!(account(&interface.program, &data[..12]), None);
            }
            assert_eq!(account(&interface.program, &[0; 100]), None);
        }
    }
}
