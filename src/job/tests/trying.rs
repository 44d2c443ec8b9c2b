//! Jobs that fail and are tried again.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_keeps_failing_is_tried_three_times_with_growing_pauses() {
    let clock = Clock::standing_at(Timestamp::from_millis(1_000_000));
    let house = House::with_clock(clock.clone());
    let n_runs = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&n_runs);
    let kinds = kinds(move |_, _| {
        counter.fetch_add(1, Ordering::SeqCst);
        Err(broken())
    });
    let jobs = Jobs::new(house.database.clone(), clock.clone(), kinds, Settings::default());
    jobs.start().await.unwrap();
    let id = jobs.submit::<Scripted>(Some(user(1)), 7).await.unwrap();
    for (attempt, pause_s) in [(1, 2), (2, 10)] {
        let view = until_status(&jobs, id, Status::Queued, attempt).await;
        assert_eq!(view.error.as_deref(), Some("the moon is in the way"));
        assert_eq!(house.row(id).run_after, clock.now().plus_s(pause_s));
        clock.advance_s(pause_s - 1);
        jobs.wake();
        sleep(Duration::from_millis(30)).await;
        assert_eq!(n_runs.load(Ordering::SeqCst), attempt as usize);
        clock.advance_s(1);
        jobs.wake();
    }
    let view = ended(&jobs, id).await;
    assert_eq!((view.status, view.attempt), (Status::Dead, 3));
    assert_eq!(n_runs.load(Ordering::SeqCst), 3);
    assert_eq!(house.notes(), ["released 7 Dead"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_wakes_by_itself_when_a_pause_is_over() {
    let house = House::new();
    // The next sign of life comes after the test has lost its patience.
    let settings = Settings { lease: PATIENCE * 6, ..Settings::default() };
    let settings = Settings { pauses: vec![Duration::from_millis(50)], ..settings };
    let act =
        |_, context: &Context| if context.attempt() < 3 { Err(broken()) } else { done(0, context) };
    let jobs = Jobs::new(house.database.clone(), Clock::system(), kinds(act), settings);
    jobs.start().await.unwrap();
    let id = jobs.submit::<Scripted>(Some(user(1)), 0).await.unwrap();
    let view = ended(&jobs, id).await;
    assert_eq!((view.status, view.attempt, view.error), (Status::Succeeded, 3, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_costs_an_attempt_and_the_queue_goes_on() {
    let house = House::new();
    let jobs = house.queue(1, |n, context| match (n, context.attempt()) {
        (1, _) | (2, 1) => panic!("a bug in a kind"),
        _ => done(n, context),
    });
    jobs.start().await.unwrap();
    let mut ids = Vec::new();
    for n in 1..=3 {
        ids.push(jobs.submit::<Scripted>(Some(user(n)), n).await.unwrap());
    }
    let dead = ended(&jobs, ids[0]).await;
    assert_eq!((dead.status, dead.attempt), (Status::Dead, 3));
    assert_eq!(dead.error.as_deref(), Some(ending::FAILED_HERE));
    for (id, attempt) in [(ids[1], 2), (ids[2], 1)] {
        let view = ended(&jobs, id).await;
        assert_eq!((view.status, view.attempt), (Status::Succeeded, attempt));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_an_unknown_kind_waits_and_does_not_hold_up_others() {
    let house = House::new();
    let knowing = house.queue_of(1, kinds(done).with(Rare));
    let rare = knowing.submit::<Rare>(Some(user(1)), 5).await.unwrap();
    let jobs = house.queue(1, done);
    jobs.start().await.unwrap();
    let id = jobs.submit::<Scripted>(Some(user(1)), 0).await.unwrap();
    assert_eq!(ended(&jobs, id).await.status, Status::Succeeded);
    let view = jobs.find(Whose::Anyone, rare).await.unwrap();
    assert_eq!((view.status, view.attempt), (Status::Queued, 0));
    // What is set aside for it could not be released, so it may not end here.
    let refused = jobs.cancel(Whose::Anyone, rare).await;
    assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
    assert!(matches!(jobs.submit::<Rare>(Some(user(1)), 5).await, Err(Error::Internal(_))));
    assert_eq!(jobs.stop(Duration::from_secs(5)).await, 0);
    knowing.start().await.unwrap();
    assert_eq!(ended(&knowing, rare).await.result, Some(json!(5)));
}
