//! One row in JSON: a record with names, or a list, read in one go. Nothing is built of it but what
//! the row is for: each cell is a piece of the text it came in.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::ml::intake::layout::{Layout, Name, column_named};

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// A number of the model.
    Number(usize),
    /// The column at this place, which the model does not take.
    Other(usize),
}

/// The names that records have beside the model's own, as they come.
#[derive(Debug, Default)]
pub(super) struct Names {
    known: HashMap<Box<str>, Known>,
    /// Those of columns that are new, behind the layout's.
    new: Vec<Name>,
    n_before: usize,
    columns_max: usize,
    is_full: bool,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    target: Target,
    /// The row in which it last stood.
    row: u64,
}

impl Names {
    pub(super) fn beside(layout: &Layout, columns_max: usize) -> Self {
        Self { n_before: layout.names().len(), columns_max, ..Self::default() }
    }

    /// Whether there are more than a table may have.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Forgets in which rows names stood, before the rows are read again.
    pub(super) fn forget_rows(&mut self) {
        self.known.values_mut().for_each(|known| known.row = 0);
    }

    pub(super) fn new_ones(&self) -> &[Name] {
        &self.new
    }

    /// The name of a column beside the model's.
    pub(super) fn name<'a>(&'a self, layout: &'a Layout, place: usize) -> &'a str {
        let new = || self.new.get(place - self.n_before);
        layout.names().get(place).or_else(new).map_or("row", AsRef::as_ref)
    }

    /// What `name` stands for, and whether it stood in this row before; `None` if there are too
    /// many names.
    fn find(&mut self, layout: &Layout, name: &str, row: u64) -> Option<(Target, bool)> {
        if let Some(known) = self.known.get_mut(name) {
            let is_repeated = known.row == row;
            known.row = row;
            return Some((known.target, is_repeated));
        }
        let target = match column_named(layout.inputs().columns(), name) {
            Some(number) => Target::Number(number),
            None => Target::Other(self.place_of(layout, name)?),
        };
        if let Entry::Vacant(entry) = self.known.entry(name.into()) {
            entry.insert(Known { target, row });
        }
        Some((target, false))
    }

    fn place_of(&mut self, layout: &Layout, name: &str) -> Option<usize> {
        if let Some(place) = layout.names().iter().position(|known| known == name) {
            return Some(place);
        }
        let place = self.n_before + self.new.len();
        if place >= self.columns_max {
            self.is_full = true;
            return None;
        }
        self.new.push(name.to_owned().into());
        Some(place)
    }
}

/// What was found in a row: pieces of the text.
#[derive(Debug, Default)]
pub(super) struct Found<'t> {
    /// By the number they are for the model, if it has names; else as they come, by their column.
    pub(super) numbers: Vec<(usize, Option<&'t str>)>,
    /// What the model does not take, and all that is not kept otherwise, by its column.
    pub(super) others: Vec<(usize, &'t str)>,
    /// What stood in a record more than once.
    pub(super) repeated: Vec<Target>,
    /// How many values a list has.
    pub(super) n_listed: usize,
}

impl Found<'_> {
    /// Makes room for another row.
    pub(super) fn clear(&mut self, n_numbers: usize) {
        self.numbers.clear();
        self.numbers.extend((0..n_numbers).map(|number| (number, None)));
        self.others.clear();
        self.repeated.clear();
        self.n_listed = 0;
    }
}

/// Reads a record.
pub(super) struct ReadRecord<'r, 't> {
    pub(super) layout: &'r Layout,
    pub(super) names: &'r mut Names,
    pub(super) row: u64,
    pub(super) found: &'r mut Found<'t>,
}

impl<'t> DeserializeSeed<'t> for ReadRecord<'_, 't> {
    type Value = ();

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'t> Visitor<'t> for ReadRecord<'_, 't> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { layout, names, row, found } = self;
        let takes_any = layout.inputs().takes_any();
        let mut next = 0;
        loop {
            let key = ReadName { layout, names: &mut *names, row, next };
            let Some((target, mut is_repeated)) = map.next_key_seed(key)? else { return Ok(()) };
            let value = map.next_value::<&'t RawValue>()?.get();
            match target {
                Target::Number(number) => {
                    next = number + 1;
                    let old = found.numbers[number].1.replace(value);
                    // Two spellings of one name are one name.
                    is_repeated |= old.is_some();
                }
                Target::Other(place) if takes_any => found.numbers.push((place, Some(value))),
                Target::Other(place) => found.others.push((place, value)),
            }
            if is_repeated {
                found.repeated.push(target);
            }
        }
    }
}

/// Reads the name of a field without copying it.
struct ReadName<'r> {
    layout: &'r Layout,
    names: &'r mut Names,
    row: u64,
    /// The number that comes next, if the record is in the model's order.
    next: usize,
}

impl<'t> DeserializeSeed<'t> for ReadName<'_> {
    type Value = (Target, bool);

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for ReadName<'_> {
    type Value = (Target, bool);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        let columns = self.layout.inputs().columns();
        let is_it = |number: &usize| columns.get(*number).is_some_and(|c| c.name == name);
        let spelled = || (0..columns.len()).find(is_it);
        if let Some(number) = Some(self.next).filter(is_it).or_else(spelled) {
            return Ok((Target::Number(number), false));
        }
        let found = self.names.find(self.layout, name, self.row);
        found.ok_or_else(|| E::custom("too many names"))
    }
}

/// Reads a list.
pub(super) struct ReadList<'r, 't> {
    pub(super) layout: &'r Layout,
    pub(super) found: &'r mut Found<'t>,
    /// The number that each cell is.
    pub(super) number_at: &'r [Option<usize>],
    /// Cells that are looked at; the others are counted.
    pub(super) n_max: usize,
}

impl<'t> DeserializeSeed<'t> for ReadList<'_, 't> {
    type Value = ();

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'t> Visitor<'t> for ReadList<'_, 't> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut list: A) -> Result<(), A::Error> {
        let Self { layout, found, number_at, n_max } = self;
        while found.n_listed < n_max {
            let Some(value) = list.next_element::<&'t RawValue>()? else { return Ok(()) };
            found.put(layout, number_at, value.get());
        }
        while list.next_element::<IgnoredAny>()?.is_some() {
            found.n_listed += 1;
        }
        Ok(())
    }
}

impl<'t> Found<'t> {
    /// The next cell of a row without names.
    pub(super) fn put(&mut self, layout: &Layout, number_at: &[Option<usize>], value: &'t str) {
        let at = self.n_listed;
        self.n_listed += 1;
        if layout.inputs().takes_any() {
            self.numbers.push((at, Some(value)));
            return;
        }
        match number_at.get(at).copied().flatten() {
            Some(number) => self.numbers[number].1 = Some(value),
            None => self.others.push((at, value)),
        }
    }
}
