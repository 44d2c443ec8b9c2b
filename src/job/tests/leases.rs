//! Leases: what becomes of a job whose worker is gone, slow or told to stop.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_lost_its_lease_changes_nothing() {
    let house = House::new();
    let (gate, hold) = gate();
    let jobs = house.queue(1, move |_, context| {
        hold(context);
        Ok(Outcome::new("late")?.with_effect(|tx| note(tx, "late effect")))
    });
    jobs.start().await.unwrap();
    let id = jobs.submit::<Scripted>(Some(user(1)), 0).await.unwrap();
    assert_eq!(gate.wait_until_begun(), 1);
    let (rules, row, now) = (jobs.rules(), house.row(id), house.clock.now());
    let taken_over = house.database.write(move |tx| {
        rules.fail(tx, &row, &Defeat::retry("taken over"))?;
        turn::claim(tx, &["scripted"], now.plus_s(60), now.plus_s(90))
    });
    let taken_over = taken_over.await.unwrap().unwrap();
    assert_eq!((taken_over.id, taken_over.attempt), (id, 2));
    gate.go.send(()).unwrap();
    while !jobs.runs().is_empty() {
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(house.row(id), taken_over);
    assert_eq!(house.notes(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_of_life_that_finds_no_lease_stops_the_run_and_others_keep_theirs() {
    let house = House::new();
    let (stopped, told) = channel();
    let stopped = Mutex::new(stopped);
    let kinds = kinds(move |n, context| {
        let word = until_told(context);
        stopped.lock().unwrap().send(n).unwrap();
        Err(word.into())
    });
    let settings = Settings {
        slots: 2.try_into().unwrap(),
        lease: Duration::from_secs(2),
        pauses: vec![Duration::from_mins(10)],
    };
    let jobs = Jobs::new(house.database.clone(), Clock::system(), kinds, settings);
    jobs.start().await.unwrap();
    let kept = jobs.submit::<Scripted>(Some(user(1)), 1).await.unwrap();
    let lost = jobs.submit::<Scripted>(Some(user(2)), 2).await.unwrap();
    until_status(&jobs, kept, Status::Running, 1).await;
    until_status(&jobs, lost, Status::Running, 1).await;
    let (rules, row) = (jobs.rules(), house.row(lost));
    let take = move |tx: &Tx<'_>| rules.fail(tx, &row, &Defeat::retry("taken over"));
    house.database.write(take).await.unwrap();
    assert_eq!(told.recv_timeout(PATIENCE), Ok(2));
    sleep(Duration::from_secs(3)).await;
    let row = house.row(kept);
    assert_eq!((row.status, row.attempt), (Status::Running, 1));
    assert_eq!(house.row(lost).status, Status::Queued);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_ran_out_costs_an_attempt() {
    let house = House::new();
    let kinds = kinds(done);
    let settings = Settings { lease: Duration::from_millis(90), ..Settings::default() };
    let settings = Settings { pauses: vec![Duration::ZERO], ..settings };
    let jobs = Jobs::new(house.database.clone(), Clock::system(), kinds, settings);
    jobs.start().await.unwrap();
    // A worker that nobody hears of: its job is in no list of runs.
    let now = house.clock.now();
    let own = jobs.clone();
    let claimed = house.database.write(move |tx| {
        own.enqueue::<Scripted>(tx, Some(user(1)), &0)?;
        turn::claim(tx, &["scripted"], now.plus_s(60), now)
    });
    let id = claimed.await.unwrap().unwrap().id;
    let view = ended(&jobs, id).await;
    assert_eq!((view.status, view.attempt), (Status::Succeeded, 2));
}

#[test]
fn a_killed_process_costs_an_attempt_and_its_ghost_changes_nothing() {
    let house = House::new();
    let (gate, hold) = gate();
    let jobs = house.queue(1, move |_, context| {
        hold(context);
        Ok(Outcome::new("ghost")?.with_effect(|tx| note(tx, "ghost effect")))
    });
    let runtime = Runtime::new().unwrap();
    runtime.block_on(jobs.start()).unwrap();
    let id = runtime.block_on(jobs.submit::<Scripted>(Some(user(1)), 0)).unwrap();
    gate.wait_until_begun();
    runtime.shutdown_background();
    let ghost = jobs;

    let next = House {
        database: Database::open(house.folder.path()).unwrap(),
        folder: house.folder,
        clock: Clock::system(),
    };
    let runtime = Runtime::new().unwrap();
    let jobs = next.queue(1, |_, context| {
        let n = context.attempt();
        Ok(Outcome::new(n)?.with_effect(move |tx| note(tx, &format!("effect of {n}"))))
    });
    runtime.block_on(jobs.start()).unwrap();
    let view = runtime.block_on(ended(&jobs, id));
    assert_eq!((view.attempt, view.result), (2, Some(json!(2))));
    gate.go.send(()).unwrap();
    while !ghost.runs().is_empty() {
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(next.row(id).result.as_deref(), Some("2"));
    assert_eq!(next.notes(), ["effect of 2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_process_is_killed_three_times_is_dead_and_released_once() {
    let house = House::new();
    let jobs = house.queue(1, done);
    let id = jobs.submit::<Scripted>(Some(user(1)), 6).await.unwrap();
    for attempt in 1..=3 {
        assert_eq!(house.claim().unwrap().attempt, attempt);
        runner::recover(&jobs).await.unwrap();
    }
    runner::recover(&jobs).await.unwrap();
    let row = house.row(id);
    assert_eq!((row.status, row.error.as_deref()), (Status::Dead, Some(ending::SERVER_ENDED)));
    assert_eq!(house.claim(), None);
    assert_eq!(house.notes(), ["released 6 Dead"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_gives_the_attempt_back_to_those_who_listen() {
    let house = House::new();
    let (gate, hold) = gate();
    let act = move |n, context: &Context| {
        if n == 1 {
            return Err(until_told(context).into());
        }
        hold(context);
        done(n, context)
    };
    let jobs = house.queue(2, act);
    jobs.start().await.unwrap();
    let listens = jobs.submit::<Scripted>(Some(user(1)), 1).await.unwrap();
    let deaf = jobs.submit::<Scripted>(Some(user(2)), 2).await.unwrap();
    let late = jobs.submit::<Scripted>(Some(user(3)), 3).await.unwrap();
    gate.wait_until_begun();
    until_status(&jobs, listens, Status::Running, 1).await;
    let waiting = tokio::spawn({
        let jobs = jobs.clone();
        async move { jobs.wait(late).await }
    });
    assert_eq!(jobs.stop(Duration::from_millis(500)).await, 1);
    assert!(matches!(soon(waiting).await.unwrap(), Err(Error::Unavailable(_))));
    for (id, status, attempt) in
        [(listens, Status::Queued, 0), (deaf, Status::Running, 1), (late, Status::Queued, 0)]
    {
        assert_eq!((house.row(id).status, house.row(id).attempt), (status, attempt));
    }
    assert_eq!(house.notes(), [""; 0]);

    let jobs = house.queue(2, done);
    jobs.start().await.unwrap();
    for (id, attempt) in [(listens, 1), (deaf, 2), (late, 1)] {
        let view = ended(&jobs, id).await;
        assert_eq!((view.status, view.attempt), (Status::Succeeded, attempt));
    }
}
