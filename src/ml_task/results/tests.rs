//! Results read back: nothing moves to another row, and nothing is lost in silence.

use super::*;
use crate::clock::Timestamp;
use crate::credits::Credits;
use crate::id::RowId;
use crate::ml_task::form::Form;
use crate::ml_task::record::{Status, Tally};

/// A stretch that never was a task's: its rows, its predictions, and a fault of each of some rows.
pub(in crate::ml_task) fn one_stretch(input: &str, output: &str, rejected: &[u64]) -> Stretch {
    let read = results(input, "", "", 0).next_stretch(Portion::ALL).unwrap().unwrap();
    let of = |row: &u64| FAULT.replace("\"row\":2", &format!("\"row\":{row}"));
    let fault = |row| Fault {
        field: "f".into(),
        message: "m".into(),
        ..serde_json::from_str(&of(row)).unwrap()
    };
    let faults = rejected.iter().map(fault).collect();
    Stretch { faults, lines: Some(output.to_owned()), ..read }
}

fn results(input: &str, output: &str, faults: &str, n_predicted: u64) -> Results {
    let now = Timestamp::from_millis(0);
    let n_given = input.lines().count() as u64;
    let task = MLTask {
        id: RowId::from_number(1),
        user_id: RowId::from_number(1),
        model_id: "any".into(),
        model_version: "1".into(),
        form: Form::Table,
        status: Status::Succeeded,
        tally: Tally { n_given, n_predicted, n_rejected: n_given - n_predicted },
        price: Credits::ZERO,
        cost: Credits::ZERO,
        error: None,
        transaction_id: None,
        hold_id: None,
        job_id: None,
        request_id: None,
        compute_us: None,
        created_at: now,
        started_at: None,
        finished_at: Some(now),
    };
    let inline = |text: &str| Some(Content::Inline(text.as_bytes().to_vec()));
    let contents =
        Contents { input: inline(input), output: inline(output), faults: inline(faults) };
    let folder = tempfile::tempdir().unwrap();
    let inputs = Inputs::Numbers(Range::new(-9.0, 9.0));
    Results::open(&task, contents, &Files::below(folder.path()), &inputs).unwrap()
}

const FAULT: &str = r#"{"row":2,"line":2,"field":"a","value":"x","code":"x","message":"x"}"#;

#[test]
fn a_fault_that_cannot_be_read_moves_no_prediction() {
    let mut torn = results("1\n2\n3\n", "2\n6\n", "{\"row\":2,\n", 2);
    for _ in 0..3 {
        assert!(matches!(torn.next_of(Only::All), Err(Error::Internal(_))));
    }
    assert!(results("1\n2\n3\n", "2\n6\n", "torn\n", 2).pass(Only::All, 3).is_err());
}

#[test]
fn a_prediction_that_was_paid_for_and_is_not_there_is_an_error() {
    let mut short = results("1\n2\n3\n", "2\n", FAULT, 2);
    let first = short.next_of(Only::All).unwrap().unwrap();
    let inputs = vec![1.0];
    assert_eq!(first.outcome, RowOutcome::Predicted { inputs, numbers: vec![2.0] });
    let second = short.next_of(Only::All).unwrap().unwrap();
    assert!(matches!(&second.outcome, RowOutcome::Rejected(faults) if faults.len() == 1));
    assert!(matches!(short.next_of(Only::All), Err(Error::Internal(_))));
    // Of a task that failed nothing is there, and nothing is missing.
    let mut failed = results("1\n2\n3\n", "", FAULT, 0);
    for n_faults in [0, 1, 0] {
        let row = failed.next_of(Only::Rejected).unwrap().unwrap();
        assert!(matches!(&row.outcome, RowOutcome::Rejected(found) if found.len() == n_faults));
    }
    assert_eq!(failed.next_of(Only::All).unwrap(), None);
    assert_eq!(results("1\n2\n3\n", "", "", 0).next_of(Only::Predicted).unwrap(), None);
}

#[test]
fn a_stretch_has_what_came_of_each_of_its_rows() {
    // The second row has two faults.
    let faults = [FAULT, FAULT].join("\n");
    let mut results = results("1\n2\n3\n", "2\n6\n", &faults, 2);
    let two = Portion { rows_max: 2, ..Portion::ALL };
    let first = results.next_stretch(two).unwrap().unwrap();
    assert_eq!((first.cells.len(), first.lines.as_deref()), (2, Some("2\n")));
    assert_eq!(first.faults.iter().map(|fault| fault.row).collect::<Vec<_>>(), [2, 2]);
    let last = results.next_stretch(two).unwrap().unwrap();
    assert_eq!((last.first_row, last.lines.as_deref()), (3, Some("6\n")));
    assert!(last.faults.is_empty());
    assert!(results.next_stretch(two).unwrap().is_none());
}

#[test]
fn faults_end_a_stretch_as_cells_do() {
    let (mut input, mut faults, n_rows) = (String::new(), String::new(), 200);
    let long = "x".repeat(500);
    for row in 1..=n_rows {
        input += "1\n";
        // Nothing is wrong with some rows in the middle.
        if !(90..150).contains(&row) {
            let fault = FAULT.replace("\"row\":2", &format!("\"row\":{row}"));
            faults += &fault.replace("\"value\":\"x\"", &format!("\"value\":\"{long}\""));
            faults.push('\n');
        }
    }
    let mut results = results(&input, &"2\n".repeat(60), &faults, 60);
    let portion = Portion { bytes_max: 40_000, ..Portion::ALL };
    let (mut next_row, mut n_faults, mut n_lines) = (1, 0, 0);
    while let Some(stretch) = results.next_stretch(portion).unwrap() {
        assert_eq!(stretch.first_row, next_row);
        let n_bytes: usize = stretch.faults.iter().map(Fault::n_bytes).sum();
        assert!(n_bytes < 40_000 + FAULTY_ROWS_MAX * 1_000, "{n_bytes}");
        next_row += stretch.cells.len() as u64;
        n_faults += stretch.faults.len();
        n_lines += stretch.lines.unwrap().lines().count();
    }
    assert_eq!((next_row, n_faults, n_lines), (n_rows + 1, 140, 60));
}

#[test]
fn a_stretch_of_which_something_is_lost_is_an_error() {
    for (output, faults) in [("2\n", FAULT), ("2\n6\n", "torn\n"), ("2\n", "")] {
        let mut damaged = results("1\n2\n3\n", output, faults, 2);
        let read = damaged.next_stretch(Portion::ALL);
        assert!(matches!(read.map(drop), Err(Error::Internal(_))), "{output:?} {faults:?}");
    }
    let mut failed = results("1\n2\n3\n", "", FAULT, 0);
    let all = failed.next_stretch(Portion::ALL).unwrap().unwrap();
    assert_eq!((all.cells.len(), all.lines, all.faults.len()), (3, None, 1));
}
