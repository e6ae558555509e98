//! What pages are made with, inside the binary.

use std::sync::LazyLock;

use solana_sha256_hasher::hash;

/// A file.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    pub name: &'static str,
    pub content_type: &'static str,
    pub content: &'static str,
}

const ASSETS: [Asset; 3] = [
    Asset {
        name: "checkout.js",
        content_type: "text/javascript; charset=utf-8",
        content: include_str!("../../assets/checkout.js"),
    },
    Asset {
        name: "style.css",
        content_type: "text/css; charset=utf-8",
        content: include_str!("../../assets/style.css"),
    },
    Asset {
        name: "icon.svg",
        content_type: "image/svg+xml",
        content: include_str!("../../assets/icon.svg"),
    },
];

/// The part of a plan's page that the module brings to life.
pub const CHECKOUT: &str = include_str!("../../assets/checkout.html");
/// The part of an order's page that the module brings to life.
pub const ORDER: &str = include_str!("../../assets/order.html");
/// The page on which orders are found.
pub const FIND: &str = include_str!("../../assets/find.html");

/// Changes with any of the files: an address with it can be kept for ever.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let all: String = ASSETS.iter().map(|asset| asset.content).collect();
    let hash = hash(all.as_bytes()).to_bytes();
    hash.iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
});

/// A file by its name.
pub fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// Whether an address names the files as they are: only then may it be kept.
pub fn is_current(version: Option<&String>) -> bool {
    version.is_some_and(|version| *version == *VERSION)
}

/// The address of a file within this site.
pub fn address(name: &str) -> String {
    format!("/assets/{name}?v={}", *VERSION)
}

/// The address of the shop's icon for wallets, which show it on their own.
pub fn icon(public_url: &str) -> String {
    format!("{public_url}{}", address("icon.svg"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page checks what it has signed by the programs' addresses: they are those that the server builds with.
    #[test]
    fn the_page_knows_the_programs() {
        let module = find("checkout.js").unwrap().content;
        let known = |name: &str, address: &str| {
            assert!(
                module.contains(&format!("const {name} = \"{address}\";")),
                "{name}"
            );
        };
        known("PROGRAM", &esim_market::ID.to_string());
        let budget = solana_compute_budget_interface::ID.to_string();
        known("COMPUTE_BUDGET", &budget);
        let associated = spl_associated_token_account_interface::program::ID.to_string();
        known("ASSOCIATED_TOKEN", &associated);
        let tokens = [anchor_spl::token::ID, anchor_spl::token_2022::ID];
        let tokens = tokens.map(|id| format!("\"{id}\"")).join(", ");
        assert!(module.contains(&format!("const TOKEN_PROGRAMS = [{tokens}];")));
    }
}
