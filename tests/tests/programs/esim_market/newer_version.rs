use esim_market::errors::EsimMarketError::NewerVersion;
use wayfare_tests::esim::crowd::honest;
use wayfare_tests::esim::market::MarketFixture;
use wayfare_tests::honest::Honest;
use wayfare_tests::idl::ESIM_MARKET;
use wayfare_tests::keys::person;
use wayfare_tests::token::TokenProgram;

/// A release that was rolled back must not write what it cannot read: no instruction changes anything of a market that a
/// newer one wrote.
#[test]
fn changed_by_nothing() {
    let market = MarketFixture::new("travel", person("mint"), TokenProgram::Spl);
    for instruction in &ESIM_MARKET.instructions {
        if instruction.name == "create_market" {
            continue;
        }
        for Honest {
            mut chain, call, ..
        } in honest(&instruction.name, TokenProgram::Spl)
        {
            chain.edit(&market.address, |account| account.data[8] += 1);
            chain.refuse(call.clone(), NewerVersion);
            chain.edit(&market.address, |account| account.data[8] -= 1);
            chain.accept(call);
        }
    }
}
