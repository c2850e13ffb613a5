//! What waits: plans for an approval, notices for their delivery.

use jiff::{SignedDuration, Timestamp};

use super::swap::{Ledger, later};
use crate::journal::{JournalError, Key, StoreError};
use crate::model::{Hash, Plan};

const PLANS: &str = "plan";
const OUTBOX: &str = "outbox";
/// How long a notice waits that cannot be delivered, and a plan whose end cannot be read.
const KEPT: SignedDuration = SignedDuration::from_hours(14 * 24);

/// A digest, or the beginning of one, without `sha256:`.
fn bare(digest: &str) -> &str {
    digest.strip_prefix("sha256:").unwrap_or(digest)
}

impl Ledger {
    /// Keeps a plan for somebody to approve, until it expires; `false` where it is kept already.
    pub async fn keep_plan(&self, plan: &Plan, now: Timestamp) -> Result<bool, StoreError> {
        let body = serde_json::to_string(plan).map_err(|error| self.error(error.to_string()))?;
        let expires = plan.expires_at.parse().unwrap_or(later(now, KEPT));
        self.store.create(&Key::new(PLANS, &plan.digest.0), &body, Some(expires)).await
    }

    /// The plans that are kept, the oldest first. One that has expired may be among them: the gate refuses it.
    pub async fn plans(&self) -> Result<Vec<Plan>, StoreError> {
        let mut plans = Vec::new();
        for (digest, item) in self.store.list(PLANS).await? {
            plans.push(self.parse::<Plan>(&Key::new(PLANS, digest), &item)?);
        }
        plans.sort_by(|a, b| a.created_at.cmp(&b.created_at));
        Ok(plans)
    }

    /// A plan by its digest, or by the beginning of it, with or without `sha256:`, as long as it is one plan's.
    pub async fn plan(&self, name: &str) -> Result<Plan, JournalError> {
        let hex = bare(name);
        // Every digest begins with nothing: a variable that is not set is no digest.
        if hex.is_empty() {
            return Err(JournalError::EmptyPlan);
        }
        let mut plans = self.plans().await?;
        plans.retain(|plan| bare(&plan.digest.0).starts_with(hex));
        match (plans.pop(), plans.len()) {
            (Some(plan), 0) => Ok(plan),
            (None, _) => Err(JournalError::NoPlan(name.to_owned())),
            (Some(_), others) => Err(JournalError::ManyPlans(name.to_owned(), others.saturating_add(1))),
        }
    }

    /// Forgets a plan; `false` where it is not kept.
    pub async fn drop_plan(&self, digest: &Hash) -> Result<bool, StoreError> {
        self.take_away(&Key::new(PLANS, &digest.0)).await
    }

    /// Puts a notice into the outbox, for two weeks; `false` where one of that id is there already.
    pub async fn post(&self, id: &str, body: &str, now: Timestamp) -> Result<bool, StoreError> {
        self.store.create(&Key::new(OUTBOX, id), body, Some(later(now, KEPT))).await
    }

    /// The notices that are not delivered yet, by their ids.
    pub async fn outbox(&self) -> Result<Vec<(String, String)>, StoreError> {
        Ok(self.store.list(OUTBOX).await?.into_iter().map(|(id, item)| (id, item.body)).collect())
    }

    /// Takes a notice out of the outbox; `false` where it is not there any more.
    pub async fn delivered(&self, id: &str) -> Result<bool, StoreError> {
        self.take_away(&Key::new(OUTBOX, id)).await
    }
}
