//! The vendors' servers: one module per vendor, one function per endpoint.
//!
//! A vendor only handles a call and returns a reply. Sockets, faults and the journal are elsewhere.

mod call;
mod leadsquared;
mod onecloud;
mod redmine;
mod rt;
mod sweeppea;
mod zendesk;

pub(crate) use call::{Call, VendorServer};
pub(crate) use leadsquared::{Account, LeadSquared};
pub(crate) use onecloud::{OneCloud, Quirks};
pub(crate) use redmine::Redmine;
pub(crate) use rt::Rt;
pub(crate) use sweeppea::Sweeppea;
pub use sweeppea::Wording;
pub use zendesk::LimitHeaders;
pub(crate) use zendesk::{JobSettings, Limits, Zendesk};

use crate::calendar::Date;
use crate::reply::ErrorFormat;
use crate::vendor::Vendor;

/// All vendors.
#[derive(Debug)]
pub(crate) struct Vendors {
    pub(crate) onecloud: OneCloud,
    pub(crate) sweeppea: Sweeppea,
    pub(crate) leadsquared: LeadSquared,
    pub(crate) redmine: Redmine,
    pub(crate) rt: Rt,
    pub(crate) zendesk: Zendesk,
}

impl Vendors {
    pub(crate) fn of(&self, vendor: Vendor) -> &dyn VendorServer {
        match vendor {
            Vendor::OneCloud => &self.onecloud,
            Vendor::Sweeppea => &self.sweeppea,
            Vendor::LeadSquared => &self.leadsquared,
            Vendor::Redmine => &self.redmine,
            Vendor::Rt => &self.rt,
            Vendor::Zendesk => &self.zendesk,
        }
    }

    pub(crate) fn of_mut(&mut self, vendor: Vendor) -> &mut dyn VendorServer {
        match vendor {
            Vendor::OneCloud => &mut self.onecloud,
            Vendor::Sweeppea => &mut self.sweeppea,
            Vendor::LeadSquared => &mut self.leadsquared,
            Vendor::Redmine => &mut self.redmine,
            Vendor::Rt => &mut self.rt,
            Vendor::Zendesk => &mut self.zendesk,
        }
    }

    /// The vendor's error format; a neutral one for paths outside every vendor's prefix.
    pub(crate) fn error_format(&self, vendor: Option<Vendor>) -> &dyn ErrorFormat {
        match vendor {
            None => &(),
            Some(Vendor::OneCloud) => &self.onecloud,
            Some(Vendor::Sweeppea) => &self.sweeppea,
            Some(Vendor::LeadSquared) => &self.leadsquared,
            Some(Vendor::Redmine) => &self.redmine,
            Some(Vendor::Rt) => &self.rt,
            Some(Vendor::Zendesk) => &self.zendesk,
        }
    }

    /// Adds the tickets that the vendors' documentation uses as samples.
    pub(crate) fn seed(&mut self, date: Date) {
        self.onecloud.seed(date);
        self.sweeppea.seed(date);
        self.leadsquared.seed(date);
        self.redmine.seed(date);
        self.rt.seed(date);
        self.zendesk.seed(date);
    }
}
