//! Metrics of a worker and of its calls, for Prometheus: with the feature `prometheus`.

#[cfg(feature = "prometheus")]
pub(super) use with_feature::{Metrics, count};
#[cfg(not(feature = "prometheus"))]
pub(super) use without_feature::{Metrics, count};

#[cfg(feature = "prometheus")]
mod with_feature {
    use std::fmt;
    use std::time::Duration;

    use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};
    use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
    use ticket_jobs::WorkerEvent;

    use crate::failure::Failure;

    const LANES: &str = "ticket_worker_lanes";
    const OUTCOMES: &str = "ticket_worker_outcomes_total";
    const LOST: &str = "ticket_worker_lost_total";
    const LEDGER_ERRORS: &str = "ticket_worker_ledger_errors_total";

    /// The limits of histograms, in seconds.
    const BUCKETS: &[f64] = &[
        0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0,
    ];

    /// How often histograms are condensed.
    const UPKEEP: Duration = Duration::from_secs(5);

    /// What is counted.
    pub(crate) struct Metrics(PrometheusHandle);

    impl fmt::Debug for Metrics {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("Metrics")
        }
    }

    impl Metrics {
        /// Counts from now on. The layer `Metrics` of the library counts calls.
        pub(crate) fn install() -> Result<Self, Failure> {
            let cannot = |error: &dyn fmt::Display| Failure::local(format!("--metrics: {error}"));
            let seconds = Matcher::Suffix("_seconds".to_owned());
            let builder = PrometheusBuilder::new()
                .set_buckets_for_metric(seconds, BUCKETS)
                .map_err(|error| cannot(&error))?;
            let handle = builder.install_recorder().map_err(|error| cannot(&error))?;
            describe_gauge!(LANES, "accounts of jobs that are worked on");
            describe_counter!(OUTCOMES, Unit::Count, "tickets that got this outcome");
            describe_counter!(
                LOST,
                Unit::Count,
                "jobs whose work was lost and offered again"
            );
            describe_counter!(
                LEDGER_ERRORS,
                Unit::Count,
                "times that the ledger did not answer"
            );
            gauge!(LANES).set(0.0);
            let upkeep = handle.clone();
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(UPKEEP).await;
                    upkeep.run_upkeep();
                }
            });
            Ok(Self(handle))
        }

        pub(crate) fn render(&self) -> String {
            self.0.render()
        }
    }

    /// Counts what a worker tells.
    pub(crate) fn count(event: &WorkerEvent) {
        match event {
            WorkerEvent::Began { .. } => gauge!(LANES).increment(1.0),
            WorkerEvent::Ended { outcomes, .. } => {
                gauge!(LANES).decrement(1.0);
                for (word, tickets) in outcomes {
                    counter!(OUTCOMES, "outcome" => *word).increment(*tickets);
                }
            }
            WorkerEvent::Lost { .. } => counter!(LOST).increment(1),
            WorkerEvent::NoAnswer { .. } => counter!(LEDGER_ERRORS).increment(1),
            _ => {}
        }
    }
}

#[cfg(not(feature = "prometheus"))]
mod without_feature {
    use ticket_jobs::WorkerEvent;

    use crate::failure::Failure;

    /// What nobody counts.
    #[derive(Debug)]
    pub(crate) struct Metrics(std::convert::Infallible);

    impl Metrics {
        pub(crate) fn install() -> Result<Self, Failure> {
            let hint = "build it with the feature `prometheus`: cargo install --path crates/ticket-cli --features prometheus";
            Err(
                Failure::refused("this program cannot serve metrics; nothing was sent")
                    .hinting(hint.to_owned()),
            )
        }

        pub(crate) fn render(&self) -> String {
            match self.0 {}
        }
    }

    pub(crate) fn count(_: &WorkerEvent) {}
}
