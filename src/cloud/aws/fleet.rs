//! Several accounts: the one of the credentials, and those where a role is assumed.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_organizations::types::{Account, AccountState, AccountStatus};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::account::{Aws, Options};
use super::connect::{self, ConnectError};
use super::listing::{by_token, whole};
use crate::cloud::{CallError, Cloud, Clouds};

/// What the name of every session begins with that rectify opens: by it and by the role an event tells whether rectify made
/// it.
pub const SESSION: &str = "rectify";

/// `fleet` of `rectify.yaml`: which accounts, and how they are reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FleetOptions {
    /// The name of the role to assume in every other account.
    pub role: Option<String>,
    /// The external id that the role asks for.
    pub external_id: Option<String>,
    /// The accounts, twelve digits each.
    pub accounts: Vec<String>,
    /// The accounts of the organization too; the credentials have to be allowed to list them.
    pub organization: bool,
}

/// The accounts of a fleet, each connected at its first use.
pub struct Fleet {
    home: Arc<Aws>,
    options: FleetOptions,
    regions: Vec<String>,
    clouds: Mutex<BTreeMap<String, Arc<dyn Cloud>>>,
}

impl Fleet {
    /// A fleet around the account of the credentials.
    pub fn new(home: Arc<Aws>, options: FleetOptions, regions: Vec<String>) -> Self {
        Self { home, options, regions, clouds: Mutex::default() }
    }

    /// The account ids: those that are named, those of the organization that are active, and its own, each once.
    pub async fn accounts(&self) -> Result<Vec<String>, CallError> {
        let mut accounts = self.options.accounts.clone();
        accounts.push(self.home.place().account.clone());
        if self.options.organization {
            let client = aws_sdk_organizations::Client::new(self.home.config());
            let page = |token| async {
                let answer = client.list_accounts().set_next_token(token).send().await;
                answer.map(|page| (page.accounts, page.next_token))
            };
            let found: Vec<Account> = whole(by_token("organizations", "ListAccounts", page).await)?;
            accounts.extend(found.into_iter().filter(is_active).filter_map(|account| account.id));
        }
        accounts.sort();
        accounts.dedup();
        Ok(accounts)
    }

    async fn assume(&self, account: &str) -> Result<Aws, ConnectError> {
        let wrong = |message: String, help: &str| ConnectError { message, help: help.to_owned() };
        let Some(role) = &self.options.role else {
            let help = "name the role to assume: `role` under `fleet` in rectify.yaml";
            return Err(wrong(format!("account {account} is another one than that of the credentials"), help));
        };
        let arn = format!("arn:{}:iam::{account}:role/{role}", self.home.place().partition);
        let mut provider = AssumeRoleProvider::builder(&arn).session_name(SESSION).configure(self.home.config());
        if let Some(id) = &self.options.external_id {
            provider = provider.external_id(id);
        }
        let provider = SharedCredentialsProvider::new(provider.build().await);
        let config = self.home.config().to_builder().credentials_provider(provider).build();
        let place = connect::identify(&config).await?;
        if place.0.account != account {
            let told = format!("the role {arn} is in account {}", place.0.account);
            return Err(wrong(told, "check `accounts` and `role` under `fleet` in rectify.yaml"));
        }
        let options = Options { regions: self.regions.clone(), fingerprint_key: self.home.fingerprint_key() };
        Ok(Aws::new(config, place, options))
    }
}

/// AWS replaces `Status` by `State`, and answers with both for a while
/// (<https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html>).
fn is_active(account: &Account) -> bool {
    match (&account.state, &account.status) {
        (Some(state), _) => *state == AccountState::Active,
        (None, status) => *status == Some(AccountStatus::Active),
    }
}

#[async_trait]
impl Clouds for Fleet {
    fn home(&self) -> &dyn Cloud {
        self.home.as_ref()
    }

    async fn cloud(&self, account: &str) -> Result<Option<Arc<dyn Cloud>>, String> {
        if account == self.home.place().account {
            return Ok(Some(self.home.clone()));
        }
        let mut clouds = self.clouds.lock().await;
        if let Some(cloud) = clouds.get(account) {
            return Ok(Some(cloud.clone()));
        }
        let accounts = self.accounts().await.map_err(|error| error.to_string())?;
        if !accounts.iter().any(|known| known == account) {
            return Ok(None);
        }
        let cloud: Arc<dyn Cloud> = Arc::new(self.assume(account).await.map_err(|error| error.message)?);
        clouds.insert(account.to_owned(), cloud.clone());
        Ok(Some(cloud))
    }
}
