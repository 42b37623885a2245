//! Batches that the vendor refuses as a whole: whose fault it was is found, and not for ever.

use std::collections::BTreeSet;

use ticket_core::{Effect, ErrorKind, Operation};

use crate::common::{Fake, error};
use crate::{at_once, delete, reason, words};

#[tokio::test(start_paused = true)]
async fn rejected_batch_is_split_until_the_faulty_id_is_found() {
    let bad = |ids: &[String]| ids.iter().any(|id| id == "5");
    let fake = Fake::new(8).answering(move |call| {
        if bad(&call.ids) {
            Err(error(ErrorKind::InvalidInput, Effect::None).with_status(400))
        } else {
            Ok(())
        }
    });
    let log = fake.log();
    let settled = delete(&fake.bare(), (0..8).map(|id| id.to_string()), &at_once(1)).await;
    let failed: Vec<_> = settled
        .iter()
        .filter(|settled| !settled.outcome.is_done())
        .collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(
        (failed[0].id.as_str(), failed[0].outcome.as_str()),
        ("5", "failed")
    );
    assert_eq!(reason(failed[0]).ticket(), Some(&"5".into()));
    // 0-3 are deleted, so the reason is among 4-7, which are not sent together again.
    let sent = ["0,1,2,3,4,5,6,7", "0,1,2,3", "4,5", "6,7", "4", "5"];
    assert_eq!(log.ids(), sent);
    // No id was sent again after it had been deleted.
    let done: Vec<_> = log
        .calls()
        .into_iter()
        .filter(|call| !bad(&call.ids))
        .collect();
    assert_eq!(done.iter().map(|call| call.ids.len()).sum::<usize>(), 7);
}

/// The kinds of a rejection that one of the tickets may be the reason for.
const OF_A_TICKET: [ErrorKind; 4] = [
    ErrorKind::InvalidInput,
    ErrorKind::Forbidden,
    ErrorKind::NotFound,
    ErrorKind::Conflict,
];

#[tokio::test(start_paused = true)]
async fn batch_is_split_after_a_rejection_whatever_its_kind() {
    for kind in OF_A_TICKET {
        let fake = Fake::new(4).answering(move |call| match call.ids.join(",") {
            ids if ids.contains('c') => Err(error(kind, Effect::None)),
            _ => Ok(()),
        });
        let log = fake.log();
        let settled = delete(&fake.bare(), ["a", "b", "c", "d"], &at_once(1)).await;
        assert_eq!(words(&settled), ["deleted", "deleted", "failed", "deleted"]);
        assert_eq!(log.ids(), ["a,b,c,d", "a,b", "c", "d"], "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn rejection_of_a_batch_does_not_hide_an_earlier_attempt() {
    // Nobody answers the first call; then the vendor rejects everything, as it may for tickets that are gone.
    let fake = Fake::new(2).answering(|call| match call.number {
        0 | 1 => Err(error(ErrorKind::Unavailable, Effect::Unknown)),
        _ if call.operation == Operation::Get => Err(error(ErrorKind::Forbidden, Effect::None)),
        _ => Err(error(ErrorKind::NotFound, Effect::None)),
    });
    let settled = delete(&fake.bare(), ["a", "b"], &at_once(1)).await;
    assert_eq!(words(&settled), ["unknown"; 2]);
}

#[tokio::test(start_paused = true)]
async fn batch_is_split_after_a_rejection_in_another_form_until_five_in_a_row() {
    let foreign = || error(ErrorKind::BadResponse, Effect::None).with_status(404);
    let fake = Fake::new(8).answering(move |call| match call.ids.join(",") {
        ids if ids.contains('5') => Err(foreign()),
        _ => Ok(()),
    });
    let settled = delete(&fake.bare(), (0..8).map(|id| id.to_string()), &at_once(1)).await;
    let deleted = settled.iter().filter(|settled| settled.outcome.is_done());
    assert_eq!(deleted.count(), 7);
    // Where everything is answered so, it is nobody's answer.
    let fake = Fake::new(8).answering(move |_| Err(foreign()));
    let log = fake.log();
    let settled = delete(&fake.bare(), (0..80).map(|id| id.to_string()), &at_once(1)).await;
    assert_eq!(log.count(), 5);
    let left = settled
        .iter()
        .filter(|settled| settled.outcome.is_left_to_do());
    assert_eq!(left.count(), 80);
}

/// A refusal of the caller, of its pace, or of nobody in particular says nothing about one of the tickets.
#[tokio::test(start_paused = true)]
async fn batch_is_split_after_a_rejection_in_another_form_only_if_its_status_is_about_the_batch() {
    for (status, calls) in [
        (400, 4),
        (499, 4),
        (302, 1),
        (401, 1),
        (407, 1),
        (429, 1),
        (500, 1),
    ] {
        let fake = Fake::new(4).answering(move |call| match call.ids.join(",") {
            ids if ids.contains('c') => {
                Err(error(ErrorKind::BadResponse, Effect::None).with_status(status))
            }
            _ => Ok(()),
        });
        let log = fake.log();
        let settled = delete(&fake.bare(), ["a", "b", "c", "d"], &at_once(1)).await;
        let deleted = settled.iter().filter(|settled| settled.outcome.is_done());
        assert_eq!(deleted.count(), if calls == 4 { 3 } else { 0 }, "{status}");
        assert_eq!(log.deletes().len(), calls, "{status}: {:?}", log.ids());
    }
}

#[tokio::test(start_paused = true)]
async fn batch_is_not_split_after_other_errors() {
    for &kind in ErrorKind::ALL {
        for effect in [Effect::None, Effect::Unknown] {
            if (OF_A_TICKET.contains(&kind) && effect == Effect::None) || kind.is_transient() {
                continue;
            }
            let fake = Fake::new(4).answering(move |call| match call.operation {
                Operation::Delete => Err(error(kind, effect)),
                _ => Ok(()),
            });
            let log = fake.log();
            let settled = delete(&fake.bare(), ["a", "b", "c", "d"], &at_once(4)).await;
            let word = if effect == Effect::None {
                "failed"
            } else {
                "unknown"
            };
            assert_eq!(words(&settled), [word; 4], "{kind} {effect}");
            assert_eq!(log.deletes().len(), 1, "{kind} {effect}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn batch_that_the_vendor_fails_for_is_tried_apart_if_it_answers_reads() {
    let fake = Fake::new(4).answering(|call| match call.ids.join(",") {
        ids if call.operation == Operation::Delete && ids.contains('c') => {
            Err(error(ErrorKind::Server, Effect::Unknown))
        }
        _ => Ok(()),
    });
    let log = fake.log();
    let settled = delete(&fake.bare(), ["a", "b", "c", "d"], &at_once(1)).await;
    assert_eq!(
        words(&settled),
        ["deleted", "deleted", "unknown", "deleted"]
    );
    assert_eq!(log.deletes(), ["a,b,c,d", "a,b", "c", "d"]);
}

#[tokio::test(start_paused = true)]
async fn splitting_stops_when_the_vendor_rejects_everything() {
    let refused = || error(ErrorKind::InvalidInput, Effect::None).with_status(400);
    let fake = Fake::new(16).answering(move |_| Err(refused()));
    let log = fake.log();
    let settled = delete(&fake.bare(), (0..160).map(|id| id.to_string()), &at_once(1)).await;
    assert_eq!(words(&settled), ["failed"; 160]);
    // Two batches are split to the end, the other eight are not.
    assert_eq!(log.count(), 2 * 31 + 8);
}

#[tokio::test(start_paused = true)]
async fn single_failures_for_other_reasons_do_not_stop_splitting() {
    let fake = Fake::new(2).answering(|call| match call.ids.join(",").as_str() {
        "good" => Ok(()),
        ids if ids.contains(',') => Err(error(ErrorKind::InvalidInput, Effect::None)),
        _ => Err(error(ErrorKind::Conflict, Effect::None)),
    });
    let log = fake.log();
    let ids = ["a", "b", "c", "d", "e", "good"];
    let settled = delete(&fake.bare(), ids, &at_once(1)).await;
    assert_eq!(words(&settled)[..5], ["failed"; 5]);
    assert_eq!(words(&settled)[5], "deleted");
    assert_eq!(reason(&settled[4]).kind(), ErrorKind::Conflict);
    assert_eq!(log.ids()[6..], ["e,good", "e", "good"]);
}

#[tokio::test(start_paused = true)]
async fn splitting_stops_after_two_batches_of_single_rejections() {
    let refused = |kind| Err(error(kind, Effect::None));
    let fake = Fake::new(4).answering(move |call| match call.ids.join(",").as_str() {
        "good" => Ok(()),
        "locked" | "closed" => refused(ErrorKind::Conflict),
        _ => refused(ErrorKind::InvalidInput),
    });
    let log = fake.log();
    let batches = ["a b c locked", "d e f closed", "g h i good"];
    let ids = batches.iter().flat_map(|batch| batch.split(' '));
    let settled = delete(&fake.bare(), ids, &at_once(1)).await;
    // Six were refused by themselves before the third batch, two fewer than two batches hold.
    assert_eq!(words(&settled)[..11], ["failed"; 11]);
    assert_eq!(words(&settled)[11], "deleted");
    assert_eq!(
        log.ids()[14..],
        ["g,h,i,good", "g,h", "i,good", "g", "i", "h", "good"]
    );
}

/// The calls after the rejection of a batch of 100 in which these tickets are the reason.
async fn calls_for(sick: BTreeSet<usize>) -> usize {
    let count = sick.len();
    let fake = Fake::new(100).answering(move |call| {
        let mut ids = call.ids.iter().map(|id| id.parse::<usize>().unwrap());
        if ids.any(|id| sick.contains(&id)) {
            Err(error(ErrorKind::InvalidInput, Effect::None).with_status(400))
        } else {
            Ok(())
        }
    });
    let log = fake.log();
    let settled = delete(&fake.bare(), (0..100).map(|id| id.to_string()), &at_once(1)).await;
    let done = settled.iter().filter(|settled| settled.outcome.is_done());
    assert_eq!(done.count(), 100 - count);
    log.count() - 1
}

/// Whichever tickets are the reason: 2k·log₂(n/k) + 2k calls. One costs at most 2·log₂ n, and little more than half of that where
/// it is last.
#[tokio::test(start_paused = true)]
async fn rejected_batch_costs_at_most_two_calls_per_halving_of_each_faulty_ticket() {
    for (count, bound) in [(1, 13), (2, 26), (5, 53), (10, 86), (100, 198)] {
        // Next to each other, apart, and at random.
        let mut draws = vec![
            (0..count).collect(),
            (0..count).map(|place| place * (100 / count)).collect(),
            (100 - count..100).collect(),
        ];
        let random = &mut fastrand::Rng::with_seed(7);
        draws.extend((0..40).map(|_| random.choose_multiple(0..100, count).into_iter().collect()));
        let mut calls = Vec::new();
        for sick in draws {
            calls.push(calls_for(sick).await);
        }
        let (most, sum) = (calls.iter().max().unwrap(), calls.iter().sum::<usize>());
        println!(
            "{count} of 100: {sum} calls in {} runs, at most {most}",
            calls.len()
        );
        assert!(*most <= bound, "{count}: {most}");
    }
    let mut of_one = Vec::new();
    for place in 0..100 {
        of_one.push(calls_for([place].into()).await);
    }
    assert_eq!(
        (of_one.iter().min(), of_one.iter().max()),
        (Some(&8), Some(&13))
    );
    assert!(of_one.iter().sum::<usize>() <= 1050, "{of_one:?}");
}
