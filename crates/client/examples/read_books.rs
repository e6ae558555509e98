//! Reads the books of a network that rewards its owners, and says whether they balance:
//!
//! ```sh
//! cargo run -p wayfare-client --example read_books -- http://127.0.0.1:8899 nyc-hotspots
//! ```
//!
//! Ends with 0 when they balance, with 3 when they do not, with 1 when they cannot be read, and with 2 on wrong usage.

use std::process::ExitCode;

use wayfare_client::cluster::{Cluster, ClusterOptions};
use wayfare_client::error::ClientError;
use wayfare_client::rewards::address;
use wayfare_client::rewards::books::{self, Books};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [url, name] = args.as_slice() else {
        eprintln!("usage: read_books URL NETWORK");
        return ExitCode::from(2);
    };
    let Some(network) = address::network(name) else {
        eprintln!("error: {name:?} is too long for a network's name");
        return ExitCode::from(2);
    };
    let read = || -> Result<Books, ClientError> {
        let cluster = Cluster::connect(url, ClusterOptions::default())?;
        books::read(&cluster, &network)
    };
    match read() {
        Ok(books) => {
            print(&books);
            ExitCode::from(if books.balance() { 0 } else { 3 })
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Amounts in base units, as the program has them: one unit of the mint is 10^decimals of them.
fn print(books: &Books) {
    println!("network      {}", books.network);
    println!("slot         {}", books.slot);
    println!("mint         {} ({} decimals)", books.mint, books.decimals);
    println!("funded       {}", books.funded_total);
    println!("granted      {}", books.lifetime_total);
    println!("claimed      {}", books.claimed_total);
    println!("outstanding  {}", books.outstanding);
    println!("vault        {}", books.vault_balance);
    println!("surplus      {}", books.surplus);
    for page in &books.missing_pages {
        println!("claim page {page} does not exist yet: its owners cannot claim");
    }
    for finding in &books.checks.findings {
        let (rule, account) = (finding.rule, finding.account);
        println!(
            "{rule:?}, {account}: {}, and not {}",
            finding.left, finding.right
        );
    }
}
