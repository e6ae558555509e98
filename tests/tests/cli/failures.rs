//! Bad input, and a network that is not there: exit codes and what is said.

use wayfare_tests::localnet::LocalNetwork;

#[test]
fn exit_codes() {
    let net = LocalNetwork::start();
    assert_eq!(net.run(&["no-such-command"]).code, Some(2));
    let ended = net.run(&["network", "show", "nowhere"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("nowhere"), "{ended:?}");
    assert!(ended.stdout.is_empty(), "{ended:?}");
    // Nobody listens on the discard port.
    let ended = net.run(&["-u", "http://127.0.0.1:9", "network", "show", "nowhere"]);
    assert!(matches!(ended.code, Some(2 | 100)), "{ended:?}");
}

#[test]
fn an_amount_with_more_digits_than_the_mint() {
    let net = LocalNetwork::start();
    net.migrate();
    let ended = net.run(&["network", "fund", "nyc-hotspots", "1.0000001", "--yes"]);
    assert!(matches!(ended.code, Some(1 | 2)), "{ended:?}");
    assert!(ended.stderr.contains("1.0000001"), "{ended:?}");
    let books = net.done(&["network", "books", "nyc-hotspots"]).json();
    assert_eq!(books["funded_total"], books["claimed_total"], "{books}");
}
