//! A program as it is deployed: who can change it, and whether it is the one that was built.

use serde::Serialize;
use solana_account::Account;
use solana_pubkey::Pubkey;
use solana_sdk_ids::{bpf_loader, bpf_loader_upgradeable};
use solana_sha256_hasher::hash;

use crate::{
    books::{Checks, Rule},
    cluster::Cluster,
    error::{ClientError, RpcTrouble},
};

/// Bytes before the program in a program data account (`UpgradeableLoaderState::size_of_programdata_metadata` in
/// `solana-loader-v3-interface`): a u32 tag, the slot, an option of the authority.
const PROGRAM_DATA_HEADER: usize = 45;

/// The tags of `UpgradeableLoaderState`, u32 LE.
const TAG_PROGRAM: [u8; 4] = [2, 0, 0, 0];
const TAG_PROGRAM_DATA: [u8; 4] = [3, 0, 0, 0];

/// How often the two accounts are read again because an upgrade came between.
const TRIES: u32 = 3;

/// A deployed program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deployed {
    /// Who can replace the program; `None`: nobody, ever.
    #[serde(serialize_with = "key_or_none")]
    pub upgrade_authority: Option<Pubkey>,
    /// The slot of the last deployment; `None` where the loader does not note it.
    pub slot: Option<u64>,
    /// Bytes of the program, without the zeros behind it.
    pub bytes: usize,
    /// SHA-256 of these, as `solana-verify` computes it.
    #[serde(with = "hex::serde")]
    pub sha256: [u8; 32],
}

fn key_or_none<S: serde::Serializer>(
    key: &Option<Pubkey>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    key.as_ref().map(ToString::to_string).serialize(serializer)
}

/// Reads a deployed program; `None` where there is none.
///
/// # Errors
///
/// [`ClientError`] when the cluster cannot be read, or the accounts are not those of a known loader.
pub fn deployed(cluster: &Cluster, program: &Pubkey) -> Result<Option<Deployed>, ClientError> {
    for _ in 0..TRIES {
        let Some(account) = cluster.account(program)? else {
            return Ok(None);
        };
        if account.owner == bpf_loader::ID {
            return Ok(Some(of_bytes(&account.data, None, None)));
        }
        let data_address = data_address(program, &account)?;
        // Both at one slot.
        let both = cluster.accounts(&[*program, data_address], None)?.accounts;
        let [Some(again), Some(data)] = &both[..] else {
            continue;
        };
        if *again == account {
            return read_data(program, data).map(Some);
        }
    }
    Err(unreadable(program, "it has no program data").into())
}

fn unreadable(program: &Pubkey, reason: &str) -> RpcTrouble {
    RpcTrouble::BadAnswer {
        request: "getMultipleAccounts".to_owned(),
        reason: format!("program {program} as no loader leaves it: {reason}"),
    }
}

/// Where the upgradeable loader keeps the program.
fn data_address(program: &Pubkey, account: &Account) -> Result<Pubkey, RpcTrouble> {
    if account.owner != bpf_loader_upgradeable::ID {
        let reason = format!("{} owns it", account.owner);
        return Err(unreadable(program, &reason));
    }
    let named = account
        .data
        .strip_prefix(&TAG_PROGRAM)
        .and_then(|rest| Pubkey::try_from(rest.get(..32)?).ok());
    let (derived, _) =
        Pubkey::find_program_address(&[program.as_ref()], &bpf_loader_upgradeable::ID);
    if named == Some(derived) {
        Ok(derived)
    } else {
        Err(unreadable(
            program,
            "it names other program data than its own",
        ))
    }
}

fn read_data(program: &Pubkey, account: &Account) -> Result<Deployed, ClientError> {
    let broken = || unreadable(program, "its program data are broken");
    let data = &account.data;
    if account.owner != bpf_loader_upgradeable::ID || !data.starts_with(&TAG_PROGRAM_DATA) {
        return Err(broken().into());
    }
    let (header, program) = data
        .split_at_checked(PROGRAM_DATA_HEADER)
        .ok_or_else(broken)?;
    let slot = header.get(4..12).and_then(|slot| slot.try_into().ok());
    let authority = match header.get(12) {
        Some(0) => None,
        Some(1) => header.get(13..).and_then(|key| Pubkey::try_from(key).ok()),
        _ => return Err(broken().into()),
    };
    Ok(of_bytes(program, authority, slot.map(u64::from_le_bytes)))
}

fn of_bytes(bytes: &[u8], upgrade_authority: Option<Pubkey>, slot: Option<u64>) -> Deployed {
    let bytes = without_padding(bytes);
    Deployed {
        upgrade_authority,
        slot,
        bytes: bytes.len(),
        sha256: hash(bytes).to_bytes(),
    }
}

/// A loader leaves zeros behind a program that is shorter than its account.
fn without_padding(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte != 0);
    bytes
        .get(..end.map_or(0, |last| last.saturating_add(1)))
        .unwrap_or(bytes)
}

/// Checks that a program is the file that was built.
pub fn check_built(
    checks: &mut Checks,
    program: &Pubkey,
    deployed: Option<&Deployed>,
    built: &[u8],
) {
    let built = of_bytes(built, None, None);
    let described = |program: &Deployed| {
        format!(
            "{} bytes with SHA-256 {}",
            program.bytes,
            hex::encode(program.sha256)
        )
    };
    let fault = match deployed {
        None => Some("no program".to_owned()),
        Some(found) => (found.sha256 != built.sha256).then(|| described(found)),
    };
    checks.fact(Rule::ProgramAsBuilt, program, fault, described(&built));
}

/// Checks that an interface file is the one that this release reads accounts and events by.
pub fn check_interface(checks: &mut Checks, program: &Pubkey, own: &[u8], published: &[u8]) {
    let text = |bytes: &[u8]| format!("SHA-256 {}", hex::encode(hash(bytes).to_bytes()));
    checks.fact(
        Rule::InterfaceAsPublished,
        program,
        (own != published).then(|| text(own)),
        text(published),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        books::fixture::findings,
        fake_chain::{FakeChain, no_faults},
    };

    const PROGRAM: Pubkey = Pubkey::new_from_array([7; 32]);
    const AUTHORITY: Pubkey = Pubkey::new_from_array([8; 32]);

    fn data_of(program: &[u8], authority: Option<Pubkey>) -> Vec<u8> {
        let mut data = TAG_PROGRAM_DATA.to_vec();
        data.extend(77u64.to_le_bytes());
        data.push(authority.is_some().into());
        data.extend(authority.unwrap_or_default().as_ref());
        data.extend(program);
        data
    }

    fn chain(pointer: Pubkey, data: Vec<u8>) -> FakeChain {
        let (own, _) =
            Pubkey::find_program_address(&[PROGRAM.as_ref()], &bpf_loader_upgradeable::ID);
        let chain = FakeChain::default();
        let named = [&TAG_PROGRAM, pointer.as_ref()].concat();
        chain.put(PROGRAM, bpf_loader_upgradeable::ID, named);
        chain.put(own, bpf_loader_upgradeable::ID, data);
        chain
    }

    fn own_data() -> Pubkey {
        Pubkey::find_program_address(&[PROGRAM.as_ref()], &bpf_loader_upgradeable::ID).0
    }

    fn read(chain: &FakeChain) -> Result<Option<Deployed>, ClientError> {
        deployed(&chain.cluster(no_faults()), &PROGRAM)
    }

    #[test]
    fn an_upgradeable_program() {
        let found = read(&chain(own_data(), data_of(b"ELF\0x\0\0", Some(AUTHORITY))));
        let found = found.unwrap().unwrap();
        assert_eq!(found.upgrade_authority, Some(AUTHORITY));
        assert_eq!((found.slot, found.bytes), (Some(77), 5));
        assert_eq!(found.sha256, hash(b"ELF\0x").to_bytes());
        let json = serde_json::to_value(&found).unwrap();
        assert_eq!(json["upgrade_authority"], AUTHORITY.to_string());
        let fixed = read(&chain(own_data(), data_of(b"ELF", None))).unwrap();
        assert_eq!(fixed.unwrap().upgrade_authority, None);
    }

    #[test]
    fn other_programs() {
        assert_eq!(read(&FakeChain::default()).unwrap(), None);
        let old = FakeChain::default();
        old.put(PROGRAM, bpf_loader::ID, b"ELF".to_vec());
        let found = read(&old).unwrap().unwrap();
        assert_eq!((found.upgrade_authority, found.slot), (None, None));
        // The program data of another program, none at all, and a wallet.
        let data = data_of(b"ELF", None);
        assert!(read(&chain(AUTHORITY, data.clone())).is_err());
        assert!(read(&chain(own_data(), data[..44].to_vec())).is_err());
        let wallet = FakeChain::default();
        wallet.put(PROGRAM, solana_sdk_ids::system_program::ID, vec![]);
        assert!(read(&wallet).is_err());
    }

    #[test]
    fn another_program_than_the_built_one_is_a_finding() {
        let found = read(&chain(own_data(), data_of(b"ELF\0\0", None))).unwrap();
        let compare = |built: &[u8], found: Option<&Deployed>| {
            let mut checks = Checks::default();
            check_built(&mut checks, &PROGRAM, found, built);
            findings(&checks)
        };
        let broken = [(Rule::ProgramAsBuilt, PROGRAM)];
        assert_eq!(compare(b"ELF", found.as_ref()), []);
        assert_eq!(compare(b"ELG", found.as_ref()), broken);
        assert_eq!(compare(b"ELF", None), broken);
        let mut checks = Checks::default();
        check_interface(&mut checks, &PROGRAM, b"{}", b"{}");
        assert!(checks.hold());
        check_interface(&mut checks, &PROGRAM, b"{}", b"{ }");
        assert_eq!(findings(&checks), [(Rule::InterfaceAsPublished, PROGRAM)]);
    }
}
