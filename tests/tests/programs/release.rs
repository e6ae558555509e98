//! One release of a program after another on the same accounts (`wayfare_program::version`).
//!
//! `cargo xtask planted` builds a next release of each program, which writes fields that this one has as spare bytes: see
//! `[next_release]` in `tests/planted/`. It names the folder in `WAYFARE_NEXT_RELEASE` when it runs the rehearsals, which
//! are ignored otherwise.

use std::path::PathBuf;

use anchor_lang::Discriminator;
use node_rewards::errors::NodeRewardsError;
use node_rewards::state::{Network, Node};
use solana_account::ReadableAccount;
use solana_pubkey::Pubkey;
use wayfare_client::governance::Governed;
use wayfare_program::scope::Scope;
use wayfare_tests::chain::{Chain, Tx};
use wayfare_tests::honest::Honest;
use wayfare_tests::idl::{Idl, NODE_REWARDS};
use wayfare_tests::refusal::Refusal;
use wayfare_tests::rewards;
use wayfare_tests::snapshot::changed;
use wayfare_tests::token::TokenProgram;

/// Where every account has its version, behind the discriminator.
const VERSION: usize = 8;

/// Where an account begins that starts with a [`Scope`], and so counts the events.
const SCOPE: usize = 8;

/// The version that the next release writes.
const NEXT: u8 = 2;

/// A program, and what its next release adds.
struct Subject {
    id: Pubkey,
    library: &'static str,
    idl: &'static Idl,
    honest: fn(&str, TokenProgram) -> Vec<Honest>,
    /// Discriminator of the account that counts the events.
    scope: &'static [u8],
    newer_version: fn() -> Refusal,
    fields: &'static [Field],
}

/// A field that the next release takes from spare bytes. Each instruction that writes it adds one.
struct Field {
    /// Discriminator of the accounts that have it.
    of: &'static [u8],
    /// Where its lowest byte is in the account.
    at: usize,
    written_by: &'static str,
}

fn node_rewards() -> Subject {
    Subject {
        id: node_rewards::ID,
        library: "node_rewards",
        idl: &NODE_REWARDS,
        honest: rewards::crowd::honest,
        scope: Network::DISCRIMINATOR,
        newer_version: || NodeRewardsError::NewerVersion.into(),
        fields: &[
            Field {
                of: Network::DISCRIMINATOR,
                at: 8 + std::mem::offset_of!(Network, spare),
                written_by: "claim",
            },
            Field {
                of: Node::DISCRIMINATOR,
                // Last.
                at: Node::SPACE - 7,
                written_by: "move_node",
            },
        ],
    }
}

mod networks {
    #[test]
    fn accounts_of_a_newer_release() {
        super::accounts_of_a_newer_release(&super::node_rewards());
    }

    #[test]
    #[ignore = "needs the next release, which `cargo xtask planted` builds"]
    fn the_next_release_and_back() {
        super::the_next_release_and_back(&super::node_rewards());
    }
}

/// No instruction changes anything below a scope that a newer release wrote, or nobody.
fn accounts_of_a_newer_release(subject: &Subject) {
    let mut checked = 0;
    for (_, call) in honest(subject) {
        for version in [0, NEXT, u8::MAX] {
            let mut chain = call.chain.clone();
            let scopes = scopes(subject, &chain);
            let named = |key: &&Pubkey| call.call.accounts.iter().any(|meta| meta.pubkey == **key);
            // What makes a scope has none yet.
            let Some(scope) = scopes.iter().find(named) else {
                continue;
            };
            chain.edit(scope, |account| account.data[VERSION] = version);
            chain.refuse(call.tx(call.call.clone()), (subject.newer_version)());
            checked += 1;
        }
    }
    assert!(checked > 0);
}

/// Every honest call on accounts that this release made: the next release does what this one does, and writes its new
/// fields and versions besides. Then this release is back, and refuses where the next one wrote what it cannot read.
fn the_next_release_and_back(subject: &Subject) {
    let next_elf = next_release(subject.library);
    let mut written = vec![0; subject.fields.len()];
    for (instruction, call) in honest(subject) {
        let this_elf = call.chain.elf(&subject.id);
        assert_ne!(this_elf, next_elf);
        let tx = || call.tx(call.call.clone());

        let mut this = call.chain.clone();
        this.accept(tx());
        let mut next = call.chain.clone();
        next.deploy(&subject.id, &next_elf);
        let programs = changed(&call.chain.snapshot(), &next.snapshot());
        accept_unread(&mut next, tx());

        let (before, due, is) = (call.chain.snapshot(), this.snapshot(), next.snapshot());
        assert_eq!(due.len(), is.len());
        let touched = changed(&before, &is);
        let mut raised = false;
        let mut scopes_due = vec![];
        for (key, due) in due.iter().filter(|(key, _)| !programs.contains(*key)) {
            let mut data = due.data().to_vec();
            if due.owner() == &subject.id && touched.contains(key) {
                for (field, times) in subject.fields.iter().zip(&mut written) {
                    let is_new = !before.contains_key(key);
                    let is_written = field.written_by == instruction;
                    if data.starts_with(field.of) && (is_new || is_written) {
                        data[VERSION] = NEXT;
                        data[field.at] += u8::from(is_written);
                        *times += u32::from(is_written);
                        raised = true;
                    }
                }
                if data.starts_with(subject.scope) {
                    scopes_due.push((*key, data));
                    continue;
                }
            }
            assert_eq!(is[key].data(), data, "{instruction} {}: {key}", call.case);
            assert_eq!(is[key].lamports(), due.lamports());
        }
        for (key, mut data) in scopes_due {
            if raised {
                data[VERSION] = NEXT;
            }
            assert_eq!(is[&key].data(), data, "{instruction} {}: {key}", call.case);

            let scope = &data[SCOPE..SCOPE + size_of::<Scope>()];
            let scope: Scope = bytemuck::pod_read_unaligned(scope);
            let governed = Governed {
                program: subject.id,
                address: key,
            };
            let unpause = || governed.unpause(scope.authority);
            let mut back = next.clone();
            back.deploy(&subject.id, &this_elf);
            if raised {
                back.refuse(unpause(), (subject.newer_version)());
            } else {
                back.accept(unpause());
            }
            back.deploy(&subject.id, &next_elf);
            accept_unread(&mut back, unpause());
        }

        // The same call on a scope that the next release wrote before.
        let mut next = call.chain.clone();
        next.deploy(&subject.id, &next_elf);
        for scope in scopes(subject, &next) {
            next.edit(&scope, |account| account.data[VERSION] = NEXT);
        }
        accept_unread(&mut next, tx());
    }
    assert!(written.iter().all(|times| *times > 0), "{written:?}");
}

/// Sends what must be carried out. The books are not read after it: this release refuses to read what the next one wrote.
#[track_caller]
fn accept_unread(chain: &mut Chain, tx: impl Into<Tx>) {
    if let Err(refused) = chain.attempt_without_books(tx) {
        panic!("{refused:?}");
    }
}

/// Every honest call of every instruction, by the instruction's name.
fn honest(subject: &Subject) -> impl Iterator<Item = (&str, Honest)> {
    subject.idl.instructions.iter().flat_map(|instruction| {
        let calls = (subject.honest)(&instruction.name, TokenProgram::Spl);
        assert!(!calls.is_empty(), "{}", instruction.name);
        calls
            .into_iter()
            .map(|call| (instruction.name.as_str(), call))
    })
}

/// The accounts that count events.
fn scopes(subject: &Subject, chain: &Chain) -> Vec<Pubkey> {
    let snapshot = chain.snapshot();
    let scopes = snapshot.iter().filter(|(_, account)| {
        account.owner() == &subject.id && account.data().starts_with(subject.scope)
    });
    scopes.map(|(key, _)| *key).collect()
}

/// The next release of a program.
fn next_release(library: &str) -> Vec<u8> {
    let folder = std::env::var_os("WAYFARE_NEXT_RELEASE")
        .expect("WAYFARE_NEXT_RELEASE, which `cargo xtask planted` sets");
    let path = PathBuf::from(folder).join(library).with_extension("so");
    std::fs::read(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}
