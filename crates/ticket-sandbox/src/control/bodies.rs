//! The request bodies of the control API. Times are in seconds and may have fractions; names are in `snake_case`.
//!
//! They convert to the types that the methods of `Sandbox` take.

use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::builder::SandboxBuilder;
use crate::fault::{Fault, Rule};
use crate::quota::{Quota, WindowModel};
use crate::ticket::{MessageKind, TicketSeed};
use crate::vendor::{Endpoint, Vendor};
use crate::vendors::Wording;

#[derive(Deserialize)]
#[serde(remote = "Fault", rename_all = "snake_case", deny_unknown_fields)]
enum FaultBody {
    LostResponse,
    ConnectionReset,
    Status(u16),
    StatusAfterEffect(u16),
    RateLimited {
        retry_after: Option<u64>,
    },
    HtmlPage {
        status: u16,
    },
    TruncatedJson,
    CutBody,
    EmptyBody,
    #[serde(rename = "error_inside_200")]
    ErrorInside200,
    WrongTypes,
    OversizedBody(u64),
    SlowDrip(#[serde(deserialize_with = "seconds")] Duration),
    Delay(#[serde(deserialize_with = "seconds")] Duration),
    Reply {
        status: u16,
        #[serde(default)]
        headers: Vec<(String, String)>,
        #[serde(default, deserialize_with = "text")]
        body: Vec<u8>,
    },
}

fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    Duration::try_from_secs_f64(f64::deserialize(from)?).map_err(serde::de::Error::custom)
}

fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    String::deserialize(from).map(String::into_bytes)
}

#[derive(Deserialize)]
pub(super) struct FaultJson(#[serde(with = "FaultBody")] Fault);

impl From<FaultJson> for Fault {
    fn from(FaultJson(fault): FaultJson) -> Self {
        fault
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleBody {
    fault: FaultJson,
    vendor: Option<Vendor>,
    endpoint: Option<Endpoint>,
    #[serde(default)]
    skip: u64,
    times: Option<u64>,
}

impl From<RuleBody> for Rule {
    fn from(body: RuleBody) -> Self {
        let mut rule = Self::new(body.fault.into()).skip(body.skip);
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
    pub(super) faults: Vec<FaultJson>,
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
    #[serde(deserialize_with = "seconds")]
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

    /// Each kind of fault as JSON. A new kind that is missing here does not compile.
    fn as_json(fault: &Fault) -> Value {
        match fault {
            Fault::LostResponse => json!("lost_response"),
            Fault::ConnectionReset => json!("connection_reset"),
            Fault::Status(_) => json!({ "status": 503 }),
            Fault::StatusAfterEffect(_) => json!({ "status_after_effect": 502 }),
            Fault::RateLimited { retry_after: None } => json!({ "rate_limited": {} }),
            Fault::RateLimited { .. } => json!({ "rate_limited": { "retry_after": 7 } }),
            Fault::HtmlPage { .. } => json!({ "html_page": { "status": 200 } }),
            Fault::TruncatedJson => json!("truncated_json"),
            Fault::CutBody => json!("cut_body"),
            Fault::EmptyBody => json!("empty_body"),
            Fault::ErrorInside200 => json!("error_inside_200"),
            Fault::WrongTypes => json!("wrong_types"),
            Fault::OversizedBody(_) => json!({ "oversized_body": 5_000_000 }),
            Fault::SlowDrip(_) => json!({ "slow_drip": 0.25 }),
            Fault::Delay(_) => json!({ "delay": 2 }),
            Fault::Reply { .. } => json!({
                "reply": { "status": 418, "headers": [["x-one", "1"]], "body": "{" },
            }),
        }
    }

    #[test]
    fn every_fault_has_a_form() {
        for fault in [
            Fault::LostResponse,
            Fault::ConnectionReset,
            Fault::Status(503),
            Fault::StatusAfterEffect(502),
            Fault::RateLimited { retry_after: None },
            Fault::RateLimited {
                retry_after: Some(7),
            },
            Fault::HtmlPage { status: 200 },
            Fault::TruncatedJson,
            Fault::CutBody,
            Fault::EmptyBody,
            Fault::ErrorInside200,
            Fault::WrongTypes,
            Fault::OversizedBody(5_000_000),
            Fault::SlowDrip(Duration::from_millis(250)),
            Fault::Delay(Duration::from_secs(2)),
            Fault::Reply {
                status: 418,
                headers: vec![("x-one".into(), "1".into())],
                body: b"{".to_vec(),
            },
        ] {
            let FaultJson(read) = serde_json::from_value(as_json(&fault)).unwrap();
            assert_eq!(read, fault);
        }
    }

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
