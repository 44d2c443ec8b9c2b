//! Ids in paths: text of another kind is no match, so the answer is the 404 of an unknown thing.

use rocket::request::FromParam;

use crate::id::{WrongId, for_each_id};

macro_rules! read_ids_from_paths {
    ($($name:ident $prefix:literal $what:literal,)+) => {$(
        impl<'a> FromParam<'a> for crate::id::$name {
            type Error = WrongId;
            fn from_param(text: &'a str) -> Result<Self, WrongId> {
                text.parse()
            }
        }
    )+};
}
for_each_id!(read_ids_from_paths);
