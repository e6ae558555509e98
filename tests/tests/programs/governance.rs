//! How a network, a market and a hub are governed: one suite, run for every program.

use solana_pubkey::Pubkey;
use wayfare_program::scope::MAX_PAUSE;
use wayfare_tests::governance::Governed;
use wayfare_tests::honest::stranger;
use wayfare_tests::keys::person;

macro_rules! suite {
    ($($variant:ident $constant:ident $name:literal $library:ident $room:ident $scope:ident $error:ident $account:ident,)*) => {
        $(mod $room {
            use wayfare_tests::$room::world::governed;

            suite!(@tests
                authority_is_handed_over_in_two_steps,
                nominees_are_replaced_and_withdrawn,
                only_the_last_nominee_takes_over,
                the_zero_key_gets_no_role,
                only_the_authority_governs,
                the_guardian_is_replaced,
                a_pause_lasts_until_a_time,
                a_pause_is_ahead_and_short,
                only_the_guardian_pauses,
                a_pause_ends_before_its_time,
            );
        })*
    };
    (@tests $($test:ident,)*) => {
        $(#[test] fn $test() { super::$test(governed()); })*
    };
}
wayfare_programs::for_each_program!(suite);

fn authority_is_handed_over_in_two_steps(mut it: Governed) {
    let (authority, heir) = (it.authority, person("heir"));
    it.chain.accept(it.nominate(authority, Some(heir)));
    // Until the nominee accepts, nothing has changed.
    it.chain.accept(it.unpause(authority));
    it.chain
        .refuse(it.unpause(heir), it.idl.error("NotAuthority"));

    it.changes(
        it.accept(heir),
        |scope| {
            scope.authority = heir;
            scope.pending_authority = Pubkey::default();
        },
        "AuthorityChanged",
        &(authority, heir),
    );
    it.chain.refuse(it.accept(heir), it.idl.error("NotNominee"));
    it.chain
        .refuse(it.unpause(authority), it.idl.error("NotAuthority"));
    it.chain
        .refuse(it.nominate(authority, None), it.idl.error("NotAuthority"));
    it.chain.accept(it.unpause(heir));
}

fn nominees_are_replaced_and_withdrawn(mut it: Governed) {
    let mut old = None;
    for new in [Some(person("first")), Some(person("second")), None, None] {
        it.changes(
            it.nominate(it.authority, new),
            |scope| scope.pending_authority = new.unwrap_or_default(),
            "AuthorityNominated",
            &(old, new),
        );
        old = new;
    }
}

fn only_the_last_nominee_takes_over(mut it: Governed) {
    let authority = it.authority;
    let (first, second) = (person("first"), person("second"));
    it.chain
        .refuse(it.accept(first), it.idl.error("NotNominee"));
    for nominee in [first, second] {
        it.chain.accept(it.nominate(authority, Some(nominee)));
    }
    for other in [
        vec![first, authority, it.guardian, stranger()],
        it.others.clone(),
    ]
    .concat()
    {
        it.chain
            .refuse(it.accept(other), it.idl.error("NotNominee"));
    }
    it.chain.accept(it.nominate(authority, None));
    it.chain
        .refuse(it.accept(second), it.idl.error("NotNominee"));
    it.chain.accept(it.nominate(authority, Some(second)));
    it.chain.accept(it.accept(second));
}

fn the_zero_key_gets_no_role(mut it: Governed) {
    let nobody = Pubkey::default();
    for call in [
        it.nominate(it.authority, Some(nobody)),
        it.set_guardian(it.authority, nobody),
    ] {
        it.chain.refuse(call, it.idl.error("ZeroKey"));
    }
    // While nobody is nominated, the zero key is in the account. It cannot sign: the system program has it.
    let mut unsigned = it.accept(nobody);
    unsigned.accounts[1].is_signer = false;
    it.chain
        .refuse(unsigned, anchor_lang::error::ErrorCode::AccountNotSigner);
}

fn only_the_authority_governs(mut it: Governed) {
    let heir = person("heir");
    it.chain.accept(it.nominate(it.authority, Some(heir)));
    // A nominee is not the authority yet.
    for other in [vec![heir, it.guardian, stranger()], it.others.clone()].concat() {
        for call in [
            it.nominate(other, Some(other)),
            it.set_guardian(other, other),
            it.unpause(other),
        ] {
            it.chain.refuse(call, it.idl.error("NotAuthority"));
        }
    }
}

fn the_guardian_is_replaced(mut it: Governed) {
    let (old, new) = (it.guardian, person("new guardian"));
    it.changes(
        it.set_guardian(it.authority, new),
        |scope| scope.guardian = new,
        "GuardianChanged",
        &(old, new),
    );
    let until = it.chain.now() + 1;
    it.chain
        .refuse(it.pause(old, until), it.idl.error("NotGuardian"));
    it.chain.accept(it.pause(new, until));
}

fn a_pause_lasts_until_a_time(mut it: Governed) {
    let mut old = 0;
    // A guardian may also lengthen and shorten its pause.
    for seconds in [MAX_PAUSE, 1, 100] {
        let until = it.chain.now() + seconds;
        it.changes(
            it.pause(it.guardian, until),
            |scope| scope.paused_until = until,
            "PauseChanged",
            &(old, until, it.guardian),
        );
        old = until;
    }
    for now in [it.chain.now(), old - 1] {
        it.chain.set_time(now);
        it.chain.refuse(it.entry.clone(), it.idl.error("Paused"));
    }
    it.chain.set_time(old);
    it.chain.accept(it.entry.clone());
}

fn a_pause_is_ahead_and_short(mut it: Governed) {
    let (start, guardian) = (it.chain.now(), it.guardian);
    let past = [i64::MIN, -1, 0, start - 1, start];
    let far = [start + MAX_PAUSE + 1, start + 2 * MAX_PAUSE, i64::MAX];
    for until in past.into_iter().chain(far) {
        it.chain
            .refuse(it.pause(guardian, until), it.idl.error("BadPause"));
    }
    it.chain.accept(it.pause(guardian, start + 1));
    it.chain.accept(it.pause(guardian, start + MAX_PAUSE));
    // Not longer by asking twice in advance either.
    it.chain.refuse(
        it.pause(guardian, start + MAX_PAUSE + 1),
        it.idl.error("BadPause"),
    );
    it.chain.pass(1);
    it.chain.refuse(
        it.pause(guardian, start + MAX_PAUSE + 2),
        it.idl.error("BadPause"),
    );
    it.chain.accept(it.pause(guardian, start + MAX_PAUSE + 1));
    // The authority replaces a guardian that will not stop, and ends the pause.
    it.chain.accept([
        it.set_guardian(it.authority, person("new guardian")),
        it.unpause(it.authority),
    ]);
    let until = it.chain.now() + 1;
    it.chain
        .refuse(it.pause(guardian, until), it.idl.error("NotGuardian"));
    it.chain.accept(it.entry.clone());
}

fn only_the_guardian_pauses(mut it: Governed) {
    let until = it.chain.now() + 1;
    for other in [vec![it.authority, stranger()], it.others.clone()].concat() {
        it.chain
            .refuse(it.pause(other, until), it.idl.error("NotGuardian"));
    }
    it.chain.accept(it.pause(it.guardian, until));
}

fn a_pause_ends_before_its_time(mut it: Governed) {
    let authority = it.authority;
    let until = it.chain.now() + 1_000;
    it.chain.accept(it.pause(it.guardian, until));
    it.chain.refuse(it.entry.clone(), it.idl.error("Paused"));
    it.chain
        .refuse(it.unpause(it.guardian), it.idl.error("NotAuthority"));
    for old in [until, 0] {
        it.changes(
            it.unpause(authority),
            |scope| scope.paused_until = 0,
            "PauseChanged",
            &(old, 0i64, authority),
        );
    }
    it.chain.accept(it.entry.clone());
}
