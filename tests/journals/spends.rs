//! Never more changes than the limit, in any window.

use rectify::journal::{Full, Spent, Window};

use crate::stores::{Fixture, minute, minutes};

over_every_store![
    changes_are_counted_until_they_leave_the_window,
    it_is_told_when_there_is_room,
    accounts_are_apart,
    several_limits_hold_at_once_and_a_short_window_forgets_nothing_of_a_long_one,
    many_that_spend_never_spend_too_much,
];

async fn changes_are_counted_until_they_leave_the_window(fixture: Fixture) {
    let ledger = fixture.ledger();
    let spend = async |changes, at| ledger.spend("1", changes, 10, minutes(60), minute(at)).await.unwrap();
    assert_eq!(spend(4, 0).await, Spent::Yes);
    assert_eq!(spend(6, 30).await, Spent::Yes);
    assert_eq!(spend(0, 30).await, Spent::Yes);
    // Minute 0 ends with minute 1, and leaves the window an hour later.
    assert_eq!(spend(1, 30).await, Spent::No { used: 10, free_at: Some(minute(61)) });
    assert_eq!(spend(1, 60).await, Spent::No { used: 10, free_at: Some(minute(61)) });
    assert_eq!(spend(5, 61).await, Spent::No { used: 6, free_at: Some(minute(91)) });
    assert_eq!(spend(4, 61).await, Spent::Yes, "none of those that were refused counts");
    assert_eq!(spend(11, 600).await, Spent::No { used: 0, free_at: None }, "it never fits");
    assert_eq!(spend(10, 600).await, Spent::Yes);
}

async fn it_is_told_when_there_is_room(fixture: Fixture) {
    let ledger = fixture.ledger();
    let spend = async |changes, at| ledger.spend("1", changes, 3, minutes(10), minute(at)).await.unwrap();
    for at in 0..3 {
        assert_eq!(spend(1, at).await, Spent::Yes);
    }
    for changes in 1..=3 {
        let free_at = Some(minute(10 + i64::from(changes)));
        assert_eq!(spend(changes, 3).await, Spent::No { used: 3, free_at });
        assert!(matches!(spend(changes, 9 + i64::from(changes)).await, Spent::No { .. }));
    }
    assert_eq!(spend(3, 13).await, Spent::Yes);
    // Another machine's clock is behind: what it does not know of yet counts, with what has not left its own window.
    assert_eq!(spend(1, 5).await, Spent::No { used: 6, free_at: Some(minute(24)) });
}

async fn several_limits_hold_at_once_and_a_short_window_forgets_nothing_of_a_long_one(fixture: Fixture) {
    let ledger = fixture.ledger();
    let (hour, day) = (Window { limit: 3, length: minutes(60) }, Window { limit: 5, length: minutes(24 * 60) });
    let spend = async |changes, at| ledger.spend_within("1", changes, &[hour, day], minute(at)).await.unwrap();
    assert_eq!(spend(3, 0).await, None);
    assert_eq!(spend(1, 1).await, Some(Full { window: hour, used: 3, free_at: Some(minute(61)) }));
    assert_eq!(spend(2, 61).await, None);
    assert_eq!(spend(1, 122).await, Some(Full { window: day, used: 5, free_at: Some(minute(24 * 60 + 1)) }));
    // Whoever asks for the hour alone finds it empty, and what is spent so counts in the day of the others.
    assert_eq!(ledger.spend("1", 1, 3, minutes(60), minute(122)).await.unwrap(), Spent::Yes);
    let full = Full { window: day, used: 6, free_at: Some(minute(24 * 60 + 62)) };
    assert_eq!(spend(1, 24 * 60).await.map(|full| full.used), Some(6), "none of those that were refused counts");
    assert_eq!(spend(4, 24 * 60).await, Some(Full { window: hour, used: 0, free_at: None }), "it never fits");
    assert_eq!(spend(3, 24 * 60).await, Some(full));
    assert_eq!(spend(2, 24 * 60 + 1).await, None);
}

async fn accounts_are_apart(fixture: Fixture) {
    let ledger = fixture.ledger();
    for account in ["1", "11", "2"] {
        assert_eq!(ledger.spend(account, 1, 1, minutes(60), minute(0)).await.unwrap(), Spent::Yes);
        let refused = fixture.other_ledger().spend(account, 1, 1, minutes(60), minute(0)).await.unwrap();
        assert_eq!(refused, Spent::No { used: 1, free_at: Some(minute(61)) });
    }
}

async fn many_that_spend_never_spend_too_much(fixture: Fixture) {
    let tasks: Vec<_> = (0..24)
        .map(|_| {
            let ledger = fixture.other_ledger();
            tokio::spawn(async move { ledger.spend("1", 2, 21, minutes(60), minute(0)).await.unwrap() })
        })
        .collect();
    let (mut spent, mut refused) = (0, 0);
    for task in tasks {
        match task.await.unwrap() {
            Spent::Yes => spent += 2,
            Spent::No { used, .. } => {
                assert_eq!(used, 20);
                refused += 1;
            }
        }
    }
    assert_eq!((spent, refused), (20, 14), "as much as there is, and no more");
}
