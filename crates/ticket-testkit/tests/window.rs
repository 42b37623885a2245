//! The ways of counting, told apart by calls at chosen moments.

use std::time::Duration;

use ticket_testkit::window::{Window, WindowModel};
use tokio::time::Instant;

/// Which of the calls at these moments are admitted, two per ten seconds; so much of the first window is over.
fn admitted(model: WindowModel, phase: u64, seconds: &[u64]) -> Vec<bool> {
    let start = Instant::now();
    let mut window = Window::new(model, 2, Duration::from_secs(10), start);
    window = window.phase(Duration::from_secs(phase));
    let calls = seconds
        .iter()
        .map(|second| start + Duration::from_secs(*second));
    calls.map(|at| window.admit(at)).collect()
}

#[test]
fn each_model_counts_in_its_own_way() {
    let calls = [0, 6, 7, 10, 11, 16];
    for (model, expected) in [
        (WindowModel::Sliding, [true, true, false, true, false, true]),
        (
            WindowModel::SlidingCountingRefused,
            [true, true, false, false, false, false],
        ),
        (WindowModel::Fixed, [true, true, false, true, true, false]),
        // A token comes back every five seconds.
        (
            WindowModel::TokenBucket,
            [true, true, true, false, true, true],
        ),
    ] {
        assert_eq!(admitted(model, 0, &calls), expected, "{model:?}");
    }
}

#[test]
fn a_phase_ends_the_first_fixed_window_early() {
    let found = admitted(WindowModel::Fixed, 4, &[0, 5, 6, 7, 15, 16]);
    assert_eq!(found, [true, true, true, true, false, true]);
}

#[test]
fn no_calls_admit_none() {
    for model in WindowModel::ALL {
        let start = Instant::now();
        let mut window = Window::new(model, 0, Duration::from_secs(1), start);
        assert!(!window.admit(start + Duration::from_secs(5)), "{model:?}");
    }
}
