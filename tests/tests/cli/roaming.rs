//! Three months of roaming through the binary: from two books that differ to balances that are what the books come to,
//! and what is refused before anything is signed.

use serde_json::Value;
use wayfare_tests::localnet::{Ended, LocalNetwork};

const HUB: &str = "europe";

const HEADER: &str = "month,home,visited,service,usage,unit,charge,currency\n";

/// Charges of BELMO's subscribers on DEUD1 and of DEUD1's on BELMO, month by month.
fn book(belmo: [&str; 3], deud1: [&str; 3]) -> String {
    let mut csv = HEADER.to_owned();
    for (number, (belmo, deud1)) in (1..).zip(belmo.into_iter().zip(deud1)) {
        csv += &format!("2019-0{number},BELMO,DEUD1,MTC,10,min,{belmo},EUR\n");
        csv += &format!("2019-0{number},DEUD1,BELMO,GPRS,7,MB,{deud1},EUR\n");
    }
    csv
}

struct Roaming {
    net: LocalNetwork,
    agreement: String,
    /// DEUD1's book and BELMO's.
    books: [String; 2],
}

impl Roaming {
    /// Two operators with an accepted agreement and 1,000 tokens each.
    fn open() -> Self {
        let net = LocalNetwork::start();
        for key in ["arbiter", "guardian", "deud1", "belmo"] {
            net.done(&["keygen", &net.path(&format!("{key}.json"))]);
        }
        let books = [
            // In February DEUD1's own book is within the tolerance of BELMO's, in March it is not; BELMO's own is not in
            // February.
            book(["100", "200", "300"], ["500", "600", "700"]),
            book(["100", "150", "300"], ["500", "603", "800"]),
        ];
        let [deud1, belmo] = &books;
        let books = [net.write("deud1.csv", deud1), net.write("belmo.csv", belmo)];
        let mut roaming = Self {
            net,
            agreement: String::new(),
            books,
        };
        let (arbiter, guardian, wallet) = (
            roaming.net.address_of("arbiter"),
            roaming.net.address_of("guardian"),
            roaming.net.address_of("wallet"),
        );
        roaming.done(&[
            "hub",
            "create",
            HUB,
            "--arbiter",
            &arbiter,
            "--guardian",
            &guardian,
            "--treasury",
            &wallet,
            "--fee-bps",
            "100",
            "--yes",
        ]);
        for (tadig, key) in [("deud1", "deud1"), ("BELMO", "belmo")] {
            let key = roaming.file(key);
            let admitted = roaming.done(&[
                "operator",
                "register",
                "--hub",
                HUB,
                tadig,
                "--operator-authority",
                &key,
                "--name",
                tadig,
                "--yes",
            ]);
            // Lower case is folded, and that is said.
            let is_folded = admitted.stderr.contains("read as DEUD1");
            assert_eq!(is_folded, tadig == "deud1", "{admitted:?}");
        }
        roaming.propose("BELMO", "1s", 0);
        let listed = roaming.done(&["agree", "list", "--hub", HUB]).json();
        roaming.agreement = listed[0]["agreement"].as_str().unwrap().to_owned();
        let belmo = roaming.file("belmo");
        let deposit = ["deposit", "1000", "--for", "BELMO", "--yes"];
        roaming.refused(&deposit, "not accepted");
        roaming.done(&["agree", "accept", "--authority", &belmo, "--yes"]);
        roaming.done(&deposit);
        roaming.done(&["deposit", "1000", "--for", "DEUD1", "--yes"]);
        roaming
    }

    fn propose(&self, with: &str, dispute_window: &str, code: i32) -> Ended {
        let (mint, deud1) = (self.net.mint.as_str(), self.file("deud1"));
        let ended = self.run(&[
            "agree",
            "propose",
            "--hub",
            HUB,
            "--operator",
            "DEUD1",
            "--with",
            with,
            "--mint",
            mint,
            "--statement-window",
            "1h",
            "--dispute-window",
            dispute_window,
            "--arbitration-window",
            "1s",
            "--withdrawal-notice",
            "1s",
            "--tolerance-bps",
            "100",
            "--default-award-bps",
            "5000",
            "--authority",
            &deud1,
            "--yes",
        ]);
        assert_eq!(ended.code, Some(code), "{ended:?}");
        ended
    }

    fn file(&self, key: &str) -> String {
        self.net.path(&format!("{key}.json"))
    }

    fn run(&self, args: &[&str]) -> Ended {
        let mut command = self.net.command(&[&["roaming"], args].concat());
        let output = command
            .env("WAYFARE_AGREEMENT", &self.agreement)
            .env("WAYFARE_FIRST_PERIOD", "2019-01")
            .output()
            .unwrap();
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    fn done(&self, args: &[&str]) -> Ended {
        let ended = self.run(args);
        assert_eq!(ended.code, Some(0), "{args:?}: {ended:?}");
        ended
    }

    /// Refused with these words, before anything is sent.
    #[track_caller]
    fn refused(&self, args: &[&str], words: &str) {
        let ended = self.run(args);
        assert!(
            matches!(ended.code, Some(1 | 2)) && ended.stderr.contains(words),
            "{args:?}: {ended:?}"
        );
        assert!(!ended.stderr.contains("sending"), "{args:?}: {ended:?}");
    }

    fn build<'a>(
        &'a self,
        book: &'a str,
        home: &'a str,
        out: &'a str,
        kept_by: &'a str,
    ) -> Vec<&'a str> {
        let pair = match home {
            "BELMO" => "BELMO,DEUD1",
            _ => "DEUD1,BELMO",
        };
        vec![
            "statement",
            "build",
            "--usage",
            book,
            "--tadig",
            pair,
            "--kept-by",
            kept_by,
            "--currency",
            "EUR",
            "--period",
            "2019-01",
            "--until",
            "2019-03",
            "--out",
            out,
        ]
    }

    /// Files of one direction's months.
    fn files(&self, folder: &str, home: &str) -> Vec<String> {
        let visited = match home {
            "BELMO" => "DEUD1",
            _ => "BELMO",
        };
        (1..=3)
            .map(|month| {
                self.net
                    .path(&format!("{folder}/{home}-{visited}-2019-0{month}.json"))
            })
            .collect()
    }

    fn job(&self, verb: &str, folder: &str, home: &str, actor: &str) -> Value {
        let (files, authority) = (self.files(folder, home), self.file(actor));
        let mut args = vec!["statement", verb, "--authority", &authority, "--yes"];
        args.extend(files.iter().map(String::as_str));
        self.done(&args).json()
    }
}

#[test]
fn from_two_books_to_settled_balances() {
    let roaming = Roaming::open();
    let [deud1_book, belmo_book] = &roaming.books;
    let (deud1, belmo, arbiter) = (
        roaming.file("deud1"),
        roaming.file("belmo"),
        roaming.file("arbiter"),
    );
    for (book, home, out, kept_by) in [
        (deud1_book, "BELMO", "states", "visited"),
        (belmo_book, "DEUD1", "states", "visited"),
        (belmo_book, "BELMO", "own", "home"),
        (deud1_book, "DEUD1", "own", "home"),
    ] {
        let built = roaming
            .done(&roaming.build(book, home, out, kept_by))
            .json();
        assert_eq!(built["statements"].as_array().unwrap().len(), 3, "{built}");
    }

    let reconciled = roaming
        .done(&[
            "reconcile",
            "--mine",
            deud1_book,
            "--theirs",
            belmo_book,
            "--tadig",
            "DEUD1,BELMO",
            "--currency",
            "EUR",
            "--tolerance-bps",
            "100",
            "--csv",
            "reconciled.csv",
        ])
        .json();
    let outside: Vec<_> = reconciled["months"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|month| month["inside"] == false)
        .map(|month| month["month"].as_str().unwrap())
        .collect();
    assert_eq!(outside, ["2019-02", "2019-03"]);
    let csv = std::fs::read_to_string(roaming.net.path("reconciled.csv")).unwrap();
    assert_eq!(csv.lines().count(), 7, "{csv}");

    // A voucher before the month is stated; once only, and for no other month.
    let voucher = |period: &'static str, amount: &'static str, out: &'static str| {
        [
            "voucher",
            "sign",
            "--home",
            "DEUD1",
            "--period",
            period,
            "--cumulative",
            amount,
            "--signer",
            deud1.as_str(),
            "--out",
            out,
        ]
    };
    roaming.refused(&voucher("2019-02", "100", "v.json"), "stated next, 0");
    roaming.refused(&voucher("2019-01", "1000.000001", "v.json"), "has 1000");
    roaming.done(&voucher("2019-01", "100", "v.json"));
    roaming.done(&["voucher", "redeem", "v.json"]);
    roaming.refused(&["voucher", "redeem", "v.json"], "adds nothing");
    let forged = std::fs::read_to_string(roaming.net.path("v.json")).unwrap();
    roaming
        .net
        .write("forged.json", &forged.replace("100000000", "200000000"));
    roaming.refused(&["voucher", "redeem", "forged.json"], "not signed by");

    // Only the visited network states, in order, and nothing twice.
    let belmo_pays = roaming.files("states", "BELMO");
    let state = |file: &'static str, by: &'static str| {
        let (file, by) = (roaming.net.path(file), roaming.file(by));
        roaming.run(&["statement", "submit", &file, "--authority", &by, "--yes"])
    };
    let january = "states/BELMO-DEUD1-2019-01.json";
    assert!(
        state(january, "belmo")
            .stderr
            .contains("not the authority of DEUD1")
    );
    let february = state("states/BELMO-DEUD1-2019-02.json", "deud1");
    assert!(
        february.stderr.contains("the next to be stated is 0"),
        "{february:?}"
    );
    let stated = roaming.job("submit", "states", "BELMO", "deud1");
    assert_eq!(stated["statements"]["done"], 3, "{stated}");
    roaming.job("submit", "states", "DEUD1", "belmo");
    assert!(state(january, "deud1").stderr.contains("stated already"));
    let late = voucher("2019-01", "200", "late.json");
    roaming.refused(&late, "stated next, 3");

    // Answers from the own book.
    let answered = roaming.job("answer", "own", "BELMO", "belmo");
    let states: Vec<_> = answered["statements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["answer"].as_str().unwrap(),
                row["state"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        states,
        [
            ("accept", "matched"),
            ("counter", "countered"),
            ("accept", "matched")
        ]
    );
    let answered = roaming.job("answer", "own", "DEUD1", "deud1");
    assert_eq!(answered["statements"][1]["answer"], "counter");
    assert_eq!(answered["statements"][1]["state"], "matched", "{answered}");
    assert_eq!(answered["statements"][2]["disputed"]["tokens"], "100");

    // A record is proved against the chain, and a changed one is not.
    let proof = [
        "statement",
        "proof",
        "make",
        &belmo_pays[0],
        "--record",
        "0",
        "--out",
        "p.json",
    ];
    roaming.done(&proof);
    let check = [
        "statement",
        "proof",
        "check",
        "--home",
        "BELMO",
        "--period",
        "0",
    ];
    let of = |file: &'static str| roaming.run(&[&check[..], &[file]].concat());
    assert_eq!(of("p.json").code, Some(0));
    let proof = std::fs::read_to_string(roaming.net.path("p.json")).unwrap();
    roaming
        .net
        .write("wrong.json", &proof.replace("\"10\"", "\"11\""));
    assert_eq!(of("wrong.json").code, Some(1));

    // One dispute ends by a word, the other by the arbiter's silence.
    roaming.refused(
        &[
            "dispute",
            "award",
            "--home",
            "BELMO",
            "--period",
            "1",
            "51",
            "--arbiter",
            &belmo,
            "--yes",
        ],
        "not the hub's arbiter",
    );
    roaming.done(&[
        "dispute",
        "concede",
        "--home",
        "BELMO",
        "--period",
        "2019-02",
        "--authority",
        &belmo,
        "--yes",
    ]);
    let late = [
        "dispute",
        "award",
        "--home",
        "BELMO",
        "--period",
        "1",
        "1",
        "--arbiter",
        &arbiter,
        "--yes",
    ];
    roaming.refused(&late, "nothing of it is disputed");
    let cranked = roaming.done(&["crank", "--wait"]).json();
    // 500 + 603 + 700 + half of 100 less the voucher, against 100 + 200 + 300.
    assert_eq!(
        (cranked["gross"].as_str(), cranked["net"].as_str()),
        (Some("2353"), Some("1153")),
        "{cranked}"
    );
    let arrears = cranked["arrears"][1]["tokens"].clone();
    let shown = roaming.done(&["agree", "show"]).json();
    let (first, second) = (&shown["first"], &shown["second"]);
    let by_code = |code: &str| {
        if first["tadig"] == code {
            first
        } else {
            second
        }
    };
    // DEUD1 had 900 after its voucher, and owes 1153.
    assert_eq!(
        by_code("DEUD1")["arrears"]["tokens"],
        "253",
        "{arrears} {shown}"
    );
    assert_eq!(by_code("BELMO")["balance"]["tokens"], "1991", "{shown}");

    // Nothing in arrears; a deposit pays them first.
    let withdraw = ["request-withdrawal", "1", "--authority", &deud1, "--yes"];
    roaming.refused(&withdraw, "more cannot be announced");
    roaming.refused(
        &["withdraw", "--authority", &deud1, "--yes"],
        "in arrears with 253",
    );
    roaming.done(&["deposit", "300", "--for", "DEUD1", "--yes"]);

    let verify = [
        "verify",
        "--mine",
        deud1_book,
        "--theirs",
        belmo_book,
        "--tadig",
        "DEUD1,BELMO",
        "--currency",
        "EUR",
    ];
    let verified = roaming.done(&verify).json();
    assert_eq!(verified["statements"]["all"], 6, "{verified}");
    assert_eq!(verified["statements"]["by_default"], 1, "{verified}");
    // Other books come to something else.
    let other = roaming.net.write(
        "other.csv",
        &book(["100", "200", "300"], ["500", "600", "701"]),
    );
    let mut wrong = verify;
    wrong[2] = &other;
    let wrong = roaming.run(&wrong);
    assert_eq!(wrong.code, Some(3), "{wrong:?}");

    let books = roaming.done(&["books", HUB]).json();
    assert_eq!(books["differences"], Value::Array(vec![]), "{books}");

    // The end: each leaves with its own.
    roaming.done(&["agree", "close", "--authority", &belmo, "--yes"]);
    for key in [&deud1, &belmo] {
        roaming.done(&["withdraw", "--wait", "--authority", key, "--yes"]);
    }
    let fees = roaming.done(&["collect-fees"]).json();
    assert_eq!(fees["details"]["amount"]["tokens"], "11.53", "{fees}");
    roaming.done(&["statement", "close", "--home", "BELMO", "--period", "0"]);
    let books = roaming.done(&["books", HUB]).json();
    assert_eq!(books["agreements"][0]["vault"]["tokens"], "0", "{books}");
    assert_eq!(books["differences"], Value::Array(vec![]), "{books}");
}

#[test]
fn bad_input_is_refused_before_anything_is_signed() {
    let roaming = Roaming::open();
    let itself = roaming.propose("DEUD1", "1s", 1);
    assert!(itself.stderr.contains("with itself"), "{itself:?}");
    let zero = roaming.propose("BELMO", "0", 1);
    assert!(zero.stderr.contains("BadWindow"), "{zero:?}");
    let absurd = roaming.propose("BELMO", "181d", 1);
    assert!(absurd.stderr.contains("BadWindow"), "{absurd:?}");
    let twice = roaming.propose("BELMO", "1s", 1);
    assert!(twice.stderr.contains("already"), "{twice:?}");
    let code = roaming.propose("BELM", "1s", 2);
    assert!(code.stderr.contains("TADIG"), "{code:?}");

    let good = book(["100", "200", "300"], ["500", "600", "700"]);
    for (from, to, words) in [
        ("100,EUR", "-100,EUR", "negative"),
        ("100,EUR", "100,USD", "USD"),
        ("100,EUR", ",EUR", "no charge"),
        ("100,EUR", "18446744073710,EUR", "more than a mint can have"),
        (
            "100,EUR\n",
            "18446744073709,EUR\n2019-01,BELMO,DEUD1,SMS MO,1,SMS,1,EUR\n",
            "charges up to here are more than a mint can have",
        ),
        (
            "2019-01,BELMO,DEUD1,MTC,10,min,100,EUR\n",
            "2019-01,BELMO,DEUD1,MTC,10,min,100,EUR\n2019-01,BELMO,DEUD1,MTC,10,min,100,EUR\n",
            "same in every field",
        ),
        ("2019-02,BELMO,DEUD1,MTC,10,min,200,EUR\n", "", "2019-02"),
        ("2019-01,BELMO,DEUD1", "2019-01,FRAF1,DEUD1", "FRAF1"),
        ("2019-01,BELMO,DEUD1", "2019-13,BELMO,DEUD1", "2019-13"),
        ("month,home", "month,house", "first line"),
    ] {
        assert!(good.contains(from), "{from}");
        let bad = roaming.net.write("bad.csv", &good.replacen(from, to, 1));
        roaming.refused(&roaming.build(&bad, "BELMO", "out", "visited"), words);
    }
    let [deud1_book, _] = &roaming.books;
    // Another pair, and a month that is not the first without the one before.
    let mut other = roaming.build(deud1_book, "BELMO", "out", "visited");
    other[5] = "FRAF1,DEUD1";
    roaming.refused(&other, "not one of the agreement's operators");
    let mut later = roaming.build(deud1_book, "BELMO", "out", "visited");
    later[11] = "2019-02";
    roaming.refused(&later, "--previous");
    assert!(!std::path::Path::new(&roaming.net.path("out")).exists());

    // A counter above the statement, and a file that was changed.
    let deud1 = roaming.file("deud1");
    let belmo = roaming.file("belmo");
    roaming.done(&roaming.build(deud1_book, "BELMO", "states", "visited"));
    let high = roaming.net.write(
        "high.csv",
        &book(["101", "200", "300"], ["500", "600", "700"]),
    );
    roaming.done(&roaming.build(&high, "BELMO", "own", "home"));
    let [january, ..] = &roaming.files("states", "BELMO")[..] else {
        panic!("three months")
    };
    let changed = std::fs::read_to_string(january)
        .unwrap()
        .replacen("100", "101", 1);
    let changed = roaming.net.write("changed.json", &changed);
    let submit = |file| {
        [
            "statement",
            "submit",
            file,
            "--authority",
            deud1.as_str(),
            "--yes",
        ]
    };
    roaming.refused(&submit(&changed), "changed.json");
    roaming.done(&submit(january));
    let own = roaming.net.path("own/BELMO-DEUD1-2019-01.json");
    roaming.refused(
        &["statement", "counter", &own, "--authority", &belmo, "--yes"],
        "accept it",
    );
    // A withdrawal that would strip the statement's cover takes only what is free.
    let noted = roaming.done(&["request-withdrawal", "1000", "--authority", &belmo, "--yes"]);
    assert!(noted.stderr.contains("may still take 100"), "{noted:?}");
    let paid = roaming
        .done(&["withdraw", "--wait", "--authority", &belmo, "--yes"])
        .json();
    assert_eq!(paid["details"]["amount"]["tokens"], "900", "{paid}");
}
