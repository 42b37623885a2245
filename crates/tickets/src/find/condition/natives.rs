//! The native filters that run without evaluating terms: these pay for what they look at.

use std::cmp::Ordering;
use std::sync::LazyLock;

use jaq_core::box_iter::BoxIter;
use jaq_core::data::JustLut;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::native::{Fun, bome, v};
use jaq_core::{Ctx, Cv, Error, Exn, Filter, Native, RunPtr, ValR, ValX, Vars, unwrap_valr};
use jaq_json::{Val, read};
use jaq_std::ValT as _;

use super::bounded::{Bounded, is_unreadable};
use super::budget::{spend, spend_places, spend_value};
use super::counted::{Counted, counted};
use super::regexes;

type Plain = JustLut<Val>;

/// A filter of jaq's own that is run on plain values once it is paid for.
struct Own {
    name: &'static str,
    arguments: usize,
    pay: Pay,
    filter: LazyLock<Option<Filter<Plain>>>,
}

impl Own {
    const fn new(
        name: &'static str,
        arguments: usize,
        pay: Pay,
        filter: fn() -> Option<Filter<Plain>>,
    ) -> Self {
        Self {
            name,
            arguments,
            pay,
            filter: LazyLock::new(filter),
        }
    }

    fn run(&self, mut cv: Cv<'_, Bounded>) -> ValR<Counted> {
        let mut arguments: Vec<_> = (0..self.arguments).map(|_| cv.0.pop_var().0).collect();
        arguments.reverse();
        self.pay.pay(&cv.1.0, &arguments)?;
        let Some(filter) = &*self.filter else {
            return Err(Error::str("there is no such filter"));
        };
        let context = Ctx::<Plain>::new(&filter.lut, Vars::new(arguments));
        let mut outputs = filter.id.run((context, cv.1.0)).map(unwrap_valr);
        counted(outputs.next().unwrap_or(Ok(Val::Null)))
    }
}

/// What a filter costs.
#[derive(Clone, Copy)]
enum Pay {
    /// As much as the values are large.
    Sizes,
    /// Each part of the one is held against each part of the other.
    Pairs,
    /// Hardly anything for arrays and objects.
    Shallow,
    Regex,
}

impl Pay {
    fn pay(self, input: &Val, arguments: &[Val]) -> Result<(), Error<Counted>> {
        let is_text = matches!(input, Val::BStr(_) | Val::TStr(_));
        match self {
            Self::Regex => return regexes::pay(input, arguments),
            Self::Shallow if matches!(input, Val::Arr(_) | Val::Obj(_)) => spend(1),
            Self::Sizes | Self::Pairs | Self::Shallow => {
                let steps = spend_value(input);
                let arguments = arguments.iter().map(spend_value).max().unwrap_or(1);
                if matches!(self, Self::Pairs) && !is_text {
                    spend(steps.saturating_mul(arguments));
                }
            }
        }
        Ok(())
    }
}

/// Compiles a call of this filter with the arguments `$a` and `$b`.
fn own(name: &str, arguments: usize) -> Option<Filter<Plain>> {
    let (code, variables): (_, &[&str]) = match arguments {
        0 => (name.to_owned(), &[]),
        1 => (format!("{name}($a)"), &["$a"]),
        _ => (format!("{name}($a; $b)"), &["$a", "$b"]),
    };
    let arena = Arena::default();
    let file = File {
        code: code.as_str(),
        path: (),
    };
    let modules = Loader::new([]).load(&arena, file).ok()?;
    let natives = jaq_std::funs::<Plain>().chain(jaq_json::funs());
    let compiler = jaq_core::Compiler::default()
        .with_funs(natives)
        .with_global_vars(variables.iter().copied());
    compiler.compile(modules).ok()
}

macro_rules! owns {
    ($($name:literal $arguments:literal $pay:expr),* $(,)?) => {
        static OWN: [Own; [$($name),*].len()] = [
            $(Own::new($name, $arguments, $pay, || own($name, $arguments))),*
        ];

        fn owns() -> Vec<Fun<Bounded>> {
            vec![$({
                let run: RunPtr<Bounded> = |cv| match OWN.iter().find(|own| own.name == $name) {
                    Some(own) => bome(own.run(cv)),
                    None => Box::new(std::iter::empty()),
                };
                ($name, v($arguments), Native::<Bounded>::new(run))
            }),*]
        }
    };
}

owns! {
    "tojson" 0 Pay::Sizes,
    "tobytes" 0 Pay::Sizes,
    "length" 0 Pay::Shallow,
    "contains" 1 Pay::Pairs,
    "has" 1 Pay::Sizes,
    "indices" 1 Pay::Pairs,
    "bsearch" 1 Pay::Sizes,
    "matches" 2 Pay::Regex,
    "split_matches" 2 Pay::Regex,
    "split_" 2 Pay::Regex,
}

/// The names of the filters that [`natives`] replaces.
pub(super) fn replaced() -> impl Iterator<Item = &'static str> {
    OWN.iter().map(|own| own.name).chain(["range", "fromjson"])
}

/// The filters in their place.
pub(super) fn natives() -> impl Iterator<Item = Fun<Bounded>> {
    let range: RunPtr<Bounded> = |mut cv| {
        let by = cv.0.pop_var();
        let to = cv.0.pop_var();
        let from = cv.0.pop_var();
        Box::new(range(from, to, by))
    };
    let fromjson: RunPtr<Bounded> = |cv| values(&cv.1);
    let natives: [Fun<Bounded>; 2] = [
        ("range", v(3), Native::<Bounded>::new(range)),
        ("fromjson", v(0), Native::<Bounded>::new(fromjson)),
    ];
    natives.into_iter().chain(owns())
}

fn range<'a>(from: Counted, to: Counted, by: Counted) -> impl Iterator<Item = ValX<'a, Counted>> {
    let direction = by.partial_cmp(&Counted::from(0_isize));
    let mut next = Some(from);
    std::iter::from_fn(move || {
        spend(1);
        let here = next.take()?;
        let is_inside = match direction.unwrap_or(Ordering::Equal) {
            Ordering::Greater => here < to,
            Ordering::Less => here > to,
            Ordering::Equal => here != to,
        };
        if !is_inside {
            return None;
        }
        match here.clone() + by.clone() {
            Ok(after) => next = Some(after),
            Err(error) => return Some(Err(Exn::from(error))),
        }
        Some(Ok(here))
    })
}

/// The values of a text that is JSON.
fn values<'a>(text: &Counted) -> BoxIter<'a, ValX<'a, Counted>> {
    let fail = |why: &str| Err(Exn::from(Error::str(format!("cannot parse JSON: {why}"))));
    let Some(bytes) = text.as_bytes() else {
        return Box::new(std::iter::once(fail("this is not a string")));
    };
    if is_unreadable(bytes) {
        let why = "it is nested too deeply, or its numbers are too long";
        return Box::new(std::iter::once(fail(why)));
    }
    // A value takes about two bytes, and the sixteen of its place.
    spend_places(bytes.len());
    let mut values = Vec::new();
    // After an error, the reader stays where it is.
    for value in read::parse_many(bytes) {
        match value {
            Ok(value) => values.push(Ok(Counted(value))),
            Err(error) => {
                values.push(fail(&error.to_string()));
                break;
            }
        }
    }
    Box::new(values.into_iter())
}
