//! Whose job runs next, and how many at once.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn one_job_of_a_user_does_not_wait_for_five_hundred_of_another() {
    let house = House::new();
    let order = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&order);
    let jobs = house.queue(1, move |n, context| {
        seen.lock().unwrap().push(context.user_id());
        done(n, context)
    });
    let own = jobs.clone();
    let enqueued = house.database.write(move |tx| {
        for n in 0..500 {
            own.enqueue::<Scripted>(tx, Some(user(1)), &n)?;
        }
        Ok([
            own.enqueue::<Scripted>(tx, Some(user(2)), &0)?,
            own.enqueue::<Scripted>(tx, None, &0)?,
        ])
    });
    let last = enqueued.await.unwrap();
    jobs.start().await.unwrap();
    for id in last {
        ended(&jobs, id).await;
    }
    let order = order.lock().unwrap();
    for whose in [Some(user(2)), None] {
        let place = order.iter().position(|user| *user == whose).unwrap();
        assert!(place < 5, "{place}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn users_who_wait_are_served_in_turn(queue in prop::collection::vec(0..6_i64, 1..40)) {
        let clock = Clock::standing_at(Timestamp::from_millis(1_000));
        let house = House::with_clock(clock.clone());
        let jobs = house.queue(1, done);
        let owner = |n: i64| if n == 0 { None } else { Some(user(n)) };
        let enqueue = {
            let (jobs, queue) = (jobs.clone(), queue.clone());
            move |tx: &Tx<'_>| {
                queue.iter().try_for_each(|n| jobs.enqueue::<Scripted>(tx, owner(*n), n).map(drop))
            }
        };
        house.write(enqueue);
        let mut waiting: HashMap<_, usize> = HashMap::new();
        for n in &queue {
            *waiting.entry(owner(*n)).or_default() += 1;
        }
        let mut served: HashMap<_, usize> = waiting.keys().map(|whose| (*whose, 0)).collect();
        while let Some(job) = house.claim() {
            let rules = jobs.rules();
            let outcome = Outcome::new(0).unwrap();
            let user_id = job.user_id;
            house.write(move |tx| rules.succeed(tx, &job, &outcome));
            *waiting.get_mut(&user_id).unwrap() -= 1;
            *served.get_mut(&user_id).unwrap() += 1;
            for (whose, n_waiting) in &waiting {
                prop_assert!(*n_waiting == 0 || served[whose] + 1 >= served[&user_id]);
            }
            clock.advance_s(1);
        }
        prop_assert!(waiting.values().all(|n_waiting| *n_waiting == 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_jobs_run_at_once_than_there_are_slots() {
    let house = House::new();
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (running, peak) = (Arc::clone(&now), Arc::clone(&most));
    let jobs = house.queue(3, move |n, context| {
        peak.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        thread::sleep(Duration::from_millis(3));
        running.fetch_sub(1, Ordering::SeqCst);
        done(n, context)
    });
    jobs.start().await.unwrap();
    let mut ids = Vec::new();
    for n in 0..60 {
        ids.push(jobs.submit::<Scripted>(Some(user(1 + n % 7)), n).await.unwrap());
    }
    for id in ids {
        assert_eq!(ended(&jobs, id).await.status, Status::Succeeded);
    }
    let most = most.load(Ordering::SeqCst);
    assert!((1..=3).contains(&most), "{most}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_job_runs_once_while_sixty_four_threads_enqueue() {
    let house = House::new();
    let n_runs = Arc::new(Mutex::new(HashMap::<i64, usize>::new()));
    let counter = Arc::clone(&n_runs);
    let jobs = house.queue(4, move |n, _| {
        *counter.lock().unwrap().entry(n).or_default() += 1;
        Ok(Outcome::new(n)?.with_effect(move |tx| note(tx, &n.to_string())))
    });
    jobs.start().await.unwrap();
    let threads: Vec<_> = (0..64)
        .map(|n| {
            let (jobs, database) = (jobs.clone(), house.database.clone());
            thread::spawn(move || {
                let enqueue = |k| {
                    let jobs = jobs.clone();
                    database
                        .write_here(move |tx| {
                            jobs.enqueue::<Scripted>(tx, Some(user(1 + n % 9)), &(n * 10 + k))
                        })
                        .unwrap()
                };
                (0..5).map(enqueue).collect::<Vec<_>>()
            })
        })
        .collect();
    let mut ids = Vec::new();
    for thread in threads {
        ids.extend(tokio::task::spawn_blocking(|| thread.join().unwrap()).await.unwrap());
    }
    for id in ids {
        let view = ended(&jobs, id).await;
        assert_eq!((view.status, view.attempt), (Status::Succeeded, 1));
    }
    assert_eq!(house.notes().len(), 320);
    let n_runs = n_runs.lock().unwrap();
    assert_eq!((n_runs.len(), n_runs.values().max()), (320, Some(&1)));
}
