//! The request bodies of the control API. Times are in seconds and may have fractions; names are in `snake_case`.
//!
//! They convert to the types that the methods of `Sandbox` take.

use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::builder::SandboxBuilder;
use crate::fault::{Fault, Rule, seconds};
use crate::quota::{Quota, WindowModel};
use crate::ticket::{MessageKind, TicketSeed};
use crate::vendor::{Endpoint, Vendor};
use crate::vendors::Wording;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleBody {
    fault: Fault,
    vendor: Option<Vendor>,
    endpoint: Option<Endpoint>,
    #[serde(default)]
    skip: u64,
    times: Option<u64>,
}

impl From<RuleBody> for Rule {
    fn from(body: RuleBody) -> Self {
        let mut rule = Self::new(body.fault).skip(body.skip);
        if let Some(vendor) = body.vendor {
            rule = rule.vendor(vendor);
        }
        if let Some(endpoint) = body.endpoint {
            rule = rule.endpoint(endpoint);
        }
        match body.times {
            Some(times) => rule.times(times),
            None => rule,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RandomFaultsBody {
    pub(super) seed: u64,
    pub(super) probability: f64,
    pub(super) faults: Vec<Fault>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MessageBody {
    pub(super) kind: MessageKind,
    pub(super) text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeedBody {
    id: Option<String>,
    subject: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    closed: bool,
    #[serde(default)]
    owned_by_other: bool,
    #[serde(default)]
    locked: bool,
    #[serde(default)]
    attributes: Map<String, Value>,
}

impl From<SeedBody> for TicketSeed {
    fn from(body: SeedBody) -> Self {
        Self {
            id: body.id,
            subject: body.subject,
            description: body.description,
            closed: body.closed,
            owned_by_other: body.owned_by_other,
            locked: body.locked,
            attributes: body.attributes,
        }
    }
}

/// The settings of [`SandboxBuilder`] by name. A missing setting is unchanged; a quota of null means no quota.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Settings {
    seed_tickets: Option<bool>,
    journal_bytes: Option<usize>,
    onecloud_calls: Option<u64>,
    onecloud_extra_row: Option<bool>,
    onecloud_largest_page: Option<usize>,
    onecloud_nested_messages: Option<bool>,
    #[serde(deserialize_with = "given")]
    sweeppea_quota: Option<Limit>,
    sweeppea_wording: Option<Wording>,
    sweeppea_one_at_a_time: Option<bool>,
    #[serde(deserialize_with = "given")]
    leadsquared_quota: Option<Limit>,
    leadsquared_retry_after: Option<u64>,
    leadsquared_max_delete: Option<usize>,
    leadsquared_required_fields: Option<Vec<String>>,
    leadsquared_statuses: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuotaBody {
    calls: u32,
    #[serde(with = "seconds")]
    window: Duration,
    model: WindowModel,
}

impl From<QuotaBody> for Quota {
    fn from(body: QuotaBody) -> Self {
        Self {
            calls: body.calls,
            window: body.window,
            model: body.model,
        }
    }
}

/// A quota; null means no quota.
#[derive(Deserialize)]
struct Limit(Option<QuotaBody>);

/// Distinguishes null from a missing field.
fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Limit>, D::Error> {
    Limit::deserialize(from).map(Some)
}

impl Settings {
    pub(super) fn apply(self, builder: SandboxBuilder) -> SandboxBuilder {
        fn set<T>(
            builder: SandboxBuilder,
            value: Option<T>,
            setter: impl FnOnce(SandboxBuilder, T) -> SandboxBuilder,
        ) -> SandboxBuilder {
            match value {
                Some(value) => setter(builder, value),
                None => builder,
            }
        }
        use SandboxBuilder as B;
        let limit = |Limit(quota)| quota.map(Quota::from);
        let b = set(builder, self.seed_tickets, B::seed_tickets);
        let b = set(b, self.journal_bytes, B::journal_bytes);
        let b = set(b, self.onecloud_calls, B::onecloud_calls);
        let b = set(b, self.onecloud_extra_row, B::onecloud_extra_row);
        let b = set(b, self.onecloud_largest_page, B::onecloud_largest_page);
        let nested = self.onecloud_nested_messages;
        let b = set(b, nested, B::onecloud_nested_messages);
        let b = set(b, self.sweeppea_quota.map(limit), B::sweeppea_quota);
        let b = set(b, self.sweeppea_wording, B::sweeppea_wording);
        let b = set(b, self.sweeppea_one_at_a_time, B::sweeppea_one_at_a_time);
        let b = set(b, self.leadsquared_quota.map(limit), B::leadsquared_quota);
        let b = set(b, self.leadsquared_retry_after, B::leadsquared_retry_after);
        let b = set(b, self.leadsquared_max_delete, B::leadsquared_max_delete);
        let required = self.leadsquared_required_fields;
        let b = set(b, required, B::leadsquared_required_fields);
        set(b, self.leadsquared_statuses, B::leadsquared_statuses)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_is_read_whole() {
        let rule = |json: Value| Rule::from(serde_json::from_value::<RuleBody>(json).unwrap());
        assert_eq!(
            rule(json!({ "fault": "cut_body" })),
            Rule::new(Fault::CutBody)
        );
        let whole = json!({
            "fault": "cut_body", "vendor": "leadsquared", "endpoint": "delete", "skip": 2,
            "times": 3,
        });
        let expected = Rule::new(Fault::CutBody)
            .vendor(Vendor::LeadSquared)
            .endpoint(Endpoint::Delete);
        assert_eq!(rule(whole), expected.skip(2).times(3));
    }

    #[test]
    fn what_has_no_meaning_is_refused() {
        for json in [
            json!({ "fault": "nonsense" }),
            json!({ "fault": { "delay": -1 } }),
            json!({ "fault": { "delay": 1e300 } }),
            json!({ "fault": { "status": 70_000 } }),
            json!({ "fault": "cut_body", "tiems": 3 }),
            json!({ "fault": "cut_body", "vendor": "nobody" }),
            json!({}),
        ] {
            assert!(
                serde_json::from_value::<RuleBody>(json.clone()).is_err(),
                "{json}"
            );
        }
    }

    #[test]
    fn vendors_are_named_as_their_prefixes() {
        for vendor in Vendor::ALL {
            assert_eq!(json!(vendor), vendor.prefix());
        }
    }
}
