//! jaq's values, with operators that pay for what they look at and for what they make, before they do so: one operator can
//! make a text of any length, and few steps make a value of which each part is shared a million times.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::fmt;
use std::mem::discriminant;
use std::ops::{Add, Div, Mul, Neg, Range, Rem, Sub};

use jaq_core::box_iter::BoxIter;
use jaq_core::path::Opt;
use jaq_core::{Error, Exn, ValR, ValT, ValX};
use jaq_json::{Num, Rc, Val};

use super::budget::{STEPS_PER_ENTRY, spend, spend_bytes, spend_copied, spend_places, spend_value};

/// A value that is paid for.
#[derive(Clone, Debug)]
pub(super) struct Counted(pub(super) Val);

/// A result of jaq's own. Its error may show the operands, which must be paid for.
pub(super) fn counted(result: ValR<Val>) -> ValR<Counted> {
    let failed = |error: Error<Val>| Error::new(Counted(error.into_val()));
    result.map(Counted).map_err(failed)
}

/// Pays for a copy of the list or the object of this value, which is made if others share it.
fn spend_copy(value: &Val) {
    match value {
        Val::Arr(items) => spend_places(items.len()),
        Val::Obj(entries) => spend_places(entries.len().saturating_mul(4)),
        Val::BStr(text) | Val::TStr(text) => spend_bytes(text.len()),
        Val::Null | Val::Bool(_) | Val::Num(_) => spend(1),
    }
}

/// Pays for an index: looking for a list in a list compares each place.
fn spend_index(value: &Val, index: &Val) {
    let index_steps = spend_value(index);
    match (value, index) {
        (_, Val::Arr(_)) => spend(spend_value(value).saturating_mul(index_steps)),
        (_, Val::Obj(_)) => spend_copy(value),
        _ => {}
    }
}

/// What ended a filter that jaq's own update of a value calls. It stands for another type of values, so it goes past jaq.
type Exception<'a> = RefCell<Option<Exn<'a, Counted>>>;

/// The outputs of such a filter.
fn plainly<'a, I: Iterator<Item = ValX<'a, Counted>>>(
    outputs: I,
    exception: &Exception<'a>,
) -> impl Iterator<Item = ValX<'a, Val>> {
    outputs.map(|output| {
        output.map(|output| output.0).map_err(|ended| {
            exception.replace(Some(ended));
            Exn::from(Error::new(Val::Null))
        })
    })
}

/// The result of such an update.
fn updated<'a>(result: ValX<'a, Val>, exception: Exception<'a>) -> ValX<'a, Counted> {
    match (result, exception.into_inner()) {
        (Ok(value), _) => Ok(Counted(value)),
        (Err(_), Some(ended)) => Err(ended),
        (Err(ended), None) => Err(match ended.get_err() {
            Ok(error) => Exn::from(Error::new(Counted(error.into_val()))),
            Err(_) => Exn::from(Error::str("the update ended")),
        }),
    }
}

impl ValT for Counted {
    fn from_num(number: &str) -> ValR<Self> {
        counted(Val::from_num(number))
    }

    fn from_map<I: IntoIterator<Item = (Self, Self)>>(entries: I) -> ValR<Self> {
        let entries = entries.into_iter().map(|(key, value)| {
            spend(STEPS_PER_ENTRY);
            // A key is hashed.
            spend_value(&key.0);
            (key.0, value.0)
        });
        counted(Val::from_map(entries.collect::<Vec<_>>()))
    }

    fn key_values(self) -> BoxIter<'static, ValR<(Self, Self), Self>> {
        spend_copy(&self.0);
        let entries = self.0.key_values();
        Box::new(entries.map(|entry| match entry {
            Ok((key, value)) => Ok((Self(key), Self(value))),
            Err(error) => Err(Error::new(Self(error.into_val()))),
        }))
    }

    fn values(self) -> Box<dyn Iterator<Item = ValR<Self>>> {
        spend_copy(&self.0);
        Box::new(self.0.values().map(counted))
    }

    fn index(self, index: &Self) -> ValR<Self> {
        spend_index(&self.0, &index.0);
        let shown = self.clone();
        let result = self.0.index(&index.0);
        if result.is_err() {
            spend_value(&shown.0);
        }
        counted(result)
    }

    fn range(self, range: Range<Option<&Self>>) -> ValR<Self> {
        spend_copy(&self.0);
        counted(self.0.range(plain(&range)))
    }

    fn map_values<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        spend_copy(&self.0);
        let exception = Exception::default();
        let f = |value| plainly(f(Self(value)), &exception);
        let result = self.0.map_values(opt, f);
        updated(result, exception)
    }

    fn map_index<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        index: &Self,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        spend_index(&self.0, &index.0);
        spend_copy(&self.0);
        let exception = Exception::default();
        let f = |value| plainly(f(Self(value)), &exception);
        let result = self.0.map_index(&index.0, opt, f);
        updated(result, exception)
    }

    fn map_range<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        range: Range<Option<&Self>>,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        spend_copy(&self.0);
        let exception = Exception::default();
        let f = |value| {
            plainly(f(Self(value)), &exception).inspect(|output| {
                if let Ok(output) = output {
                    // It is shown if it cannot take the place of the range.
                    spend_value(output);
                }
            })
        };
        let result = self.0.map_range(plain(&range), opt, f);
        updated(result, exception)
    }

    fn as_bool(&self) -> bool {
        self.0.as_bool()
    }

    fn into_string(self) -> Self {
        spend_value(&self.0);
        Self(self.0.into_string())
    }
}

/// The ends of a range, which are shown if they are no numbers.
fn plain<'v>(range: &Range<Option<&'v Counted>>) -> Range<Option<&'v Val>> {
    let end = |end: Option<&'v Counted>| {
        end.map(|end| {
            spend_value(&end.0);
            &end.0
        })
    };
    end(range.start)..end(range.end)
}

impl jaq_std::ValT for Counted {
    fn into_seq<S: FromIterator<Self>>(self) -> Result<S, Self> {
        spend_copy(&self.0);
        match self.0 {
            Val::Arr(items) => Ok(match Rc::try_unwrap(items) {
                Ok(items) => items.into_iter().map(Self).collect(),
                Err(items) => items.iter().cloned().map(Self).collect(),
            }),
            other => Err(Self(other)),
        }
    }

    fn is_int(&self) -> bool {
        self.0.is_int()
    }

    fn as_isize(&self) -> Option<isize> {
        self.0.as_isize()
    }

    fn as_f64(&self) -> Option<f64> {
        self.0.as_f64()
    }

    fn is_utf8_str(&self) -> bool {
        self.0.is_utf8_str()
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        let bytes = self.0.as_bytes()?;
        spend_bytes(bytes.len());
        Some(bytes)
    }

    fn as_sub_str(&self, sub: &[u8]) -> Self {
        spend(1);
        Self(self.0.as_sub_str(sub))
    }

    fn from_utf8_bytes(bytes: impl AsRef<[u8]> + Send + 'static) -> Self {
        spend_bytes(bytes.as_ref().len());
        Self(Val::from_utf8_bytes(bytes))
    }
}

impl Add for Counted {
    type Output = ValR<Self>;

    fn add(self, other: Self) -> ValR<Self> {
        match (&self.0, &other.0) {
            (Val::Null, _) | (_, Val::Null) => spend(1),
            (Val::BStr(left), Val::BStr(_)) | (Val::TStr(left), Val::TStr(_)) => {
                spend_copied(left.len());
                spend_copy(&other.0);
            }
            (Val::Arr(left), Val::Arr(_)) => {
                if Rc::strong_count(left) > 1 {
                    spend_copied(left.len().saturating_mul(size_of::<Val>()));
                }
                spend_copy(&other.0);
            }
            (Val::Obj(left), Val::Obj(right)) => {
                if Rc::strong_count(left) > 1 {
                    spend_copy(&self.0);
                }
                spend_copy(&other.0);
                for key in right.keys() {
                    spend_value(key);
                }
            }
            (left, right) => {
                spend_value(left);
                spend_value(right);
            }
        }
        counted(self.0 + other.0)
    }
}

impl Mul for Counted {
    type Output = ValR<Self>;

    fn mul(self, other: Self) -> ValR<Self> {
        let steps = spend_value(&self.0).saturating_mul(spend_value(&other.0));
        match (&self.0, &other.0) {
            (text @ (Val::BStr(_) | Val::TStr(_)), Val::Num(times))
            | (Val::Num(times), text @ (Val::BStr(_) | Val::TStr(_))) => {
                spend_repeated(text, times);
            }
            (Val::Num(_), Val::Num(_)) => spend(steps),
            _ => {}
        }
        counted(self.0 * other.0)
    }
}

/// Pays for a text that is repeated.
fn spend_repeated(text: &Val, times: &Num) {
    use jaq_std::ValT as _;
    let length = text.as_bytes().map_or(0, <[u8]>::len);
    let times = match times {
        Num::Int(times) => usize::try_from(*times).unwrap_or(0),
        Num::BigInt(_) => usize::MAX,
        Num::Float(_) | Num::Dec(_) => 0,
    };
    spend_bytes(length.saturating_mul(times));
}

/// Operators that look at both values as a whole.
macro_rules! operators {
    ($($operator:ident $function:ident),*) => {$(
        impl $operator for Counted {
            type Output = ValR<Self>;

            fn $function(self, other: Self) -> ValR<Self> {
                spend_value(&self.0);
                spend_value(&other.0);
                counted(self.0.$function(other.0))
            }
        }
    )*};
}

operators!(Sub sub, Div div, Rem rem);

impl Neg for Counted {
    type Output = ValR<Self>;

    fn neg(self) -> ValR<Self> {
        spend_value(&self.0);
        counted(-self.0)
    }
}

fn is_equal(left: &Val, right: &Val) -> bool {
    spend(1);
    match (left, right) {
        (Val::Arr(left), Val::Arr(right)) => {
            let mut pairs = left.iter().zip(right.iter());
            left.len() == right.len() && pairs.all(|(left, right)| is_equal(left, right))
        }
        (Val::Obj(left), Val::Obj(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| {
                    spend_value(key);
                    right.get(key).is_some_and(|other| is_equal(value, other))
                })
        }
        (left, right) if discriminant(left) == discriminant(right) => {
            spend_value(left);
            left == right
        }
        (left, right) => left == right,
    }
}

fn compare(left: &Val, right: &Val) -> Ordering {
    spend(1);
    match (left, right) {
        (Val::Arr(left), Val::Arr(right)) => {
            let pairs = left.iter().zip(right.iter());
            let mut orders = pairs.map(|(left, right)| compare(left, right));
            let differs = orders.find(|order| order.is_ne());
            differs.unwrap_or_else(|| left.len().cmp(&right.len()))
        }
        (left, right) => {
            if discriminant(left) == discriminant(right) {
                spend_value(left);
                spend_value(right);
            }
            left.cmp(right)
        }
    }
}

impl PartialEq for Counted {
    fn eq(&self, other: &Self) -> bool {
        is_equal(&self.0, &other.0)
    }
}

impl Eq for Counted {}

impl PartialOrd for Counted {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Counted {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.0, &other.0)
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        spend_value(&self.0);
        self.0.fmt(f)
    }
}

impl FromIterator<Self> for Counted {
    fn from_iter<I: IntoIterator<Item = Self>>(values: I) -> Self {
        let values = values.into_iter().map(|value| {
            spend(1);
            value.0
        });
        // No place is kept for values that may never come.
        let mut items = Vec::new();
        for value in values {
            items.push(value);
        }
        Self(Val::Arr(Rc::new(items)))
    }
}

impl From<String> for Counted {
    fn from(text: String) -> Self {
        spend_bytes(text.len());
        Self(Val::from(text))
    }
}

impl From<Range<Option<Self>>> for Counted {
    fn from(range: Range<Option<Self>>) -> Self {
        spend(2 * STEPS_PER_ENTRY);
        let end = |end: Option<Self>| end.map(|end| end.0);
        Self(Val::from(end(range.start)..end(range.end)))
    }
}

/// Values that are made from others without being counted.
macro_rules! from {
    ($($from:ty),*) => {$(
        impl From<$from> for Counted {
            fn from(value: $from) -> Self {
                Self(Val::from(value))
            }
        }
    )*};
}

from!(bool, isize, usize, f64);
