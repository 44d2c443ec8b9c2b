//! A forest says what its trees say, and none can be forged that leads a walk astray.

use proptest::prelude::*;

use super::*;

fn split(feature: usize, threshold: f32, below: Branch, above: Branch) -> Branch {
    Branch::Split { feature, threshold, below: Box::new(below), above: Box::new(above) }
}

/// What a tree says, told by the tree itself.
fn answer(tree: &Branch, row: &[f32]) -> f32 {
    match tree {
        Branch::Leaf(value) => *value,
        Branch::Split { feature, threshold, below, above } => {
            answer(if row[*feature] < *threshold { below } else { above }, row)
        }
    }
}

fn trees() -> impl Strategy<Value = Branch> {
    let leaf = (-9_i8..9).prop_map(|value| Branch::Leaf(f32::from(value)));
    leaf.prop_recursive(6, 60, 2, |branch| {
        (0..3_usize, number(), branch.clone(), branch)
            .prop_map(|(feature, at, below, above)| split(feature, at, below, above))
    })
}

/// Thresholds: near one another, and the odd ones among the numbers.
fn number() -> impl Strategy<Value = f32> {
    let odd = vec![0.0, -0.0, f32::MIN_POSITIVE, -f32::MIN_POSITIVE, f32::MAX, f32::MIN];
    prop_oneof![8 => (-4_i8..4).prop_map(f32::from), 1 => prop::sample::select(odd)]
}

/// Cells may be without end, or no numbers at all, of either sign.
fn cell() -> impl Strategy<Value = f32> {
    let odd = vec![f32::INFINITY, f32::NEG_INFINITY, f32::NAN, -f32::NAN];
    prop_oneof![12 => number(), 1 => prop::sample::select(odd)]
}

fn sums(forest: &Forest, rows: &[f32]) -> Vec<f32> {
    let mut sums = vec![0.0; rows.len() / 3 * forest.n_outputs()];
    forest.add_to(rows, &mut sums);
    sums
}

proptest! {
    #[test]
    fn a_forest_says_what_its_trees_say(
        trees in prop::collection::vec(trees(), 0..20),
        n_outputs in 1..4_usize,
        rows in prop_oneof![
            prop::collection::vec([cell(), cell(), cell()], 0..40),
            prop::collection::vec([cell(), cell(), cell()], 240..300),
        ],
    ) {
        let rows = rows.concat();
        let mut forest = Forest::new(3, n_outputs);
        for tree in &trees {
            forest.push(tree);
        }
        let told: Vec<f32> = rows
            .chunks_exact(3)
            .flat_map(|row| {
                let of = |output| trees.iter().skip(output).step_by(n_outputs);
                let sum = move |output| of(output).map(|tree| answer(tree, row)).sum::<f32>();
                (0..n_outputs).map(sum).collect::<Vec<_>>()
            })
            .collect();
        prop_assert_eq!(sums(&forest, &rows), told);
        // One row at a time, and once written down, it is the same forest.
        let each: Vec<f32> = rows.chunks_exact(3).flat_map(|row| sums(&forest, row)).collect();
        prop_assert_eq!(&each, &sums(&forest, &rows));
        let mut writer = Writer::new("forest");
        forest.write(&mut writer);
        let bytes = writer.finish();
        let mut reader = Reader::new(&bytes, "forest").unwrap();
        prop_assert_eq!(Forest::read(&mut reader).unwrap(), forest);
    }

    #[test]
    fn a_forged_forest_is_refused_or_harmless(
        features in prop::collection::vec(0..4_u32, 1..6),
        lefts in prop::collection::vec(0..8_u32, 1..6),
        root in 0..8_u32,
        cell in cell(),
    ) {
        let n = features.len().min(lefts.len());
        let mut writer = Writer::new("forest");
        writer.number(3);
        writer.number(1);
        writer.short_floats(&vec![0.5; n]);
        writer.numbers(&features[..n]);
        writer.numbers(&lefts[..n]);
        writer.short_floats(&vec![1.0; n]);
        writer.numbers(&[root]);
        let bytes = writer.finish();
        if let Ok(forest) = Forest::read(&mut Reader::new(&bytes, "forest").unwrap()) {
            prop_assert_eq!(sums(&forest, &[cell; 60]), vec![1.0; 20]);
        }
    }
}
