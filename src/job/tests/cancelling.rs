//! Jobs that are cancelled, before, while and after they run.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_job_is_cancelled_at_once() {
    let house = House::new();
    let jobs = house.queue(1, done);
    let id = jobs.submit::<Scripted>(Some(user(1)), 4).await.unwrap();
    let waiting = tokio::spawn({
        let jobs = jobs.clone();
        async move { jobs.wait(id).await }
    });
    let view = jobs.cancel(Whose::User(user(1)), id).await.unwrap();
    assert_eq!((view.status, view.attempt), (Status::Cancelled, 0));
    assert_eq!(soon(waiting).await.unwrap().unwrap(), view);
    // Once more changes nothing, and releases nothing twice.
    assert_eq!(jobs.cancel(Whose::Anyone, id).await.unwrap(), view);
    assert_eq!(house.notes(), ["released 4 Cancelled"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_is_cancelled_when_its_kind_looks() {
    let house = House::new();
    let (gate, hold) = gate();
    let jobs = house.queue(1, move |_, context| {
        hold(context);
        context.check()?;
        done(0, context)
    });
    jobs.start().await.unwrap();
    let id = jobs.submit::<Scripted>(Some(user(1)), 4).await.unwrap();
    gate.wait_until_begun();
    let view = jobs.cancel(Whose::Anyone, id).await.unwrap();
    assert_eq!((view.status, view.cancel_requested), (Status::Running, true));
    gate.go.send(()).unwrap();
    let view = ended(&jobs, id).await;
    assert_eq!((view.status, view.error), (Status::Cancelled, None));
    assert_eq!(house.notes(), ["released 4 Cancelled"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancels_progress_and_watchers_never_wait_for_each_other_in_a_ring() {
    let house = House::new();
    let jobs = house.queue(4, |_, context| {
        for n in 0..100_000 {
            context.progress(f64::from(n % 100) / 100.0, "at work");
            context.check()?;
        }
        done(0, context)
    });
    jobs.start().await.unwrap();
    for _ in 0..50 {
        let id = jobs.submit::<Scripted>(Some(user(1)), 4).await.unwrap();
        let mut watch = jobs.watch(Whose::Anyone, id).await.unwrap();
        soon(watch.next()).await.unwrap();
        // Sometimes before it is claimed, sometimes as it begins, sometimes in the middle.
        soon(jobs.cancel(Whose::Anyone, id)).await.unwrap();
        let view = soon(jobs.wait(id)).await.unwrap();
        assert!(view.status.is_final());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_cancelled_as_it_is_claimed_is_told_at_once() {
    let house = House::new();
    let jobs = house.queue(1, |_, context| Err(until_told(context).into()));
    let id = jobs.submit::<Scripted>(Some(user(1)), 4).await.unwrap();
    // The row is claimed while the queue itself knows of no run: the moment in between.
    let claimed = house.claim().unwrap();
    let view = jobs.cancel(Whose::Anyone, id).await.unwrap();
    assert_eq!((view.status, view.cancel_requested), (Status::Running, true));
    assert!(jobs.takes_news(), "the runner was not told to look");
    drop(claimed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_job_that_fails_is_not_tried_again() {
    let house = House::new();
    let jobs = house.queue(1, move |_, context| {
        until_told(context);
        Err(broken())
    });
    jobs.start().await.unwrap();
    let id = jobs.submit::<Scripted>(Some(user(1)), 4).await.unwrap();
    until_status(&jobs, id, Status::Running, 1).await;
    jobs.cancel(Whose::Anyone, id).await.unwrap();
    let view = ended(&jobs, id).await;
    assert_eq!((view.status, view.attempt), (Status::Cancelled, 1));
    assert_eq!(house.notes(), ["released 4 Cancelled"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn success_stands_when_the_kind_ignores_a_cancel_or_was_quicker() {
    let house = House::new();
    let (jobs, gate) = house.held();
    jobs.start().await.unwrap();
    let id = jobs.submit::<Scripted>(Some(user(1)), 4).await.unwrap();
    gate.wait_until_begun();
    jobs.cancel(Whose::Anyone, id).await.unwrap();
    gate.go.send(()).unwrap();
    let view = ended(&jobs, id).await;
    assert_eq!(view.status, Status::Succeeded);
    assert_eq!(jobs.cancel(Whose::Anyone, id).await.unwrap(), view);
    assert_eq!(house.notes(), ["effect"]);
}
