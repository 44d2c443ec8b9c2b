//! Values on their way into a statement and out of a row. The engine's own types stop here.

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef};

use crate::clock::Timestamp;
use crate::credits::Credits;
use crate::error::{Error, Result};
use crate::id::{RowId, for_each_id};

/// One value bound to a placeholder.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Param<'a> {
    /// Nothing.
    Null,
    /// A whole number, a row number, a time, a truth.
    Integer(i64),
    /// A number.
    Real(f64),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Blob(&'a [u8]),
}

/// A [`Param`] that owns what it holds, for statements that travel to another thread.
#[derive(Debug, Clone, PartialEq)]
pub enum OwnedParam {
    /// Nothing.
    Null,
    /// A whole number, a row number, a time, a truth.
    Integer(i64),
    /// A number.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl From<Param<'_>> for OwnedParam {
    fn from(param: Param<'_>) -> Self {
        match param {
            Param::Null => Self::Null,
            Param::Integer(number) => Self::Integer(number),
            Param::Real(number) => Self::Real(number),
            Param::Text(text) => Self::Text(text.to_owned()),
            Param::Blob(bytes) => Self::Blob(bytes.to_vec()),
        }
    }
}

/// The borrowed form of a list of owned values.
pub(super) fn borrowed(params: &[OwnedParam]) -> Vec<Param<'_>> {
    params
        .iter()
        .map(|param| match param {
            OwnedParam::Null => Param::Null,
            OwnedParam::Integer(number) => Param::Integer(*number),
            OwnedParam::Real(number) => Param::Real(*number),
            OwnedParam::Text(text) => Param::Text(text),
            OwnedParam::Blob(bytes) => Param::Blob(bytes),
        })
        .collect()
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(number),
            Self::Real(number) => ValueRef::Real(number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// Anything that can be bound: `params![user_id, name, now]` calls this on each value.
pub(crate) trait Bind {
    /// The value as the statement takes it.
    fn bind(&self) -> Param<'_>;
}

/// The values of a statement's placeholders, in order: `params![user_id, name]`.
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$($crate::database::bind(&$value)),*][..]
    };
}
pub(crate) use params;

/// What `params!` calls; a function so that the trait need not be imported.
pub(crate) fn bind<B: Bind + ?Sized>(value: &B) -> Param<'_> {
    value.bind()
}

macro_rules! bind_and_read_ids {
    ($($name:ident $prefix:literal $what:literal,)+) => {$(
        impl Bind for crate::id::$name {
            fn bind(&self) -> Param<'_> {
                Param::Integer(self.number())
            }
        }
        impl Column for crate::id::$name {
            fn read(value: Param<'_>) -> Option<Self> {
                i64::read(value).map(Self::from_number)
            }
        }
    )+};
}
for_each_id!(bind_and_read_ids);

impl<B: Bind> Bind for Option<B> {
    fn bind(&self) -> Param<'_> {
        self.as_ref().map_or(Param::Null, Bind::bind)
    }
}

impl<B: Bind + ?Sized> Bind for &B {
    fn bind(&self) -> Param<'_> {
        (**self).bind()
    }
}

macro_rules! bind_as {
    ($($type:ty => |$value:ident| $param:expr;)+) => {$(
        impl Bind for $type {
            fn bind(&self) -> Param<'_> {
                let $value = self;
                $param
            }
        }
    )+};
}

bind_as! {
    i64 => |number| Param::Integer(*number);
    i32 => |number| Param::Integer(i64::from(*number));
    u32 => |number| Param::Integer(i64::from(*number));
    bool => |truth| Param::Integer(i64::from(*truth));
    f64 => |number| Param::Real(*number);
    str => |text| Param::Text(text);
    String => |text| Param::Text(text);
    [u8] => |bytes| Param::Blob(bytes);
    Vec<u8> => |bytes| Param::Blob(bytes);
    [u8; 32] => |bytes| Param::Blob(bytes);
    Credits => |credits| Param::Integer(credits.amount());
    Timestamp => |moment| Param::Integer(moment.millis());
}

/// One row of an answer; columns are read by their place, counted from 0.
pub struct Row<'a> {
    row: &'a rusqlite::Row<'a>,
}

impl<'a> Row<'a> {
    pub(super) fn new(row: &'a rusqlite::Row<'a>) -> Self {
        Self { row }
    }

    /// The value of the column at `place`.
    pub fn get<T: Column>(&self, place: usize) -> Result<T> {
        let value = self.row.get_ref(place).map_err(Error::internal)?;
        T::read(value.into()).ok_or_else(|| {
            Error::internal(format!("column {place} does not hold what the program expects there"))
        })
    }
}

impl<'a> From<ValueRef<'a>> for Param<'a> {
    fn from(value: ValueRef<'a>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(number) => Self::Integer(number),
            ValueRef::Real(number) => Self::Real(number),
            // Text that is not UTF-8 cannot have come from us; as bytes no text column accepts it.
            ValueRef::Text(text) => std::str::from_utf8(text).map_or(Self::Blob(text), Self::Text),
            ValueRef::Blob(bytes) => Self::Blob(bytes),
        }
    }
}

/// Anything that can be read from a column.
pub trait Column: Sized {
    /// The value, or `None` if the column holds something else.
    fn read(value: Param<'_>) -> Option<Self>;
}

impl<T: Column> Column for Option<T> {
    fn read(value: Param<'_>) -> Option<Self> {
        if value == Param::Null { Some(None) } else { T::read(value).map(Some) }
    }
}

macro_rules! read_as {
    ($($type:ty => $($shape:pat => $value:expr),+;)+) => {$(
        impl Column for $type {
            fn read(value: Param<'_>) -> Option<Self> {
                match value {
                    $($shape => $value,)+
                    _ => None,
                }
            }
        }
    )+};
}

read_as! {
    i64 => Param::Integer(number) => Some(number);
    u32 => Param::Integer(number) => u32::try_from(number).ok();
    u64 => Param::Integer(number) => u64::try_from(number).ok();
    bool => Param::Integer(number) => Some(number != 0);
    f64 => Param::Real(number) => Some(number);
    String => Param::Text(text) => Some(text.to_owned());
    Vec<u8> => Param::Blob(bytes) => Some(bytes.to_vec());
    [u8; 32] => Param::Blob(bytes) => bytes.try_into().ok();
    Credits => Param::Integer(number) => Some(Credits::new(number));
    Timestamp => Param::Integer(number) => Some(Timestamp::from_millis(number));
}
