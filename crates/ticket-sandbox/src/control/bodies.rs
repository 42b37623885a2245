//! The request bodies of the control API. Names are in `snake_case`.
//!
//! They convert to the types that the methods of `Sandbox` take.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::fault::{Fault, Rule};
use crate::ticket::{MessageKind, TicketSeed};
use crate::vendor::{Endpoint, Vendor};

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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rule_with_every_field_is_read() {
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
    fn meaningless_body_is_refused() {
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
    fn vendor_names_equal_their_prefixes() {
        for vendor in Vendor::ALL {
            assert_eq!(json!(vendor), vendor.prefix());
        }
    }
}
