//! What a cluster knows of hubs.

use std::{collections::HashMap, mem::offset_of};

use roaming_escrow::state::{Agreement, Hub, Operator, Side, Statement};
use solana_pubkey::Pubkey;
use wayfare_core::name::is_name;

use super::{account::RoamingEscrowAccount, address};
use crate::{
    account::{AccountError, check_address, decode_as},
    cluster::{Cluster, States},
    error::{ClientError, InputError},
};

/// Where `hub` stands in operators: after the discriminator and the version.
const OPERATOR_HUB_AT: usize = 8 + 1;
/// Where `hub` stands in agreements.
const HUB_AT: usize = 8 + offset_of!(Agreement, hub);
/// Where `agreement` stands in statements.
const AGREEMENT_AT: usize = 8 + offset_of!(Statement, agreement);
/// Where `first` stands in agreements.
const FIRST_AT: usize = 8 + offset_of!(Agreement, first);
/// Where `second` stands in agreements.
const SECOND_AT: usize = 8 + offset_of!(Agreement, second);
/// Where `mint` stands in agreements.
const MINT_AT: usize = 8 + offset_of!(Agreement, mint);

/// Which agreements: all that fit everything that is given.
#[derive(Clone, Copy, Debug, Default)]
pub struct AgreementFilter {
    pub hub: Option<Pubkey>,
    /// One of the two.
    pub operator: Option<Pubkey>,
    pub mint: Option<Pubkey>,
}

/// Which statement of an agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatementKey {
    /// The side that pays.
    pub home: Side,
    pub period: u32,
}

/// An agreement and some of its statements, all of one slot.
#[derive(Clone, Debug, PartialEq)]
pub struct AgreementParts {
    pub agreement: Agreement,
    /// As they were asked for: `None` for one that is not there.
    pub statements: Vec<Option<Statement>>,
}

impl Cluster {
    /// A hub by its name, and its address.
    pub fn hub(&self, name: &str) -> Result<(Pubkey, Hub), ClientError> {
        let address = Some(name)
            .filter(|name| is_name(name.as_bytes()))
            .and_then(address::hub)
            .ok_or_else(|| InputError::HubName(name.to_owned()))?;
        Ok((address, self.state(&address)?))
    }

    /// Every hub on the cluster, in order of their addresses.
    pub fn hubs(&self) -> Result<Vec<(Pubkey, Hub)>, ClientError> {
        Ok(self.states(&[])?.states)
    }

    /// The operators of a hub, by their address.
    pub fn operators(&self, hub: &Pubkey) -> Result<HashMap<Pubkey, Operator>, ClientError> {
        Ok(self.operator_states(hub)?.states.into_iter().collect())
    }

    /// Agreements, in order of their addresses.
    pub fn agreements(
        &self,
        filter: &AgreementFilter,
    ) -> Result<Vec<(Pubkey, Agreement)>, ClientError> {
        let Some(operator) = filter.operator else {
            return Ok(self.agreement_states(filter, None)?.states);
        };
        // An operator is first in some and second in others.
        let mut agreements = self
            .agreement_states(filter, Some((FIRST_AT, operator)))?
            .states;
        let second = self.agreement_states(filter, Some((SECOND_AT, operator)))?;
        agreements.extend(second.states);
        agreements.sort_by_key(|(address, _)| *address);
        Ok(agreements)
    }

    /// The statements of an agreement, by period and then by side.
    pub fn statements(&self, agreement: &Pubkey) -> Result<Vec<(Pubkey, Statement)>, ClientError> {
        let mut statements = self.statement_states(agreement)?.states;
        statements.sort_by_key(|(_, statement)| (statement.period, statement.home));
        Ok(statements)
    }

    /// An agreement and some of its statements. `min_slot`: as of this slot or later.
    pub fn agreement_parts(
        &self,
        agreement: &Pubkey,
        statements: &[StatementKey],
        min_slot: Option<u64>,
    ) -> Result<AgreementParts, ClientError> {
        let mut addresses = vec![*agreement];
        addresses.extend(
            statements
                .iter()
                .map(|key| address::statement(agreement, key.home, key.period)),
        );
        let mut accounts = self.accounts(&addresses, min_slot)?.accounts.into_iter();
        let state: Agreement = match accounts.next().flatten() {
            Some(account) => decode_as(agreement, &account.owner, &account.data)?,
            None => return Err(AccountError::Missing(*agreement).into()),
        };
        let statements = addresses
            .iter()
            .skip(1)
            .zip(accounts)
            .map(|(at, account)| {
                // Lamports that somebody sent there make no statement.
                let Some(account) = account.filter(|account| account.owner == address::PROGRAM)
                else {
                    return Ok(None);
                };
                let statement: Statement = decode_as(at, &account.owner, &account.data)?;
                let any = RoamingEscrowAccount::Statement(Box::new(statement));
                check_address(at, &any)?;
                Ok(Some(statement))
            })
            .collect::<Result<Vec<_>, ClientError>>()?;
        Ok(AgreementParts {
            agreement: state,
            statements,
        })
    }

    pub(super) fn operator_states(&self, hub: &Pubkey) -> Result<States<Operator>, ClientError> {
        let mut operators = self.states::<Operator>(&[(OPERATOR_HUB_AT, hub.as_ref())])?;
        operators
            .states
            .retain(|(_, operator)| operator.hub == *hub);
        Ok(operators)
    }

    pub(super) fn agreement_states(
        &self,
        filter: &AgreementFilter,
        side: Option<(usize, Pubkey)>,
    ) -> Result<States<Agreement>, ClientError> {
        let mut places: Vec<(usize, &[u8])> = [(HUB_AT, &filter.hub), (MINT_AT, &filter.mint)]
            .iter()
            .filter_map(|(at, key)| Some((*at, key.as_ref()?.as_ref())))
            .collect();
        places.extend(side.as_ref().map(|(at, operator)| (*at, operator.as_ref())));
        let mut agreements = self.states::<Agreement>(&places)?;
        agreements.states.retain(|(_, agreement)| {
            filter.hub.is_none_or(|hub| agreement.hub == hub)
                && filter.mint.is_none_or(|mint| agreement.mint == mint)
                && side.is_none_or(|(_, operator)| agreement.side_of(&operator).is_ok())
        });
        Ok(agreements)
    }

    pub(super) fn statement_states(
        &self,
        agreement: &Pubkey,
    ) -> Result<States<Statement>, ClientError> {
        let mut statements = self.states::<Statement>(&[(AGREEMENT_AT, agreement.as_ref())])?;
        statements
            .states
            .retain(|(_, statement)| statement.agreement == *agreement);
        Ok(statements)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fake_chain::{FakeChain, no_faults},
        roaming::account::{RoamingEscrowAccount as Any, encode, examples},
    };

    #[test]
    fn fields_stand_where_the_filters_look() {
        let (_, agreement) = examples::agreement();
        let data = encode(&Any::Agreement(Box::new(agreement)));
        for (at, key) in [
            (HUB_AT, agreement.hub),
            (FIRST_AT, agreement.first),
            (SECOND_AT, agreement.second),
            (MINT_AT, agreement.mint),
        ] {
            assert_eq!(data[at..at + 32], key.to_bytes());
        }
        let (_, statement) = examples::statement(Side::First, 0);
        let data = encode(&Any::Statement(Box::new(statement)));
        assert_eq!(data[AGREEMENT_AT..][..32], statement.agreement.to_bytes());
        let [(_, operator), _] = examples::operators();
        let data = encode(&Any::Operator(Box::new(operator.clone())));
        assert_eq!(data[OPERATOR_HUB_AT..][..32], operator.hub.to_bytes());
    }

    #[test]
    fn an_agreement_with_its_statements() {
        let chain = FakeChain::default();
        let put = |at, account: Any| chain.put(at, address::PROGRAM, encode(&account));
        let (at, agreement) = examples::agreement();
        put(at, Any::Agreement(Box::new(agreement)));
        for (home, period) in [(Side::Second, 1), (Side::First, 1), (Side::First, 0)] {
            let (at, statement) = examples::statement(home, period);
            put(at, Any::Statement(Box::new(statement)));
        }
        let cluster = chain.cluster(no_faults());
        let keys: Vec<_> = cluster
            .statements(&at)
            .unwrap()
            .iter()
            .map(|(_, statement)| (statement.period, statement.home))
            .collect();
        assert_eq!(keys, [(0, 0), (1, 0), (1, 1)]);
        let key = |home, period| StatementKey { home, period };
        let wanted = [key(Side::Second, 1), key(Side::Second, 0)];
        let parts = cluster.agreement_parts(&at, &wanted, None).unwrap();
        assert_eq!(parts.agreement, agreement);
        assert_eq!(parts.statements[0].unwrap().period, 1);
        assert!(parts.statements[1].is_none());
        for operator in [agreement.first, agreement.second] {
            let filter = AgreementFilter {
                operator: Some(operator),
                ..AgreementFilter::default()
            };
            assert_eq!(cluster.agreements(&filter).unwrap().len(), 1);
        }
        let filter = AgreementFilter {
            operator: Some(examples::key(77)),
            ..AgreementFilter::default()
        };
        assert!(cluster.agreements(&filter).unwrap().is_empty());
    }
}
