//! Whoever follows a job, and what it says of itself.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_sees_progress_in_order_and_the_end_last() {
    let house = House::new();
    let jobs = house.queue(1, |_, context| {
        for step in 1..=2_000 {
            context.progress(f64::from(step) / 2_000.0, &format!("step {step}"));
        }
        Outcome::new("done")
    });
    let id = jobs.submit::<Scripted>(Some(user(1)), 0).await.unwrap();
    let mut watch = jobs.watch(Whose::User(user(1)), id).await.unwrap();
    assert_eq!(soon(watch.next()).await.unwrap().status, Status::Queued);
    jobs.start().await.unwrap();
    let mut seen = Vec::new();
    while let Some(view) = soon(watch.next()).await {
        seen.push(view);
    }
    assert!(seen.windows(2).all(|two| two[0].progress <= two[1].progress));
    let (last, before) = seen.split_last().unwrap();
    assert_eq!((last.status, &*last.message), (Status::Succeeded, "step 2000"));
    assert!(before.iter().all(|view| view.status == Status::Running));
    drop(watch);
    assert_eq!(jobs.watchers().n_watched(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_who_comes_late_or_leaves_early_is_no_trouble() {
    let house = House::new();
    let (gate, hold) = gate();
    let jobs = house.queue(1, move |_, context| {
        context.progress(0.5, "half");
        hold(context);
        Outcome::new(1)
    });
    jobs.start().await.unwrap();
    let id = jobs.submit::<Scripted>(Some(user(1)), 0).await.unwrap();
    gate.wait_until_begun();
    for _ in 0..3 {
        let mut watch = jobs.watch(Whose::Anyone, id).await.unwrap();
        assert_eq!(soon(watch.next()).await.unwrap().status, Status::Running);
    }
    assert_eq!(jobs.watchers().n_watched(), 0);
    // Progress reaches the row without anybody watching.
    while house.row(id).message != "half" {
        sleep(Duration::from_millis(20)).await;
    }
    gate.go.send(()).unwrap();
    ended(&jobs, id).await;
    let mut late = jobs.watch(Whose::Anyone, id).await.unwrap();
    assert_eq!(soon(late.next()).await.unwrap().status, Status::Succeeded);
    assert_eq!(soon(late.next()).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_outside_its_range_and_long_messages_are_cut_to_size() {
    let house = House::new();
    let jobs = house.queue(1, |_, context| {
        context.progress(f64::NAN, "");
        context.progress(f64::INFINITY, "");
        context.progress(-1.0, &"ü".repeat(1_000));
        Err(Failure::Final(Error::NotFound("dataset")))
    });
    jobs.start().await.unwrap();
    let id = jobs.submit::<Scripted>(None, 0).await.unwrap();
    let view = ended(&jobs, id).await;
    assert_eq!((view.status, view.attempt), (Status::Dead, 1));
    assert_eq!(view.error.as_deref(), Some("there is no such dataset"));
    assert_eq!((view.progress, view.message.chars().count()), (0.0, 200));
}
