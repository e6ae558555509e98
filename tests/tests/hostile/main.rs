//! Hostile transactions, by the rows of the catalogue.
//!
//! Each row is a test, whose name starts with the row's number. An attack must be refused and leave every byte and
//! lamport of every account as it was, but for the fee ([`wayfare_tests::chain::Chain::refuse`]); its honest twin, in
//! the same test, must be carried out.
//!
//! | row | attack |
//! |---|---|
//! | accounts 1 | right key, but not a signer |
//! | accounts 2 | a byte-identical account owned by another program |
//! | accounts 3 | every account of ours in every slot of every instruction |
//! | accounts 4 | a vault of another network |
//! | accounts 5 | a self-consistent fake chain of network, mint and vault |
//! | accounts 6 | right mint, foreign authority |
//! | accounts 7 | fake system, token and associated token programs |
//! | accounts 8 | a mint or a multisig passed as a token account |
//! | accounts 9 | accounts truncated at every length, with a zero discriminator |
//! | accounts 10 | what an instruction changes, passed as read-only |
//! | accounts 11 | truncated data, unknown instructions, forged events |
//! | life-cycle 1 | a stranger initialises first |
//! | life-cycle 2 | initialise twice |
//! | life-cycle 3 | close, fund again and use in one transaction |
//! | life-cycle 4 | close while tokens remain |
//! | life-cycle 5 | a prefunded address and a token account made beforehand do not block creation |
//! | life-cycle 6 | re-creation never resets a counter |
//! | life-cycle 7 | shrink, then grow shows no stale bytes |
//! | life-cycle 8 | rent goes only to who paid it |
//! | addresses 1 | a non-canonical bump |
//! | addresses 2 | names that concatenate alike |
//! | addresses 3 | one network's address signing for another's vault |
//! | duplicates 1 | source equals destination, payer equals payee |
//! | duplicates 2 | the same loader or unchecked account twice |
//! | duplicates 3 | accounts missing, extra, reordered |
//! | claims 1–3 | twice in a transaction, in the next slot, after the root changed |
//! | claims 4–6 | an inner node as leaf, an empty proof, a proof too long or too short |
//! | claims 7 | a proof of another network or owner index |
//! | claims 8 | lifetime below the counter |
//! | claims 9 | sum of leaves past the lifetime total, and past u64 |
//! | claims 10 | the cranker names the destination |
//! | claims 11 | the same publisher approves twice; approvals of one root counted for another |
//! | claims 12 | an epoch number that skips or repeats |
//! | claims 13 | activation before the challenge period, after a veto, with an underfunded vault |
//! | claims 14 | growth above the cap |
//! | claims 15 | a page of another network |
//! | tokens 1 | mints with extensions that can move, hide, tax or stop tokens |
//! | tokens 2 | a vault with a delegate or close authority, and one that lost tokens |
//! | tokens 3 | the vault or a destination frozen |
//! | tokens 4 | tokens donated to a vault |
//! | tokens 5 | token accounts that require memos, or guard against calls from programs |
//! | arithmetic 1 | 0, 1, 2³² ± 1, u64::MAX in every amount |
//! | arithmetic 2 | ten thousand one-unit operations against one of ten thousand |
//! | arithmetic 3 | signed and unsigned conversions |
//! | arithmetic 4 | numbers that only rise, at their end |
//! | time 1 | each deadline one second before, at, and after |
//! | time 2 | the clock an hour back |
//! | time 3 | i64::MAX durations, and the end of time |
//! | governance 1 | a replaced nominee accepts |
//! | governance 2 | the default key nominated |
//! | governance 3 | the guardian moves money |
//! | governance 4 | an empty publisher set, a threshold of 0 or above the set |
//! | governance 5 | while paused: entries refused, exits allowed |
//! | governance 6 | a pause past its limit |
//! | resources 1 | the largest legal instruction within 1,232 bytes and its compute limit |
//! | resources 2 | dust claims and dust orders do not stop a crank |
//! | duplicates 4 | the same deed twice in a transaction |
//! | orders 1 | refund and delivery in one transaction, both ways round |
//! | orders 2 | partial refunds past the price |
//! | orders 3 | a seller who never delivers |
//! | orders 4 | confirm and dispute in one transaction |
//! | orders 5 | a front-run order id, the last one in stock |
//! | orders 6 | close, then buy once more under the same address |
//! | governance 7 | a fee above its cap |
//!
//! | accounts 12 | numbers that are no variant |
//! | vouchers 1 | each instruction index not 0xFFFF |
//! | vouchers 2 | the right bytes in place and the offsets elsewhere |
//! | vouchers 3 | zero or two signatures |
//! | vouchers 4 | a fake Instructions sysvar |
//! | vouchers 5 | truncated or trailing data |
//! | vouchers 6 | an equal or lower cumulative |
//! | vouchers 7, 8 | another agreement, direction, period, mint, program |
//! | vouchers 9, 10 | signed by the payee or a stranger, or not at all |
//! | vouchers 11 | above the balance |
//! | vouchers 12 | the same verification serving two redemptions |
//! | vouchers 13 | no verification just before |
//! | vouchers 14 | after the agreement's end |
//! | vouchers 15 | every bit of the arguments |
//! | vouchers 16 | the zero key as signer |
//! | agreements 1 | an old request as a way out without a notice |
//! | agreements 2 | records restated under the next statement |
//! | agreements 3 | a withdrawal before the debt, statements in arrears |
//! | agreements 4 | everybody else stops |
//! | agreements 5 | answers of the wrong side |
//!
//! The rows of the networks are in this folder, those of the eSIM market in `esim/`, those of the roaming escrow in
//! `roaming/`, and what is generated from the IDLs, for all, in `generated.rs`. A price or version changed after the quote
//! is in `programs/esim_market/purchase.rs`.

mod esim;
mod generated;
mod rewards;
mod roaming;
